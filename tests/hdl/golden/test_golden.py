"""The golden model against plain Python loops that spell out ``docs/numbers.md``."""

import dataclasses

import numpy as np
import pytest
from random_clips import random_clip

from hypgcn.design.presets import preset, random_block, random_design
from hypgcn.golden.arith.packed_mac import packed_mac
from hypgcn.golden.arith.requant import requant, round_shift
from hypgcn.golden.block import run_block
from hypgcn.golden.input import input_affine
from hypgcn.golden.network import run
from hypgcn.golden.rfc.decoder import tokens
from hypgcn.golden.rfc.encoder import encode, threshold
from hypgcn.golden.rfc.expander import expand
from hypgcn.golden.rfc.store import row_usage, store, store_row, window_usage
from hypgcn.golden.spatial.array import conv_1x1
from hypgcn.golden.spatial.graph import entries, graph


def rs(value, shift):
    return (int(value) + (1 << (shift - 1))) >> shift


def clamp(value, low, high):
    return max(low, min(high, value))


@pytest.mark.parametrize("value,shift,expected", [
    (0, 4, 0), (7, 4, 0), (8, 4, 1), (9, 4, 1), (-8, 4, 0), (-9, 4, -1), (-7, 4, 0), (24, 4, 2),
    (-24, 4, -1), (1, 1, 1), (-1, 1, 0)])
def test_round_half_up(value, shift, expected):
    assert round_shift(value, shift) == expected


def test_requant_saturates_and_adds_the_shortcut_before_rounding():
    got = requant([[10 ** 6, -10 ** 6, 1, 0]], [3, 3, 8, 0], [0, 0, 0, 7], 4, 0, 127, [[0, 0, 0, 1]], 1, 0)
    assert got.tolist() == [[127, 0, 1, 1]]
    assert requant([[0]], [0], [0], 4, -128, 127, [[-1]], 4095, 0).tolist() == [[-128]]


def test_packed_mac():
    got = packed_mac([2, 3, 4, 5], [[1, -1], [10, 20], [0, 1], [-7, 7]], [1, 0, 1, 0])
    assert got.tolist() == [[2, -2], [32, 58], [0, 4], [-35, 39]]


@pytest.mark.parametrize("density", [0, 0.3, 1])
def test_compression_round_trip(density):
    rng = np.random.default_rng(1)
    for _ in range(50):
        dense = rng.integers(-128, 128, 16) * (rng.random(16) < density)
        mask, values = encode(dense)
        np.testing.assert_array_equal(expand(mask, values), dense)
        listed = tokens(mask, values)
        assert [c for c, _, _ in listed if dense.any()] == np.flatnonzero(dense).tolist()
        assert [last for _, _, last in listed] == [0] * (len(listed) - 1) + [1]
    assert threshold(np.array([-6, -5, 0, 5, 6]), 5).tolist() == [-6, 0, 0, 0, 6]


def test_store_truncates_in_order():
    row = np.ones((3, 20), int)  # per joint a full vector and one of 4 non-zeros
    assert row_usage(row).tolist() == [6, 3, 3, 3]
    kept, lost, taken = store_row(row, (6, 3, 3, 3))
    assert lost == 0 and kept.sum() == 60 and taken.tolist() == [6, 3, 3, 3]
    kept, lost, taken = store_row(row, (5, 2, 1, 1))
    # joint 0 whole; joint 1 loses its third mini-bank; joint 2 its second, and its last vector everything.
    assert lost == 3 and taken.tolist() == [5, 2, 1, 1]
    assert kept.sum(axis=1).tolist() == [20, 8 + 4, 4]
    assert kept[1, :8].all() and not kept[1, 8:16].any() and kept[2, :4].all() and not kept[2, 4:].any()


def test_store_skips_a_mini_bank_that_the_vector_does_not_reach():
    row = np.zeros((4, 16), int)
    row[0, :16], row[1, 3:5], row[2, ::2], row[3, 15] = 1, 2, 3, 4
    kept, lost, taken = store_row(row, (4, 1, 1, 1))
    assert lost == 1 and taken.tolist() == [4, 1, 1, 1]
    np.testing.assert_array_equal(kept[[0, 1, 3]], row[[0, 1, 3]])
    assert np.flatnonzero(kept[2]).tolist() == [0, 2, 4, 6]


def slow_store(x, depths, window):
    """The store as a list of the entries that are in it, each with its row and mini-bank, looked through every time."""
    entries, x, lost = [], np.array(x), np.zeros(len(x), int)
    for t, row in enumerate(x):
        for joint in row:
            for bank in range(0, len(joint), 16):
                channels = [c for c in range(bank, min(bank + 16, len(joint))) if joint[c]]
                for j in range(4):
                    wanted = channels[4 * j:]
                    if not wanted:
                        break
                    if len([1 for r, k in entries if k == j and t - r < window]) >= depths[j]:
                        joint[wanted] = 0
                        lost[t] += 1
                        break
                    entries.append((t, j))
    return x, lost


@pytest.mark.parametrize("depths,window", [
    ((7, 3, 2, 1), 1), ((13, 6, 4, 2), 2), ((13, 12, 5, 1), 5), ((20, 2, 2, 2), 9)])
def test_store_against_a_list_of_its_entries(depths, window):
    rng = np.random.default_rng(window)
    for frames in (1, 4, 9):
        x = rng.integers(-128, 128, (frames, 3, 36)) * (rng.random((frames, 3, 36)) < rng.random((frames, 3, 1)))
        kept, lost = store(x, depths, window)
        expected, counts = slow_store(x, depths, window)
        np.testing.assert_array_equal(kept, expected)
        assert lost.tolist() == counts.tolist()
    assert lost.any()


