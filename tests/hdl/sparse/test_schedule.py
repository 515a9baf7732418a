import dataclasses

import numpy as np
import pytest

from hypgcn.design import BANK
from hypgcn.design.presets import random_block
from hypgcn.sparse.layer import temporal_layer
from hypgcn.sparse.schedule import LaneSchedule

BLOCKS = {
    "identity": {"in_channels": 20, "out_channels": 20, "filters": 7},
    "none": {"in_channels": 3, "out_channels": 36, "shortcut_y": "none", "filters": 9, "keep_taps": 3},
    "conv": {"in_channels": 20, "out_channels": 40, "stride": 2, "filters": 5},
    "dropped": {"in_channels": 16, "out_channels": 16, "filters": 0},
    "one": {"in_channels": 1, "out_channels": 1, "kernel": 1, "keep_taps": 1},
}


def block(name, **change):
    return dataclasses.replace(random_block(3, joints=2, **BLOCKS[name]), **change)


def schedule(block, lane_pairs, y_width):
    return LaneSchedule.of(temporal_layer(block), lane_pairs, y_width)


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize(("lane_pairs", "y_width"), [(1, 2), (3, 2), (2, 4), (8, 16), (5, 8)])
def test_weights_come_back(name, lane_pairs, y_width):
    b = block(name)
    s = schedule(b, lane_pairs, y_width)
    temporal, res = np.zeros_like(b.temporal), None if b.res is None else np.zeros_like(b.res)
    for p in s.passes:
        for index in range(p.first, p.stop):
            entry = s.entries[index]
            for channel in range(BANK):
                word = s.words[index * BANK + channel].to_bytes(s.word_width // 8, "little")
                for slot, weight in enumerate(np.frombuffer(word, np.int8)):
                    if p.slots[slot] is None or entry.source == "none":
                        assert weight == 0
                    elif weight and entry.source == "features":
                        temporal[p.slots[slot], entry.tap, entry.bank * BANK + channel] = weight
                    elif weight:
                        res[p.slots[slot], entry.bank * BANK + channel] = weight
    np.testing.assert_array_equal(temporal, b.temporal)
    if res is not None:
        np.testing.assert_array_equal(res, b.res)
    assert len(s.words) == BANK * len(s.entries)
    assert s.reads_x == (name == "conv")


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize(("lane_pairs", "y_width"), [(1, 2), (3, 2), (3, 4), (8, 16)])
def test_steps_agree_with_passes(name, lane_pairs, y_width):
    b = block(name)
    s = schedule(b, lane_pairs, y_width)
    assert len(s.steps) == -(-b.out_channels // y_width)
    seen = []
    for group, step in enumerate(s.steps):
        for position, slot in enumerate(step.slots):
            channel = group * y_width + position
            computed = channel < b.out_channels and (b.shortcut_y == "conv" or b.filters[channel])
            assert (slot is not None) == bool(computed)
            if computed:
                assert s.passes[step.index].slots[slot] == channel
                seen.append(channel)
        assert step.needs == any(slot is not None for slot in step.slots)
    assert seen == [c for p in s.passes for c in p.slots if c is not None]
    # Each pass is consumed once, in order, and not used after that.
    assert [step.index for step in s.steps if step.consumes] == list(range(len(s.passes)))
    gone = -1
    for step in s.steps:
        if step.needs:
            assert step.index > gone
        gone = step.index if step.consumes else gone


def test_passes_are_filled_without_splitting_groups():
    b = block("conv")
    assert len(schedule(b, 20, 2).passes) == 1
    assert len(schedule(b, 4, 2).passes) == 5
    assert len(schedule(b, 3, 4).passes) == 10      # one group of four in six accumulators


def test_entries_skip_what_is_cut():
    b = block("identity")
    for p in schedule(b, 2, 2).passes:
        assert p.stop > p.first
    s = schedule(b, 10, 2)
    assert [(e.tap, e.bank) for e in s.entries] == [tuple(x) for x in np.argwhere(b.taps.T)]
    temporal = b.temporal.copy()
    temporal[:, :, :BANK] = 0
    s = schedule(dataclasses.replace(b, temporal=temporal), 10, 2)
    assert {e.bank for e in s.entries} == {1}


def test_channels_without_weights_are_not_computed():
    """A convolved shortcut that lost outputs: they would fill passes that do nothing, between those that work."""
    b = block("conv")
    res = b.res.copy()
    res[b.filters == 0] = 0
    every, pruned = schedule(b, 2, 2), schedule(dataclasses.replace(b, res=res), 2, 2)
    slots = [c for p in pruned.passes for c in p.slots if c is not None]
    assert sorted(slots) == b.filters.nonzero()[0].tolist()
    assert len(pruned.passes) < len(every.passes)
    assert all(entry.source != "none" for entry in pruned.entries)


def test_nothing_to_compute_is_one_pass_without_reads():
    s = schedule(block("dropped"), 2, 4)
    assert len(s.passes) == 1
    assert [e.source for e in s.entries] == ["none"]
    assert not any(s.words)
    assert [step.consumes for step in s.steps] == [False] * 3 + [True]


def test_lane_pairs_too_small():
    with pytest.raises(ValueError, match=r"^lane_pairs must be at least 4, half the width of a group, not 3$"):
        schedule(block("identity"), 3, 8)
