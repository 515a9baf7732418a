"""Clip preparation: recorded joints become the clip of the hardware, alike in training, tools and host."""

from dataclasses import asdict, dataclass

import numpy as np

from .checks import check_choice, check_limit, check_range
from .limits import FRAMES
from .raw_input import MARKER

__all__ = ["Preparation", "prepare_clip", "quantise_clip"]

SCALES = ("axis", "clip", "none")
CENTRINGS = ("first", "every")


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """Steps from a recorded clip to the input of the network, in this order: trim, centre, resample, scale, bones,
    motion, repeat.

    Centred in every frame and without scaling, a frame depends on itself alone (and, with ``motion``, on the next
    one), so that the steps behind resampling can be done on a stream.

    Parameters
    ----------
    frames : int, 1..4096
        Frames after linear resampling over the whole clip.
    centre : int or None
        Joint that is moved to the origin.
    centring : ``"first"`` or ``"every"``
        By where the centre is in the first frame, which keeps the path of the body, or in every frame. In every frame
        it is that of the first person who is there; persons who are not there in a frame stay zero.
    scale : ``"axis"``, ``"clip"`` or ``"none"``
        Every axis of a clip is stretched to -1..1, one factor for all axes keeps the proportions, or no scaling.
    parents : tuple of int
        For the bone streams the joint that is subtracted from each joint; empty for the joint streams.
    motion : bool
        For the motion streams: the next frame minus this one, and zero in the last.
    period : int, 0..frames
        Frames after resampling, of which the clip is repeated until it has ``frames``: a network that was trained on
        short clips gets them at the same speed in hardware for longer ones. 0 for no repetition.
    """

    frames: int
    centre: int | None = None
    scale: str = "axis"
    parents: tuple[int, ...] = ()
    period: int = 0
    centring: str = "first"
    motion: bool = False

    def __post_init__(self):
        check_limit("frames", self.frames, FRAMES)
        check_range("period", self.period, 0, self.frames)
        check_choice("scale", self.scale, SCALES)
        check_choice("centring", self.centring, CENTRINGS)
        if not isinstance(self.motion, bool):
            raise TypeError(f"motion must be true or false, not {self.motion!r}")

    def to_dict(self) -> dict:
        """Plain data that :meth:`from_dict` reads back; kept in a design's ``meta["preparation"]``."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entry: dict) -> "Preparation":
        """Preparation of :meth:`to_dict`'s data; :exc:`ValueError` for anything else."""
        try:
            return cls(**{**entry, "parents": tuple(entry.get("parents", ()))})
        except (TypeError, AttributeError) as error:
            raise ValueError(f"preparation must hold frames, centre, scale and parents, not {entry!r}") from error


def _check_clip(clip) -> np.ndarray:
    clip = np.asarray(clip, dtype=np.float64)
    if clip.ndim != 4:
        raise ValueError(f"clip must have the four dimensions (person, frame, joint, channel), not {clip.ndim}")
    if not clip.size:
        raise ValueError(f"clip must not be empty, but has shape {clip.shape}")
    if not np.isfinite(clip).all():
        raise ValueError("clip must hold finite numbers only, but has NaN or infinite coordinates")
    return clip


def resample(clip: np.ndarray, frames: int) -> np.ndarray:
    """Frames of ``clip`` (M, T, V, C) interpolated linearly at ``frames`` even steps from its first to its last
    frame."""
    return at_times(clip, np.linspace(0, clip.shape[1] - 1, frames))


def at_times(clip: np.ndarray, places: np.ndarray) -> np.ndarray:
    """``clip`` (M, T, V, C) interpolated linearly at ``places`` in 0..T - 1, one frame for each."""
    places = np.clip(places, 0, clip.shape[1] - 1)
    before = np.floor(places).astype(np.int64)
    after = np.minimum(before + 1, clip.shape[1] - 1)
    weight = (places - before)[:, None, None]
    return clip[:, before] * (1 - weight) + clip[:, after] * weight


def _centred(body: np.ndarray, preparation: Preparation) -> np.ndarray:
    """``body`` (M, T, V, C) with its centre at the origin; absent persons were taken out."""
    if preparation.centre is None:
        return body
    if preparation.centring == "first":
        return body - body[0, 0, preparation.centre]
    present = np.asarray(body.any(axis=(2, 3)))
    origin = body[present.argmax(axis=0), np.arange(body.shape[1]), preparation.centre]
    return body - origin[:, None] * present[:, :, None, None]


