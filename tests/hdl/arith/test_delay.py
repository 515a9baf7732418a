# amaranth: UnusedElaboratable=no
"""Delayed copies: as many enabled cycles later, in the same shape."""

import random

import pytest
from amaranth import Module, Signal, signed
from amaranth.hdl import Fragment
from amaranth.lib import data
from amaranth.sim import Simulator

from hypgcn.arith.delay import delayed

LAYOUT = data.StructLayout({"value": signed(8), "last": 1})


def simulate(cycles, *, with_enable, reset_less=True):
    """Values in, enables, and what the copy shows in the same cycles."""
    m, value, enable = Module(), Signal(LAYOUT), Signal()
    copy = delayed(m, value, cycles, name="copy", reset_less=reset_less, enable=enable if with_enable else None)
    rng = random.Random(cycles)
    rows = [({"value": rng.randrange(-128, 128), "last": rng.randrange(2)}, rng.randrange(2)) for _ in range(60)]
    shown = []

    async def drive(ctx):
        for payload, enabled in rows:
            ctx.set(value, payload)
            ctx.set(enable, enabled)
            await ctx.delay(1e-9)
            shown.append({name: ctx.get(copy[name]) for name in ("value", "last")})
            await ctx.tick()

    m.d.sync += Signal().eq(0)      # the domain exists without a register, too
    simulator = Simulator(m)
    simulator.add_clock(1e-8)
    simulator.add_testbench(drive)
    simulator.run()
    return rows, shown


@pytest.mark.parametrize("with_enable", [False, True])
@pytest.mark.parametrize("cycles", [0, 1, 2, 5])
def test_copies_are_late_by_enabled_cycles(cycles, with_enable):
    rows, shown = simulate(cycles, with_enable=with_enable)
    pipe = [{"value": 0, "last": 0}] * cycles
    for (payload, enabled), actual in zip(rows, shown):
        pipe.append(payload)
        assert actual == pipe[0]
        pipe = pipe[1:] if enabled or not with_enable else pipe[:-1]


@pytest.mark.parametrize("cycles", [1, 2, 3])
@pytest.mark.parametrize("reset_less", [False, True])
def test_names_and_resets(cycles, reset_less):
    """The last register has a reset in any case, so that no shift register drives what follows."""
    m = Module()
    copy = delayed(m, Signal(4), cycles, name="taken", reset_less=reset_less)
    registers = [assignment.lhs for assignment in Fragment.get(m, None).statements["sync"]]
    assert {register.name: register.reset_less for register in registers} == {
        f"taken_{stage}": reset_less and stage < cycles - 1 for stage in range(cycles)}
    assert copy.name == f"taken_{cycles - 1}" and copy.shape() == Signal(4).shape()
