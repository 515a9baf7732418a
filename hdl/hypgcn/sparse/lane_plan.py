"""What the lanes of a block have to do, without their weight words: quick enough to estimate thousands of foldings."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil

import numpy as np
from amaranth.hdl import Shape

from ..arith import PackedMacConfig
from ..cost import varying_bits
from ..design import BANK
from .address_generator import fetch_layout
from .lane import Lane, LaneConfig
from .layer import SparseLayer
from .schedule import Position, pack

__all__ = ["LanePlan", "Work", "in_order_slowdown", "tokens"]

SETTLING_JOINTS, COUNTED_JOINTS = 8, 24
"""Joints until the pattern of waiting repeats, and joints over which it is averaged."""


# Foldings that differ elsewhere have the same jobs; the loop over jobs in Python is the slowest part of an estimate.
@lru_cache(maxsize=1 << 14)
def in_order_slowdown(jobs: tuple[float, ...], lanes: int) -> float:
    """Slowdown by in-order retirement: cycles of ``lanes`` lanes over those of lanes that never wait for each other.

    A job goes to the lane that began its last job first, since one job waits at each lane. A lane keeps
    :attr:`~hypgcn.sparse.lane.Lane.RESULTS` results until those of all earlier jobs are taken; it works on another job
    meanwhile, whose result has no place before. Passes of unequal work make lanes wait, passes of equal work do not.

    Parameters
    ----------
    jobs : tuple of float
        Cycles of the jobs of a joint, in order; every joint has the same.
    lanes : int
        Lanes.

    Returns
    -------
    float
        At least 1.
    """
    if lanes == 1 or max(jobs) == min(jobs):
        return 1.0
    begun = [0.0] * lanes       # when a lane began its last job, and another could wait there
    free = [0.0] * lanes        # when it is through with that
    kept = [[0.0] * Lane.RESULTS for _ in range(lanes)]     # when the results that a lane keeps are taken
    taken, begin = 0.0, 0.0
    for joint in range(SETTLING_JOINTS + COUNTED_JOINTS):
        if joint == SETTLING_JOINTS:
            begin = taken
        for cycles in jobs:
            lane = begun.index(min(begun))
            begun[lane] = free[lane]
            free[lane] = max(free[lane] + cycles, kept[lane].pop(0))
            taken = max(taken, free[lane])
            kept[lane].append(taken)
    return max(1.0, (taken - begin) * lanes / (COUNTED_JOINTS * sum(jobs)))


def tokens(nonzeros: np.ndarray, depth: int) -> np.ndarray:
    """Cycles of a lane for a vector.

    Two non-zeros a cycle leave a place idle behind an odd one: with n non-zeros of 16 in the mean, each in its place
    by chance, their number is odd with a probability of ``(1 - (1 - n / 8)^16) / 2``.

    Parameters
    ----------
    nonzeros : ndarray of float, 0..16
        Mean non-zeros.
    depth : 1 or 2
        Non-zeros that a lane takes a cycle.

    Returns
    -------
    ndarray of float
    """
    if depth == 1:
        return nonzeros
    odd = (1 - (1 - 2 * nonzeros / BANK) ** BANK) / 2
    return (nonzeros + odd) / 2


@dataclass(frozen=True, kw_only=True)
class Work:
    """Work of the lanes for one person of a clip.

    Parameters
    ----------
    cycles : float
        Cycles of all jobs on a single lane.
    jobs : tuple of float
        Cycles of each pass, for a joint of a row in the middle of the clip.
    h_reads, x_reads : float
        Vectors read from the stores of features and of X.
    """

    cycles: float
    jobs: tuple[float, ...]
    h_reads: float
    x_reads: float

    def on(self, lanes: int) -> float:
        """Cycles on ``lanes`` lanes, which wait for each other where passes differ."""
        return self.cycles / lanes * in_order_slowdown(self.jobs, lanes)


@dataclass(frozen=True, kw_only=True, eq=False)
class LanePlan:
    """The passes of a lane.

    Parameters
    ----------
    layer : SparseLayer
        What is convolved.
    joints, frames : int
        V, and T of the rows of features.
    pairs : int
        Pairs of output channels of a lane.
    width : int
        Channels that the combiner gives a cycle.
    mac : PackedMacConfig
        Width and form of the sums.
    depth : 1 or 2
        Non-zeros of a vector that a lane multiplies in a cycle.
    """

    layer: SparseLayer
    joints: int
    frames: int
    pairs: int
    width: int
    mac: PackedMacConfig
    depth: int = 1

    @property
    def fetches(self) -> int:
        """Vectors in flight or waiting in a lane."""
        return LaneConfig.fetches_of(self.layer.kernel)

    @property
    def reads_x(self) -> bool:
        """Whether lanes also sum vectors of X, for a convolved shortcut."""
        return self.layer.reads_x

    @property
    def groups(self) -> int:
        """Groups of ``width`` output channels."""
        return ceil(self.layer.outputs / self.width)

    @cached_property
    def passes(self) -> list[list[int]]:
        """Output channels of each pass."""
        return pack(self.layer, self.width, self.pairs)[1]

    @cached_property
    def positions(self) -> list[Position]:
        """For each of the ``width`` values of a group, where the steps find its sum."""
        groups, passes, pass_of_group = pack(self.layer, self.width, self.pairs)
        slots: list[list[int | None]] = [[] for _ in range(self.width)]
        for number, (channels, index) in enumerate(zip(groups, pass_of_group)):
            places = {channel: slot for slot, channel in enumerate(passes[index])}
            summed = set(channels)
            for n in range(self.width):
                channel = number * self.width + n
                slots[n].append(places[channel] if channel in summed else None)
        return [Position.of(found) for found in slots]

    @cached_property
    def reads(self) -> tuple[np.ndarray, np.ndarray]:
        """Which vectors each pass reads: of the features bool (pass, tap, bank), and of X bool (pass, bank)."""
        h, x = self.layer.needs
        return (np.stack([h[channels].any(axis=0) for channels in self.passes]),
                np.stack([x[channels].any(axis=0) for channels in self.passes]))

    @cached_property
    def used_pairs(self) -> int:
        """Packed MACs of a lane whose sums some pass needs; synthesis leaves the others out."""
        return max(1, *(-(-len(channels) // 2) for channels in self.passes))

    @property
    def entries(self) -> int:
        """Entries of the schedule: one per vector of a pass, and one for a pass that reads nothing."""
        h, x = self.reads
        return int(np.maximum(1, h.sum(axis=(1, 2)) + x.sum(axis=1)).sum())

    @cached_property
    def weight_bits(self) -> int:
        """Bits of a weight word that differ between two words."""
        h, x = self.reads
        tables = self.layer.banked, self.layer.x_banked
        rows = []
        for number, channels in enumerate(self.passes):
            weights = [table[channels][:, needed].reshape(len(channels), -1)
                       for table, needed in zip(tables, (h[number], x[number])) if table is not None]
            words = np.zeros((max(BANK, sum(part.shape[1] for part in weights)), 2 * self.pairs), np.int8)
            if weights and (flat := np.concatenate(weights, axis=1)).size:
                words[:flat.shape[1], :len(channels)] = flat.T
            rows.append(words)
        return varying_bits(np.concatenate(rows))

    @property
    def entry_bits(self) -> int:
        """Bits of an entry in the list of the read-address generator, at most."""
        banks = max(2, self.layer.banks, self.layer.x_banks)
        return (banks - 1).bit_length() + (self.layer.kernel - 1).bit_length() + 3

    @property
    def step_bits(self) -> int:
        """Bits of a step in the combiner's list, at most."""
        return sum(max(1, (len(at.pairs) - 1).bit_length()) + 2 for at in self.positions) + 2

    @property
    def fetch_bits(self) -> int:
        """Bits of an announced read."""
        return Shape.cast(fetch_layout(self.entries)).width

    def work(self, h_banks: tuple[float, ...], x_banks: tuple[float, ...]) -> Work:
        """Work of the passes for one person.

        Parameters
        ----------
        h_banks, x_banks : tuple of float
            Non-zeros per vector, of each bank of the features and of X.
        """
        h, x = self.reads
        stride, kernel = self.layer.stride, self.layer.kernel
        rows = np.arange(0, self.frames, stride)
        source = rows[None] + np.arange(kernel)[:, None] - (kernel - 1) // 2
        inside = ((source >= 0) & (source < self.frames)).astype(float)             # tap, row
        x_tokens = x @ tokens(np.array(x_banks), self.depth)
        of_pass = (h @ tokens(np.array(h_banks), self.depth)) @ inside + x_tokens[:, None]      # pass, row
        listed = (h.sum(axis=(1, 2)) + x.sum(axis=1))[:, None]
        jobs = np.maximum(of_pass, LaneConfig.min_cycles(listed, self.depth))
        return Work(cycles=self.joints * float(jobs.sum()), jobs=tuple(jobs[:, len(rows) // 2].tolist()),
                    h_reads=self.joints * float((h.sum(axis=2) @ inside).sum()),
                    x_reads=float(self.joints * len(rows) * x.sum()))
