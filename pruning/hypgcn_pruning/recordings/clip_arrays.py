"""Clips in NumPy files: an ``.npz`` of all, an ``.npy`` with labels beside it, or a folder of both for two splits."""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hypgcn.design.skeleton import BUILT_IN

from .array_files import open_npy, open_npz
from .axes import check_axes, in_order
from .data import Clips
from .joint_order import joint_order
from .labels import checked_labels, checked_split
from .passes import passing
from .plain_pickle import load_plain
from .scratch import Rows
from .stores import Joined, Padded
from .third import KINDS, third_is_score

__all__ = ["Meaning", "load_npz", "load_npy", "load_clips", "order_of"]

_DATA = ("_data_joint", "_data", "_joint")
_TESTS = ("val", "test")
_SAMPLE = 64


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What the user says of arrays that could be read in several ways; ``None`` to find out, or to be asked.

    Parameters
    ----------
    axes : str or None
        Order of the axes, such as ``NMTVC``: N clips, C channels, T frames, V joints, M persons.
    third : ``"score"``, ``"z"`` or None
        What the third of three channels is.
    joints : str or None
        Built-in skeleton whose joints these are, in its order.
    first_label : int or None
        Number of the first class, 0 or 1.
    """

    axes: str | None = None
    third: str | None = None
    joints: str | None = None
    first_label: int | None = None

    def __post_init__(self):
        if self.axes is not None:
            check_axes(self.axes)
        if self.third not in (None, *KINDS):
            raise ValueError(f"third must be one of {', '.join(KINDS)}, not {self.third!r}")
        if self.joints is not None and self.joints not in BUILT_IN:
            raise ValueError(f"joints must be one of {', '.join(BUILT_IN)}, not {self.joints!r}")
        if self.first_label not in (None, 0, 1):
            raise ValueError(f"first_label must be 0 or 1, not {self.first_label!r}")


_UNSAID = Meaning()


def _survey(array: np.ndarray, where) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of (N, C, T, V, M), read clip by clip: frames of each clip, and smallest and largest value of each channel.

    Frames are those up to the last one that is not all zero, at least 1.
    """
    length = np.ones(len(array), np.int64)
    low, high = np.full(array.shape[1], np.inf), np.full(array.shape[1], -np.inf)
    clips = Rows(array)
    for index, clip in enumerate(passing((clips[i] for i in range(len(clips))), len(clips), f"{where}: surveyed")):
        if not clip.size:
            continue
        smallest, largest = clip.min(axis=(1, 2, 3)), clip.max(axis=(1, 2, 3))
        if not (np.isfinite(smallest).all() and np.isfinite(largest).all()):   # NaN passes through both
            raise ValueError(f"{where} must hold finite numbers only, but clip {index} has NaN or infinite coordinates")
        used = np.flatnonzero(clip.any(axis=(0, 2, 3)))
        if used.size:
            length[index] = used[-1] + 1
        low, high = np.minimum(low, smallest), np.maximum(high, largest)
    return length, low, high


def order_of(clips: Clips, given: str | None, where) -> str:
    """:func:`~.joint_order.joint_order` of at most 64 of ``clips``."""
    sample = np.linspace(0, len(clips) - 1, min(len(clips), _SAMPLE)).round().astype(np.int64)
    channels = clips.data.shape[1] - (1 if clips.scored else 0)
    return joint_order([clips.clip(int(index))[..., :channels] for index in np.unique(sample)], clips.joints, given,
                       where)


def _clips(parts: Sequence[np.ndarray], where, meaning: Meaning, *, length: np.ndarray | None = None,
           **fields) -> Clips:
    """Clips of arrays (N, C, T, V, M) with the same C, V, M; mapped ones stay where they are."""
    for array in parts:
        if array.dtype.kind not in "iuf":
            raise ValueError(f"{where} must hold numbers, not {array.dtype}")
    surveys = [_survey(array, where) for array in parts]
    low = np.minimum.reduce([s[1] for s in surveys])
    high = np.maximum.reduce([s[2] for s in surveys])
    joints = parts[0].shape[3]
    scored = bool(len(low) == 3 and np.isfinite(low).all() and third_is_score(low, high, joints, meaning.third, where))
    if meaning.third == "score" and len(low) != 3:
        raise ValueError(f"third must be left out for {where}, which has {len(low)} channels, not 'score'")
    mapped = any(isinstance(array, np.memmap) for array in parts)
    if mapped:
        data: np.ndarray | Joined | Padded = Joined([Padded(array) for array in parts])
    elif len(parts) == 1:
        data = parts[0].astype(np.float32, copy=False)
    else:
        data = np.zeros((sum(map(len, parts)), parts[0].shape[1], max(a.shape[2] for a in parts), *parts[0].shape[3:]),
                        np.float32)
        start = 0
        for array in parts:
            data[start:start + len(array), :, :array.shape[2]] = array
            start += len(array)
    found = np.concatenate([s[0] for s in surveys]) if length is None else length
    clips = Clips(data=data, length=found, scored=scored, **fields)
    order = order_of(clips, meaning.joints, where)
    return replace(clips, joint_order=order)


