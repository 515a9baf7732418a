"""Clips of a testbench without recordings."""

import numpy as np

from ..design import Design
from ..design.raw_input import MARKER

__all__ = ["generated_clip", "generated_clips"]

RAW_FACTOR, RAW_PLACE, RAW_MISSING = 10, 2000, 0.02
"""Steps of raw input for one of int8, how far from the origin a body stands, and the share of its joints that are
missing."""


def generated_clip(design: Design, seed: int) -> np.ndarray:
    """A clip (M, T, V, C) that moves like a body: a pose per person, and joints that swing about it.

    It is int8, or, for raw input, int16 ten times as large and two thousand steps from the origin, with missing joints.
    """
    rng = np.random.default_rng(seed)
    persons, frames, joints, channels = design.persons, design.frames, design.joints, design.channels
    pose = rng.uniform(-70, 70, (persons, 1, joints, channels))
    swing = np.zeros((persons, frames, joints, channels))
    time = np.arange(frames)[None, :, None, None] / max(frames, 8)
    for cycles in (1, 2, 5):
        size = rng.uniform(0, 40 / cycles, (persons, 1, joints, channels))
        swing += size * np.sin(2 * np.pi * (cycles * time + rng.random((persons, 1, joints, channels))))
    if design.raw is None:
        return np.clip(np.rint(pose + swing), -128, 127).astype(np.int8)
    clip = np.rint(RAW_FACTOR * (pose + swing)) + rng.integers(-RAW_PLACE, RAW_PLACE, (persons, 1, 1, channels))
    clip[rng.random(clip.shape[:3]) < RAW_MISSING, 0] = MARKER
    return clip.astype(np.int16)


def generated_clips(design: Design, count: int) -> np.ndarray:
    """``count`` generated clips, (N, M, T, V, C); with several persons, every second lacks the last of them."""
    clips = np.stack([generated_clip(design, number) for number in range(count)])
    if design.persons > 1:
        clips[1::2, -1] = 0
    return clips
