"""Requantised groups of a row, in the order in which the array makes them, become vectors in (joint, bank) order."""

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
from ..stream.layouts import dense_layout

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
    """Reorders a row: words of ``width`` channels of a joint come in any order, vectors of ``BANK`` channels leave.

    ``o.values[n]`` of bank b is channel ``c = BANK * b + n``, which came as ``values[c % width]`` of the word with
    ``group = c / width``; zero for channels that do not exist. ``overflow`` is 0.

    Throughput: one word a cycle on either side; a row takes ``V * ceil(C / width)`` cycles. The memory is double
    (ping-pong): one row is written while another is read.
    Latency: the first vector is valid ``3 + W`` cycles after the row's ``last`` was taken, W = words of its bank, at
    most ``BANK / width``.
    Stall: a vector is put together while ``o`` is held, then reading stops; ``i`` is not ready while two complete rows
    wait.
    Storage: ``2 * V * ceil(C / width)`` words of ``8 * width`` bits, and ``8 * (2 * BANK - width)`` flip-flops.

    Parameters
    ----------
    cfg : RowBufferConfig

    Members
    -------
    i : In(stream, {``values``: width x signed(8), ``joint``, ``group``, ``last``: final word of the row})
        Each (joint, group) once per row, in any order.
    o : Out(stream of :func:`dense_layout`)
        Vectors in (joint, bank) order.
    """

    READ_LATENCY = 2

    def __init__(self, cfg: RowBufferConfig):
        self.cfg = cfg
        super().__init__({"i": In(stream.Signature(cfg.i_layout)), "o": Out(stream.Signature(dense_layout()))})

    def elaborate(self, platform):
        m = Module()
        cfg, i, o = self.cfg, self.i, self.o
        per_vector, words = BANK // cfg.width, cfg.joints * cfg.groups
        m.submodules.ram = ram = Ram(width=8 * cfg.width, depth=2 * words, latency=self.READ_LATENCY)

        rows, room = Signal(2), Signal(init=1)      # complete rows that are not all read; rows != 2
        fill_half, filled, emptied = Signal(), Signal(), Signal()
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

        # Words are read in their order in the memory; `place` is only the place of a word in its vector.
        advance, reading, joint_end, row_end = Signal(), Signal(), Signal(), Signal()
        half = Signal()
        addr = Signal(range(2 * words))
        joint, group = Signal(range(max(2, cfg.joints))), Signal(range(max(2, cfg.groups)))
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
        arrived = with_data(reading, name="arrived")
        to_place = with_data(place, name="place") if per_vector > 1 else C(0, 1)
        bank_end = with_data((place == per_vector - 1) | joint_end, name="bank_end")
        last_bank = with_data(group >= (cfg.channels - 1) // BANK * per_vector, name="last_bank")
        in_last_bank = (cfg.channels - 1) % BANK + 1
        complete = arrived & bank_end
        m.d.comb += advance.eq(~complete | ~o.valid | o.ready)
        with m.If(complete & advance):
            m.d.sync += o.valid.eq(1)
        with m.Elif(o.ready):
            m.d.sync += o.valid.eq(0)
        # A vector is put together beside the one in ``o``, so that a slow reader of ``o`` costs no cycle here.
        full_vectors = cfg.groups % per_vector == 0    # every vector ends with its last place
        for slot in range(BANK):
            part = slot // cfg.width
            byte = ram.r_data.word_select(slot % cfg.width, 8).as_signed()
            exists = C(1) if slot < in_last_bank else ~last_bank
            new, at_end = Mux(exists, byte, 0), part == per_vector - 1
            if not at_end:
                kept = Signal(signed(8), name=f"kept{slot}", reset_less=True)
                with m.If(advance & arrived & (to_place == part)):
                    m.d.sync += kept.eq(new)
                new = kept if full_vectors else Mux(to_place > part, kept, Mux(to_place == part, new, 0))
            elif not full_vectors:
                new = Mux(to_place == part, new, 0)
            with m.If(complete & advance):
                m.d.sync += o.payload.values[slot].eq(new)
        return m