def _whole(values: np.ndarray, where) -> np.ndarray:
    if values.dtype.kind not in "iuf" or not (values == np.floor(values)).all():
        raise ValueError(f"{where} must be whole numbers, not of type {values.dtype}")
    return values.astype(np.int64)


def load_npz(path, meaning: Meaning = _UNSAID) -> Clips:
    """Clips of an ``.npz``.

    It holds ``data`` (N, C, T, V, M) and ``label``; ``length``, ``split``, ``class_names`` and any further integers,
    one for each clip (``view``, ``subject``), where present. Or it is CTR-GCN's: ``x_train``, ``y_train``, ``x_test``,
    ``y_test`` with clips (N, T, 150) of two persons, 25 joints, three coordinates, and one-hot labels.

    Raises :exc:`ValueError`, naming file and key, for other contents and for what can be read in several ways.
    """
    found = open_npz(path)
    if {"x_train", "y_train", "x_test", "y_test"} <= found.keys():
        return _load_ctrgcn(path, found, meaning)
    for name in ("data", "label"):
        if name not in found:
            raise ValueError(f"{path} must hold data and label, but {name} is missing (it has "
                             f"{', '.join(found) or 'nothing'})")
    names = tuple(str(n) for n in found.get("class_names", ()))
    label, names = checked_labels(found["label"], names, f"{path}: label", first=meaning.first_label)
    data = in_order(found["data"], len(label), meaning.axes, f"{path}: data")
    numbers = {name: values.astype(np.int64) for name, values in found.items()
               if name not in ("data", "label", "length", "split") and values.shape == label.shape
               and values.dtype.kind in "iu"}
    split = checked_split(found["split"], f"{path}: split") if "split" in found else np.zeros(len(label), np.uint8)
    return _clips([data], f"{path}: data", meaning, label=label, class_names=names, numbers=numbers, split=split,
                  classes=len(names) or int(label.max(initial=0)) + 1,
                  length=_whole(found["length"], f"{path}: length") if "length" in found else None)


def _load_ctrgcn(path, found: dict[str, np.ndarray], meaning: Meaning) -> Clips:
    parts, labels, splits = [], [], []
    for split, name in enumerate(("train", "test")):
        x, y = found[f"x_{name}"], found[f"y_{name}"]
        label, _ = checked_labels(y, (), f"{path}: y_{name}", first=0)
        if x.ndim != 3 or x.shape[2] != 150 or len(x) != len(label):
            raise ValueError(f"{path}: x_{name} must be (clip, frame, 150), two persons with 25 joints and 3 "
                             f"coordinates, for the {len(label)} labels of y_{name}, not {x.shape}")
        parts.append(x.reshape(len(x), x.shape[1], 2, 25, 3).transpose(0, 4, 1, 3, 2))
        labels.append(label)
        splits.append(np.full(len(label), split, np.uint8))
    label = np.concatenate(labels)
    classes = found["y_train"].shape[1] if found["y_train"].ndim == 2 else int(label.max(initial=0)) + 1
    return _clips(parts, f"{path}: x_train, x_test", Meaning(third=meaning.third or "z", joints=meaning.joints
                                                              or "ntu25"),
                  label=label, classes=classes, split=np.concatenate(splits))


def _load_labels(path: Path) -> np.ndarray:
    """Labels of a ``.npy``, or of a pickle: a list of them, or (names, labels) as ST-GCN writes them."""
    if path.suffix == ".npy":
        return open_npy(path)
    content = load_plain(path)
    names: Sequence = ()
    if isinstance(content, tuple | list) and len(content) == 2 and isinstance(content[0], list | tuple | np.ndarray):
        names, content = content
    try:
        label = np.asarray(content)
    except ValueError as error:
        raise ValueError(f"{path} is not a label file (names and labels, or a list of labels)") from error
    if label.dtype.kind not in "iufbSU" or label.ndim not in (1, 2):
        raise ValueError(f"{path} is not a label file (names and labels, or a list of labels)")
    if len(names) and len(names) != len(label):
        raise ValueError(f"{path} must have as many labels as names, {len(names)}, not {len(label)}")
    twice = [name for name, count in Counter(map(str, names)).items() if count > 1]
    if twice:
        warnings.warn(f"{path}: {len(twice)} clips are listed more than once, and count as often: "
                      f"{', '.join(twice[:5])}{', ...' if len(twice) > 5 else ''}", stacklevel=4)
    return label


