"""Depth of netlists that are made by hand, each with a depth that can be counted on the page."""

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hypgcn.emission.emit import emit
from hypgcn_sim.synthesis.levels.paths import Levels, Path, joined, logic_levels
from hypgcn_sim.synthesis.units import synthesise


class Netlist:
    """Cells of one module with nets by name, as Yosys writes them."""

    def __init__(self, **ports):
        self.numbers = {}
        self.cells = {}
        self.ports = {name: {"direction": direction, "bits": [self.net(name)]} for name, direction in ports.items()}

    def net(self, name):
        return name if name in ("0", "1", "x") else self.numbers.setdefault(name, len(self.numbers) + 2)

    def cell(self, name, kind, parameters=None, **pins):
        bits = {pin: [self.net(each) for each in nets.split()] for pin, nets in pins.items()}
        self.cells[name] = {"type": kind, "parameters": parameters or {}, "connections": bits}

    def register(self, q, d, **pins):
        self.cell(f"ff_{q}", "FDRE", C="clk", D=d, Q=q, **{"CE": "1", "R": "0", **pins})

    def lut(self, out, *into):
        self.cell(f"lut_{out}", f"LUT{len(into)}", O=out, **{f"I{n}": each for n, each in enumerate(into)})

    def module(self):
        return {"ports": self.ports, "cells": self.cells,
                "netnames": {name: {"hide_name": 0, "bits": [bit]} for name, bit in self.numbers.items()}}

    def levels(self, **options):
        return logic_levels({"modules": {"top": self.module()}}, "top", **options)


def chain(netlist, first, last, count):
    """``count`` LUTs between two nets."""
    for n in range(count):
        netlist.lut(last if n == count - 1 else f"{last}_{n}", f"{last}_{n - 1}" if n else first)


def test_luts_between_registers():
    netlist = Netlist()
    netlist.register("a", "b")
    netlist.register("z", "d")
    chain(netlist, "a", "d", 5)
    assert netlist.levels().registers == Path(5, "a", "z")


def test_a_register_is_called_after_the_module_that_it_is_in():
    """Not after the instance beside a net around that module, and not by a number of Yosys, however short."""
    netlist = Netlist()
    netlist.register("loader.buffer.o__valid", "0")
    netlist.register("z", "loader.buffer.o__valid")
    module = netlist.module()
    valid = module["netnames"]["loader.buffer.o__valid"]
    module["netnames"] |= {"loader.ready": {"hide_name": 0, "bits": [99]}, "loader.buffer__o__valid": valid,
                           "loader__x": valid, "loader.buffer._07_": valid, "_7_": valid, "i__valid$3": valid}
    assert logic_levels({"modules": {"top": module}}, "top").registers == Path(0, "loader.buffer.o__valid", "z")


def test_a_planted_deeper_path_is_found_and_named():
    netlist = Netlist()
    for n, depth in enumerate((2, 5, 3)):
        netlist.register(f"a{n}", "0")
        chain(netlist, f"a{n}", f"d{n}", depth)
        netlist.register(f"z{n}", f"d{n}")
    assert netlist.levels().registers == Path(5, "a1", "z1")
    netlist.lut("planted", "d2", "d1")
    netlist.lut("planted2", "planted", "a0")
    netlist.register("victim", "0", CE="planted2")
    found = netlist.levels(unit_of=lambda name: name[0])
    assert found.registers == Path(7, "a1", "victim")
    assert found.units == {"z": Path(5, "a1", "z1"), "v": Path(7, "a1", "victim")}
    assert [path.levels for path in found.ends][:2] == [7, 5]


def test_an_inverter_is_a_level_and_a_wide_multiplexer_is_none():
    netlist = Netlist()
    netlist.register("a", "0")
    netlist.cell("inv", "INV", I="a", O="n")
    netlist.lut("low", "n", "a")
    netlist.lut("high", "a")
    netlist.cell("mux", "MUXF7", I0="low", I1="high", S="a", O="d")
    netlist.register("z", "d")
    assert netlist.levels().max_levels == 2


