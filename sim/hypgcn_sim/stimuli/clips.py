"""Clips to simulate: recorded ones, or generated ones without a recording."""

import zipfile
from pathlib import Path

import numpy as np

from hypgcn.design import Design
from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip
from hypgcn.design.persons import match_persons
from hypgcn.testbench.clips import generated_clip

from .completing import clip_reader

__all__ = ["RECORDINGS", "make_clips", "recorded_clips"]

RECORDINGS = Path("../shared/data/nwucla.npz")
"""Default file of recordings, beside the checkout; it is not part of the project."""


def recorded_clips(design: Design, path: Path, count: int, seed: int) -> np.ndarray:
    """Test clips of a recording, missing joints filled, prepared by ``design.meta["preparation"]``.

    Persons that the recording lacks are absent (zero).

    Parameters
    ----------
    design : Design
        The network.
    path : Path
        npz with ``data`` (N, C, T, V, M), ``length`` (N,) and ``split`` (N,).
    count : int
        Number of clips.
    seed : int
        Chooses them.

    Returns
    -------
    (N, M, T, V, C), of the type that ``design`` takes

    Raises
    ------
    ValueError
        When the recording does not fit the design.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            data, length, split = file["data"], file["length"], file["split"]
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is not a recording: it must hold data, length and split ({error})") from error
    if data.ndim != 5 or data.shape[1] != design.channels or data.shape[3] != design.joints:
        raise ValueError(
            f"{path}: data must have shape (clips, {design.channels}, frames, {design.joints}, persons) for this "
            f"design, not {data.shape}"
        )
    tests = np.flatnonzero(split == 1)
    if len(tests) < count:
        raise ValueError(f"{path} holds {len(tests)} test clips, fewer than the {count} requested")
    chosen = np.sort(np.random.default_rng(seed).permutation(tests)[:count])
    entry = design.meta.get("preparation")
    preparation = Preparation.from_dict(entry) if entry else Preparation(frames=design.frames)
    read, clips = clip_reader(design, data, length), []
    for index in chosen:
        clips.append(quantise_clip(design, prepare_clip(match_persons(read(index), design.persons), preparation)))
    return np.stack(clips)


def make_clips(design: Design, count: int, *, recordings: Path | None = None, seed: int = 1) -> tuple[np.ndarray, int]:
    """Clips to simulate: ``count`` recorded or generated ones, an all-zero one, and one of noise.

    Parameters
    ----------
    design : Design
        The network.
    count : int
        Recorded clips, or generated ones.
    recordings : Path or None
        File of recordings; ``None`` for :data:`RECORDINGS` if it exists and fits the design.
    seed : int
        Chooses recorded clips, and makes the others.

    Returns
    -------
    clips : (N, M, T, V, C)
        Of the design's type; N = ``count`` + 2.
    real : int
        How many of them, from the first on, are recorded.
    """
    clips: list[np.ndarray] = []
    if recordings is not None:
        clips += list(recorded_clips(design, recordings, count, seed))
    elif RECORDINGS.exists():
        try:
            clips += list(recorded_clips(design, RECORDINGS, count, seed))
        except ValueError:
            pass  # a recording of another skeleton
    real = len(clips)
    clips += [generated_clip(design, seed * 1000 + number) for number in range(real, count)]
    clips.append(np.zeros(design.clip_shape, design.clip_type))
    low, high = np.iinfo(design.clip_type).min, np.iinfo(design.clip_type).max
    clips.append(np.random.default_rng(seed).integers(low, high + 1, design.clip_shape).astype(design.clip_type))
    return np.stack(clips), real
