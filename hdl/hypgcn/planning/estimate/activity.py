"""How many non-zeros the units of a block meet: what the cycles of a clip depend on beside shapes and folding."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...design import BANK, MINI_BANKS, Block, Design

__all__ = ["Activity", "live_channels", "load_activities", "load_clips", "mean_activities", "save_activities"]

FORMAT = "hypgcn-activity"


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Means over the rows of one block, and what its rows ask of the stores.

    x_channels : non-zero joints per row, of each channel of X
    x_banks, h_banks : non-zeros per vector, of each bank of X and of H
    x_most, h_most : of each mini-bank j the most vectors of one row with more than ``4 j`` non-zeros that came to the
        store; empty where nothing was measured
    x_mean, h_mean : the same, mean of the rows
    """

    x_channels: tuple[float, ...]
    x_banks: tuple[float, ...]
    h_banks: tuple[float, ...]
    x_most: tuple[int, ...] = ()
    h_most: tuple[int, ...] = ()
    x_mean: tuple[float, ...] = ()
    h_mean: tuple[float, ...] = ()

    @classmethod
    def assumed(cls, block: Block, joints: int, live: np.ndarray | None = None) -> "Activity":
        """From the two densities that a design holds: all ``live`` channels of X (``None``: every one) alike, the
        others zero; all channels of H alike."""
        alive = np.ones(block.in_channels, bool) if live is None else np.asarray(live, bool)
        share = min(1.0, block.density_x * block.in_channels / max(1, int(alive.sum()))) * alive
        return cls(x_channels=tuple((joints * share).tolist()), x_banks=_per_bank(share),
                   h_banks=tuple((_sizes(block.out_channels) * block.density_h).tolist()))

    @classmethod
    def measured(cls, x: np.ndarray, h: np.ndarray) -> "Activity":
        """From X and H, arrays (..., V, C), as the stores of the block hold them."""
        x_full, h_full = (np.count_nonzero(part.reshape(-1, *part.shape[-2:]), axis=1).mean(axis=0) for part in (x, h))
        joints = x.shape[-2]
        return cls(x_channels=tuple(x_full.tolist()), x_banks=_per_bank(x_full / joints),
                   h_banks=_per_bank(h_full / joints))

    def usage(self, store: str) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Most and mean of the store ``"x"`` or ``"h"``."""
        return getattr(self, f"{store}_most"), getattr(self, f"{store}_mean")


def live_channels(design: Design, index: int) -> np.ndarray:
    """Which channels of X of block ``index`` can be other than zero, bool (channels,): those that the block before
    computes, has a shortcut into from such a channel, or gives a constant above its threshold. Pruning leaves few."""
    live = np.ones(design.channels, bool)
    for block in design.blocks[:index]:
        constant = (block.y_bias + (1 << block.y_shift - 1)) >> block.y_shift
        found = block.temporal.any(axis=(1, 2)) | (constant > block.threshold_y)
        if block.res is not None:
            found |= block.res[:, live].any(axis=1)
        live = found | live if block.shortcut_y == "identity" else found
    return live


def _sizes(channels: int) -> np.ndarray:
    """Channels of each bank."""
    return np.minimum(BANK, channels - np.arange(0, channels, BANK))


def _per_bank(per_channel: np.ndarray) -> tuple[float, ...]:
    return tuple(float(per_channel[start:start + BANK].sum()) for start in range(0, len(per_channel), BANK))


def mean_activities(clips: Sequence[Sequence[Activity]]) -> list[Activity]:
    """Per block the mean over ``clips``, each with the activities of its blocks; without use of the stores, which is
    no mean."""
    if not clips:
        raise ValueError("clips must be at least 1, not 0")
    names = ("x_channels", "x_banks", "h_banks")
    return [Activity(**{name: tuple(np.mean([getattr(each, name) for each in block], axis=0).tolist())
                        for name in names}) for block in zip(*clips, strict=True)]


def save_activities(path: Path, design: Design, activities: Sequence[Activity], clips: str,
                    each: Sequence[Sequence[Activity]] = ()):
    """Write what was measured of ``design``; ``clips`` says with which, ``each`` holds the activities of single
    clips."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({
        "format": FORMAT, "design": design.name, "hash": design.hash, "clips": clips,
        "blocks": [dataclasses.asdict(block) for block in activities],
        "each": [[dataclasses.asdict(block) for block in clip] for clip in each]}) + "\n")


def load_activities(path: Path, design: Design) -> list[Activity]:
    """What :func:`save_activities` wrote of all clips together; :exc:`ValueError` when it is of another design or
    something else."""
    return _load(path, design)[0]


def load_clips(path: Path, design: Design) -> list[list[Activity]]:
    """The same of single clips; empty where the file holds none."""
    return _load(path, design)[1:]


def _load(path: Path, design: Design) -> list[list[Activity]]:
    """Activities of all clips together, and of each."""
    try:
        data = json.loads(Path(path).read_text())
        if data["format"] != FORMAT:
            raise ValueError(f"format must be {FORMAT!r}, not {data['format']!r}")
        found = [[Activity(**{name: tuple(values) for name, values in block.items()}) for block in blocks]
                 for blocks in (data["blocks"], *data.get("each", ()))]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not an activity file: {error}") from error
    if data.get("hash") != design.hash:
        raise ValueError(f"{path} must be of the design {design.name}, hash {design.hash[:12]}, "
                         f"not {str(data.get('hash'))[:12]}")
    wanted = [(block.in_channels, block.in_banks, block.out_banks) for block in design.blocks]
    if any([(len(each.x_channels), len(each.x_banks), len(each.h_banks)) for each in blocks] != wanted or any(
            len(usage) not in (0, MINI_BANKS) for each in blocks for usage in (*each.usage("x"), *each.usage("h")))
            for blocks in found):
        raise ValueError(f"{path} is not an activity file: its blocks have other sizes than those of {design.name}")
    return found
