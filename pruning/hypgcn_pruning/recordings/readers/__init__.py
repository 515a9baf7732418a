"""Readers of the common file formats of datasets: :func:`read_clips` returns :class:`~.data.Clips` for all of them."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

from ..class_subset import class_subset
from ..clip_arrays import Meaning, load_clips, order_of
from ..data import Clips, every_nth
from ..protocol import protocol_split
from .catalogue import LABELS
from .ntu import read_ntu
from .openpose import read_openpose
from .points import with_points
from .pose_files import KINDS as POSES
from .pose_files import read_poses
from .pose_json import json_kind, load_json
from .pyskl import read_pyskl
from .table import read_tables, table_kind
from .uav import is_uav_name, read_uav

__all__ = ["FORMATS", "Source", "recognise", "read_clips"]

FORMATS = {
    "clips": "an .npz of clips, an .npy with labels beside it, or a folder in the layout of 2s-AGCN "
             "(train_data_joint.npy, train_label.pkl, ...)",
    "ntu": "a folder of NTU RGB+D .skeleton files",
    "uav": "a folder of UAV-Human .txt files",
    "pyskl": "an annotation .pkl of PYSKL",
    "openpose": "a folder of Kinetics-skeleton .json files",
    "openpose-frames": "a folder of OpenPose's output, one .json a frame",
    "mediapipe": "MediaPipe's pose landmarks as .json or .csv",
    "coco": "COCO key points as .json",
    "mmpose": "predictions of MMPose (RTMPose) as .json",
    "yolo": "results of YOLO pose as .json",
    "csv": "a .csv with the columns clip, frame, person, label and joints",
}


@dataclass(frozen=True, kw_only=True)
class Source(Meaning):
    """Where recordings are and how they are read; with what the user says of arrays (:class:`~.clip_arrays.Meaning`).

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
    points : str or None
        Which joints are kept, a part of COCO-WholeBody or numbers, see :data:`~.points.POINTS`.
    classes : str
        Classes that are read, by name or number: ``wave,point``; empty for all. See
        :func:`~.class_subset.class_subset`.
    """

    path: str
    format: str | None = None
    protocol: str | None = None
    every: int = 1
    replay: bool = True
    points: str | None = None
    classes: str = ""

    def __post_init__(self):
        super().__post_init__()
        if self.format is not None and self.format not in FORMATS:
            raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {self.format!r}")
        if isinstance(self.every, bool) or not isinstance(self.every, int) or self.every < 1:
            raise ValueError(f"every must be an integer of at least 1, not {self.every!r}")

    def __str__(self):
        return self.path

    @property
    def meaning(self) -> Meaning:
        """What the user says of arrays."""
        return Meaning(**{entry.name: getattr(self, entry.name) for entry in fields(Meaning)})


def _of_tables(paths: list[Path]) -> str | None:
    return table_kind(paths[0]) if paths else None


def _of_json(paths: list[Path]) -> str | None:
    """The format of the first JSON file; the oldest of the readers has the error where none knows it."""
    if not paths:
        return None
    try:
        return json_kind(load_json(paths[0])) or "openpose"
    except ValueError:
        return "openpose"


def recognise(path) -> str:
    """The format of a file by its suffix and content, or of a folder by what is in it."""
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} not found: a dataset is " + "; ".join(FORMATS.values()))
    if path.is_file():
        if path.suffix in (".pkl", ".pickle"):
            return "pyskl"
        found = {".skeleton": "ntu", ".json": _of_json([path]) if path.suffix == ".json" else None,
                 ".csv": _of_tables([path]) if path.suffix == ".csv" else None}.get(path.suffix)
        return found or ("uav" if is_uav_name(path) else "clips")
    if any(path.glob("*.skeleton")):
        return "ntu"
    if any(map(is_uav_name, path.glob("*.txt"))):
        return "uav"
    files = sorted(file for file in path.rglob("*") if file.suffix in (".json", ".csv") and file.name != LABELS
                   and not file.stem.endswith("_label"))
    found = _of_json([file for file in files if file.suffix == ".json"]) or _of_tables(files)
    if not found and not any(path.glob("*.npy")):
        raise FileNotFoundError(f"{path} holds no recordings that are known: a dataset is "
                                + "; ".join(FORMATS.values()))
    return found or "clips"


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
    # NTU, UAV-Human and PYSKL have names of splits; which numbers are tested can be chosen for all.
    own = None if source.protocol and "=" in source.protocol else source.protocol
    clips = _read(source, chosen, own)
    if source.protocol and (chosen not in ("ntu", "uav", "pyskl") or own is None):
        clips = protocol_split(clips, source.protocol, source)
    clips = with_points(clips, source.points, source)
    if chosen != "clips" and (source.joints or not clips.joint_order):
        clips = replace(clips, joint_order=order_of(clips, source.joints, source))
    if source.classes:
        clips = class_subset(clips, source.classes, source)
    return every_nth(clips, source.every) if source.every > 1 else clips


def _read(source: Source, chosen: str, own: str | None) -> Clips:
    """Clips of the format ``chosen``, split by its own name ``own`` where it has names."""
    for name, known in (("axes", ("clips",)), ("third", ("clips", "pyskl", "uav"))):
        if getattr(source, name) and chosen not in known:
            raise ValueError(f"{name} must be left out for {source}, of the format {chosen}, which says what its "
                             f"numbers are")
    if chosen == "ntu":
        return read_ntu(source.path, own or "xsub", replayed=source.replay)
    if chosen == "uav":
        return read_uav(source.path, own or "xsub1", source.third)
    if chosen == "pyskl":
        return read_pyskl(source.path, own, source.third)
    if chosen == "openpose":
        return read_openpose(source.path)
    if chosen == "csv":
        return read_tables(source.path, source.first_label)
    if chosen in POSES:
        return read_poses(source.path, chosen, source.first_label)
    return load_clips(source.path, source.meaning)
