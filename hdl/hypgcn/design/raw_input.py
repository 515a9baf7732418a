"""Raw input: joints as int16 in one unit, whose preparation is hardware (``docs/numbers.md``, "Raw input")."""

from dataclasses import asdict, dataclass

from .checks import check_choice, check_limit, check_range
from .limits import JOINTS, PATIENCE_FRAMES, RAW_MISSING, RAW_UNITS

__all__ = ["MARKER", "MISSING", "RAW_BITS", "UNITS", "RawInput"]

MARKER = -32768
"""First coordinate of a joint that is missing; its other coordinates mean nothing."""
RAW_BITS = 16
"""Bits of a raw coordinate."""

UNITS, MISSING = tuple(RAW_UNITS), tuple(RAW_MISSING)
"""Legal values of ``unit`` and ``missing``."""

CENTRINGS = ("first", "every")


@dataclass(frozen=True, kw_only=True)
class RawInput:
    """What the hardware does to raw joints before the input affine: missing joints, centring or bones, motion.

    Scaling by a constant needs no step of its own: it is part of the multipliers of the input affine.

    Parameters
    ----------
    unit : str
        ``"mm"`` or ``"1/8 pixel"``: what one step of a coordinate is; ``input_scale`` of the design is its size in the
        coordinates of the recordings.
    centre : int or None
        Joint that is moved to the origin; ``None`` with ``parents``, because bones are the same without.
    centring : ``"first"`` or ``"every"``
        By where the centre is in the first frame, or in every frame.
    parents : tuple of int
        For the bone streams the joint that is subtracted from each joint; empty for the joint streams.
    motion : bool
        For the motion streams: the next frame minus this one, and zero in the last.
    missing : ``"hold"`` or ``"zero"``
        A missing joint stays where it was, or its prepared value is zero.
    patience : int, 0..4096
        Frames for which a person of whom every joint is missing is held; then it is absent. 0 with ``"zero"``.

    Raises
    ------
    TypeError, ValueError
        A field is out of its range.
    """

    unit: str
    centre: int | None = None
    centring: str = "every"
    parents: tuple[int, ...] = ()
    motion: bool = False
    missing: str = "hold"
    patience: int = 0

    def __post_init__(self):
        check_choice("raw.unit", self.unit, RAW_UNITS)
        check_choice("raw.centring", self.centring, CENTRINGS)
        check_choice("raw.missing", self.missing, RAW_MISSING)
        check_limit("raw.patience", self.patience, PATIENCE_FRAMES)
        if not isinstance(self.motion, bool):
            raise TypeError(f"raw.motion must be true or false, not {self.motion!r}")
        if self.centre is not None:
            check_range("raw.centre", self.centre, 0, JOINTS.high - 1)
        if self.parents and self.centre is not None:
            raise ValueError(f"raw.centre must be none with raw.parents, because a bone is the same wherever the body "
                             f"is, not {self.centre!r}")
        if self.missing == "zero" and self.patience:
            raise ValueError(f"raw.patience must be 0 with raw.missing 'zero', which holds nothing, not "
                             f"{self.patience!r}")

    def validate(self, joints: int):
        """Raise :exc:`ValueError` unless ``centre`` and ``parents`` are joints of a skeleton of ``joints``."""
        if self.centre is not None:
            check_range("raw.centre", self.centre, 0, joints - 1)
        if self.parents and len(self.parents) != joints:
            raise ValueError(f"raw.parents must have one entry for each of the {joints} joints, not "
                             f"{len(self.parents)}")
        for joint, parent in enumerate(self.parents):
            check_range(f"raw.parents[{joint}]", parent, 0, joints - 1)

    @property
    def relative(self) -> bool:
        """Whether another joint is subtracted from each."""
        return self.centre is not None or bool(self.parents)

    @property
    def place_width(self) -> int:
        """Bits of a coordinate behind centring or bones: differences are exact, so each takes one bit more."""
        return RAW_BITS + self.relative

    @property
    def value_width(self) -> int:
        """Bits of a coordinate at the input affine."""
        return self.place_width + self.motion

    def to_dict(self) -> dict:
        """Plain data that :meth:`from_dict` reads back."""
        return {**asdict(self), "parents": list(self.parents)}

    @classmethod
    def from_dict(cls, entry) -> "RawInput":
        """Raw input of :meth:`to_dict`'s data; :exc:`ValueError` or :exc:`TypeError` for anything else."""
        if not isinstance(entry, dict):
            raise ValueError(f"raw must be the fields of a raw input, not {entry!r}")
        unknown = sorted(entry.keys() - cls.__dataclass_fields__.keys())
        if unknown or "unit" not in entry:
            raise ValueError(f"raw must have unit and no other fields than {', '.join(cls.__dataclass_fields__)}, not "
                             f"{', '.join(map(str, entry)) or 'none'}")
        return cls(**{**entry, "parents": tuple(entry.get("parents", ()))})
