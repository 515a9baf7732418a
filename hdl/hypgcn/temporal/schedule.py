"""Schedule of the temporal lanes: output channels summed at once, vectors read for them. Plain Python, no hardware."""

from dataclasses import dataclass

import numpy as np

from ..design import BANK, Block
from ..design.folding import BlockFolding

__all__ = ["Entry", "Pass", "Step", "TemporalSchedule", "pack"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One vector of a pass.

    Attributes
    ----------
    source : str
        ``"h"``, ``"x"``, or ``"none"``: the only entry of a pass that reads nothing.
    tap : int
        Tap of the convolution; only of H.
    bank : int
        Bank of 16 channels.
    """

    source: str
    tap: int = 0
    bank: int = 0


@dataclass(frozen=True, kw_only=True)
class Pass:
    """Output channels that a lane sums at once.

    Attributes
    ----------
    slots : tuple of int or None
        Channel of each accumulator.
    first, stop : int
        Its range of :attr:`TemporalSchedule.entries`, never empty.
    """

    slots: tuple[int | None, ...]
    first: int
    stop: int


@dataclass(frozen=True, kw_only=True)
class Step:
    """Step of the combiner for one group of ``y_width`` neighbouring channels.

    Attributes
    ----------
    index : int
        Pass of the group.
    slots : tuple of int or None
        Accumulator of each channel of the group; None: the sum is 0.
    needs : bool
        It takes sums of the pass.
    consumes : bool
        It is the last that takes sums of the pass, or the pass has no sums at all and ends here.
    """

    index: int
    slots: tuple[int | None, ...]
    needs: bool
    consumes: bool


@dataclass(frozen=True, kw_only=True)
class TemporalSchedule:
    """Work of the temporal lanes for one (frame, joint), fixed at generation time.

    A channel is *computed* when ``filters`` keeps it or a convolved shortcut has a weight for it. The computed channels
    of consecutive groups fill the ``2 * lane_pairs`` accumulators of a pass; a group is never split. A pass reads, in
    (tap, bank) order, the vectors of H that ``taps`` keeps and for which one of its channels has a non-zero weight,
    then likewise those of X. There is at least one pass.

    Parameters
    ----------
    lane_pairs : int
        Packed MACs of a lane.
    y_width : int
        Channels of a group.
    kernel : int
        Taps.
    steps : tuple of Step
        One per group.
    passes : tuple of Pass
        In the order of their groups.
    entries : tuple of Entry
        Entries of all passes, concatenated.
    words : tuple of int
        Weights; word ``16 * entry + channel in bank`` holds ``2 * lane_pairs`` int8, accumulator 0 in the low bits.
    """

    lane_pairs: int
    y_width: int
    kernel: int
    steps: tuple[Step, ...]
    passes: tuple[Pass, ...]
    entries: tuple[Entry, ...]
    words: tuple[int, ...]

    @property
    def word_width(self) -> int:
        """Bits of a weight word."""
        return 16 * self.lane_pairs

    @property
    def reads_x(self) -> bool:
        """At least one pass reads X."""
        return any(entry.source == "x" for entry in self.entries)

    @classmethod
    def of(cls, block: Block, folding: BlockFolding) -> "TemporalSchedule":
        """Schedule of ``block`` under ``folding``."""
        width, room = folding.y_width, 2 * folding.lane_pairs
        groups, filled, owner = pack(block, width, folding.lane_pairs)

        steps = []
        for index, channels in enumerate(groups):
            summed = filled[owner[index]]
            last = channels[-1] == summed[-1] if channels else not summed and index == len(groups) - 1
            steps.append(Step(index=owner[index], needs=bool(channels), consumes=last, slots=tuple(
                summed.index(c) if c in channels else None for c in range(index * width, (index + 1) * width))))

        passes: list[Pass] = []
        entries: list[Entry] = []
        words: list[int] = []
        for channels in filled:
            first = len(entries)
            for entry, weights in _entries(block, channels):
                entries.append(entry)
                words += _words(weights, room)
            passes.append(Pass(slots=tuple(channels + [None] * (room - len(channels))), first=first, stop=len(entries)))
        return cls(lane_pairs=folding.lane_pairs, y_width=width, kernel=block.taps.shape[1], steps=tuple(steps),
                   passes=tuple(passes), entries=tuple(entries), words=tuple(words))


def pack(block: Block, y_width: int, lane_pairs: int) -> tuple[list[list[int]], list[list[int]], list[int]]:
    """Pack the computed channels into passes, first fit in order.

    Parameters
    ----------
    block : Block
        Its filters, and its convolved shortcut.
    y_width : int
        Channels of a group.
    lane_pairs : int
        Half the accumulators of a pass.

    Returns
    -------
    groups : list of list of int
        Computed channels of each group.
    filled : list of list of int
        Computed channels of each pass.
    owner : list of int
        Pass of each group.

    Raises
    ------
    ValueError
        A group does not fit a pass.
    """
    room = 2 * lane_pairs
    if room < y_width:
        raise ValueError(f"lane_pairs must be at least y_width / 2 = {y_width // 2}, not {lane_pairs!r}")
    computed = block.filters != 0
    if block.shortcut_y == "conv":
        computed = computed | np.any(block.res, axis=1)
    # A group is never split over two passes: the combiner would need the results of two jobs for one output slice.
    groups = [[c for c in range(start, min(start + y_width, block.out_channels)) if computed[c]]
              for start in range(0, block.out_channels, y_width)]
    filled: list[list[int]] = [[]]
    owner = []
    for channels in groups:
        if len(filled[-1]) + len(channels) > room:
            filled.append([])
        filled[-1] += channels
        owner.append(len(filled) - 1)
    return groups, filled, owner


def _entries(block, channels):
    """Entries of a pass with their weights (channels of the pass, channels of the bank)."""
    entries = []
    temporal = block.temporal[channels]
    for tap, bank in np.argwhere(block.taps.T).tolist():
        weights = temporal[:, tap, bank * BANK:(bank + 1) * BANK]
        if weights.any():
            entries.append((Entry(source="h", tap=tap, bank=bank), weights))
    if block.shortcut_y == "conv":
        for bank in range(block.in_banks):
            weights = block.res[channels, bank * BANK:(bank + 1) * BANK]
            if weights.any():
                entries.append((Entry(source="x", bank=bank), weights))
    return entries or [(Entry(source="none"), temporal[:, 0, :0])]


def _words(weights, room):
    """The ``BANK`` weight words of an entry."""
    # One word per channel of the bank: the channel of a token is the low part of the address.
    table = np.zeros((BANK, room), np.int8)
    table[:weights.shape[1], :weights.shape[0]] = weights.T
    return [int.from_bytes(row.tobytes(), "little") for row in table]
