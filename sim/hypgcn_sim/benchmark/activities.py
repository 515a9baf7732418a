"""Activities of blocks, the non-zeros that estimates work with, from golden files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hypgcn.design import BANK, MINI_BANKS, Design
from hypgcn.golden.rfc.store import window_usage
from hypgcn.planning.estimate import Activity

from ..fullscale.utilisation import mean_persons

__all__ = ["activities_of"]


def activities_of(design: Design, expected: Sequence[Path]) -> list[Activity]:
    """Activity of each block, mean over golden files.

    Parameters
    ----------
    design : Design
        The network.
    expected : sequence of Path
        Files of :func:`hypgcn_sim.fullscale.golden.golden_clips`.
    """
    activities = []
    persons = max(1.0, mean_persons(expected))
    for index, block in enumerate(design.blocks):
        x, z, h = [], [], []
        x_entries: list[np.ndarray] = []
        h_entries: list[np.ndarray] = []
        for path in expected:
            with np.load(path) as tokens:
                for entries, name in ((x_entries, "x_entries"), (h_entries, "h_entries")):
                    entries.append(tokens[f"{name}{index}"].reshape(-1, design.block_frames(index), MINI_BANKS))
                x.append(tokens[f"x_tokens{index}"])
                z.append(tokens[f"z_tokens{index}"])
                h.append(tokens[f"h_tokens{index}"][design.pad])  # the middle tap meets every frame of the output once
        rows = persons * design.block_frames(index)
        out_rows = persons * design.block_frames(index + 1)
        channels = np.mean(x, axis=0) / rows
        activities.append(Activity(
            x_channels=tuple(channels.tolist()),
            x_banks=tuple((_banks(channels) / design.joints).tolist()),
            z_banks=tuple((np.mean(z, axis=0) / (rows * design.joints)).tolist()),
            h_banks=tuple((np.mean(h, axis=0) / (out_rows * design.joints)).tolist()),
            x_max=_largest(x_entries, block.x_window), x_mean=tuple(np.mean(x_entries, axis=(0, 1, 2)).tolist()),
            h_max=_largest(h_entries, block.h_window), h_mean=tuple(np.mean(h_entries, axis=(0, 1, 2)).tolist())))
    return activities


def _largest(entries: list[np.ndarray], window: int) -> tuple[int, ...]:
    """Maximum of the entries that ``window`` rows of a person take, over clips of (persons, frames, mini-banks)."""
    return tuple(window_usage(np.stack(entries), window).max(axis=(0, 1, 2)).tolist())


def _banks(per_channel: np.ndarray) -> np.ndarray:
    return np.pad(per_channel, (0, -len(per_channel) % BANK)).reshape(-1, BANK).sum(axis=1)
