# amaranth: UnusedElaboratable=no
"""Sums and scores against golden, several clips without a gap."""

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from hdl.vectors import vectors
from lively_design import lively

from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import random_design
from hypgcn.golden.absent import absent_response
from hypgcn.golden.head import head
from hypgcn.head import Head, class_cycles
from hypgcn.network import boundary_widths
from hypgcn.rfc import skid_behind
from hypgcn.stream import connect
from testbench import STREAM_PATTERNS, run


def make(channels=20, frames=3, joints=2, persons=2, classes=3, stride=1):
    return lively(random_design(5, name="head", frames=frames, joints=joints, persons=persons, classes=classes,
                                widths=(channels,), strides=(stride,)))


def clip(design, seed, density=0.5):
    rng = np.random.default_rng(seed)
    shape = (design.persons, design.block_frames(1), design.joints, design.blocks[-1].out_channels)
    return rng.integers(1, 128, shape) * (rng.random(shape) < density)


def check(design, width, clips, flags=None, absent=None, **options):
    """``absent``: per clip the flags of its persons; these bring no vectors."""
    flags = flags or [0] * len(clips)
    gone = absent or [[0] * design.persons] * len(clips)
    items, expected = [], []
    for y, flag, missing in zip(clips, flags, gone):
        present = y[np.array(missing) == 0]
        part = vectors(present) if len(present) else []
        if part:
            part[-1]["overflow"] = flag
        items += part
        logits = head(present, design)["logits"]
        if absent:
            logits = logits + absent_response(design).scores[np.array(missing) == 1].sum(axis=0)
        expected += [{"index": j, "score": int(score), "last": int(j == len(logits) - 1),
                      "overflow": flag if part else 0} for j, score in enumerate(logits)]
    sources = {"i": items}
    if absent:
        sources["persons"] = [{"absent": flag} for missing in absent for flag in missing]
    out = run(Head(design, width, absent=bool(absent)), sources, {"o": len(expected)}, timeout=20000, **options)
    assert out["o"] == expected
    return out


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_matches_golden(idle, stall):
    design = make()
    check(design, 4, [clip(design, seed) for seed in range(4)], flags=[0, 1, 0, 0], seed=2, idle=idle, stall=stall)


@pytest.mark.parametrize("width,channels", [
    (1, 1), (2, 17), (4, 16), (4, 17), (8, 17), (16, 1), (16, 16), (16, 17),
    *(pytest.param(*case, marks=pytest.mark.slow) for case in (
        (1, 16), (1, 17), (2, 1), (2, 16), (4, 1), (8, 1), (8, 16)))])
def test_widths(width, channels):
    design = make(channels=channels)
    check(design, width, [clip(design, 1), clip(design, 2, 1.0), clip(design, 3, 0.0)])


@pytest.mark.parametrize("shape", [
    dict(frames=1, joints=1, persons=1, classes=1, channels=3), dict(frames=5, stride=2)])
def test_corner_shapes(shape):
    design = make(**shape)
    check(design, 16, [clip(design, seed) for seed in range(3)])


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_absent_persons(idle, stall):
    """Every set of absent persons, one after the other, and overflow of the present ones."""
    design = make()
    absent = [[0, 1], [1, 0], [1, 1], [0, 0], [1, 1], [1, 1], [0, 1], [0, 0], [1, 0]]
    clips = [clip(design, seed) for seed in range(len(absent))]
    check(design, 4, clips, flags=[0, 1, 1, 0, 0, 1, 0, 1, 0], absent=absent, seed=2, idle=idle, stall=stall)


@pytest.mark.parametrize("shape", [
    dict(frames=1, joints=1, persons=1, classes=1, channels=3), dict(frames=5, stride=2, persons=3),
    dict(frames=1, joints=2, persons=2, channels=1, classes=2)])
def test_absent_persons_in_corner_shapes(shape):
    design = make(**shape)
    rng = np.random.default_rng(3)
    absent = rng.integers(0, 2, (6, design.persons)).tolist()
    check(design, 16, [clip(design, seed) for seed in range(6)], absent=absent)


def test_cycles_per_class():
    design = make(classes=4)
    for absent in (None, [[0, 1]], [[1, 1]]):
        times = check(design, 16, [clip(design, 1)], absent=absent)["times"]["o"]
        cycles = class_cycles(design, bool(absent))
        assert cycles == 20 + 5 + (3 if absent else 1)
        assert {b - a for a, b in zip(times, times[1:])} == {cycles if absent != [[1, 1]] else 7}


def test_no_flags_without_absent_persons():
    assert "persons" not in Head(make()).signature.members
    assert "persons" in Head(make(), absent=True).signature.members


@pytest.mark.parametrize("width", [0, 3, 32])
def test_rejects(width):
    with pytest.raises(ValueError, match=f"width must be one of 1, 2, 4, 8, 16, not {width}"):
        Head(make(), width)


class Behind(wiring.Component):
    """The head behind the register slice that a network has in front of it."""

    def __init__(self, design, head_width, y_width):
        folding = Folding(blocks=(BlockFolding(y_width=y_width),), head_width=head_width)
        self.skid, self.head = skid_behind(boundary_widths(folding)[-1]), Head(design, head_width)
        super().__init__({"i": In(stream.Signature(self.head.i.payload.shape())),
                          "o": Out(stream.Signature(self.head.o.payload.shape()))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.skid, m.submodules.head = self.skid, self.head
        connect(m, wiring.flipped(self.i), self.skid.i)
        connect(m, self.skid.o, self.head.i)
        connect(m, self.head.o, wiring.flipped(self.o))
        return m


@pytest.mark.parametrize("width", [4, 8, 16])
def test_a_vector_follows_another_without_a_gap(width):
    """The head is busy in every cycle when vectors are there: a register slice of one place would cost one of three."""
    design = make(frames=9, joints=5, channels=32, classes=2)
    items = [item for seed in (1, 2, 3) for item in vectors(clip(design, seed))]
    out = run(Behind(design, width, 16 if width == 16 else 8), {"i": items}, {"o": 6}, timeout=20000)
    per_clip = len(items) // 3 * (16 // width)
    assert out["times"]["o"][4] - out["times"]["o"][2] == pytest.approx(per_clip, abs=3)
