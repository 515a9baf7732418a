"""The integer network on tiny designs against loops over scalars, written from docs/numbers.md line by line."""

import os
import subprocess
import sys
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

from hypgcn.design.presets import random_design, with_joint_biases
from hypgcn_pruning.integers.integer import IntegerNetwork, predict_integer, run_integer
from hypgcn_pruning.integers.integer_block import IntegerBlock


def clamp(a, low, high):
    return max(low, min(high, a))


def loops(design, clip, raised):
    """Logits of one clip, a scalar at a time, stores too deep to overflow."""
    def cut(a, theta):
        return 0 if abs(a) <= theta else a

    def shifted(a, s):
        return (a + 2 ** (s - 1)) // 2**s

    frames, sums = design.frames, None
    for m in range(design.persons):
        x = [[[cut(clamp(shifted(int(clip[m, t, v, c]) * int(design.input_mult[m, c, v]) + int(design.input_bias[m, c,
                                                                                                                 v]),
                                 design.input_shift), -128, 127), design.input_threshold)
                                 for c in range(design.channels)]
              for v in range(design.joints)] for t in range(frames)]
        for b in design.blocks:
            length, joints = len(x), range(design.joints)
            h, y = [], []
            for t in range(length):
                z = [[[cut(clamp(shifted(sum(x[t][v][c] * int(g[v, w]) for v in joints), b.graph_shift), -128, 127),
                           b.threshold_z) if b.kept[c] else 0
                       for c in range(b.in_channels)] for w in joints] for g in b.graph]
                row = []
                for w in joints:
                    out = []
                    for o in range(b.out_channels):
                        a = sum(z[k][w][c] * int(b.spatial[o, k, c]) for k in range(len(z))
                                for c in range(b.in_channels))
                        s = 0
                        if b.down is not None:
                            a += sum(x[t][w][c] * int(b.down[o, c]) for c in range(b.in_channels))
                        else:
                            s = x[t][w][o] * b.h_res_mult * 2**b.h_res_shift
                        bias = int(b.h_bias[w, o] if b.joint_bias else b.h_bias[o])
                        value = clamp(shifted(a * int(b.h_mult[o]) + bias + s, b.h_shift), 0, 127)
                        out.append(cut(value, min(127, b.threshold_h + raised)))
                    row.append(out)
                h.append(row)
            for t in range(-(-length // b.stride)):
                row = []
                for v in joints:
                    out = []
                    for o in range(b.out_channels):
                        a = sum(h[t * b.stride + i - design.pad][v][c] * int(b.temporal[o, i, c])
                                for i in range(design.kernel)
                                if 0 <= t * b.stride + i - design.pad < length for c in range(b.out_channels))
                        s = 0
                        if b.res is not None:
                            a += sum(x[t * b.stride][v][c] * int(b.res[o, c]) for c in range(b.in_channels))
                        elif b.shortcut_y == "identity":
                            s = x[t][v][o] * b.y_res_mult * 2**b.y_res_shift
                        value = clamp(shifted(a * int(b.y_mult[o]) + int(b.y_bias[o]) + s, b.y_shift), 0, 127)
                        out.append(cut(value, min(127, b.threshold_y + raised)))
                    row.append(out)
                y.append(row)
            x = y
        part = np.array(x).sum(axis=(0, 1))
        sums = part if sums is None else sums + part
    return design.head.astype(np.int64) @ sums + design.head_bias


def design_of(seed, **changes):
    settings = {"frames": 5, "joints": 3, "persons": 2, "classes": 4, "kernel": 5, "widths": (6, 6, 18, 18),
                "strides": (1, 1, 2, 2),
                "keep": 0.5, **changes}
    return random_design(seed, name="tiny", **settings)


def clip_of(design, seed):
    shape = (design.persons, design.frames, design.joints, design.channels)
    return np.random.default_rng(seed).integers(-128, 128, shape).astype(np.int8)


@pytest.mark.parametrize(("seed", "raised", "changes"), [
    (1, 0, {}), (2, 20, {"persons": 1}), (3, 127, {"frames": 2}), (4, 0, {"frames": 1, "joints": 1, "persons": 1}),
    (5, 3, {"widths": (17,), "strides": (2,), "kernel": 1})])
def test_against_loops(seed, raised, changes):
    design = design_of(seed, **changes)
    assert all(block.threshold_z for block in design.blocks)
    clip = clip_of(design, seed)
    found = run_integer(design, clip[None], raised)
    assert not found["overflow"].any()
    np.testing.assert_array_equal(found["logits"][0], loops(design, clip, raised))


def test_a_bias_for_each_joint_against_loops():
    design, clip = with_joint_biases(design_of(6), 1), clip_of(design_of(6), 6)
    np.testing.assert_array_equal(run_integer(design, clip[None], 0)["logits"][0], loops(design, clip, 0))
    assert (loops(design, clip, 0) != loops(design_of(6), clip, 0)).any()


def test_overflow_is_counted_and_changes_the_result():
    design = design_of(1)
    tight = replace(design, blocks=tuple(replace(b, x_depths=(2, 1, 1, 1), h_depths=(2, 1, 1,
                                                                                     1)) for b in design.blocks))
    clips = np.stack([clip_of(design, seed) for seed in range(3)])
    (good, none), (bad, some) = predict_integer(design, clips, 2), predict_integer(tight, clips, 2)
    assert not none.any()
    assert (some > 0).all()
    assert (good != bad).any()


@pytest.mark.parametrize("clips",
                         [np.zeros((1, 2, 5, 3, 2), np.int8), np.zeros((2, 5, 3, 3), np.int8),
                          np.zeros((1, 2, 5, 3, 3))])
def test_clips_must_fit(clips):
    with pytest.raises(ValueError, match=r"clips must be int8 of shape \(clips, 2, 5, 3, 3\)"):
        run_integer(design_of(1), clips)


def test_raise_range():
    design = design_of(1)
    with pytest.raises(ValueError, match="threshold_raise must be in 0..127"):
        run_integer(design, clip_of(design, 0)[None], 128)


def test_nothing_of_a_batch_is_kept(monkeypatch):
    """Tensors of a block are gone before the block behind the next one runs, and those of a batch before the next."""
    made = []
    real = IntegerBlock.run

    def run(self, x, threshold_raise):
        alive = [tensor() for tensor in made if tensor() is not None]
        assert all(tensor.data_ptr() == x.data_ptr() for tensor in alive)
        found = real(self, x, threshold_raise)
        made.extend(weakref.ref(found[name]) for name in ("z", "a", "h", "b", "y"))
        return found

    monkeypatch.setattr(IntegerBlock, "run", run)
    design = design_of(1)
    predict_integer(design, np.stack([clip_of(design, seed) for seed in range(6)]), 2)
    assert len(made) == 3 * 5 * len(design.blocks)


@pytest.mark.parametrize("seed", [0, 1])
def test_float64_gives_the_same(monkeypatch, seed):
    """Weights of which float32 might lose digits are multiplied in float64."""
    design = design_of(seed)
    clips = np.stack([clip_of(design, n) for n in range(3)])
    expected = run_integer(design, clips)
    monkeypatch.setattr("hypgcn_pruning.integers.products._EXACT", {torch.float64: 1 << 53})
    network = IntegerNetwork(design)
    assert all(block.spatial.dtype == block.temporal.product.dtype == torch.float64 for block in network.blocks)
    found = run_integer(design, clips)
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_batches_change_nothing():
    design = design_of(2)
    clips = np.stack([clip_of(design, seed) for seed in range(5)])
    expected = run_integer(design, clips)
    for size in (1, 2, 5, None):
        logits, overflow = predict_integer(design, clips, size)
        assert torch.equal(logits, expected["logits"]) and torch.equal(overflow, expected["overflow"])


MEMORY = """
import sys
import numpy as np
import torch
from hypgcn.design.presets import random_design
from hypgcn_pruning.integers.integer import predict_integer
torch.set_num_threads(1)
design = random_design(0, name="d", frames=40, joints=20, persons=1, classes=3, kernel=9, widths=(64, 64),
                       strides=(1, 1), keep=0.5)
clips = np.random.default_rng(0).integers(-128, 128, (int(sys.argv[1]), 1, 40, 20, 3)).astype(np.int8)
predict_integer(design, clips)
status = open("/proc/self/status", encoding="ascii").read()  # getrusage would count the process that forked this one
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is counted in another way")
def test_memory_does_not_grow_with_the_clips():
    """Case 21: peaks in MB of processes with 32 and with 320 clips, whose tensors would be 1500 MB more."""
    def peak(count):
        done = subprocess.run([sys.executable, "-c", MEMORY, str(count)], check=True, capture_output=True, text=True,
                              encoding="utf-8", env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
        return int(done.stdout)

    assert peak(320) - peak(32) < 150
