"""One multiplier for all values of a payload of a requantiser, and the choice among all forms."""

from amaranth.hdl import Cat, Module, Signal, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .requant import Requant
from .requant_array import RequantArray
from .requant_config import RequantConfig
from .requant_serial import RequantSerial

__all__ = ["RequantShared", "requant_type", "requant_unit"]

MULTIPLIERS: dict[str, type[Requant]] = {"dsp": Requant, "logic": RequantArray, "serial": RequantSerial}
"""Requantisers with a multiplier for each lane, by what multiplies."""


def requant_type(cfg: RequantConfig) -> "type[Requant] | type[RequantShared]":
    """The class of the requantiser of the form of ``cfg``."""
    return RequantShared if cfg.shared and cfg.lanes > 1 else MULTIPLIERS[cfg.multiplier]


def requant_unit(cfg: RequantConfig) -> wiring.Component:
    """The requantiser of the form of ``cfg``, with the streams ``i`` and ``o`` of a :class:`~.requant.Requant`."""
    return requant_type(cfg)(cfg)


class RequantShared(wiring.Component):
    """A :class:`~.requant.Requant` with one lane that takes the values of a payload one after the other.

    Throughput: one payload in ``cfg.cycles`` cycles. Latency: that of the lane, and ``lanes - 1`` of its values more.
    Stall: ``i`` is taken with its last value; a held ``o`` holds the lane at the last value of a payload. Cost: one
    lane, with a table as narrow; a multiplexer in front of it and ``8 * (lanes - 1)`` registers behind.

    Parameters
    ----------
    cfg : RequantConfig
        With ``shared``; a power of 2 of lanes.

    Members
    -------
    see :class:`~.requant.Requant`
    """

    def __init__(self, cfg: RequantConfig):
        if cfg.lanes & cfg.lanes - 1:
            raise ValueError(f"lanes must be a power of 2, not {cfg.lanes}, where they share a multiplier")
        self.cfg = cfg
        super().__init__({"i": In(stream.Signature(cfg.i_layout)), "o": Out(stream.Signature(cfg.o_layout))})

    @classmethod
    def latency_of(cls, cfg: RequantConfig) -> int:
        """Cycles from a payload to its values, while ``o`` is not held."""
        return MULTIPLIERS[cfg.multiplier].latency_of(cfg.one) + (cfg.lanes - 1) * cfg.one.cycles

    @property
    def latency(self) -> int:
        """Cycles from a payload to its values, while ``o`` is not held."""
        return self.latency_of(self.cfg)

    def elaborate(self, platform):
        """The lane between a multiplexer of the payload's values and their registers."""
        m = Module()
        lanes = self.cfg.lanes
        m.submodules.lane = lane = requant_unit(self.cfg.one)
        number, arrived = Signal(range(lanes)), Signal(range(lanes))
        last = number == lanes - 1
        m.d.comb += [
            lane.i.valid.eq(self.i.valid), self.i.ready.eq(lane.i.ready & last),
            lane.i.payload.acc[0].eq(self.i.payload.acc[number]), lane.i.payload.res[0].eq(self.i.payload.res[number]),
            # Groups of a lane are channels, those of the payload follow each other.
            lane.i.payload.group.eq(Cat(number, self.i.payload.group)),
            Cat(lane.i.payload.meta).eq(Cat(self.i.payload.meta)),
        ]
        with m.If(lane.i.valid & lane.i.ready):
            m.d.sync += number.eq(number + 1)

        values = [Signal(signed(8), name=f"value{n}", reset_less=True) for n in range(lanes - 1)]
        complete = arrived == lanes - 1
        m.d.comb += [
            self.o.valid.eq(lane.o.valid & complete), lane.o.ready.eq(self.o.ready | ~complete),
            *(port.eq(value) for port, value in zip(self.o.payload["values"], [*values, lane.o.payload["values"][0]])),
            Cat(self.o.payload.meta).eq(Cat(lane.o.payload.meta)),
        ]
        with m.If(lane.o.valid & lane.o.ready):
            m.d.sync += arrived.eq(arrived + 1)
            with m.If(~complete):
                m.d.sync += [value.eq(after) for value, after in
                             zip(values, [*values[1:], lane.o.payload["values"][0]])]
        return m