def test_a_carry_chain_is_one_level():
    netlist = Netlist()
    netlist.register("a", "0")
    for n in range(8):
        netlist.lut(f"s{n}", "a")
    netlist.cell("c0", "CARRY4", CI="0", CYINIT="0", S="s0 s1 s2 s3", DI="a a a a", O="o0 o1 o2 o3", CO="k0 k1 k2 k3")
    netlist.cell("c1", "CARRY4", CI="k3", CYINIT="0", S="s4 s5 s6 s7", DI="a a a a", O="o4 o5 o6 o7", CO="k4 k5 k6 k7")
    netlist.register("z", "o7")
    assert netlist.levels().max_levels == 2
    netlist.lut("after", "k7")
    netlist.register("y", "after")
    assert netlist.levels().registers == Path(3, "a", "y")


def test_a_bit_of_a_chain_does_not_follow_later_bits():
    netlist = Netlist()
    netlist.register("a", "0")
    chain(netlist, "a", "late", 4)
    netlist.cell("c", "CARRY4", CI="0", CYINIT="0", S="a a a late", DI="a a a late", O="o0 o1 o2 o3",
                 CO="k0 k1 k2 k3")
    netlist.register("z", "o2")
    assert netlist.levels().max_levels == 1
    netlist.register("y", "k3")
    assert netlist.levels().registers == Path(5, "a", "y")


def test_a_lut_ram_is_a_level_from_its_address_and_ends_a_path_at_its_write():
    netlist = Netlist()
    netlist.register("r", "0")
    netlist.register("w", "0")
    chain(netlist, "r", "address", 2)
    chain(netlist, "w", "data", 4)
    netlist.cell("ram", "RAM32M", ADDRA="address", ADDRD="w", DIA="data", DOA="q", DOD="unused", WE="1", WCLK="clk")
    netlist.register("z", "q")
    found = netlist.levels()
    assert found.registers == Path(4, "w", "ram") and {path.end: path.levels for path in found.ends}["z"] == 3


@pytest.mark.parametrize("dsp", ["DSP48E1", "DSP48E2"])
def test_block_rams_and_dsps_begin_and_end_paths(dsp):
    netlist = Netlist()
    netlist.register("a", "0")
    chain(netlist, "a", "address", 3)
    netlist.cell("ram", "RAMB36E2", {"DOA_REG": "0", "DOB_REG": "0"}, ADDRARDADDR="address", DOUTADOUT="data",
                 CLKARDCLK="clk")
    netlist.register("z", "data")
    netlist.cell("dsp", dsp, {"PREG": "00000001"}, A="data", P="p", CLK="clk")
    netlist.lut("d", "p")
    netlist.register("y", "d")
    found = netlist.levels()
    assert found.registers == Path(3, "a", "ram") and found.unregistered == []
    assert {path.end: path.levels for path in found.ends} == {"ram": 3, "dsp": 0, "z": 0, "y": 1}


@pytest.mark.parametrize(("kind", "pin", "parameters", "through", "names"), [
    ("RAMB18E2", "DOUTBDOUT", {"DOA_REG": "0", "DOB_REG": "0"}, True, ["hard"]),
    ("RAMB18E2", "DOUTBDOUT", {"DOA_REG": "1", "DOB_REG": "1"}, True, []),
    ("DSP48E2", "P", {"PREG": "0"}, True, ["hard"]),
    ("DSP48E1", "P", {"PREG": "0"}, True, ["hard"]),
    ("DSP48E2", "P", {"PREG": "0"}, False, []),
    ("SRL16E", "Q", {}, True, ["data"]),
    ("SRL16E", "Q", {}, False, []),
])
def test_outputs_without_a_register(kind, pin, parameters, through, names):
    netlist = Netlist()
    netlist.cell("hard", kind, parameters, **{pin: "data"})
    if through:
        netlist.lut("d", "data")
    netlist.register("z", "d" if through else "data")
    assert netlist.levels().unregistered == names


