"""What is known of the modules of an emission before they are text."""

import re

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hypgcn.emission.elaborated import Elaborated
from hypgcn.emission.platform import RtlPlatform


class Machine(wiring.Component):
    go: In(1)
    busy: Out(1)

    def elaborate(self, platform):
        m = Module()
        with m.FSM():
            with m.State("IDLE"), m.If(self.go):
                m.next = "SEND"
            with m.State("SEND"):
                m.d.comb += self.busy.eq(1)
                m.next = "IDLE"
        return m


class Outer(wiring.Component):
    go: In(1)
    busy: Out(1)

    def elaborate(self, platform):
        m = Module()
        m.submodules.machine = machine = Machine()
        m.d.comb += [machine.go.eq(self.go), self.busy.eq(machine.busy)]
        return m


def elaborated():
    component = Outer()
    platform = RtlPlatform("top", component)
    return Elaborated(platform.next_module(), platform)


def test_what_is_inside():
    each = elaborated()
    assert list(each.inside) == [(), ("machine",)] and list(each.ports) == ["clk", "rst", "go", "busy"]
    machine = each.inside["machine",]
    assert isinstance(machine.component, Machine) and machine.clocks == ("clk", "rst")
    assert machine.states == {"fsm_state": {0: "IDLE", 1: "SEND"}} and each.inside[()].states == {}


def test_modules_have_the_given_names():
    text = elaborated().rtlil({(): "top", ("machine",): "top_machine"})
    assert re.findall(r"^module (\S+)", text, re.MULTILINE) == ["\\top", "\\top_machine"]
    assert "cell \\top_machine \\machine" in text and "src" not in text


def test_places_in_the_source_without_the_machine():
    text = elaborated().rtlil({(): "top", ("machine",): "top_machine"}, source=True)
    places = set(re.findall(r'attribute \\src "([^"]*)"', text))
    assert any(re.fullmatch(r"test_elaborated.py:\d+", place) for place in places)
    assert not any(place.startswith("/") or "\\" in place for place in places)
