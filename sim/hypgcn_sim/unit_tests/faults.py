"""Faults to plant into the hardware, to see that the benches find them and name the place.

A fault changes how components are elaborated, never what the golden model expects.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from amaranth import *
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from hypgcn.absent import AbsentPersons
from hypgcn.arith import PackedMacConfig, RequantConfig
from hypgcn.arith.packed_mac import FIELD
from hypgcn.head import Head
from hypgcn.input import InputAffine
from hypgcn.rfc import RfcDecoder, RfcEncoder, RfcExpander, RowStore
from hypgcn.rfc.shortcut import ShortcutReader
from hypgcn.spatial import ConvArray, FrameBuffer, GraphUnit, RowBuffer, RowLoader
from hypgcn.temporal import Combine, Lane

__all__ = ["FAULTS", "Fault", "plant"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """``text``: what is wrong; ``benches``: all of these must find it; ``patch``: makes a context in which it is
    planted."""

    text: str
    benches: tuple[str, ...]
    patch: Callable


@contextmanager
def _replaced(owner, name: str, value) -> Iterator[None]:
    before = owner.__dict__[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def _altered(component, port: str, change) -> Iterator[None]:
    """Every ``component`` has ``change(m, source, sink)`` instead of a connection between its ``port`` and outside."""
    init, elaborate = component.__init__, component.elaborate

    def new_init(self, *args, **kwargs):
        self._made_by = args, kwargs
        init(self, *args, **kwargs)

    def new_elaborate(self, platform):
        if getattr(self, "_sound", False):
            return elaborate(self, platform)
        args, kwargs = self._made_by
        m = Module()
        m.submodules.inner = inner = component(*args, **kwargs)
        inner._sound = True
        for name, member in self.signature.members.items():
            _join(m, member, getattr(self, name), getattr(inner, name), change if name == port else None)
        return m

    with _replaced(component, "elaborate", new_elaborate):
        component.__init__ = new_init
        try:
            yield
        finally:
            if init is wiring.Component.__init__:
                del component.__init__  # it had none of its own
            else:
                component.__init__ = init


def _join(m, member, outer, inner, change):
    """Connect a port of a component to that of the one inside it, or all of an array of ports."""
    if isinstance(inner, list | tuple):
        for one, other in zip(outer, inner):
            _join(m, member, one, other, change)
        return
    if member.is_signature:
        outer = wiring.flipped(outer)
    source, sink = (outer, inner) if member.flow == In else (inner, outer)
    if change:
        change(m, source, sink)
    elif member.is_signature:
        wiring.connect(m, source, sink)
    else:
        m.d.comb += sink.eq(source)


def _through(m, source, sink):
    m.d.comb += [sink.payload.eq(source.payload), sink.valid.eq(source.valid), source.ready.eq(sink.ready)]


def _drop(every: int):
    """One payload in ``every`` is taken and not passed on."""
    def change(m, source, sink):
        _through(m, source, sink)
        count = Signal(range(every))
        with m.If(count == every - 1):
            m.d.comb += [sink.valid.eq(0), source.ready.eq(1)]
        with m.If(source.valid & source.ready):
            m.d.sync += count.eq(Mux(count == every - 1, 0, count + 1))
    return change


def _swap(*path: str):
    """The first two elements of the array at ``path`` in the payload change places."""
    def change(m, source, sink):
        _through(m, source, sink)
        taken, given = source.payload, sink.payload
        for name in path:
            taken, given = taken[name], given[name]
        m.d.comb += [given[0].eq(taken[1]), given[1].eq(taken[0])]
    return change


def _stuck(*path: str):
    """The lowest bit of the field at ``path`` of the payload is 0."""
    def change(m, source, sink):
        _through(m, source, sink)
        field = sink.payload
        for name in path:
            field = field[name]
        m.d.comb += Value.cast(field)[0].eq(0)
    return change


def _no_borrow(self, raw):
    """Sums of the packed forms, without what the lower field has borrowed from the upper."""
    raw, width = Value.cast(raw), self.acc_width
    if self.form == "single":
        return raw[:width].as_signed(), raw[width:].as_signed()
    upper = raw[FIELD:FIELD + width].as_signed()
    lower = Cat(raw[:FIELD], raw[FIELD + width:]).as_signed() if self.wraps_width else raw[:FIELD][:width].as_signed()
    return upper, lower


def _altering(component, port, change):
    return lambda: _altered(component, port, change)


FAULTS: dict[str, Fault] = {
    "requant_truncates": Fault(
        text="the requantiser rounds towards minus infinity",
        benches=("requant", "input_affine", "spatial_unit_conv", "network"),
        patch=lambda: _replaced(RequantConfig, "offsets", property(lambda self: self.bias)),
    ),
    "decoder_drops": Fault(
        text="the decoder loses one token in 7", benches=("rfc_decoder",), patch=_altering(RfcDecoder, "o", _drop(7))
    ),
    "encoder_swaps": Fault(
        text="the encoder swaps channels 0 and 1",
        benches=("rfc_encoder", "network"),
        patch=_altering(RfcEncoder, "i", _swap("values")),
    ),
    "expander_swaps": Fault(
        text="the expander swaps channels 0 and 1",
        benches=("rfc_expander", "head"),
        patch=_altering(RfcExpander, "o", _swap("dense", "values")),
    ),
    "store_forgets": Fault(
        text="the row store loses the lowest bit of a mask",
        benches=("row_store", "spatial_unit_identity", "network"),
        patch=_altering(RowStore, "i", _stuck("mask")),
    ),
    "mac_forgets_borrow": Fault(
        text="the packed MAC does not correct its upper sum",
        benches=("packed_mac_dsp48e2", "packed_mac_inferred"),
        patch=lambda: _replaced(PackedMacConfig, "unpack", _no_borrow),
    ),
    "shortcut_swaps": Fault(
        text="the shortcut swaps two channels",
        benches=("shortcut_reader", "block_identity"),
        patch=_altering(ShortcutReader, "o", _swap("res")),
    ),
    "loader_drops": Fault(
        text="the loader loses one token in 11", benches=("row_loader",), patch=_altering(RowLoader, "o", _drop(11))
    ),
    "frame_buffer_drops": Fault(
        text="the frame buffer loses one token in 11",
        benches=("frame_buffer",),
        patch=_altering(FrameBuffer, "o", _drop(11)),
    ),
    "graph_swaps": Fault(
        text="the graph unit swaps two joints",
        benches=("graph_unit", "block_conv"),
        patch=_altering(GraphUnit, "o", _swap()),
    ),
    "array_swaps": Fault(
        text="the 1x1 array swaps two channels",
        benches=("conv_array", "spatial_unit_conv"),
        patch=_altering(ConvArray, "o", _swap("acc")),
    ),
    "row_buffer_swaps": Fault(
        text="the row buffer swaps two channels",
        benches=("row_buffer",),
        patch=_altering(RowBuffer, "o", _swap("values")),
    ),
    "lane_swaps": Fault(
        text="a lane swaps two sums",
        benches=("temporal_lane", "temporal_unit_conv"),
        patch=_altering(Lane, "o", _swap()),
    ),
    "combine_swaps": Fault(
        text="the combiner swaps two channels",
        benches=("temporal_unit_identity",),
        patch=_altering(Combine, "o", _swap("values")),
    ),
    "input_swaps": Fault(
        text="the input swaps two coordinates",
        benches=("input_affine", "network"),
        patch=_altering(InputAffine, "i", _swap()),
    ),
    "nobody_is_absent": Fault(
        text="absent persons are told to the head as if they were there",
        benches=("absent_persons", "network"),
        patch=_altering(AbsentPersons, "persons", _stuck("absent")),
    ),
    "head_drops": Fault(
        text="the head loses one vector in 50", benches=("head",), patch=_altering(Head, "i", _drop(50))
    ),
}


@contextmanager
def plant(name: str) -> Iterator[None]:
    """Inside, every component is elaborated with the fault of that name; an empty name is none."""
    if not name:
        yield
        return
    with FAULTS[name].patch():
        yield
