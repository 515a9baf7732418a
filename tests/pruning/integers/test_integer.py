"""The integer network on tiny designs against loops over scalars, written from docs/numbers.md line by line."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from hypgcn.design.presets import random_design, with_joint_biases
from hypgcn_pruning.integers.integer import predict_integer, round_shift, run_integer, store, thr


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


def store_loop(rows, depths, window):
    """One sequence (T, V, C) as the text of docs/numbers.md has it."""
    used, lost, out = [[0] * 4 for _ in rows], [0] * len(rows), rows.copy()
    for t, v, start in itertools.product(*(range(size) for size in rows.shape[:2]), range(0, rows.shape[2], 16)):
        vector = out[t, v, start:start + 16]
        n = int((vector != 0).sum())
        for j in range(-(-n // 4)):
            if sum(used[s][j] for s in range(max(0, t - window + 1), t + 1)) >= depths[j]:
                vector[np.flatnonzero(vector)[4 * j:]] = 0
                lost[t] += 1
                break
            used[t][j] += 1
    return out, lost


@pytest.mark.parametrize("channels", [1, 16, 20, 48])
@pytest.mark.parametrize("density", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("depths,window", [((4, 3, 2, 1), 1), ((1, 1, 1, 1), 1), ((15, 15, 15, 15), 1),
                                           ((9, 7, 5, 1), 3), ((3, 3, 3, 3), 2), ((20, 12, 9, 5), 4)])
def test_store_against_a_loop(channels, density, depths, window):
    """Two sequences at once, the first of which is sparse and may need no look at its vectors."""
    rng = np.random.default_rng(channels)
    shape = (2, 6, 5, channels)
    rows = rng.integers(1, 128, shape) * (rng.random(shape) < density * rng.random((2, 6, 1, 1)) * [[[[0.3]]], [[[1]]]])
    found, lost = store(torch.from_numpy(rows), depths, window)
    for n in range(2):
        expected, counts = store_loop(rows[n], depths, window)
        np.testing.assert_array_equal(found[n], expected)
        assert lost[n].tolist() == counts


def test_overflow_is_counted_and_changes_the_result():
    design = design_of(1)
    tight = replace(design, blocks=tuple(replace(b, x_depths=(2, 1, 1, 1), h_depths=(2, 1, 1,
                                                                                     1)) for b in design.blocks))
    clips = np.stack([clip_of(design, seed) for seed in range(3)])
    (good, none), (bad, some) = predict_integer(design, clips, 2), predict_integer(tight, clips, 2)
    assert not none.any()
    assert (some > 0).all()
    assert (good != bad).any()


@pytest.mark.parametrize("a", [-3, -2, -1, 0, 1, 2, 3, 2**40, -(2**40)])
def test_rounding(a):
    assert int(round_shift(torch.tensor(a), 1)) == (a + 1) // 2


def test_threshold():
    assert thr(torch.tensor([-5, -4, 0, 4, 5, -128]), 4).tolist() == [-5, 0, 0, 0, 5, -128]


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