def test_entries_come_back_when_their_row_leaves_the_window():
    """Three rows may take four entries: after two rows the third finds none left, the fourth those of the first."""
    x = np.zeros((5, 2, 16), int)
    x[:, 0, 0] = 1
    x[[0, 1, 3], 1, 5] = 2
    kept, lost = store(x, (4, 1, 1, 1), 3)
    assert lost.tolist() == [0, 0, 1, 0, 0]
    assert not kept[2].any()
    assert window_usage(row_usage(x), 3)[:, 0].tolist() == [2, 4, 5, 5, 4]


@pytest.mark.parametrize("shape", [
    dict(in_channels=5, out_channels=5, kept=2, filters=3),
    dict(in_channels=5, out_channels=18, stride=2),
    dict(in_channels=5, out_channels=5, stride=2, shortcut_y="identity"),
    dict(in_channels=3, out_channels=4, shortcut_y="none"),
])
def test_block_against_loops(shape):
    joints, frames = 3, 4
    block = random_block(8, joints=joints, subsets=2, kernel=3, **shape)
    rng = np.random.default_rng(2)
    x = rng.integers(0, 128, (frames, joints, block.in_channels)) * (
        rng.random((frames, joints, block.in_channels)) < 0.6
    )
    assert block.threshold_z > 0
    found = run_block(x, block, threshold_raise=1)
    inputs, outputs = range(block.in_channels), range(block.out_channels)
    h = np.zeros((frames, joints, block.out_channels), int)
    for t in range(frames):
        for w in range(joints):
            z = [
                [
                    clamp(
                        rs(sum(int(x[t, v, c]) * int(block.graph[k, v, w]) for v in range(joints)), block.graph_shift),
                        -128,
                        127,
                    )
                    if block.kept[c]
                    else 0
                    for c in inputs
                ]
                for k in range(2)
            ]
            z = [[value if abs(value) > block.threshold_z else 0 for value in channels] for channels in z]
            np.testing.assert_array_equal(found["z"][:, t, w], z)
            for o in outputs:
                acc = sum(z[k][c] * int(block.spatial[o, k, c]) for k in range(2) for c in inputs)
                res = 0
                if block.down is None:
                    res = int(x[t, w, o]) * block.h_res_mult << block.h_res_shift
                else:
                    acc += sum(int(x[t, w, c]) * int(block.down[o, c]) for c in inputs)
                value = clamp(rs(acc * int(block.h_mult[o]) + int(block.h_bias[o]) + res, block.h_shift), 0, 127)
                h[t, w, o] = value if value > block.threshold_h + 1 else 0
    np.testing.assert_array_equal(found["h"], h)
    assert h.any()
    for t in range(0, frames, block.stride):
        for v in range(joints):
            for o in outputs:
                acc = sum(int(h[t + i - 1, v, c]) * int(block.temporal[o, i, c])
                          for i in range(3) if 0 <= t + i - 1 < frames for c in outputs)
                res = 0
                if block.shortcut_y == "identity":
                    res = int(x[t, v, o]) * block.y_res_mult << block.y_res_shift
                elif block.shortcut_y == "conv":
                    acc += sum(int(x[t, v, c]) * int(block.res[o, c]) for c in inputs)
                value = clamp(rs(acc * int(block.y_mult[o]) + int(block.y_bias[o]) + res, block.y_shift), 0, 127)
                assert found["y"][t // block.stride, v, o] == (value if value > block.threshold_y + 1 else 0)
    assert len(found["y"]) == -(-frames // block.stride)


def test_entries_are_the_sum_in_another_order():
    block = random_block(9, joints=3, in_channels=6, out_channels=20, kept=4)
    x = np.random.default_rng(3).integers(0, 128, (2, 3, 6))
    z = graph(x, block)
    for t in range(2):
        words, weights = entries(x[t], z[:, t], block)
        np.testing.assert_array_equal(words.T @ weights.T, conv_1x1(z, x, block)[t])


def test_network_shapes_and_determinism():
    design = preset("tiny")
    clip = random_clip(design, 1)
    a, b = run(design, clip), run(design, clip)
    assert a["logits"].shape == (3,) and a["blocks.1.y"].shape == (2, 3, 5, 20) and not a["overflow"]
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])


def test_all_zero_clip_has_a_result_and_overflow_is_reported():
    design = random_design(1, name="tight", frames=4, joints=3, classes=2, widths=(16, 16), strides=(1, 1), margin=0.3)
    found = run(design, np.zeros((1, 4, 3, 3), np.int8))
    assert found["overflow"] == (found["overflow_count"] > 0)
    assert run(design, random_clip(design, 1))["overflow_count"] > 0


@pytest.mark.parametrize("clip,text", [
    (np.zeros((1, 6, 5, 3), np.int8),
     r"clip must have shape \(2, 6, 5, 3\) \(persons, frames, joints, channels\), not \(1, 6, 5, 3\)"),
    (np.zeros((2, 6, 5, 3), np.float32), "clip must be int8, not float32"),
])
def test_rejects_clip(clip, text):
    with pytest.raises(ValueError, match=text):
        input_affine(clip, preset("tiny"))


def test_planted_rounding_fault_changes_the_result():
    design = preset("tiny")
    clip = random_clip(design, 1)
    shifted = dataclasses.replace(
        design.blocks[0], h_bias=design.blocks[0].h_bias + (1 << design.blocks[0].h_shift - 1)
    )
    other = dataclasses.replace(design, blocks=(shifted, design.blocks[1]))
    assert (run(design, clip)["blocks.0.h"] != run(other, clip)["blocks.0.h"]).any()
