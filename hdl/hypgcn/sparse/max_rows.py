"""Running maximum over rows: some channels become the maximum of a row, the one before and the one behind it."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..design.checks import check_choice, check_int, check_limit
from ..design.limits import CHANNELS, JOINTS, WIDTHS
from ..mem import Ram
from ..stream import Skid
from ..stream.layouts import slice_layout

__all__ = ["MaxRows", "MaxRowsConfig"]


@dataclass(frozen=True, kw_only=True)
class MaxRowsConfig:
    """Parameters of a running maximum.

    Parameters
    ----------
    frames : int, at least 1
        Rows of a sequence.
    joints : int, 1..64
        Joints of a row.
    channels : int, 1..1024
        Channels of a joint.
    width : 2, 4, 8 or 16
        Channels of a slice.
    first, maximum : int
        Channels ``first .. first + maximum - 1`` have the maximum, at least one.
    """

    frames: int
    joints: int
    channels: int
    width: int
    first: int
    maximum: int

    def __post_init__(self):
        check_int("frames", self.frames, 1)
        check_limit("joints", self.joints, JOINTS)
        check_limit("channels", self.channels, CHANNELS)
        check_choice("width", self.width, WIDTHS)
        if not (0 <= self.first and 1 <= self.maximum and self.first + self.maximum <= self.channels):
            raise ValueError(f"first and maximum must be a range of the {self.channels} channels, at least one, not "
                             f"{self.first!r} and {self.maximum!r}")

    @property
    def groups(self) -> int:
        """Slices of a joint."""
        return -(-self.channels // self.width)

    @property
    def slices(self) -> int:
        """Slices of a row."""
        return self.joints * self.groups

    @property
    def masks(self) -> tuple[int, ...]:
        """For each slice of a joint bit n where channel n of it has the maximum."""
        own = range(self.first, self.first + self.maximum)
        return tuple(sum(1 << n for n in range(self.width) if group * self.width + n in own)
                     for group in range(self.groups))

    @property
    def positions(self) -> tuple[int, ...]:
        """Channels of a slice that have the maximum in some slice."""
        return tuple(n for n in range(self.width) if any(mask >> n & 1 for mask in self.masks))

    @property
    def word(self) -> data.StructLayout:
        """What is kept of a slice of the row before: its values, and their maximum with the row before that."""
        return data.StructLayout({"values": data.ArrayLayout(unsigned(7), self.width), "last": 1,
                                  "highest": data.ArrayLayout(unsigned(7), len(self.positions))})


class MaxRows(wiring.Component):
    """``o[t,v,c] = max(i[t-1,v,c], i[t,v,c], i[t+1,v,c])`` in some channels, ``i[t,v,c]`` in the others.

    Rows outside the sequence do not count. No value is negative. A row leaves when the next one comes, and the last
    one of a sequence by itself. Its ``overflow`` is that of the newest row that it depends on.

    Throughput: one slice a cycle, and ``frames + 1`` rows for every ``frames``; of a single slice a row, one in two
    cycles. Latency: a row and ``1 + Skid.LATENCY`` cycles. While ``o`` is held it takes up to three more slices;
    nothing is lost. Storage: a row of values and of maxima, 7 bits each.

    Parameters
    ----------
    cfg : MaxRowsConfig

    Members
    -------
    i : In(stream of :func:`slice_layout`)
        Slices in (frame, joint, channel) order, ``ceil(channels / width)`` of a joint.
    o : Out(stream of :func:`slice_layout`)
        The same number of slices.
    """

    def __init__(self, cfg: MaxRowsConfig):
        self.cfg = cfg
        super().__init__({name: flow(stream.Signature(slice_layout(cfg.width)))
                          for name, flow in (("i", In), ("o", Out))})

    def elaborate(self, platform):
        """Control, memory, and the choice behind it."""
        m = Module()
        cfg = self.cfg
        m.submodules.skid = skid = Skid(slice_layout(cfg.width))
        wiring.connect(m, skid.o, wiring.flipped(self.o))
        m.submodules.rows = rows = Ram(cfg.word.size, cfg.slices, latency=1)

        came = Signal(self.i.payload.shape(), reset_less=True)     # the slice whose memory is being read
        full = Signal()         # it is there
        first_row = Signal()    # it is of the first row
        ends = Signal()         # it is behind the last row
        address = Signal(range(max(2, cfg.slices)), reset_less=True)
        mask = Signal(cfg.width, reset_less=True)
        leave = Signal()
        take = Signal()
        m.d.comb += leave.eq(full & (first_row | skid.i.ready))
        flush = self._count(m, take, address, mask, first_row, ends)
        # A memory of one word would be read while it is written.
        room = ~full if cfg.slices == 1 else ~full | leave
        m.d.comb += [take.eq(room & (flush | self.i.valid)), self.i.ready.eq(room & ~flush), rows.r_en.eq(take)]
        with m.If(take):
            m.d.sync += [full.eq(1), came.eq(self.i.payload)]
        with m.Elif(leave):
            m.d.sync += full.eq(0)
        self._choose(m, rows, skid.i, came, mask, first_row, ends)
        m.d.comb += [
            rows.r_addr.eq(self._at), rows.w_addr.eq(address), rows.w_en.eq(leave & ~ends),
            skid.i.valid.eq(full & ~first_row),
        ]
        return m

    def _count(self, m, take, address, mask, first_row, ends):
        """Count slices and rows; the result is high for the slices behind the last row of a sequence."""
        cfg = self.cfg
        self._at = at = Signal.like(address, name="at", reset_less=False)
        group = Signal(range(max(2, cfg.groups)))
        row = Signal(range(cfg.frames + 1))
        flush = Signal()
        m.d.comb += flush.eq(row == cfg.frames)
        with m.If(take):
            m.d.sync += [address.eq(at), mask.eq(Array(cfg.masks)[group]), first_row.eq(row == 0), ends.eq(flush),
                         group.eq(Mux(group == cfg.groups - 1, 0, group + 1)), at.eq(at + 1)]
            with m.If(at == cfg.slices - 1):
                m.d.sync += [at.eq(0), row.eq(Mux(flush, 0, row + 1))]
        return flush

    def _choose(self, m, rows, o, came, mask, first_row, ends):
        """The slice of the row before that leaves, and what is kept of the slice that came."""
        cfg = self.cfg
        before = data.View(cfg.word, rows.r_data)
        kept = Signal(cfg.word)
        newest = Signal(reset_less=True)        # flag of the last slice in front of those behind the last row
        with m.If(~ends):
            m.d.sync += newest.eq(came.overflow)
        m.d.comb += [rows.w_data.eq(kept.as_value()), kept.last.eq(came.last), o.payload.last.eq(before.last),
                     o.payload.overflow.eq(Mux(ends, newest, came.overflow))]
        for n in range(cfg.width):
            value = came["values"][n][:7]
            m.d.comb += [kept["values"][n].eq(value), o.payload["values"][n].eq(before["values"][n])]
            if n not in cfg.positions:
                continue
            place = cfg.positions.index(n)
            highest = before.highest[place]
            other = Mux(before["values"][n] > value, before["values"][n], value)
            m.d.comb += kept.highest[place].eq(Mux(first_row, value, other))
            with m.If(mask[n]):
                m.d.comb += o.payload["values"][n].eq(Mux(ends | (highest > value), highest, value))
