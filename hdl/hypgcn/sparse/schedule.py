"""Schedule of the lanes: output channels summed at once, vectors read for them. Plain Python, no hardware."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..design import BANK
from .layer import SparseLayer

__all__ = ["Entry", "Pass", "Position", "Step", "LaneSchedule", "pack"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One vector of a pass.

    Attributes
    ----------
    source : str
        ``"features"``, ``"x"``, or ``"none"``: the only entry of a pass that reads nothing.
    tap : int
        Tap of the convolution; only of the features.
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
        Its range of :attr:`LaneSchedule.entries`, never empty.
    """

    slots: tuple[int | None, ...]
    first: int
    stop: int


@dataclass(frozen=True, kw_only=True)
class Step:
    """Step of the combiner for one group of ``width`` neighbouring channels.

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
class Position:
    """What the steps have in common at one position of a group.

    The sums of neighbouring channels usually lie in order; then the position alone decides which sum of a pair is
    meant, and the combiner needs no multiplexer for it.

    Attributes
    ----------
    pairs : tuple of int
        Pairs that can hold the sum, at least one.
    second : frozenset of int
        Whether it is the second sum of its pair: 0, 1 or both.
    used : frozenset of int
        Whether there is a sum: 0, 1 or both.
    """

    pairs: tuple[int, ...]
    second: frozenset[int]
    used: frozenset[int]

    @classmethod
    def of(cls, slots: Sequence[int | None]) -> "Position":
        """What steps with these accumulators have in common; None: the sum is 0."""
        taken = [slot for slot in slots if slot is not None] or [0]
        return cls(pairs=tuple(sorted({slot // 2 for slot in taken})), second=frozenset(slot % 2 for slot in taken),
                   used=frozenset(int(slot is not None) for slot in slots))


@dataclass(frozen=True, kw_only=True)
class LaneSchedule:
    """Work of the lanes for one (frame, joint), fixed at generation time.

    The computed channels of consecutive groups fill the ``2 * lane_pairs`` accumulators of a pass; a group is never
    split. A pass reads, in (tap, bank) order, the vectors of the features that ``taps`` keeps and for which one of its
    channels has a non-zero weight, then likewise those of X. There is at least one pass.

    Parameters
    ----------
    lane_pairs : int
        Packed MACs of a lane.
    width : int
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
    width: int
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
    def of(cls, layer: SparseLayer, lane_pairs: int, width: int) -> "LaneSchedule":
        """Schedule of ``layer`` for lanes of ``lane_pairs`` packed MACs and groups of ``width`` channels."""
        room = 2 * lane_pairs
        groups, filled, owner = pack(layer, width, lane_pairs)

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
            for entry, weights in _entries(layer, channels):
                entries.append(entry)
                words += _words(weights, room)
            passes.append(Pass(slots=tuple(channels + [None] * (room - len(channels))), first=first, stop=len(entries)))
        return cls(lane_pairs=lane_pairs, width=width, kernel=layer.kernel, steps=tuple(steps), passes=tuple(passes),
                   entries=tuple(entries), words=tuple(words))


def pack(layer: SparseLayer, width: int, lane_pairs: int) -> tuple[list[list[int]], list[list[int]], list[int]]:
    """Pack the computed channels into passes, first fit in order.

    Parameters
    ----------
    layer : SparseLayer
        Its computed channels.
    width : int
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
    if room < width:
        raise ValueError(f"lane_pairs must be at least {width // 2}, half the width of a group, not {lane_pairs!r}")
    # A group is never split over two passes: the combiner would need the results of two jobs for one output slice.
    groups = [[c for c in range(start, min(start + width, layer.outputs)) if layer.computed[c]]
              for start in range(0, layer.outputs, width)]
    filled: list[list[int]] = [[]]
    owner = []
    for channels in groups:
        if len(filled[-1]) + len(channels) > room:
            filled.append([])
        filled[-1] += channels
        owner.append(len(filled) - 1)
    return groups, filled, owner


def _entries(layer, channels):
    """Entries of a pass with their weights (channels of the pass, channels of the bank)."""
    entries = []
    needs, x_needs = (needed[channels].any(axis=0) for needed in layer.needs)
    for tap, bank in np.argwhere(needs & layer.taps.T.astype(bool)).tolist():
        weights = layer.weights[channels, tap, bank * BANK:(bank + 1) * BANK]
        entries.append((Entry(source="features", tap=tap, bank=bank), weights))
    for bank in np.flatnonzero(x_needs).tolist():
        entries.append((Entry(source="x", bank=bank), layer.x_weights[channels, bank * BANK:(bank + 1) * BANK]))
    return entries or [(Entry(source="none"), layer.weights[channels, 0, :0])]


def _words(weights, room):
    """The ``BANK`` weight words of an entry."""
    # One word per channel of the bank: the channel of a token is the low part of the address.
    table = np.zeros((BANK, room), np.int8)
    table[:weights.shape[1], :weights.shape[0]] = weights.T
    return [int.from_bytes(row.tobytes(), "little") for row in table]
