"""Golden twin of ``hypgcn.input``."""

import numpy as np

from .arith.requant import requant
from .rfc.encoder import threshold

__all__ = ["input_affine"]


def input_affine(clip, design):
    """X of block 1, (M, T, V, C), of a raw int8 clip (M, T, V, C)."""
    shape = (design.persons, design.frames, design.joints, design.channels)
    clip = np.asarray(clip)
    if clip.shape != shape:
        raise ValueError(f"clip must have shape {shape} (persons, frames, joints, channels), not {clip.shape}")
    if clip.dtype != np.int8:
        raise ValueError(f"clip must be int8, not {clip.dtype}: quantise it with hypgcn.design.clip.quantise_clip")
    mult = design.input_mult.transpose(0, 2, 1)[:, None]
    bias = design.input_bias.transpose(0, 2, 1)[:, None]
    return threshold(requant(clip, mult, bias, design.input_shift, -128, 127), design.input_threshold)
