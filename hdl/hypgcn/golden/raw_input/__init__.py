"""Golden twins of the units of ``hypgcn.raw_input``."""

from .frames import raw_frames
from .motion import raw_motion

__all__ = ["prepared", "raw_frames", "raw_motion"]


def prepared(clip, raw):
    """Coordinates int64 (M, T, V, C) at the input affine, of a raw clip int16 of that shape."""
    values = raw_frames(clip, raw)
    return raw_motion(values) if raw.motion else values
