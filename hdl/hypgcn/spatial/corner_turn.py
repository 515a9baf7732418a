"""Corner turn: entries with a value per joint become slices of 16 entries of a joint."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import stepped
from ..design import BANK, bank_count
from ..design.checks import check_choice, check_int, check_limit
from ..design.limits import JOINTS, WIDTHS
from ..mem import AsyncRam
from ..stream.layouts import slice_layout

__all__ = ["CornerTurn", "CornerTurnConfig"]


@dataclass(frozen=True, kw_only=True)
class CornerTurnConfig:
    """Parameters of a corner turn.

    Parameters
    ----------
    joints : int, 1..64
        Joints V of a row.
    entries : int, at least 1
        Entries E of a row.
    width : int, one of 2, 4, 8, 16
        Values that are written, and read, in a cycle.
    """

    joints: int
    entries: int
    width: int

    def __post_init__(self):
        check_limit("joints", self.joints, JOINTS)
        check_int("entries", self.entries, 1)
        check_choice("width", self.width, WIDTHS)

    @property
    def banks(self) -> int:
        """Banks of 16 entries; the last one may be filled in part."""
        return bank_count(self.entries)

    @property
    def pieces(self) -> int:
        """Cycles in which an entry is written, ``width`` joints each."""
        return -(-self.joints // self.width)

    @property
    def depth(self) -> int:
        """Words of each of the ``width`` memories: two banks."""
        return 2 * BANK * self.pieces

    @property
    def cycles(self) -> int:
        """Cycles per row: a bank is written while the one before is read."""
        sizes = [min(BANK, self.entries - start) for start in range(0, self.entries, BANK)]
        return sum(max(self.pieces * written, self.joints * -(-read // self.width))
                   for written, read in zip(sizes, sizes[-1:] + sizes))


class CornerTurn(wiring.Component):
    """Transposes a row, bank by bank: value n of bank b and joint v is ``i[v]`` of entry ``16 b + n``.

    Values of entries beyond the last are 0, and so is ``overflow``; a bank of fewer entries has fewer slices. Joint v
    of entry e is in memory ``(v + e) mod width``: so ``width`` joints of an entry, and ``width`` entries of a joint,
    are each in another memory, and both are rotations of what the memories take or give.

    Throughput: ``width`` values a cycle on either side; a row takes :attr:`CornerTurnConfig.cycles`. Two banks are
    held: one is written while another is read.
    Latency: 3 cycles from the last entry of a bank to its first slice.
    Stall: a held ``o`` stops the reading; ``i`` is not ready while two complete banks wait.
    Storage: ``width`` LUT RAMs of ``32 * ceil(V / width)`` bytes. No DSP.

    Parameters
    ----------
    cfg : CornerTurnConfig

    Members
    -------
    i : In(stream, V x signed(8))
        E entries per row.
    o : Out(stream of :func:`slice_layout`)
        Vectors in (bank, joint) order, in slices.
    """

    def __init__(self, cfg: CornerTurnConfig):
        self.cfg = cfg
        super().__init__({"i": In(stream.Signature(data.ArrayLayout(signed(8), cfg.joints))),
                          "o": Out(stream.Signature(slice_layout(cfg.width)))})

    def elaborate(self, platform):
        """The memories with their two sides."""
        m = Module()
        rams = [AsyncRam(8, self.cfg.depth) for _ in range(self.cfg.width)]
        for index, ram in enumerate(rams):
            m.submodules[f"ram{index}"] = ram
        emptied = Signal()
        written = self._write(m, rams, emptied)
        waiting = Signal(2)     # banks that are written and not all read
        m.d.sync += waiting.eq(stepped(waiting, written, emptied))
        self._read(m, rams, waiting != 0, emptied)
        return m

    def _write(self, m, rams, emptied):
        """Write the entries, a piece a cycle; a pulse when a bank is complete in the memories."""
        cfg, i = self.cfg, self.i
        held = Signal(2)            # banks begun and not all read
        room = Signal(init=1)       # held != 2
        piece = Signal(range(max(2, cfg.pieces)))
        entry = Signal(range(max(2, cfg.entries)))
        half = Signal(name="fill_half")
        go = Signal()
        entry_end = Signal()
        row_end = Signal()
        bank_end = Signal()
        place = entry[:BANK.bit_length() - 1]
        m.d.comb += [
            go.eq(i.valid & room),
            entry_end.eq(go & (piece == cfg.pieces - 1)),
            i.ready.eq(entry_end),
            row_end.eq(entry == cfg.entries - 1),
            bank_end.eq(entry_end & (row_end | (place == BANK - 1))),
        ]
        m.d.sync += [
            held.eq(stepped(held, bank_end, emptied)),
            room.eq(emptied | (room & ~(bank_end & (held == 1)))),
            half.eq(half ^ bank_end),
        ]
        with m.If(go):
            m.d.sync += piece.eq(Mux(entry_end, 0, piece + 1))
        with m.If(entry_end):
            m.d.sync += entry.eq(Mux(row_end, 0, entry + 1))

        # The piece is chosen in one cycle, rotated and written in the next.
        valid1 = Signal()
        written = Signal()
        place1 = Signal(range(BANK), reset_less=True)
        base1 = Signal(range(cfg.depth // BANK), reset_less=True)
        values1 = [Signal(signed(8), name=f"values1_{n}", reset_less=True) for n in range(cfg.width)]
        pieces = [[i.payload[v] if v < cfg.joints else C(0, signed(8)) for v in range(first, first + cfg.width)]
                  for first in range(0, cfg.joints, cfg.width)]
        m.d.sync += [valid1.eq(go), written.eq(bank_end), place1.eq(place),
                     base1.eq(Mux(half, cfg.pieces, 0) + piece)]
        m.d.sync += [value.eq(Array(choice[n] for choice in pieces)[piece]) for n, value in enumerate(values1)]
        rotated = _rotate(values1, -place1[:_bits(cfg.width)])
        for ram, value in zip(rams, rotated):
            m.d.comb += [ram.w_en.eq(valid1), ram.w_addr.eq(Cat(place1, base1)), ram.w_data.eq(value)]
        return written

    def _read(self, m, rams, reading, emptied):
        """Read the vectors of a bank, joint after joint, ``width`` values a cycle."""
        cfg, o = self.cfg, self.o
        per_vector, bits = BANK // cfg.width, _bits(cfg.width)
        in_last_bank = (cfg.entries - 1) % BANK + 1
        advance = Signal()
        step = Signal()
        half = Signal(name="read_half")
        piece = Signal(range(max(2, cfg.pieces)), name="read_piece")   # of the joint that is read
        joint = Signal(range(cfg.width))
        group = Signal(range(max(2, per_vector)))
        bank = Signal(range(max(2, cfg.banks)))
        vector_end = Signal()
        piece_end = Signal()
        bank_end = Signal(name="read_bank_end")
        last_bank = bank == cfg.banks - 1
        m.d.comb += [
            step.eq(advance & reading),
            vector_end.eq(group == Mux(last_bank, (in_last_bank - 1) // cfg.width, per_vector - 1)),
            piece_end.eq(joint == cfg.width - 1),
            bank_end.eq(vector_end & (piece == cfg.pieces - 1) & (joint == (cfg.joints - 1) % cfg.width)),
            emptied.eq(step & bank_end),
        ]
        with m.If(step):
            m.d.sync += group.eq(Mux(vector_end, 0, group + 1))
            with m.If(vector_end):
                m.d.sync += [joint.eq(joint + 1), piece.eq(piece + piece_end)]
            with m.If(bank_end):
                m.d.sync += [joint.eq(0), piece.eq(0), half.eq(~half), bank.eq(Mux(last_bank, 0, bank + 1))]

        base = Mux(half, cfg.pieces, 0) + piece
        words1 = [Signal(signed(8), name=f"words1_{index}", reset_less=True) for index in range(cfg.width)]
        for index, (ram, word) in enumerate(zip(rams, words1)):
            # Memory ``index`` holds the entry of the group whose number is that much above the joint's.
            place = (index - joint)[:bits]
            m.d.comb += ram.r_addr.eq(Cat(place, group[:_bits(per_vector)], base))
            with m.If(advance):
                m.d.sync += word.eq(ram.r_data)

        # Only the last slice of the last bank can hold entries that do not exist.
        arrived = Signal()
        last1 = Signal(reset_less=True)
        cut1 = Signal(reset_less=True)
        joint1 = Signal.like(joint, reset_less=True)
        with m.If(advance):
            m.d.sync += [arrived.eq(reading), joint1.eq(joint), last1.eq(vector_end), cut1.eq(vector_end & last_bank)]
        m.d.comb += advance.eq(~arrived | ~o.valid | o.ready)
        with m.If(arrived & advance):
            m.d.sync += [o.valid.eq(1), o.payload.last.eq(last1)]
            for slot, value in enumerate(_rotate(words1, joint1)):
                exists = slot <= (in_last_bank - 1) % cfg.width
                m.d.sync += o.payload["values"][slot].eq(value if exists else Mux(cut1, 0, value))
        with m.Elif(o.ready):
            m.d.sync += o.valid.eq(0)


def _bits(size: int) -> int:
    """Bits of an index below ``size``, a power of two."""
    return size.bit_length() - 1


def _rotate(values: list, by) -> list:
    """``values[(n + by) mod len(values)]`` for each n, in steps of one bit of ``by``."""
    for bit in range(_bits(len(values))):
        values = [Mux(by[bit], values[(n + (1 << bit)) % len(values)], value) for n, value in enumerate(values)]
    return values
