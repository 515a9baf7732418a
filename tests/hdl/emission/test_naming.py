"""Names in a waveform: of ports of submodules, of parts of ports, and in whole designs."""

import re

import pytest
from amaranth.hdl import Cat, Module, Signal
from amaranth.hdl._ir import build_netlist
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from ensembles import small_ensemble
from raw_designs import STREAMS, raw_design

from hypgcn.boards.uart_top import UartTop
from hypgcn.design.presets import preset, random_design
from hypgcn.design.raw_input import RawInput
from hypgcn.design.scale_presets import with_scales
from hypgcn.emission.elaborated import Elaborated
from hypgcn.emission.naming import Taken
from hypgcn.emission.platform import RtlPlatform
from hypgcn.ensemble import EnsembleNetwork
from hypgcn.network import Network
from hypgcn.planning.allocator.allocate import within
from hypgcn.shell.top import Top
from hypgcn.stream import Skid, connect

NUMBERED = {"top.frames_in.data_2", "top.frames_out.crc_2"}
"""Names that differ by a number alone: of Amaranth's unit for checksums."""


def elaborated(component, name="top"):
    """All emitted modules of a component."""
    platform = RtlPlatform(name, component)
    found = []
    while module := platform.next_module():
        found.append(Elaborated(module, platform))
    return found


def names_of(each):
    """{path: {name: signal}} of an emitted module."""
    return {info.name[1:]: {name: signal for signal, name in info.signal_names.items()}
            for info in each.design.fragments.values()}


class Chain(wiring.Component):
    """Two slices, an anonymous signal, and a signal called like a submodule."""

    i: In(stream.Signature(data.StructLayout({"a": 3, "b": 5})))
    o: Out(stream.Signature(data.StructLayout({"a": 3, "b": 5})))
    count: Out(4)

    def elaborate(self, platform):
        m = Module()
        m.submodules.first = first = Skid(self.i.payload.shape())
        m.submodules += Skid(8)
        m.submodules.second = second = Skid(self.i.payload.shape())
        connect(m, wiring.flipped(self.i), first.i)
        connect(m, first.o, second.i)
        connect(m, second.o, wiring.flipped(self.o))
        m.d.sync += [(signal := Signal(4, name="second")).eq(signal + 1), self.count.eq(signal)]
        return m


def test_ports_of_submodules_are_called_after_them():
    (each,) = elaborated(Chain())
    names = names_of(each)
    assert {"i__payload", "i__valid", "first__i__payload", "first__o__ready", "second__i__valid", "second_2",
            "count"} <= set(names[()])
    assert {path[0][:4] for path in names if path} == {"firs", "seco", "part"}, "a submodule without a name is a part"
    assert {"i__payload", "o__payload"} <= set(names["first",])
    assert not [name for signals in names.values() for name in signals if "$" in name]


class Sum(wiring.Component):
    low: In(3)
    high: In(4)
    o: Out(5)

    def elaborate(self, platform):
        m = Module()
        m.d.sync += self.o.eq(self.low + self.high)
        return m


class Halves(wiring.Component):
    """A submodule whose ports are neighbouring parts of one port of its parent."""

    word: In(8)
    o: Out(5)

    def elaborate(self, platform):
        m = Module()
        m.submodules.inner = inner = Sum()
        m.d.comb += [inner.low.eq(self.word[1:4]), inner.high.eq(self.word[4:]), self.o.eq(inner.o)]
        return m


def test_a_port_for_each_signal():
    """Amaranth would make one port of the bits of ``word``, and give it a number."""
    (each,) = elaborated(Halves())
    assert any(name.startswith("port$") for name in build_netlist(each.design).modules[1].ports)
    (each,) = elaborated(Halves())
    text = each.rtlil({(): "top", ("inner",): "top_inner"})
    inner = text[text.index("module \\top_inner"):]
    assert re.findall(r"wire width (\d) input \d +\\(\w+)", inner) == [("1", "clk"), ("1", "rst"), ("3", "low"),
                                                                       ("4", "high")]
    assert "connect \\low \\word [3:1]" in text and "port$" not in text


class Ends(wiring.Component):
    """A submodule whose port is made of parts of two ports of its parent."""

    a: In(8)
    b: In(8)
    o: Out(5)

    def elaborate(self, platform):
        m = Module()
        m.submodules.inner = inner = Sum()
        m.d.comb += [inner.low.eq(Cat(self.a[0], self.b[2:4])), self.o.eq(inner.o)]
        return m


def test_parts_of_a_signal_are_called_after_its_bits():
    (each,) = elaborated(Ends())
    text = each.rtlil({(): "top", ("inner",): "top_inner"})
    assert re.findall(r"wire width (\d) input \d +\\(\w+)", text[text.index("module \\top_inner"):]) == [
        ("1", "clk"), ("1", "rst"), ("1", "low_0"), ("2", "low_2_1")]


def test_a_taken_name_gets_a_number():
    taken = Taken(["a", "a_2"])
    assert [taken.free("a"), taken.free("b"), taken.free("a", "c"), taken.free("a", "c")] == ["a_3", "b", "c", "c_2"]


DESIGNS = {
    "buses": lambda: Top.of(preset("tiny"), within(preset("tiny"), 64), 32),
    "dense": lambda: Network(design := random_design(
        2, name="d", frames=8, joints=5, classes=3, widths=(20, 36), strides=(1, 2), kernel=3, subsets=2),
        within(design, 60), observe=True, activity=True, counters=True),
    "raw": lambda: Network(design := raw_design(RawInput(unit="mm", patience=1, **STREAMS["bone-motion"])),
                           within(design, 40), counters=True),
    "scales": lambda: Network(design := with_scales(random_design(
        3, name="d", frames=8, joints=4, classes=3, widths=(20, 36), strides=(1, 2), kernel=3, subsets=1)),
        within(design, 80), counters=True),
    "ensemble": lambda: EnsembleNetwork(small := small_ensemble(), [within(each, 40) for each in small.designs]),
    "uart": lambda: UartTop.of(preset("tiny"), within(preset("tiny"), 64), 4),
}


@pytest.mark.parametrize("kind", DESIGNS)
def test_designs_have_names_throughout(kind):
    """Every signal has a name of its own from the source, and every submodule."""
    bare, numbered = [], set()
    for each in elaborated(DESIGNS[kind]()):
        for path, signals in names_of(each).items():
            place = ".".join((each.module.name, *path))
            bare += [f"{place}.{name} of {signal.src_loc}" for name, signal in signals.items() if "$" in name]
            bare += [place] if path and path[-1].startswith("part") else []
            numbered |= {f"{place}.{name} of {signal.src_loc}" for name, signal in signals.items()
                         if name.rpartition("_")[0] == signal.name and name not in each.ports}
    assert not bare
    assert {name.split(" of ")[0] for name in numbered} <= NUMBERED, numbered
