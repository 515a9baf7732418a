"""States of streams and units: one of busy, starved and blocked in every cycle."""

from itertools import product

import pytest
from amaranth import Module, Signal
from amaranth.lib import stream
from amaranth.sim import Simulator

from hypgcn.stream.activity import STATES, state_layout, state_of, unit_state


def evaluate(signals, view, values):
    """State, by name, that ``view`` shows for each list of ``values`` of ``signals``."""
    m = Module()
    state = Signal(state_layout())
    m.d.comb += state.eq(view)
    shown = []

    async def drive(ctx):
        for row in values:
            for signal, value in zip(signals, row, strict=True):
                ctx.set(signal, value)
            await ctx.delay(1e-9)
            shown.append([name for name in STATES if ctx.get(state[name])])

    simulator = Simulator(m)
    simulator.add_testbench(drive)
    simulator.run()
    return shown


@pytest.mark.parametrize("count", [1, 2, 3])
def test_streams(count):
    streams = [stream.Signature(8).create() for _ in range(count)]
    handshakes = list(product((0, 1), repeat=2 * count))
    shown = evaluate([signal for one in streams for signal in (one.valid, one.ready)], state_of(*streams),
                     handshakes)
    for values, states in zip(handshakes, shown):
        valid, ready = values[::2], values[1::2]
        transfers = any(v and r for v, r in zip(valid, ready))
        assert states == ["busy" if transfers else "blocked" if any(valid) else "starved"]


def test_unit():
    busy, offered = Signal(), Signal()
    assert evaluate([busy, offered], unit_state(busy=busy, offered=offered), [(0, 0), (0, 1), (1, 1)]) == [
        ["starved"], ["blocked"], ["busy"]]
