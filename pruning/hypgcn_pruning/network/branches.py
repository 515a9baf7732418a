"""The branches of a multi-scale temporal convolution: taps at a distance, a running maximum, or the frame itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["MULTI_SCALE", "Branch", "branch_widths", "branches_of", "kernel_of", "max_range", "structure"]

MULTI_SCALE = ("3@1", "3@2", "3@3", "3@4", "max", "1x1")
"""The branches of ST-GCN++: three taps at a distance of one to four frames, the maximum of three frames, one frame."""
_TAPS = re.compile(r"(\d+)@(\d+)")
MAX_ROWS = 3
"""Frames of the running maximum."""


@dataclass(frozen=True, kw_only=True)
class Branch:
    """One branch.

    Parameters
    ----------
    taps : int, odd
        Frames that it reads; 1 for ``max`` and ``1x1``.
    dilation : int
        Frames from tap to tap.
    running_max : bool
        It gives the maximum of the frame before, the frame, and the one behind it.
    learned : bool
        It has weights behind its ReLU; ``max`` and ``1x1`` have none.
    """

    taps: int = 1
    dilation: int = 1
    running_max: bool = False
    learned: bool = False

    @property
    def reach(self) -> int:
        """Frames from the first to the last that it reads."""
        return MAX_ROWS if self.running_max else (self.taps - 1) * self.dilation + 1


def branches_of(names: Sequence[str]) -> tuple[Branch, ...]:
    """Branches by name.

    Parameters
    ----------
    names : sequence of str
        ``TAPS@DILATION`` with an odd number of taps, such as ``3@2``, ``max`` (of three frames) or ``1x1``.

    Raises
    ------
    ValueError
        For another name, or branches ``max`` that are not beside each other.
    """
    found = []
    for name in names:
        match = _TAPS.fullmatch(name) if isinstance(name, str) else None
        if name in ("max", "1x1"):
            found.append(Branch(running_max=name == "max"))
        elif match and int(match[1]) % 2 and int(match[2]):
            found.append(Branch(taps=int(match[1]), dilation=int(match[2]), learned=True))
        else:
            raise ValueError(f"branches must be max, 1x1, or an odd number of taps and their distance such as 3@2, not "
                             f"{name!r}")
    places = [index for index, branch in enumerate(found) if branch.running_max]
    if places and places[-1] - places[0] >= len(places):
        raise ValueError(f"branches max must be beside each other, not at the places {', '.join(map(str, places))}")
    return tuple(found)


def kernel_of(branches: Sequence[Branch]) -> int:
    """Taps of the window that holds those of all branches: odd, at least 3."""
    return max(MAX_ROWS, *(branch.reach for branch in branches))


def branch_widths(outputs: int, count: int, share: float = 0.0) -> tuple[int, ...]:
    """Channels of each of ``count`` branches of a block with ``outputs`` channels.

    Parameters
    ----------
    outputs : int
        Channels of the block, at least ``count``.
    count : int
        Branches.
    share : float
        Channels of each branch over those of the block, rounded down; 0: as many as it has, in equal parts, of which
        the first branch gets the remainder.
    """
    if share:
        return (int(outputs * share),) * count
    each = outputs // count
    return (outputs - each * (count - 1), *[each] * (count - 1))


def max_range(branches: Sequence[Branch], widths: Sequence[int]) -> tuple[int, int]:
    """First channel and number of channels with a running maximum; (0, 0) without."""
    ends = np.cumsum([0, *widths]).tolist()
    channels = [channel for branch, low, high in zip(branches, ends, ends[1:]) if branch.running_max
                for channel in range(low, high)]
    return (channels[0], len(channels)) if channels else (0, 0)


def structure(branches: Sequence[Branch], widths: Sequence[int], kernel: int) -> np.ndarray:
    """Where the convolution of all branches has weights.

    Returns
    -------
    np.ndarray uint8 (channels, channels, kernel)
        Output, input, tap: a block on the diagonal for each branch with taps, the diagonal at the middle tap for the
        others, since their channels pass.
    """
    ends = np.cumsum([0, *widths]).tolist()
    mask = np.zeros((ends[-1], ends[-1], kernel), np.uint8)
    for branch, low, high in zip(branches, ends, ends[1:]):
        if not branch.learned:
            own = np.arange(low, high)
            mask[own, own, kernel // 2] = 1
        for tap in range(branch.taps if branch.learned else 0):
            mask[low:high, low:high, kernel // 2 + (tap - branch.taps // 2) * branch.dilation] = 1
    return mask
