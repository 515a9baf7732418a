"""How many non-zeros the units of a block process: what the cycles of a clip depend on beside shapes and folding."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...design import BANK, MINI_BANKS, Block, Design
from ...sparse import spatial_entries

__all__ = ["Activity", "clips_in_flight", "load_activities", "load_clips", "mean_activities",
           "overlapping", "save_activities"]

FORMAT = "hypgcn-activity"
ROWS_IN_FLIGHT = 3
"""Rows of a block in flight, beside those that its taps wait for: one each in the stores of X, Z and H; in a
multi-scale block as many more, for the running maximum and the stores of P and Q."""
FORMER_NAMES = {"x_most": "x_max", "h_most": "h_max"}
"""Fields of files that were written under other names, and their names now."""


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Means over the rows of one block, and the entries that its rows take in the stores.

    Parameters
    ----------
    x_channels : tuple of float
        Non-zero joints per row, of each channel of X.
    x_banks, h_banks : tuple of float
        Non-zeros per vector, of each bank of X and of H.
    z_banks : tuple of float
        The same of Z, as lanes of the 1x1 convolution meet it; empty in files of older versions: every value counts.
    x_max, h_max : tuple of int
        For each mini-bank j the maximum over the rows of the vectors with more than ``4 j`` non-zeros that came to the
        store; empty where nothing was measured.
    x_mean, h_mean : tuple of float
        The same, mean over the rows.
    p_banks, q_banks, p_max, q_max, p_mean, q_mean : tuple
        Likewise of P and Q; empty for a block that is not multi-scale.
    """

    x_channels: tuple[float, ...]
    x_banks: tuple[float, ...]
    h_banks: tuple[float, ...]
    z_banks: tuple[float, ...] = ()
    x_max: tuple[int, ...] = ()
    h_max: tuple[int, ...] = ()
    x_mean: tuple[float, ...] = ()
    h_mean: tuple[float, ...] = ()
    p_banks: tuple[float, ...] = ()
    q_banks: tuple[float, ...] = ()
    p_max: tuple[int, ...] = ()
    q_max: tuple[int, ...] = ()
    p_mean: tuple[float, ...] = ()
    q_mean: tuple[float, ...] = ()

    @classmethod
    def assumed(cls, block: Block, joints: int, live: np.ndarray | None = None) -> "Activity":
        """Activity from the densities that a design holds.

        Parameters
        ----------
        block : Block
            Holds the densities of X, Z and H.
        joints : int
            V.
        live : ndarray, optional
            Channels of X that can be other than zero, bool (channels,); ``None``: all. They share the density of X
            equally, the others are zero; channels of H are all alike.
        """
        alive = np.ones(block.in_channels, bool) if live is None else np.asarray(live, bool)
        share = min(1.0, block.density_x * block.in_channels / max(1, int(alive.sum()))) * alive
        z = np.array([share[channel] if subset is None else block.density_z
                      for channel, subset in spatial_entries(block)])
        scales = block.scales
        behind = {} if scales is None else {
            f"{name}_banks": tuple((_bank_sizes(channels) * density).tolist()) for name, channels, density in (
                ("p", scales.p_channels, scales.density_p), ("q", scales.q_channels, scales.density_q))}
        return cls(x_channels=tuple((joints * share).tolist()), x_banks=_per_bank(share), z_banks=_per_bank(z),
                   h_banks=tuple((_bank_sizes(block.h_channels) * block.density_h).tolist()), **behind)

    @classmethod
    def measured(cls, x: np.ndarray, h: np.ndarray, z: np.ndarray | None = None,
                 behind: Mapping[str, np.ndarray] | None = None) -> "Activity":
        """Activity of X and H, arrays (..., V, C), as the stores of the block hold them.

        Parameters
        ----------
        x, h : np.ndarray (..., V, C)
            Rows in the stores.
        z : np.ndarray (..., V, E), optional
            Entries of Z, in the order of the graph unit.
        behind : dict of str to np.ndarray, optional
            ``p`` and ``q``, rows in the stores of a multi-scale block.
        """
        joints = x.shape[-2]
        x_counts, h_counts, *z_counts = (np.count_nonzero(rows.reshape(-1, *rows.shape[-2:]), axis=1).mean(axis=0)
                                         for rows in (x, h, z) if rows is not None)
        return cls(x_channels=tuple(x_counts.tolist()), x_banks=_per_bank(x_counts / joints),
                   h_banks=_per_bank(h_counts / joints), z_banks=_per_bank(z_counts[0] / joints) if z_counts else (),
                   **{f"{name}_banks": _per_bank(np.count_nonzero(rows.reshape(-1, *rows.shape[-2:]), axis=1)
                                                 .mean(axis=0) / joints) for name, rows in (behind or {}).items()})

    def usage(self, store: str) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Maximum and mean entries of a row, of each mini-bank of the store ``"x"``, ``"h"``, ``"p"`` or ``"q"``.

        Of others, which have room for every value, none.
        """
        return getattr(self, f"{store}_max", ()), getattr(self, f"{store}_mean", ())


def _bank_sizes(channels: int) -> np.ndarray:
    """Channels of each bank."""
    return np.minimum(BANK, channels - np.arange(0, channels, BANK))


def _per_bank(per_channel: np.ndarray) -> tuple[float, ...]:
    """Sums over the channels of each bank."""
    return tuple(float(per_channel[start:start + BANK].sum()) for start in range(0, len(per_channel), BANK))


def mean_activities(clips: Sequence[Sequence[Activity]]) -> list[Activity]:
    """Per block the mean over ``clips``, each with the activities of its blocks; without the entries of the stores,
    which are no mean."""
    if not clips:
        raise ValueError("clips must be at least 1, not 0")
    names = ("x_channels", "x_banks", "h_banks", "z_banks", "p_banks", "q_banks")
    return [Activity(**{name: tuple(np.mean([getattr(activity, name) for activity in block], axis=0).tolist())
                        for name in names}) for block in zip(*clips, strict=True)]


def clips_in_flight(design: Design) -> int:
    """Clips that are in the pipeline at the same time, as a whole or in part at its ends.

    A block gives a row when it has the ``pad`` rows behind it and those in flight, :data:`ROWS_IN_FLIGHT`. Counted
    in frames of the input that is the length of the pipeline; a clip has ``frames * persons``, and one is always there.
    """
    frames, step = 0, 1
    for block in design.blocks:
        frames += step * (block.kernel // 2 + ROWS_IN_FLIGHT + ROWS_IN_FLIGHT * (block.scales is not None))
        step *= block.stride
    return 1 + frames // (design.frames * design.persons)


def overlapping(design: Design, clips: Sequence[Sequence[Activity]]) -> Sequence[Sequence[Activity]]:
    """Activities of as many stretches of a stream of ``clips`` as there are clips.

    Blocks work on different clips at the same time when clips are short, and their stores even out what is more work
    in one and less in the next. So a stretch has the mean of a clip and of those that are in flight with it
    (:func:`clips_in_flight`); the first clip follows the last. Long clips are by themselves.
    """
    count = min(clips_in_flight(design), len(clips))
    if count <= 1:
        return clips
    twice = [*clips, *clips]
    return [mean_activities(twice[first:first + count]) for first in range(len(clips))]


def save_activities(path: Path, design: Design, activities: Sequence[Activity], clips: str,
                    per_clip: Sequence[Sequence[Activity]] = ()):
    """Write what was measured of ``design``.

    Parameters
    ----------
    path : Path
        The file; its folder is made.
    design : Design
        The network that was measured.
    activities : sequence of Activity
        Of each block, over all clips.
    clips : str
        Which clips these were, in words.
    per_clip : sequence of sequence of Activity
        Of each clip and block; empty where single clips do not matter.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({
        "format": FORMAT, "design": design.name, "hash": design.hash, "clips": clips,
        "blocks": [_entry(block) for block in activities],
        "per_clip": [[_entry(block) for block in clip] for clip in per_clip]}) + "\n", encoding="utf-8",
        newline="\n")


