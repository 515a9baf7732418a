"""Equal hardware under other names is equal; one other operator, constant or initial value is not."""

import pytest
from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from same_netlist import differences

from hypgcn.emission.emit import emit
from hypgcn.emission.shared import shared


class Inner(wiring.Component):
    """A register with an enable; what it adds, and its names, are chosen."""

    def __init__(self, step=1, init=0, name="count", reset_less=False):
        self.cfg = (step, init, name, reset_less)
        super().__init__({"en": In(1), "o": Out(4)})

    def elaborate(self, platform):
        step, init, name, reset_less = self.cfg
        m = Module()
        count = Signal(4, init=init, name=name, reset_less=reset_less)
        with m.If(self.en):
            m.d.sync += count.eq(count + step)
        m.d.comb += self.o.eq(count)
        return m


class Outer(wiring.Component):
    """Two shared registers, joined by an operator."""

    def __init__(self, *, swapped=False, inverted=False, **inner):
        self.swapped, self.inverted, self.inner = swapped, inverted, inner
        super().__init__({"a": In(1), "b": In(1), "o": Out(4)})

    def elaborate(self, platform):
        m = Module()
        units = {}
        for name in ("second", "first") if self.swapped else ("first", "second"):
            unit = Inner(**self.inner)
            m.submodules[name] = shared(platform, unit)
            m.d.comb += unit.en.eq(self.a if name == "first" else self.b)
            units[name] = unit
        total = Signal(4, name="sum" if self.swapped else "total")
        ones = units["first"].o | units["second"].o
        m.d.comb += [total.eq(~ones if self.inverted else ones), self.o.eq(total)]
        return m


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """What the others are compared with, emitted once."""
    folder = tmp_path_factory.mktemp("one")
    emit(Outer(), "one", folder)
    return folder


@pytest.mark.parametrize(("changes", "equal"), [
    ({"swapped": True, "name": "other"}, True), ({"inverted": True}, False),
    ({"step": 3}, False), ({"init": 5}, False), ({"reset_less": True}, False)])
def test_names_and_order_do_not_count_and_all_else_does(before, tmp_path, changes, equal):
    emit(Outer(**changes), "two", tmp_path)
    result = differences(before, tmp_path)
    assert (not result) is equal, result


@pytest.mark.slow  # two more emissions; the initial value with reset is among the cases above
def test_an_initial_value_without_reset_counts(tmp_path):
    for name, init in (("one", 0), ("two", 5)):
        emit(Outer(init=init, reset_less=True), name, tmp_path / name)
    assert differences(tmp_path / "one", tmp_path / "two")
