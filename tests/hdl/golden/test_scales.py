"""A multi-scale temporal convolution in the golden model against loops over scalars, from docs/numbers.md."""

import dataclasses

import numpy as np
import pytest
from random_clips import random_clip

from hypgcn.design.presets import preset, random_design
from hypgcn.design.scale_presets import with_scales
from hypgcn.golden.block import run_block
from hypgcn.golden.network import run
from hypgcn.golden.temporal.scales import running_max


def shifted(a, shift):
    return (a + 2 ** (shift - 1)) // 2**shift


def clamped(a):
    return max(0, min(127, a))


def stages(h, block, raised=0):
    """P, Q and the sums of Q of H (T, V, H), a scalar at a time."""
    s, frames, joints = block.scales, len(h), range(h.shape[1])
    pad = block.kernel // 2
    theta_p, theta_q = (min(127, theta + raised) for theta in (s.threshold_p, s.threshold_q))
    a = np.zeros((frames, h.shape[1], s.p_channels), int)
    for t in range(frames):
        for v in joints:
            for o in range(s.p_channels):
                total = sum(int(h[t, v, c]) * int(s.reduce[o, c]) for c in range(h.shape[2]))
                value = clamped(shifted(total * int(s.p_mult[o]) + int(s.p_bias[o]), s.p_shift))
                a[t, v, o] = value if value > theta_p else 0
    p = a.copy()
    for t in range(frames):
        for o in range(s.max_first, s.max_first + s.max_channels):
            p[t, :, o] = np.max([a[i, :, o] for i in (t - 1, t, t + 1) if 0 <= i < frames], axis=0)
    out = -(-frames // block.stride)
    q, b = np.zeros((out, h.shape[1], s.q_channels), int), np.zeros((out, h.shape[1], block.out_channels), int)
    for t in range(out):
        for v in joints:
            for o in range(s.q_channels):
                total = sum(int(p[t * block.stride + i - pad, v, c]) * int(s.branches[o, i, c])
                            for i in range(block.kernel) if 0 <= t * block.stride + i - pad < frames
                            for c in range(s.p_channels))
                value = clamped(shifted(total * int(s.q_mult[o]) + int(s.q_bias[o]), s.q_shift))
                q[t, v, o] = value if value > theta_q else 0
            for o in range(block.out_channels):
                b[t, v, o] = sum(int(q[t, v, c]) * int(block.temporal[o, 0, c]) for c in range(s.q_channels))
    return p, q, b


@pytest.mark.parametrize("frames", [1, 2, 6])
@pytest.mark.parametrize("raised", [0, 11])
@pytest.mark.parametrize("kernel", [3, 9])
def test_stages_against_loops(frames, raised, kernel):
    design = with_scales(random_design(2, name="d", frames=frames, joints=2, classes=3, kernel=kernel, widths=(16, 20),
                                       strides=(1, 2)), seed=frames)
    for index, block in enumerate(design.blocks):
        x = np.random.default_rng(index).integers(0, 128, (frames, 2, block.in_channels))
        found = run_block(x, block, raised)
        p, q, b = stages(found["h"], block, raised)
        np.testing.assert_array_equal(found["p"], p)
        np.testing.assert_array_equal(found["q"], q)
        res = 0 if block.res is None else x[::block.stride] @ block.res.T.astype(int)
        np.testing.assert_array_equal(found["b"], b + res)
        assert p.any() and q.any() and not (found["p_lost"].any() or found["q_lost"].any())


def test_the_maximum_is_of_three_rows_inside_the_sequence():
    rows = np.array([5, 0, 0, 1, 9, 2])[:, None, None] * np.ones((1, 2, 4), int)
    found = running_max(rows, 1, 2)
    assert found[:, 0, 1].tolist() == found[:, 1, 2].tolist() == [5, 5, 1, 9, 9, 9]
    np.testing.assert_array_equal(found[:, :, [0, 3]], rows[:, :, [0, 3]])
    assert running_max(rows[:1], 0, 4).tolist() == rows[:1].tolist()


def test_every_stage_loses_and_is_counted():
    """Values that the stores of H, P and Q lose reach the logits, and the count of the network."""
    design = with_scales(preset("tiny"))
    clip = random_clip(design, 3)
    whole = run(design, clip)
    for name in ("h_depths", "p_depths", "q_depths"):
        block = design.blocks[0]
        tight = (dataclasses.replace(block, h_depths=(3, 1, 1, 1)) if name == "h_depths" else
                 dataclasses.replace(block, scales=dataclasses.replace(block.scales, **{name: (3, 1, 1, 1)})))
        found = run(dataclasses.replace(design, blocks=(tight, design.blocks[1])), clip)
        assert found["overflow_count"] == found[f"blocks.0.{name[0]}_lost"].sum() > 0
        assert (found["logits"] != whole["logits"]).any()
