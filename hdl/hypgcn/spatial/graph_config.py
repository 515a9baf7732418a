"""Parameters of a graph unit: which sums a pass over a channel's tokens computes, and its memory of the graphs."""

from dataclasses import dataclass, field

import numpy as np

from ..arith import PackedMac
from ..design.checks import check_choice, check_limit, check_range, check_tensor
from ..design.limits import ACC_WIDTH, GRAPH_PARTS, GRAPH_SHIFT, JOINTS, MAC_FORMS, SUBSETS, THRESHOLD, WEIGHT
from ..stream import Queue

__all__ = ["LATENCY", "MAC_DELAY", "ROM_LATENCY", "GraphConfig"]

ROM_LATENCY = 1 + 2
"""Cycles from a token to its weights: a register for the address, and the ROM."""
MAC_DELAY = ROM_LATENCY + PackedMac.LATENCY
"""Cycles from a token to the sums that contain it."""
LATENCY = MAC_DELAY + 2 + Queue.LATENCY
"""Cycles from the last token of a pass to its first word, when the queue is empty."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GraphConfig:
    """Parameters of a graph unit.

    Parameters
    ----------
    joints : int, 1..64
        Joints V.
    subsets : int, 1..8
        Subsets K, each with a graph of its own.
    at_once : int, 1..K
        Subsets that one pass over the tokens of a channel computes.
    parts : int, 1..4, at most V
        Passes that share the joints of a subset, each with ``ceil(V / parts)`` of them; more than 1 only with
        ``at_once`` 1.
    graph : int8 (K, V, V)
        Weights G[k][v][w] from joint v to joint w, -127..127.
    shift : int, 1..15
        Bits by which the sums are shifted right.
    acc_width : int, 9..27
        Bits of a sum.
    threshold : int, 0..127
        Dead zone: results up to this magnitude become 0.
    kept : tuple of bool
        Per needed channel, whether its products with the graphs are output.
    copy : tuple of bool
        Per needed channel, whether X itself is output; for every channel at least one of the two.
    mac : str
        Form of the packed MACs.
    ahead : int
        Further words that wait at the output, while those of another unit leave.
    """

    joints: int
    subsets: int
    at_once: int
    parts: int = 1
    graph: np.ndarray = field(repr=False)
    shift: int
    acc_width: int
    threshold: int = 0
    kept: tuple[bool, ...]
    copy: tuple[bool, ...]
    mac: str = "dsp48e2"
    ahead: int = 0

    def __post_init__(self):
        check_limit("joints", self.joints, JOINTS)
        check_limit("subsets", self.subsets, SUBSETS)
        check_range("at_once", self.at_once, 1, self.subsets)
        check_limit("parts", self.parts, GRAPH_PARTS)
        check_range("parts", self.parts, 1, 1 if self.at_once > 1 else self.joints)
        check_tensor("graph", self.graph, (self.subsets, self.joints, self.joints), np.int8, WEIGHT.low, WEIGHT.high)
        check_limit("shift", self.shift, GRAPH_SHIFT)
        check_limit("acc_width", self.acc_width, ACC_WIDTH)
        check_limit("threshold", self.threshold, THRESHOLD)
        check_choice("mac", self.mac, MAC_FORMS)
        if not self.kept or len(self.kept) != len(self.copy):
            raise ValueError("kept and copy must hold one value per channel, "
                             f"not {len(self.kept)} and {len(self.copy)}")
        if not all(kept or copy for kept, copy in zip(self.kept, self.copy)):
            raise ValueError("kept or copy must be set for every channel of the list")

    @property
    def passes(self) -> int:
        """Passes over the tokens of a channel that is kept."""
        return -(-self.subsets // self.at_once) * self.parts

    @property
    def last_subsets(self) -> int:
        """Subsets of the last of these passes; the others have ``at_once``."""
        return (self.subsets - 1) % self.at_once + 1

    @property
    def repeats(self) -> tuple[int, ...]:
        """Passes over the tokens of each channel."""
        return tuple(self.passes if kept else 1 for kept in self.kept)

    @property
    def width(self) -> int:
        """Joints w of a subset that a pass computes."""
        return -(-self.joints // self.parts)

    @property
    def outputs(self) -> int:
        """Sums of a pass."""
        return self.at_once * self.width

    @property
    def words(self) -> np.ndarray:
        """ROM contents int8 (passes * V, at_once * width): at (pass, v) the weights of the outputs (k, w) of that pass.

        A last pass of fewer subsets has them in the last places; joints beyond V, of a last part, have weights 0.
        """
        missing = self.at_once - self.last_subsets
        begin = self.subsets - self.last_subsets
        empty = np.zeros((missing, self.joints, self.joints), np.int8)
        places = np.concatenate([self.graph[:begin], empty, self.graph[begin:]])
        places = np.pad(places, ((0, 0), (0, 0), (0, self.parts * self.width - self.joints)))
        places = places.reshape(-1, self.at_once, self.joints, self.parts, self.width)
        return np.ascontiguousarray(places.transpose(0, 3, 2, 1, 4)).reshape(-1, self.outputs)

    @property
    def entries(self) -> int:
        """Words of ``o`` per row."""
        return self.subsets * sum(map(bool, self.kept)) + sum(map(bool, self.copy))

    @property
    def max_pass_entries(self) -> int:
        """Words of ``o`` that one pass can give at most."""
        return max(max(self.at_once * (self.passes > 1), self.last_subsets + bool(copy)) if kept else 1
                   for kept, copy in zip(self.kept, self.copy))

    @property
    def queue_words(self) -> int:
        """Words of the output queue: in flight, of three passes, of which one is not counted yet, and ``ahead``."""
        return LATENCY + 3 * self.max_pass_entries + self.ahead

    @property
    def macs(self) -> int:
        """Number of packed MACs."""
        return -(-self.outputs // 2)

    def cycles(self, counts) -> float:
        """Cycles per row with ``counts[channel]`` non-zeros; an estimate when these are means.

        A pass takes its tokens, but at least as long as the words of the pass before it need to leave; a part of a
        word takes a cycle, like a word.
        """
        total = 0
        words = self.last_subsets * bool(self.kept[-1]) + bool(self.copy[-1])
        for kept, copy, passes, count in zip(self.kept, self.copy, self.repeats, counts):
            for index in range(passes):
                total += max(1, count, words)
                last = index == passes - 1
                words = bool(kept) * (self.last_subsets if last else self.at_once) + (bool(copy) and last)
        return total
