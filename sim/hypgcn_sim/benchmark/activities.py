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
                # The middle tap meets every frame of the output once.
                h.append(tokens[f"h_tokens{index}"][0 if block.scales is not None else design.pad])
        rows = persons * design.block_frames(index)
        out_rows = persons * design.block_frames(index + 1)
        channels = np.mean(x, axis=0) / rows
        behind = _behind_h(design, index, expected, out_rows) if block.scales is not None else {}
        activities.append(Activity(
            **behind,
            x_channels=tuple(channels.tolist()),
            x_banks=tuple((_banks(channels) / design.joints).tolist()),
            z_banks=tuple((np.mean(z, axis=0) / (rows * design.joints)).tolist()),
            h_banks=tuple((np.mean(h, axis=0) / ((out_rows if block.scales is None else rows)
                                                 * design.joints)).tolist()),
            x_max=_largest(x_entries, block.x_window), x_mean=tuple(np.mean(x_entries, axis=(0, 1, 2)).tolist()),
            h_max=_largest(h_entries, block.h_window), h_mean=tuple(np.mean(h_entries, axis=(0, 1, 2)).tolist())))
    return activities


def _behind_h(design: Design, index: int, expected: Sequence[Path], out_rows: float) -> dict:
    """Fields of the activity of a multi-scale block for P and Q, from golden files."""
    block = design.blocks[index]
    fields: dict[str, tuple] = {}
    for name, middle, frames, places, window in (
            ("p", design.pad, design.block_frames(index), out_rows, block.p_window),
            ("q", 0, design.block_frames(index + 1), out_rows, 1)):
        tokens, entries = [], []
        for path in expected:
            with np.load(path) as file:
                tokens.append(file[f"{name}_tokens{index}"][middle])
                entries.append(file[f"{name}_entries{index}"].reshape(-1, frames, MINI_BANKS))
        fields |= {f"{name}_banks": tuple((np.mean(tokens, axis=0) / (places * design.joints)).tolist()),
                   f"{name}_max": _largest(entries, window),
                   f"{name}_mean": tuple(np.mean(entries, axis=(0, 1, 2)).tolist())}
    return fields


def _largest(entries: list[np.ndarray], window: int) -> tuple[int, ...]:
    """Maximum of the entries that ``window`` rows of a person take, over clips of (persons, frames, mini-banks)."""
    return tuple(window_usage(np.stack(entries), window).max(axis=(0, 1, 2)).tolist())


def _banks(per_channel: np.ndarray) -> np.ndarray:
    return np.pad(per_channel, (0, -len(per_channel) % BANK)).reshape(-1, BANK).sum(axis=1)
