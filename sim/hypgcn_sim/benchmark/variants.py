"""Variants of a network for the ablation: one idea switched off each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hypgcn.design import BANK, MINI_BANKS, Design
from hypgcn.golden.rfc.store import window_usage
from hypgcn.planning.estimate import Activity
from hypgcn.sparse import spatial_layer

from ..fullscale.utilisation import mean_persons

__all__ = ["VARIANTS", "Variant", "activities_of", "one_person", "variants"]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A design without one idea.

    Attributes
    ----------
    name : str
        The idea that is off.
    design : Design
        The network without it.
    mac : str
        Kind of multiplier.
    activities : list of Activity
        Non-zeros of its blocks.
    how : str
        Where the figures come from.
    """

    name: str
    design: Design
    mac: str
    activities: list[Activity]
    how: str


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


def _blocks(design: Design, change: Callable) -> Design:
    return replace(design, blocks=tuple(replace(block, **change(block)) for block in design.blocks))


def _fill(weights: np.ndarray, allowed) -> np.ndarray:
    """Weights with a one in every place that ``allowed`` permits: an estimate needs only which are not zero."""
    return np.where(allowed & (weights == 0), 1, weights).astype(np.int8)


def _every_channel(block) -> dict:
    return {"kept": np.ones_like(block.kept), "spatial": _fill(block.spatial, True)}


def _every_filter(block) -> dict:
    taps = np.repeat(block.taps != 0, BANK, axis=0)[:block.h_channels].T[None]
    return {"filters": np.ones_like(block.filters), "temporal": _fill(block.temporal, taps)}


def _every_tap(block) -> dict:
    filters = (block.filters != 0)[:, None, None]
    return {"taps": np.ones_like(block.taps), "temporal": _fill(block.temporal, filters)}


def _z_of(design: Design, changed: Design, activities: Sequence[Activity]) -> list[Activity]:
    """``activities`` for ``changed``, whose Z has more channels, each as dense as the mean of ``design``'s."""
    found = []
    for before, block, activity in zip(design.blocks, changed.blocks, activities):
        share = sum(activity.z_banks) / spatial_layer(before).channels
        z_banks = share * _banks(np.ones(spatial_layer(block).channels)) if activity.z_banks else ()
        found.append(replace(activity, z_banks=tuple(map(float, z_banks))))
    return found


def _no_threshold(design: Design) -> Design:
    """Design with thresholds at 0, and stores that can hold dense rows."""
    def change(block):
        return {"threshold_z": 0, "density_z": 1.0, "threshold_h": 0, "threshold_y": 0}
    plain = _blocks(design, change)
    return replace(plain, input_threshold=0, blocks=tuple(
        block.with_whole_stores(design.joints) for block in plain.blocks))


VARIANTS = ("packing", "zero skipping", "thresholds", "cavity", "coarse", "channel dropping")
"""Names of :func:`variants`."""


def variants(design: Design, mac: str, activities: list[Activity], clips: np.ndarray,
             golden: Callable) -> list[Variant]:
    """One variant for each of :data:`VARIANTS`.

    Parameters
    ----------
    design : Design
        The network.
    mac : str
        Kind of multiplier.
    activities : list of Activity
        Non-zeros of its blocks.
    clips : int8 (N, M, T, V, C)
        Clips for the non-zeros without thresholds.
    golden : callable
        ``golden(design, clips)`` gives golden files, see :func:`hypgcn_sim.fullscale.golden.golden_clips`.
    """
    full = [Activity(x_channels=(float(design.joints),) * block.in_channels,
                     x_banks=tuple(_banks(np.ones(block.in_channels)).tolist()),
                     h_banks=tuple(_banks(np.ones(block.h_channels)).tolist())) for block in design.blocks]
    plain, whole = _no_threshold(design), _blocks(design, _every_channel)
    masks = "masks filled, non-zeros as measured with them"
    cases = {
        "packing": (design, "single", activities, "one product a multiplier and cycle"),
        "zero skipping": (design, mac, full, "every value taken as non-zero"),
        "thresholds": (plain, mac, activities_of(plain, golden(plain, clips)),
                       "non-zeros of golden without thresholds"),
        "cavity": (_blocks(design, _every_tap), mac, activities, masks),
        "coarse": (_blocks(design, _every_filter), mac, activities, masks),
        "channel dropping": (whole, mac, _z_of(design, whole, activities), masks),
    }
    return [Variant(name=name, design=changed, mac=form, activities=active, how=how)
            for name, (changed, form, active, how) in cases.items()]


def one_person(design: Design) -> Design:
    """``design`` for one person: the work of its hardware when all but the first person are absent."""
    return replace(design, persons=1, input_mult=design.input_mult[:1], input_bias=design.input_bias[:1])
