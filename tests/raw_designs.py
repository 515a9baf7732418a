"""Small designs with raw input, and clips that try every rule of it."""

import dataclasses

import numpy as np

from hypgcn.design.presets import random_design
from hypgcn.design.raw_input import MARKER, RawInput

STREAMS = {
    "joint": dict(centre=1), "bone": dict(parents=(1, 1, 1, 2, 0)), "joint-motion": dict(centre=1, motion=True),
    "bone-motion": dict(parents=(1, 1, 1, 2, 0), motion=True), "plain": {}, "plain-motion": dict(motion=True),
    "first": dict(centre=1, centring="first"), "first-motion": dict(centre=1, centring="first", motion=True),
}
"""Fields of the raw input of each stream, for five joints."""


def raw_design(raw: RawInput, *, frames=6, joints=5, persons=2, channels=3, seed=1, **options):
    """A network of one narrow block whose input affine brings millimetres to the range of X."""
    options = {"name": "raw", "classes": 3, "widths": (4,), "strides": (1,), **options}
    design = random_design(seed, frames=frames, joints=joints, persons=persons, channels=channels, **options)
    return dataclasses.replace(design, raw=raw, input_scale=0.001, input_shift=18)


def raw_clip(design, seed: int, *, missing=0.2, unseen=0.2, absent=0.15) -> np.ndarray:
    """Int16 (M, T, V, C): random joints up to a metre, some missing, some at 0, and frames without anybody."""
    rng = np.random.default_rng(seed)
    persons, frames, joints, _ = shape = design.clip_shape
    clip = rng.integers(-1000, 1000, shape)
    clip[rng.random(shape[:3]) < 0.05] = 0
    clip[..., 0][rng.random(shape[:3]) < missing] = MARKER
    kind = rng.random((persons, frames))
    clip[..., 0][kind < unseen] = MARKER
    clip[kind > 1 - absent] = 0
    if persons > 1 and seed % 3 == 2:
        clip[rng.integers(persons)] = 0
    return clip.astype(np.int16)


def extreme_clip(design, seed: int) -> np.ndarray:
    """Int16 (M, T, V, C) of the ends of the range, -32768 in other coordinates than the first, and about zero."""
    rng = np.random.default_rng(seed)
    clip = rng.choice([-32768, -32767, -1, 0, 1, 32766, 32767], design.clip_shape)
    clip[..., 0] = np.where((clip[..., 0] == MARKER) & (rng.random(design.clip_shape[:3]) < 0.8), -32767, clip[..., 0])
    return clip.astype(np.int16)
