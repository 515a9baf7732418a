"""What the lanes of a block have to do, without their weight words: enough for estimates of many foldings."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from amaranth.hdl import Shape

from ...arith import PackedMacConfig
from ...design import BANK, Block, split_banks
from ...temporal.address_generator import fetch_layout
from ...temporal.lane import LaneConfig
from ...temporal.schedule import pack
from .activity import Activity
from .in_order import in_order
from .memory import varying_bits

__all__ = ["LanePlan", "Work"]


@dataclass(frozen=True, kw_only=True)
class Work:
    """Of a sequence.

    cycles : of all jobs on one lane; jobs : cycles of each pass, for a joint of a row in the middle
    h_reads, x_reads : vectors read from H and X
    """

    cycles: float
    jobs: tuple[float, ...]
    h_reads: float
    x_reads: float

    def on(self, lanes: int) -> float:
        """Cycles on so many lanes, which wait for each other where passes differ."""
        return self.cycles / lanes * in_order(self.jobs, lanes)


@dataclass(frozen=True, kw_only=True, eq=False)
class LanePlan:
    """The passes of one lane.

    block : part of the design; joints, frames : V, T of its rows; pairs, y_width : of the folding; mac : of its sums
    """

    block: Block
    joints: int
    frames: int
    pairs: int
    y_width: int
    mac: PackedMacConfig
    fetches: int = LaneConfig.fetches

    @property
    def reads_x(self) -> bool:
        """Vectors of X are summed too."""
        return self.block.res is not None and bool(self.block.res.any())

    @property
    def groups(self) -> int:
        """Groups of ``y_width`` channels of the output."""
        return -(-self.block.out_channels // self.y_width)

    @cached_property
    def passes(self) -> list[list[int]]:
        """Channels that each pass sums."""
        return pack(self.block, self.y_width, self.pairs)[1]

    @cached_property
    def sources(self) -> list[int]:
        """For each value of a group, the pairs of a lane that can hold its sum."""
        groups, passes, owner = pack(self.block, self.y_width, self.pairs)
        found: list[set[int]] = [set() for _ in range(self.y_width)]
        for channels, where in zip(groups, owner):
            slots = {channel: slot for slot, channel in enumerate(passes[where])}
            for channel in channels:
                found[channel % self.y_width].add(slots[channel] // 2)
        return [max(1, len(pairs)) for pairs in found]

    @cached_property
    def reads(self) -> tuple[np.ndarray, np.ndarray]:
        """Whether a pass reads a (tap, bank) of H, bool (pass, tap, bank); and a bank of X, bool (pass, bank)."""
        h, x = _needs(self.block)
        return (np.stack([h[channels].any(axis=0) for channels in self.passes]),
                np.stack([x[channels].any(axis=0) for channels in self.passes]))

    @property
    def entries(self) -> int:
        """Entries of the schedule: a pass that reads nothing has one."""
        h, x = self.reads
        return int(np.maximum(1, h.sum(axis=(1, 2)) + x.sum(axis=1)).sum())

    @cached_property
    def weight_bits(self) -> int:
        """Bits of a weight word that differ between two words."""
        h, x = self.reads
        tables = _tables(self.block)
        rows = []
        for number, channels in enumerate(self.passes):
            weights = [part[channels][:, where].reshape(len(channels), -1)
                       for part, where in zip(tables, (h[number], x[number])) if part is not None]
            words = np.zeros((max(BANK, sum(part.shape[1] for part in weights)), 2 * self.pairs), np.int8)
            if weights and (flat := np.concatenate(weights, axis=1)).size:
                words[:flat.shape[1], :len(channels)] = flat.T
            rows.append(words)
        return varying_bits(np.concatenate(rows))

    @property
    def walk_bits(self) -> int:
        """Bits of an entry in the walker's list, at most."""
        banks = max(2, self.block.out_banks, self.block.in_banks)
        return (banks - 1).bit_length() + (self.block.taps.shape[1] - 1).bit_length() + 3

    @property
    def step_bits(self) -> int:
        """Bits of a step in the combiner's list, at most."""
        return sum(max(1, (pairs - 1).bit_length()) + 2 for pairs in self.sources) + 2

    @property
    def fetch_bits(self) -> int:
        """Bits of an announced read."""
        return Shape.cast(fetch_layout(self.entries)).width

    def work(self, activity: Activity) -> Work:
        """What ``activity`` makes of the passes."""
        h, x = self.reads
        stride, kernel = self.block.stride, self.block.taps.shape[1]
        rows = np.arange(0, self.frames, stride)
        source = rows[None] + np.arange(kernel)[:, None] - (kernel - 1) // 2
        inside = ((source >= 0) & (source < self.frames)).astype(float)             # tap, row
        x_tokens = x @ np.maximum(np.array(activity.x_banks), 0)
        tokens = (h @ np.array(activity.h_banks)) @ inside + x_tokens[:, None]      # pass, row
        listed = (h.sum(axis=(1, 2)) + x.sum(axis=1))[:, None]
        jobs = np.maximum(tokens, LaneConfig.min_cycles(listed))
        return Work(cycles=self.joints * float(jobs.sum()), jobs=tuple(jobs[:, len(rows) // 2].tolist()),
                    h_reads=self.joints * float((h.sum(axis=2) @ inside).sum()),
                    x_reads=float(self.joints * len(rows) * x.sum()))


@lru_cache(maxsize=64)
def _tables(block: Block) -> tuple[np.ndarray, np.ndarray | None]:
    """Weights of H and of X by bank."""
    return split_banks(block.temporal), None if block.res is None else split_banks(block.res)


@lru_cache(maxsize=64)
def _needs(block: Block) -> tuple[np.ndarray, np.ndarray]:
    """Which output channels need which (tap, bank) of H and which bank of X: bool (O, tap, bank) and (O, bank)."""
    h, x = _tables(block)
    nothing = np.zeros((block.out_channels, block.in_banks), bool)
    return np.any(h, axis=-1), nothing if x is None else np.any(x, axis=-1)
