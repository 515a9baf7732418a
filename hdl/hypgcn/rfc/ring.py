"""Pointers of a mini-bank that is one ring over all rows: next entry, what a row may take, which words are free."""

from amaranth import *
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..design.checks import check_int
from ..mem import AsyncRam

__all__ = ["Ring", "below", "moved_down"]


def below(value, words: int) -> Value:
    """``(value - 1) mod words``: from 0 all bits come set, of which ``words - 1`` keeps its own."""
    value = Value.cast(value)
    return (value - 1)[:len(value)] & Mux(value == 0, words - 1, (1 << len(value)) - 1)


def moved_down(value, words: int, step) -> Value:
    """``(value - step) mod words``: a borrow adds the size of the ring.

    Parameters
    ----------
    value : unsigned value
        Below ``words``.
    words : int
        Words of the ring.
    step : unsigned value
        How far it moves, at most ``words``.
    """
    bits = (words - 1).bit_length()
    difference = Value.cast(value - step)
    if words == 1 << bits:
        return difference[:bits]
    kept = (words & -words).bit_length() - 1        # low bits that adding ``words`` does not change
    return Cat(difference[:kept], (difference[kept:] + Mux(difference[-1], words >> kept, 0))[:bits - kept])


class Ring(wiring.Component):
    """Allocator of the words of one mini-bank.

    Entries are taken at falling addresses, modulo ``words``, and come back row by row. Both limits are addresses:
    ``full`` compares with where the window of rows began, ``depth`` entries on, and ``blocked`` with where the oldest
    row began, which one word always separates from the newest entry. The end of each row is kept, for when it leaves
    the window and for when it is released.

    Throughput: one entry a cycle. Latency: ``full`` and ``blocked`` are registers that follow ``take`` at once, and
    ``release`` in the next cycle.

    Storage: ``6 * ceil(log2(words))`` flip-flops, ``2 * rows * (1 + ceil(log2(words)))`` bits of LUT RAM.

    Parameters
    ----------
    words : int, at least depth + 1
        Words of the ring.
    depth : int, at least 1
        Entries that the rows of a window may take together.
    rows : int, at least 1
        Row slots.
    may_fill, may_block : bool
        Whether the rows of a window may request more than ``depth`` entries, and those of all slots more than ``words``
        hold. What cannot happen has no hardware; with neither, ``words`` may be up to ``depth``.

    Members
    -------
    take : In(1)
        An entry is taken at ``pointer``; only while neither ``full`` nor ``blocked``.
    row_end : In(1)
        With the row's last vector. From the second next cycle on its end can be asked for.
    slot : In(range(rows))
        Slot of the row that is written.
    expires : In(1)
        With ``row_end``: the row in slot ``expired`` leaves the window.
    expired : In(range(rows))
        Oldest row of the window.
    restarts : In(1)
        With ``row_end``: the next row begins a window of its own.
    release : In(1)
        The row in slot ``oldest``, the oldest that is held, is released.
    oldest : In(range(rows))
        That row.
    pointer : Out(range(words))
        Address of the next entry.
    full : Out(1)
        The rows of the window have taken ``depth`` entries.
    blocked : Out(1)
        No word is free.
    """

    def __init__(self, words: int, depth: int, rows: int, *, may_fill: bool = True, may_block: bool = True):
        check_int("depth", depth, 1)
        check_int("words", words, depth + 1 if may_fill or may_block else 2)
        check_int("rows", rows, 1)
        self.words, self.depth, self.rows, self.may_fill, self.may_block = words, depth, rows, may_fill, may_block
        slot = In(range(max(2, rows)))
        super().__init__({
            "take": In(1), "row_end": In(1), "slot": slot, "expires": In(1), "expired": slot, "restarts": In(1),
            "release": In(1), "oldest": slot,
            "pointer": Out(range(words), init=words - 1), "full": Out(1), "blocked": Out(1),
        })

    def elaborate(self, platform):
        """The pointers, and of the two limits those that can be reached."""
        m = Module()
        # The address before ``pointer`` and the one behind it.
        previous = Signal(range(self.words), init=0)
        following = Signal(range(self.words), init=self.words - 2)
        with m.If(self.take):
            m.d.sync += [previous.eq(self.pointer), self.pointer.eq(following),
                         following.eq(below(following, self.words))]

        # The end of a row is written a cycle later, when the registers have it.
        ended = Signal()
        entries = Signal()
        slot = Signal.like(self.slot, name="slot_q", reset_less=True)
        m.d.sync += [ended.eq(self.row_end), slot.eq(self.slot), entries.eq((entries & ~ended) | self.take)]

        def end_of(name, row):
            """Whether the row in slot ``row`` has entries, and ``previous`` at its end."""
            m.submodules[name] = ram = AsyncRam(len(previous) + 1, self.rows)
            m.d.comb += [ram.w_addr.eq(slot), ram.w_data.eq(Cat(entries, previous)), ram.w_en.eq(ended),
                         ram.r_addr.eq(row)]
            return ram.r_data[0], ram.r_data[1:]

        if self.may_fill:
            self._limit_window(m, previous, *end_of("expired_ends", self.expired))
        if self.may_block:
            self._find_free(m, following, *end_of("released_ends", self.oldest))
        return m

    def _limit_window(self, m, previous, had_entries, expired_end):
        """``full``: the entries that are taken next would begin where the window did, ``depth`` entries on."""
        window_begin = Signal.like(previous, init=0)
        reach = Signal.like(previous, init=self.depth - 1)      # ``previous``, ``depth`` entries before the next one
        restarted = Signal()
        full = Signal(name="full_next")
        with m.If(self.take):
            m.d.sync += reach.eq(below(reach, self.words))
        # In the first cycle of a sequence the beginning of its window is not yet in the register.
        m.d.comb += full.eq(Mux(self.take, Mux(restarted, self.depth == 1, reach == window_begin), self.full))
        expires = self.row_end & self.expires
        m.d.sync += [restarted.eq(self.row_end & self.restarts),
                     self.full.eq(full & ~(self.row_end & self.restarts) & ~(expires & had_entries))]
        with m.If(restarted):
            m.d.sync += window_begin.eq(previous)
        with m.If(expires):
            m.d.sync += window_begin.eq(expired_end)

    def _find_free(self, m, following, had_entries, released_end):
        """``blocked``: one word is left in front of where the oldest row began."""
        oldest_begin = Signal.like(following, init=0)
        # While words come back the comparison is with the old end: a ring that a taken entry fills up to there has
        # room again.
        m.d.sync += self.blocked.eq(Mux(self.take, following == oldest_begin, self.blocked)
                                    & ~(self.release & had_entries))
        with m.If(self.release):
            m.d.sync += oldest_begin.eq(released_end)
