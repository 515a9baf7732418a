"""What a user has as a clip, as int8 clips of a design."""

import importlib.metadata
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypgcn.design import Design
from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip

__all__ = ["GROUP", "NamedClip", "read_clips"]

GROUP = "hypgcn.recordings"
"""Entry points that read recordings: ``read(path, joints=, skeleton=)`` gives objects with ``name``, ``clip`` (float,
(M, T, V, C)), ``label`` and ``test``. The offline path brings the one of this project."""


@dataclass(frozen=True, kw_only=True)
class NamedClip:
    """``name`` : of file and clip; ``clip`` : int8 (M, T, V, C); ``label`` : its class, ``None`` where unknown"""

    name: str
    clip: np.ndarray
    label: int | None = None


def read_clips(path: Path, design: Design, count: int) -> tuple[list[NamedClip], int]:
    """The first ``count`` clips in a file, and how many there are; test clips only, if the file knows which they are.

    Int8 clips of the design's shape, alone in an ``.npy`` or as ``clips`` in an ``.npz``, are taken as they are.
    Everything else is a recording: it is read by the plug-in of :data:`GROUP` and prepared as ``design.meta`` says.
    """
    ready = _ready(path, design)
    if ready is not None:
        return [NamedClip(name=f"{path.name}[{n}]" if len(ready) > 1 else path.name, clip=clip)
                for n, clip in enumerate(ready[:count])], len(ready)
    skeleton = (design.meta.get("skeleton") or {}).get("name")
    found = [clip for clip in _reader()(path, joints=design.joints, skeleton=skeleton) if clip.test]
    if not found:
        raise ValueError(f"{path} holds no clip")
    return [NamedClip(name=clip.name, clip=_prepared(clip.clip, design, path), label=clip.label)
            for clip in found[:count]], len(found)


def _ready(path: Path, design: Design) -> np.ndarray | None:
    """Int8 clips (N, M, T, V, C), ``None`` when the file is a recording."""
    if path.suffix not in (".npy", ".npz"):
        return None
    try:
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.lib.npyio.NpzFile):
            with found:
                if "clips" not in found.files:
                    return None
                found = found["clips"]
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is damaged, or no file of arrays: {error}") from error
    if found.dtype != np.int8:
        return None
    wanted = (design.persons, design.frames, design.joints, design.channels)
    found = found[None] if found.ndim == 4 else found
    if found.ndim != 5 or found.shape[1:] != wanted or not len(found):
        raise ValueError(f"{path}: int8 clips must have the design's shape {wanted} each, not {found.shape[1:]}")
    return found


def _reader():
    for entry in importlib.metadata.entry_points(group=GROUP):
        return entry.load()
    raise ValueError(f"recordings need a package that reads them (entry points {GROUP}); without one clips must be "
                     f"int8 arrays in npy or npz")


def _prepared(clip: np.ndarray, design: Design, path: Path) -> np.ndarray:
    if clip.shape[3] != design.channels:
        raise ValueError(f"{path}: clips must have {design.channels} channels, not {clip.shape[3]}")
    people = np.zeros((design.persons, *clip.shape[1:]))
    people[:min(design.persons, len(clip))] = clip[:design.persons]
    entry = design.meta.get("preparation")
    preparation = Preparation.from_dict(entry) if entry else Preparation(frames=design.frames)
    try:
        return quantise_clip(design, prepare_clip(people, preparation))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