def _entry(block: Activity) -> dict:
    """``block`` for a file, without what only multi-scale blocks have where it has none."""
    return {name: value for name, value in dataclasses.asdict(block).items() if value or name[0] not in "pq"}


def load_activities(path: Path, design: Design) -> list[Activity]:
    """Activities over all clips that :func:`save_activities` wrote.

    Raises
    ------
    ValueError
        If the file is of another design, or no activity file.
    """
    return _load(path, design)[0]


def load_clips(path: Path, design: Design) -> list[list[Activity]]:
    """Activities of single clips that :func:`save_activities` wrote; empty where the file holds none.

    Raises
    ------
    ValueError
        If the file is of another design, or no activity file.
    """
    return _load(path, design)[1:]


def _load(path: Path, design: Design) -> list[list[Activity]]:
    """Activities over all clips, followed by those of each clip."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError(f"format must be {FORMAT!r}, not {data['format']!r}")
        per_clip = data.get("per_clip", data.get("each", ()))   # "each": the former name
        loaded = [[Activity(**{FORMER_NAMES.get(name, name): tuple(values) for name, values in block.items()})
                   for block in blocks] for blocks in (data["blocks"], *per_clip)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not an activity file: {error}") from error
    if data.get("hash") != design.hash:
        raise ValueError(f"{path} must be of the design {design.name}, hash {design.hash[:12]}, "
                         f"not {str(data.get('hash'))[:12]}")
    if not all(_fits(blocks, design) for blocks in loaded):
        raise ValueError(f"{path} is not an activity file: its blocks have other sizes than those of {design.name}")
    return loaded


def _fits(blocks: Sequence[Activity], design: Design) -> bool:
    """Whether the activities of ``blocks`` have the sizes of the design's."""
    sizes = [tuple(len(banks) for banks in (block.x_channels, block.x_banks, block.h_banks, block.p_banks,
                                            block.q_banks)) for block in blocks]
    entries = [len(values) for block in blocks for store in "xhpq" for values in block.usage(store)]
    return (sizes == [(block.in_channels, block.in_banks, block.h_banks, *(
        (0, 0) if block.scales is None else (block.scales.p_banks, block.scales.q_banks))) for block in design.blocks]
            and all(length in (0, MINI_BANKS) for length in entries))
