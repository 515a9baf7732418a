"""Clip files of users, read as clips of a design."""

import importlib.metadata
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..design import Design
from ..design.clip import Preparation, prepare_clip, quantise_clip
from ..design.persons import match_persons

__all__ = ["GROUP", "NamedClip", "prepared", "read_clips", "recorded_clips"]

GROUP = "hypgcn.recordings"
"""Entry points that read recordings: ``read(path, joints=, skeleton=)`` gives objects with ``name``, ``clip`` (float
(M, T, V, C)), ``label`` and ``test``; they may have ``class_name`` and ``scored``, whether the last channel is a
confidence. The package hypgcn_pruning provides the one of this project."""


@dataclass(frozen=True, kw_only=True)
class NamedClip:
    """A clip for a design.

    Attributes
    ----------
    name : str
        Of file and clip.
    clip : (M, T, V, C)
        The clip, of the type that the design takes.
    label : int or None
        Its class, ``None`` where unknown.
    """

    name: str
    clip: np.ndarray
    label: int | None = None


def read_clips(path: Path, design: Design, count: int) -> tuple[list[NamedClip], int]:
    """The first clips of a file; test clips only, if the file marks them.

    Clips of the design's type (int8, or int16 for raw input) and shape, alone in an ``.npy`` or as ``clips`` in an
    ``.npz``, are taken as they are. Other files are recordings: the plug-in of :data:`GROUP` reads them, and they are
    prepared by ``design.meta``.

    Parameters
    ----------
    path : Path
        The file.
    design : Design
        The network.
    count : int
        Maximum number of clips.

    Returns
    -------
    clips : list of NamedClip
        At most ``count``.
    total : int
        Clips of the file.

    Raises
    ------
    ValueError
        When the file is damaged or does not fit the design.
    """
    ready = _ready_clips(path, design)
    if ready is not None:
        return [NamedClip(name=f"{path.name}[{n}]" if len(ready) > 1 else path.name, clip=clip)
                for n, clip in enumerate(ready[:count])], len(ready)
    recorded = recorded_clips(path, design)
    return [NamedClip(name=clip.name, clip=prepared(clip.clip, design, path), label=clip.label)
            for clip in recorded[:count]], len(recorded)


def recorded_clips(path: Path, design: Design) -> list:
    """Clips of a recording on the joints of ``design``, as the plug-in of :data:`GROUP` gives them.

    They are test clips only, if the file marks them.

    Raises
    ------
    ValueError
        When the file is damaged, holds no clip, or does not fit the design.
    """
    skeleton = (design.meta.get("skeleton") or {}).get("name")
    recorded = [clip for clip in _reader()(path, joints=design.joints, skeleton=skeleton) if clip.test]
    if not recorded:
        raise ValueError(f"{path} holds no clip")
    return recorded


def _ready_clips(path: Path, design: Design) -> np.ndarray | None:
    """Clips (N, M, T, V, C) of the design's type, ``None`` when the file is a recording."""
    if path.suffix not in (".npy", ".npz"):
        return None
    try:
        clips = np.load(path, allow_pickle=False)
        if isinstance(clips, np.lib.npyio.NpzFile):
            with clips:
                if "clips" not in clips.files:
                    return None
                clips = clips["clips"]
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        # NumPy's reason would advise to load the file unsafely.
        raise ValueError(f"{path} must be a recording, or an .npy or .npz file of {design.clip_type} clips, but is "
                         f"text, damaged or truncated, or holds Python objects") from error
    if clips.dtype not in (np.int8, np.int16):
        return None
    if clips.dtype != design.clip_type:
        raise ValueError(f"{path}: clips must be {design.clip_type}, which design {design.name} takes, not "
                         f"{clips.dtype}")
    shape = design.clip_shape
    clips = clips[None] if clips.ndim == 4 else clips
    if clips.ndim != 5 or clips.shape[1:] != shape or not len(clips):
        raise ValueError(f"{path}: {design.clip_type} clips must have the design's shape {shape} each, not "
                         f"{clips.shape[1:]}")
    return clips


def _reader():
    for entry in importlib.metadata.entry_points(group=GROUP):
        return entry.load()
    raise ValueError(f"recordings need a package that reads them (entry points {GROUP}); without one clips must be "
                     f"int8 (or, for raw input, int16) arrays in npy or npz")


def prepared(clip: np.ndarray, design: Design, path) -> np.ndarray:
    """Int8 clip (M, T, V, C) of a float one, prepared by ``design.meta``; :exc:`ValueError` names ``path``."""
    if clip.shape[3] != design.channels:
        raise ValueError(f"{path}: clips must have {design.channels} channels, not {clip.shape[3]}")
    entry = design.meta.get("preparation")
    preparation = Preparation.from_dict(entry) if entry else Preparation(frames=design.frames)
    try:
        return quantise_clip(design, prepare_clip(match_persons(clip, design.persons), preparation))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