def _load_parts(files: Sequence[tuple[Path, Path, int]], meaning: Meaning) -> Clips:
    """Clips of (data, labels, split), whose labels are of the same classes."""
    labels = [_load_labels(Path(label)) for _, label, _ in files]
    where = files[0][1] if len(files) == 1 else files[0][1].parent
    if len({label.shape[1:] for label in labels}) > 1:
        raise ValueError(f"{where}: labels of all files must be of the same kind")
    label, names = checked_labels(np.concatenate(labels), (), where, first=meaning.first_label)
    parts = [in_order(open_npy(path), len(own), meaning.axes, path) for (path, _, _), own in zip(files, labels)]
    for (path, _, _), array, own in zip(files, parts, labels):
        if len(array) != len(own):
            raise ValueError(f"{path} must have one clip for each of the {len(own)} labels, not {len(array)}")
        if array.shape[1] != parts[0].shape[1] or array.shape[3:] != parts[0].shape[3:]:
            raise ValueError(f"{path} must have the channels, joints and persons of {files[0][0]}, not the shape "
                             f"{array.shape}")
    split = np.concatenate([np.full(len(own), number, np.uint8) for (_, _, number), own in zip(files, labels)])
    return _clips(parts, files[0][0] if len(files) == 1 else where, meaning, label=label, class_names=names,
                  split=split, classes=len(names) or int(label.max(initial=0)) + 1)


def load_npy(data_path, label_path=None, split: int = 0, meaning: Meaning = _UNSAID) -> Clips:
    """Clips of one split in the layout of 2s-AGCN and ST-GCN: an ``.npy`` (N, C, T, V, M) and its labels.

    Labels are a ``.pkl`` or ``.npy``; left out, they are looked for beside it as ``NAME_label``. The pickle is read by
    ``plain_pickle.py``: a foreign file cannot run code.
    """
    data_path = Path(data_path)
    if label_path is None:
        label_path, split = _label_beside(data_path), int(data_path.name.startswith(_TESTS))
    return _load_parts([(data_path, Path(label_path), split)], meaning)


def _label_beside(path: Path) -> Path:
    stem = next((path.stem.removesuffix(end) for end in _DATA if path.stem.endswith(end)), path.stem)
    tried = [path.with_name(f"{stem}_label{suffix}") for suffix in (".pkl", ".npy")]
    for candidate in tried:
        if candidate.is_file():
            return candidate
    open_npy(path)  # another kind of file is the first thing to say
    raise FileNotFoundError(f"{path} holds one array and no labels: {tried[0].name} or {tried[1].name} must lie beside "
                            f"it, or save both by np.savez(PATH, data=data, label=label)")


def _found(folder: Path, names: Sequence[str], ends: Sequence[str]) -> Path | None:
    return next((folder / (name + end) for name in names for end in ends if (folder / (name + end)).is_file()), None)


def load_clips(path, meaning: Meaning = _UNSAID) -> Clips:
    """Clips at ``path``: an ``.npz``, an ``.npy`` with labels beside it, or a folder of two splits.

    The folder has ``train_data_joint.npy`` (or ``train_data.npy``, ``train_joint.npy``), ``train_label.pkl`` (or
    ``.npy``), and the same for ``val`` or ``test``.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} not found: a dataset is an .npz file or a folder in the layout of 2s-AGCN")
    if path.suffix == ".npy" and path.is_file():
        return load_npy(path, meaning=meaning)
    if path.is_file():
        return load_npz(path, meaning)
    files = []
    for split, names in enumerate((("train",), _TESTS)):
        data = _found(path, names, [f"{end}.npy" for end in _DATA])
        label = _found(path, names, ["_label.pkl", "_label.npy"])
        if data is None or label is None:
            raise FileNotFoundError(f"{path} must hold {names[0]}_data_joint.npy and {names[0]}_label.pkl (or .npy)")
        files.append((data, label, split))
    return _load_parts(files, meaning)
