"""Requantised groups of a row, in the order in which the array makes them, leave in (joint, bank) order."""

from dataclasses import dataclass
from functools import partial

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import stepped
from ..arith.delay import delayed
from ..design import BANK
from ..design.checks import check_choice, check_limit
from ..design.limits import CHANNELS, JOINTS, WIDTHS
from ..mem import Ram
from ..stream.layouts import slice_layout

__all__ = ["RowBufferConfig", "RowBuffer"]


@dataclass(frozen=True, kw_only=True)
class RowBufferConfig:
    """Parameters of a row buffer.

    Parameters
    ----------
    joints : int, 1..64
        Joints V of a row.
    channels : int, 1..1024
        Channels C.
    width : int, one of 2, 4, 8, 16
        Values per word.
    """

    joints: int
    channels: int
    width: int

    def __post_init__(self):
        check_limit("joints", self.joints, JOINTS)
        check_limit("channels", self.channels, CHANNELS)
        check_choice("width", self.width, WIDTHS)

    @property
    def groups(self) -> int:
        """Words (groups of channels) per joint."""
        return -(-self.channels // self.width)

    @property
    def i_layout(self) -> data.StructLayout:
        """Payload of ``i``."""
        return data.StructLayout({"values": data.ArrayLayout(signed(8), self.width),
                                  "joint": range(max(2, self.joints)), "group": range(max(2, self.groups)), "last": 1})

    @property
    def cycles(self) -> int:
        """Cycles per row, on either side."""
        return self.joints * self.groups


class RowBuffer(wiring.Component):
    """Reorders a row: words of ``width`` channels of a joint come in any order, and leave joint by joint.

    Words of a joint are slices of its vectors, ``last`` on the final one of a bank or joint. Values of channels that do
    not exist are 0, and so is ``overflow``.

    Throughput: one word a cycle on either side; a row takes ``V * ceil(C / width)`` cycles. The memory is double
    (ping-pong): one row is written while another is read.
    Latency: the first slice is valid 3 cycles after the row's ``last`` was taken.
    Stall: reading stops while ``o`` is held; ``i`` is not ready while two complete rows wait.
    Storage: ``2 * V * ceil(C / width)`` words of ``8 * width`` bits.

    Parameters
    ----------
    cfg : RowBufferConfig

    Members
    -------
    i : In(stream, {``values``: width x signed(8), ``joint``, ``group``, ``last``: final word of the row})
        Each (joint, group) once per row, in any order.
    o : Out(stream of :func:`slice_layout`)
        Slices in (joint, group) order.
    """

    READ_LATENCY = 2

    def __init__(self, cfg: RowBufferConfig):
        self.cfg = cfg
        super().__init__({"i": In(stream.Signature(cfg.i_layout)), "o": Out(stream.Signature(slice_layout(cfg.width)))})

    def elaborate(self, platform):
        m = Module()
        cfg, i, o = self.cfg, self.i, self.o
        per_vector, words = BANK // cfg.width, cfg.joints * cfg.groups
        m.submodules.ram = ram = Ram(width=8 * cfg.width, depth=2 * words, latency=self.READ_LATENCY)

        rows = Signal(2)            # complete rows that are not all read
        room = Signal(init=1)       # rows != 2
        fill_half = Signal()
        filled = Signal()
        emptied = Signal()
        # A table in place of a product, which would take a multiplier.
        base = Array(joint * cfg.groups for joint in range(cfg.joints))[i.payload.joint]
        m.d.comb += [
            i.ready.eq(room),
            ram.w_en.eq(i.valid & i.ready),
            ram.w_addr.eq(Mux(fill_half, words, 0) + base + i.payload.group),
            ram.w_data.eq(i.payload.values.as_value()),
        ]
        m.d.comb += filled.eq(i.valid & i.ready & i.payload.last)
        m.d.sync += [
            fill_half.eq(fill_half ^ filled),
            rows.eq(stepped(rows, filled, emptied)),
            room.eq(emptied | (room & ~(filled & (rows == 1)))),
        ]

        # Words are read in their order in the memory; `place` is the place of a word in its vector.
        advance = Signal()
        reading = Signal()
        joint_end = Signal()
        row_end = Signal()
        half = Signal()
        addr = Signal(range(2 * words))
        joint = Signal(range(max(2, cfg.joints)))
        group = Signal(range(max(2, cfg.groups)))
        place = group[:(per_vector - 1).bit_length()]
        m.d.comb += [
            reading.eq(rows != 0),
            joint_end.eq(group == cfg.groups - 1),
            row_end.eq(joint_end & (joint == cfg.joints - 1)),
            emptied.eq(advance & reading & row_end),
            ram.r_addr.eq(addr), ram.r_en.eq(advance),
        ]
        with m.If(advance & reading):
            m.d.sync += [addr.eq(addr + 1), group.eq(group + 1)]
            with m.If(joint_end):
                m.d.sync += [group.eq(0), joint.eq(joint + 1)]
            with m.If(row_end):
                m.d.sync += [joint.eq(0), half.eq(~half), addr.eq(Mux(half, 0, words))]

        # What was requested with the word that is now in `ram.r_data`.
        with_data = partial(delayed, m, cycles=self.READ_LATENCY, reset_less=False, enable=advance)
        m.d.comb += [
            o.valid.eq(with_data(reading, name="arrived")),
            o.payload.last.eq(with_data((place == per_vector - 1) | joint_end, name="bank_end")),
            advance.eq(~o.valid | o.ready),
        ]
        last_group = with_data(group == cfg.groups - 1, name="last_group")
        for slot, value in enumerate(o.payload["values"]):
            byte = ram.r_data.word_select(slot, 8).as_signed()
            exists = slot <= (cfg.channels - 1) % cfg.width
            m.d.comb += value.eq(byte if exists else Mux(last_group, 0, byte))
        return m