def test_ports():
    netlist = Netlist(i="input", o="output", other="output")
    netlist.register("a", "d")
    chain(netlist, "i", "d", 3)
    netlist.lut("o", "a", "i")
    netlist.lut("other", "a")
    found = netlist.levels()
    assert found.into == {"i": Path(3, "i", "a")} and found.out_of["o"] == Path(1, "a", "o")
    assert found.through == {("i", "o"): Path(1, "i", "o")} and found.registers is None
    assert found.classes() == {"max_logic_levels": 0, "levels_from_ports": 3, "levels_to_ports": 1,
                               "levels_between_ports": 1}


def test_paths_run_through_the_borders_of_modules():
    inner = Netlist(i="input", o="output", same="output")
    chain(inner, "i", "o", 2)
    inner.ports["same"]["bits"] = [inner.net("i")]
    top = Netlist()
    top.register("a", "0")
    top.cell("first", "inner", i="a", o="b", same="c")
    top.cell("second", "inner", i="b", o="d", same="e")
    top.register("z", "d")
    top.register("y", "c")
    top.register("v", "e")
    found = logic_levels({"modules": {"top": top.module(), "inner": inner.module()}}, "top")
    assert {path.end: path.levels for path in found.ends} == {"v": 2, "y": 0, "z": 4}


def test_registers_inside_are_named_with_their_place():
    inner = Netlist(i="input")
    chain(inner, "i", "d", 1)
    inner.register("kept", "d")
    top = Netlist()
    top.register("a", "0")
    top.cell("unit.part", "inner", i="a")
    found = logic_levels({"modules": {"top": top.module(), "inner": inner.module()}}, "top")
    assert found.registers == Path(1, "a", "unit.part.kept")


def test_unknown_netlists_are_refused():
    netlist = Netlist()
    netlist.cell("odd", "strange", O="a")
    with pytest.raises(ValueError, match="cell odd must be of a known type, not strange"):
        netlist.levels()
    netlist = Netlist()
    netlist.lut("a", "b")
    netlist.lut("b", "a")
    with pytest.raises(ValueError, match="the netlist must have no loop of logic without a register"):
        netlist.levels()
    with pytest.raises(ValueError, match="top must be a module of the netlist, not 'absent'"):
        logic_levels({"modules": {}}, "absent")
    with pytest.raises(ValueError, match="port p must be an input or an output, not an inout"):
        Netlist(p="inout").levels()


def stage(valid_out, ready_in, ready_through=None):
    """A part with streams ``i`` and ``o``."""
    found = Levels(into={"i__valid": Path(1, "i__valid", "held"), "o__ready": Path(ready_in, "o__ready", "state")},
                   out_of={"o__valid": Path(valid_out, "state", "o__valid"), "i__ready": Path(0, "full", "i__ready")})
    if ready_through is not None:
        found.through["o__ready", "i__ready"] = Path(ready_through, "o__ready", "i__ready")
    return found


def test_parts_are_joined_at_their_streams():
    streams = [(("a", "o"), ("b", "i")), (("b", "o"), ("c", "i"))]
    parts = {"a": stage(3, 2), "b": stage(1, 1), "c": stage(0, 0)}
    assert joined(parts, streams) == Path(4, "a.state", "b.held")
    # A ready that runs through b: from c's register over b's logic into a.
    parts["b"] = stage(1, 1, ready_through=3)
    parts["c"].out_of["i__ready"] = Path(2, "full", "i__ready")
    assert joined(parts, streams) == Path(7, "c.full", "a.state")
    assert joined({"a": stage(1, 1)}, []) is None
    with pytest.raises(ValueError, match="parts must not make a loop of logic"):
        joined({"a": stage(1, 1, ready_through=0)}, [(("a", "o"), ("a", "i"))])


class Parity(wiring.Component):
    """The parity of six bits: one LUT, whatever the mapper does."""

    i: In(6)
    o: Out(1)

    def elaborate(self, platform):
        m = Module()
        held = Signal(6)
        m.d.sync += [held.eq(self.i), self.o.eq(held.xor())]
        return m


@pytest.mark.synth
def test_a_mapped_unit(tmp_path):
    emit(Parity(), "top", tmp_path)
    found = synthesise(tmp_path, "top")
    assert found["max_logic_levels"] == 1 and found["levels_from_ports"] <= 1
    assert found["deepest"]["to"] == "o"
