"""The golden model against the independent integer implementation in torch: every tensor, by equality."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hypgcn.design import Design
from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip
from hypgcn.design.presets import random_design
from hypgcn.golden import network

torch = pytest.importorskip("torch")
integer = pytest.importorskip("hypgcn_pruning.integers.integer")

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "checkpoints/nwucla_small/design"
RECORDINGS = ROOT.parent / "shared/data/nwucla.npz"


def equal(design, clips, raised=0):
    """Compare all tensors of ``clips``; return how many vectors were lost."""
    found = integer.run_integer(design, clips, raised)
    for n, clip in enumerate(clips):
        golden = network.run(design, clip, raised)
        rows = slice(n * design.persons, (n + 1) * design.persons)
        assert int(found["overflow"][n]) == golden["overflow_count"]
        np.testing.assert_array_equal(found["logits"][n], golden["logits"])
        compared = [name for name in found if name in golden and name != "overflow" and name != "logits"]
        assert len(compared) == 1 + 9 * len(design.blocks)
        for name in compared:
            np.testing.assert_array_equal(found[name][rows], golden[name], err_msg=f"clip {n}, {name}")
    return int(found["overflow"].sum())


def seeded(seed, **changes):
    rng = np.random.default_rng(seed)
    settings = {"frames": int(rng.integers(1, 14)), "joints": int(rng.integers(1, 8)),
                "persons": int(rng.integers(1, 3)),
                "classes": 4, "kernel": int(rng.choice([1, 3, 5, 9])),
                "widths": tuple(rng.choice([3, 8, 16, 20, 33], 4).tolist()),
                "strides": tuple(rng.integers(1, 3, 4).tolist()), "keep": 0.5, **changes}
    design = random_design(seed, name=f"seeded{seed}", **settings)
    shape = (3, design.persons, design.frames, design.joints, design.channels)
    return design, rng.integers(-128, 128, shape).astype(np.int8)


@pytest.mark.parametrize("seed", range(12))
def test_seeded_designs(seed):
    design, clips = seeded(seed)
    clips[0] = 0
    equal(design, clips, raised=(0, 5, 127)[seed % 3])


@pytest.mark.parametrize("depths", [(1, 1, 1, 1), (3, 2, 1, 1), (4, 4, 3, 1)])
def test_overflowing_stores(depths):
    design, clips = seeded(3, joints=5, frames=6, widths=(20, 20), strides=(1, 2))
    blocks = [replace(block, x_depths=depths, h_depths=depths) for block in design.blocks]
    assert equal(replace(design, blocks=tuple(blocks)), clips) > 0


def small():
    if not (SMALL / "design.json").is_file():
        pytest.skip(f"{SMALL.relative_to(ROOT)} is not there")
    return Design.load(SMALL)


def test_small_network_on_generated_motion():
    from hypgcn.design.skeleton import load_skeleton
    from hypgcn_pruning.recordings.motion import MotionConfig, generate_motion

    design = small()
    clips = generate_motion(load_skeleton("kinect20"), MotionConfig(classes=2, clips=2))
    preparation = Preparation.from_dict(design.meta["preparation"])
    equal(design, np.stack([quantise_clip(design, prepare_clip(clips.clip(i), preparation)) for i in range(4)]))


def test_small_network_on_recordings():
    """Equal tensors on recordings from all over the test split, a single frame and an all-zero clip; most are
    recognised."""
    from hypgcn_pruning.recordings.clip_arrays import load_npz
    from hypgcn_pruning.recordings.data import prepared

    design = small()
    if not RECORDINGS.is_file():
        pytest.skip("no recordings: ../shared/data/nwucla.npz is not beside the checkout")
    held = load_npz(RECORDINGS).part(1)
    held = held.take(np.linspace(0, len(held) - 1, 12).astype(int))
    real = prepared(held, Preparation.from_dict(design.meta["preparation"]))
    clips = np.stack([quantise_clip(design, clip) for clip in real])
    clips = np.concatenate([clips, np.zeros_like(clips[:1]), np.repeat(clips[:1, :, :1], design.frames, axis=2)])
    equal(design, clips)
    logits, _ = integer.predict_integer(design, clips[:len(held)])
    assert (logits.argmax(1).numpy() == held.label).mean() >= 0.7
