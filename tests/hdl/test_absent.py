# amaranth: UnusedElaboratable=no
"""Persons that are zero throughout are dropped and flagged, every other person passes unchanged."""

from dataclasses import replace

import numpy as np
import pytest

from hypgcn.absent import AbsentPersons, leaves_out
from hypgcn.design.presets import preset, random_design
from hypgcn.golden.absent import absent_response
from testbench import STREAM_PATTERNS, run, simulate


def make(frames=3, joints=3, persons=2, channels=3):
    return random_design(1, name="absent", frames=frames, joints=joints, persons=persons, channels=channels,
                         classes=1, widths=(4,), strides=(1,))


def unit(design):
    """All persons may be left out, whatever the design's response to them."""
    return AbsentPersons(design, [True] * design.persons)


def person(design, kind, rng):
    """int8 (T, V, C) of one kind."""
    joints = np.zeros((design.frames * design.joints, design.channels), np.int8)
    total = len(joints)
    first = {"moving": 0, "absent": total, "late": min(1, total - 1), "last": total - 1,
             "some": int(rng.integers(total))}[kind]
    joints[first:] = rng.integers(-2, 3, joints[first:].shape)    # zero joints in between, too
    if first < total:
        joints[first, rng.integers(design.channels)] = rng.choice([-128, -1, 1, 64])
    return joints.reshape(design.frames, design.joints, design.channels)


def check(design, clips, *, leave_out=1, constant=None, **options):
    constant = [True] * design.persons if constant is None else constant
    absent = [bool(leave_out) and bool(constant[m]) and not clip[m].any()
              for clip in clips for m in range(design.persons)]
    people = [part for clip in clips for part in clip]
    joints = [joint for part in people for joint in part.reshape(-1, design.channels).tolist()]
    passed = [{"joint": joint, "person": index % design.persons}
              for index, (part, gone) in enumerate(zip(people, absent)) if not gone
              for joint in part.reshape(-1, design.channels).tolist()]
    out = run(AbsentPersons(design, constant), {"i": joints}, {"o": len(passed), "persons": len(absent)},
              signals={"leave_out": leave_out}, timeout=20000, **options)
    assert out["o"] == passed
    assert [flag["absent"] for flag in out["persons"]] == absent
    return out


def clips_of(design, *kinds, seed=1):
    rng = np.random.default_rng(seed)
    parts = [person(design, kind, rng) for kind in kinds]
    return np.stack(parts).reshape(-1, design.persons, design.frames, design.joints, design.channels)


KINDS = ("moving", "absent", "late", "absent", "absent", "last", "absent", "absent", "some", "some", "moving", "moving",
         "absent", "last")


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_every_kind_after_every_other(idle, stall):
    rng = np.random.default_rng(7)
    kinds = [*KINDS, *rng.choice(["moving", "absent", "late", "last", "some"], 20)]
    check(make(), clips_of(make(), *kinds), idle=idle, stall=stall, seed=3)


@pytest.mark.parametrize("frames,joints", [(1, 1), (1, 2), (2, 1), (3, 1), (2, 2), (1, 5), (7, 1), (4, 2), (3, 3)])
@pytest.mark.parametrize("persons", [1, 2])
def test_corner_sizes(frames, joints, persons):
    design = make(frames, joints, persons, channels=1)
    for idle, stall in ((0, 0), (0.4, 0.6)):
        check(design, clips_of(design, *KINDS), idle=idle, stall=stall, seed=2)


def test_sixteen_channels_and_three_persons():
    design = make(2, 3, 3, channels=16)
    check(design, clips_of(design, *KINDS, "absent"), idle=0.2, stall=0.3)


def test_nothing_is_left_out_where_it_may_not():
    check(make(), clips_of(make(), *KINDS), leave_out=0, idle=0.2, stall=0.3)


@pytest.mark.parametrize("constant", [(True, False), (False, True), (False, False)])
def test_a_response_that_is_no_constant_is_computed(constant):
    design = make()
    check(design, clips_of(design, *["absent"] * 6, *KINDS), constant=constant, idle=0.2, stall=0.3)


def test_a_flag_is_there_when_its_joints_are():
    design = make(persons=1)
    seen = []

    async def monitor(ctx):
        async for _, _, flag, joint in ctx.tick().sample(dut.persons.valid, dut.o.valid):
            seen.append((flag, joint))
    for kind in ("moving", "last"):
        dut = unit(design)
        seen.clear()
        run(dut, {"i": clips_of(design, kind).reshape(-1, 3).tolist()}, {"o": 9, "persons": 1},
            signals={"leave_out": 1}, background=[monitor])
        flags, joints = zip(*seen)
        assert flags.index(1) <= joints.index(1)


def test_full_queue_stops_without_loss():
    """While no flag is taken, as many persons as there is room for are taken; the rest when flags leave."""
    design = make(1, 1, 1, channels=1)
    dut = unit(design)
    taken = 0

    async def monitor(ctx):
        nonlocal taken
        async for _, _, ready, valid in ctx.tick().sample(dut.i.ready, dut.i.valid):
            taken += ready & valid

    async def wait(ctx):
        ctx.set(dut.leave_out, 1)
        ctx.set(dut.i.valid, 1)
        await ctx.tick().repeat(500)
        assert dut.FLAGS < taken <= dut.FLAGS + 3
        ctx.set(dut.i.valid, 0)
        ctx.set(dut.persons.ready, 1)
        for _ in range(taken):
            *_, flag = await ctx.tick().sample(dut.persons.payload.absent).until(dut.persons.valid)
            assert flag == 1
        ctx.set(dut.persons.ready, 0)
        await ctx.tick().repeat(5)
        assert not ctx.get(dut.persons.valid)

    simulate(dut, wait, background=[monitor])


def test_a_joint_a_cycle():
    design = make(6, 5)
    for kinds, cycles in ((("moving",) * 4, 4 * 30), (("absent",) * 4, 4 * 30)):
        clips = clips_of(design, *kinds)
        sinks = {"o": 0 if "absent" in kinds else 120, "persons": 4}
        out = run(unit(design), {"i": clips.reshape(-1, 3).tolist()}, sinks, signals={"leave_out": 1})
        assert cycles <= out["cycles"] <= cycles + 2 * 4 + 4
    late = clips_of(design, "last", "moving")
    out = run(unit(design), {"i": late.reshape(-1, 3).tolist()}, {"o": 60, "persons": 2},
              signals={"leave_out": 1})
    assert 60 + 29 <= out["cycles"] <= 60 + 29 + 2 * 2 + 4


def test_leaves_out_whom_it_may():
    design = preset("tiny")
    assert leaves_out(design, True) and not leaves_out(design, False)
    tight = replace(design.blocks[0], h_depths=(1,) * 4)
    assert not leaves_out(replace(design, blocks=(tight, design.blocks[1])), True)


def test_the_default_is_what_the_design_allows():
    design = preset("tiny")
    tight = replace(design, blocks=(replace(design.blocks[0], h_depths=(1,) * 4), design.blocks[1]))
    for variant in (design, tight):
        assert AbsentPersons(variant).constant.tolist() == absent_response(variant).constant.tolist()
    assert AbsentPersons(design).constant.all() and not AbsentPersons(tight).constant.any()