def prepare_clip(clip, preparation: Preparation) -> np.ndarray:
    """Float32 (M, frames, V, C) of a recorded clip (M, T, V, C), any T >= 1.

    Every zero is taken for a place: missing joints are to be filled before (:func:`~.filling.complete_clip`). Trailing
    frames in which everything is zero are padding and are cut off. A person that is zero throughout is absent
    and stays zero. An axis without extent (a clip of one point, an all-zero clip) becomes zero.

    Raises :exc:`ValueError` for a wrong number of dimensions, an empty clip, NaN, or a joint that the clip lacks.
    """
    clip = _check_clip(clip)
    joints = clip.shape[2]
    if preparation.centre is not None and not 0 <= preparation.centre < joints:
        raise ValueError(f"centre must be a joint in 0..{joints - 1}, not {preparation.centre!r}")
    if preparation.parents and len(preparation.parents) != joints:
        raise ValueError(f"clip must have the {len(preparation.parents)} joints of the bone stream, not {joints}")
    used = np.flatnonzero(clip.any(axis=(0, 2, 3)))
    clip = clip[:, :used[-1] + 1] if used.size else clip[:, :1]
    present = np.flatnonzero(clip.any(axis=(1, 2, 3)))
    out = np.zeros((clip.shape[0], preparation.frames, joints, clip.shape[3]))
    if present.size:
        body = resample(_centred(clip[present], preparation), preparation.period or preparation.frames)
        if preparation.scale != "none":
            axes = (0, 1, 2)
            low, high = body.min(axis=axes), body.max(axis=axes)
            extent = high - low
            if preparation.scale == "clip":
                extent = np.full_like(extent, extent.max())
            extended = extent > 0
            body = np.where(extended, (2 * body - low - high) / np.where(extended, extent, 1), 0)
        if preparation.parents:
            body = body - body[:, :, list(preparation.parents)]
        if preparation.motion:
            body = np.diff(body, axis=1, append=body[:, -1:])
        out[present] = body[:, np.arange(preparation.frames) % body.shape[1]]
    return out.astype(np.float32)


def quantise_clip(design, clip, missing=None) -> np.ndarray:
    """The clip, (person, frame, joint, channel), that ``design`` takes, of a float clip of that order.

    ``q = clamp(floor(x / input_scale + 1/2), -128, 127)``, the coordinates that ``docs/numbers.md`` starts from, int8;
    with raw input int16, clamped to -32767..32767. C order of the result is the order in which the hardware takes them.

    Parameters
    ----------
    design : Design
    clip : array (M, T, V, C)
        Prepared by ``design.meta["preparation"]``.
    missing : bool (M, T, V) or None
        Joints that are missing; of raw input alone, which marks them.

    Raises
    ------
    ValueError
        Persons, frames, joints or channels are not the design's, a coordinate is not finite, or ``missing`` is given
        for an int8 input or has another shape.
    """
    clip = _check_clip(clip)
    expected = (design.persons, design.frames, design.joints, design.channels)
    for name, count, right in zip(("persons", "frames", "joints", "channels"), clip.shape, expected):
        if count != right:
            raise ValueError(f"clip must have {right} {name}, as the design has, not {count}; its order is "
                             f"(person, frame, joint, channel) = {expected}")
    steps = np.floor(clip / design.input_scale + 0.5)
    if design.raw is None:
        if missing is not None:
            raise ValueError(f"missing must be none for design {design.name}, whose int8 clips have no mark for a "
                             f"missing joint: fill them before (hypgcn.design.filling)")
        return np.clip(steps, -128, 127).astype(np.int8)
    out = np.clip(steps, MARKER + 1, -MARKER - 1).astype(np.int16)
    if missing is not None:
        missing = np.asarray(missing, bool)
        if missing.shape != expected[:3]:
            raise ValueError(f"missing must have the shape (person, frame, joint) = {expected[:3]}, not "
                             f"{missing.shape}")
        out[missing, 0] = MARKER
    return out
