# amaranth: UnusedElaboratable=no
"""Sums and scores against golden, several clips without a gap."""

import numpy as np
import pytest
from hdl.vectors import vectors

from bench import STREAM_PATTERNS, run
from hypgcn.head import Head
from hypgcn.presets import random_design
from hypgcn_sim.golden.head import head


def make(channels=20, frames=3, joints=2, persons=2, classes=3, stride=1):
    return random_design(5, name="head", frames=frames, joints=joints, persons=persons, classes=classes,
                         widths=(channels,), strides=(stride,))


def clip(design, seed, density=0.5):
    rng = np.random.default_rng(seed)
    shape = (design.persons, design.block_frames(1), design.joints, design.blocks[-1].out_channels)
    return rng.integers(1, 128, shape) * (rng.random(shape) < density)


def check(design, width, clips, flags=None, **options):
    flags = flags or [0] * len(clips)
    items, expected = [], []
    for y, flag in zip(clips, flags):
        part = vectors(y)
        part[-1]["overflow"] = flag
        items += part
        logits = head(y, design)["logits"]
        expected += [{"index": j, "score": int(score), "last": int(j == len(logits) - 1), "overflow": flag}
                     for j, score in enumerate(logits)]
    out = run(Head(design, width), {"i": items}, {"o": len(expected)}, timeout=20000, **options)
    assert out["o"] == expected
    return out


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_matches_golden(idle, stall):
    design = make()
    check(design, 4, [clip(design, seed) for seed in range(4)], flags=[0, 1, 0, 0], seed=2, idle=idle, stall=stall)


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("channels", [1, 16, 17])
def test_widths(width, channels):
    design = make(channels=channels)
    check(design, width, [clip(design, 1), clip(design, 2, 1.0), clip(design, 3, 0.0)])


@pytest.mark.parametrize("shape", [
    dict(frames=1, joints=1, persons=1, classes=1, channels=3), dict(frames=5, stride=2)])
def test_corner_shapes(shape):
    design = make(**shape)
    check(design, 16, [clip(design, seed) for seed in range(3)])


def test_cycles_per_class():
    design = make(classes=4)
    times = check(design, 16, [clip(design, 1)])["times"]["o"]
    assert {b - a for a, b in zip(times, times[1:])} == {20 + Head.CLASS_OVERHEAD}


@pytest.mark.parametrize("width", [0, 3, 32])
def test_rejects(width):
    with pytest.raises(ValueError, match=f"width must be 1, 2, 4, 8 or 16, not {width}"):
        Head(make(), width)
