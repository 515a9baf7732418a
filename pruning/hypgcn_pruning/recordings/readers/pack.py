"""From single recordings of any file format to :class:`~.data.Clips`, with the checks that all formats
share."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..data import Clips
from ..padding import padded

__all__ = ["Recording", "pack", "warn_left_out"]

MAX_CLASSES = 1024


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One recording of a file.

    Parameters
    ----------
    name : str
        What messages call it.
    data : np.ndarray float (M, T, V, C)
    label : int
        0..1023.
    split : int
        0 training, 1 test.
    numbers : dict of int
        What else is known of it (``view``, ``subject``); all recordings of a file have the same names.
    """

    name: str
    data: np.ndarray
    label: int
    split: int = 0
    numbers: dict[str, int] = field(default_factory=dict)


def _check(recording: Recording, joints: int, channels: int, classes: int):
    data, label, name = recording.data, recording.label, recording.name
    if data.ndim != 4 or not data.size:
        raise ValueError(f"{name}: joints must be a non-empty array (person, frame, joint, channel), not of shape "
                         f"{data.shape}")
    if data.shape[2:] != (joints, channels):
        raise ValueError(f"{name}: must have the {joints} joints and {channels} channels of the first recording, not "
                         f"{data.shape[2]} and {data.shape[3]}")
    if isinstance(label, bool) or not isinstance(label, int | np.integer) or not 0 <= label < classes:
        raise ValueError(f"{name}: label must be an integer in 0..{classes - 1}, not {label!r}")
    if not np.isfinite(data).all():
        person, frame, joint = np.argwhere(~np.isfinite(data))[0][:3]
        raise ValueError(f"{name}: joints must be finite, but joint {joint} of person {person} in frame {frame} is NaN "
                         f"or infinite")


def pack(recordings: Sequence[Recording], where, *, persons: int = 2, classes: int | None = None,
         class_names: Sequence[str] = (), scored: bool = False) -> Clips:
    """All recordings in one array, padded with zeros to the longest and to ``persons`` persons.

    A clip of one frame is kept as it is; so is a person that is zero throughout, which the network sees as absent. The
    first ``persons`` persons are kept. Without ``classes`` their number follows from the largest label.

    Raises :exc:`ValueError`, naming the recording, for NaN, a label out of range, or other joints than the first has.
    """
    if not recordings:
        raise ValueError(f"{where} must hold at least one recording with a body, but has none")
    joints, channels = recordings[0].data.shape[-2:]
    for recording in recordings:
        _check(recording, joints, channels, classes or MAX_CLASSES)
    length = np.array([r.data.shape[1] for r in recordings], np.int64)
    data = padded((len(recordings), channels, int(length.max()), joints, persons))
    for into, recording in zip(data, recordings):
        bodies = recording.data[:persons]
        into[:, :bodies.shape[1], :, :len(bodies)] = bodies.transpose(3, 1, 2, 0)
    label = np.array([r.label for r in recordings], np.int64)
    return Clips(data=data, length=length, label=label, split=np.array([r.split for r in recordings], np.uint8),
                 classes=classes or len(class_names) or int(label.max()) + 1, class_names=tuple(class_names),
                 scored=scored, numbers={name: np.array([r.numbers[name] for r in recordings], np.int64)
                                         for name in recordings[0].numbers})


def warn_left_out(where, names: Sequence[str]):
    """Warn of recordings that were left out because they hold no body."""
    if names:
        shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        warnings.warn(f"{where}: {len(names)} recordings without a body were left out: {shown}", stacklevel=3)
