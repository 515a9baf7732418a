"""Readers of the common file formats of datasets: :func:`read_clips` returns :class:`~.data.Clips` for all of them."""

from dataclasses import dataclass
from pathlib import Path

from ..class_subset import class_subset
from ..data import Clips, every_nth, load_clips
from ..protocol import protocol_split
from .ntu import read_ntu
from .openpose import read_openpose
from .pyskl import read_pyskl

__all__ = ["FORMATS", "Source", "recognise", "read_clips"]

FORMATS = {
    "clips": "an .npz of clips, or a folder in the layout of 2s-AGCN (train_data_joint.npy, train_label.pkl, ...)",
    "ntu": "a folder of NTU RGB+D .skeleton files",
    "pyskl": "an annotation .pkl of PYSKL",
    "openpose": "a folder of Kinetics-skeleton .json files",
}


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where recordings are and how they are read.

    Parameters
    ----------
    path : str
        File or folder.
    format : str or None
        One of :data:`FORMATS`, or None to recognise it.
    protocol : str or None
        Which split, where the format or the file knows several (``xsub``, ``xview``, ...), or what is tested:
        ``subject=1,3``, see :func:`~.protocol.protocol_split`.
    every : int
        1.., only every so-many-th frame is read.
    replay : bool
        Short NTU recordings are replayed up to 300 frames, as published.
    classes : str
        Classes that are read, by name or number: ``wave,point``; empty for all. See
        :func:`~.class_subset.class_subset`.
    """

    path: str
    format: str | None = None
    protocol: str | None = None
    every: int = 1
    replay: bool = True
    classes: str = ""

    def __post_init__(self):
        if self.format is not None and self.format not in FORMATS:
            raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {self.format!r}")
        if isinstance(self.every, bool) or not isinstance(self.every, int) or self.every < 1:
            raise ValueError(f"every must be an integer of at least 1, not {self.every!r}")

    def __str__(self):
        return self.path


def recognise(path) -> str:
    """The format of a file by its suffix, or of a folder by what is in it."""
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} not found: a dataset is " + "; ".join(FORMATS.values()))
    if path.suffix == ".skeleton" or path.is_dir() and any(path.glob("*.skeleton")):
        return "ntu"
    if path.suffix in (".pkl", ".pickle"):
        return "pyskl"
    if path.suffix == ".json" or any(path.glob("*.json")) or any(path.glob("*train/*.json")):
        return "openpose"
    return "clips"


def read_clips(source: Source | str | Path) -> Clips:
    """All clips of ``source``, a path or a :class:`Source`.

    Raises :exc:`FileNotFoundError` for a missing path, and :exc:`ValueError`, naming file, clip or line, for what is
    empty, damaged or truncated, for NaN and for labels out of range.
    """
    if not isinstance(source, Source):
        source = Source(path=str(source))
    chosen = recognise(source.path)
    chosen = source.format or chosen
    if chosen == "openpose" and source.protocol:
        raise ValueError(f"protocol must be left out for {source}, whose folders hold its split, not "
                         f"{source.protocol!r}")
    # NTU and PYSKL have names of splits; which numbers are tested can be chosen for all.
    own = None if source.protocol and "=" in source.protocol else source.protocol
    if chosen == "ntu":
        clips = read_ntu(source.path, own or "xsub", replayed=source.replay)
    elif chosen == "pyskl":
        clips = read_pyskl(source.path, own)
    else:
        clips = read_openpose(source.path) if chosen == "openpose" else load_clips(source.path)
    if source.protocol and (chosen not in ("ntu", "pyskl") or own is None):
        clips = protocol_split(clips, source.protocol, source)
    if source.classes:
        clips = class_subset(clips, source.classes, source)
    return every_nth(clips, source.every) if source.every > 1 else clips
