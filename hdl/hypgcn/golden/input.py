"""Golden twin of ``hypgcn.input``."""

from .arith.requant import requant
from .raw_input import prepared
from .rfc.encoder import threshold

__all__ = ["coordinates", "input_affine"]


def coordinates(clip, design):
    """Coordinates (M, T, V, C) at the input affine, of a clip of that shape.

    They are those of an int8 clip, or what the hardware makes of raw joints, int16.
    """
    clip = design.check_clip(clip)
    return clip if design.raw is None else prepared(clip, design.raw)


def input_affine(clip, design):
    """X of block 1, (M, T, V, C), of a clip (M, T, V, C)."""
    mult = design.input_mult.transpose(0, 2, 1)[:, None]
    bias = design.input_bias.transpose(0, 2, 1)[:, None]
    return threshold(requant(coordinates(clip, design), mult, bias, design.input_shift, -128, 127),
                     design.input_threshold)
