"""Clips of a testbench without recordings."""

import numpy as np

from ..design import Design

__all__ = ["generated_clip", "generated_clips"]


def generated_clip(design: Design, seed: int) -> np.ndarray:
    """A clip int8 (M, T, V, C) that moves like a body: a pose per person, and joints that swing about it."""
    rng = np.random.default_rng(seed)
    persons, frames, joints, channels = design.persons, design.frames, design.joints, design.channels
    pose = rng.uniform(-70, 70, (persons, 1, joints, channels))
    swing = np.zeros((persons, frames, joints, channels))
    time = np.arange(frames)[None, :, None, None] / max(frames, 8)
    for cycles in (1, 2, 5):
        size = rng.uniform(0, 40 / cycles, (persons, 1, joints, channels))
        swing += size * np.sin(2 * np.pi * (cycles * time + rng.random((persons, 1, joints, channels))))
    return np.clip(np.rint(pose + swing), -128, 127).astype(np.int8)


def generated_clips(design: Design, count: int) -> np.ndarray:
    """``count`` generated clips, int8 (N, M, T, V, C); with several persons, every second lacks the last of them."""
    clips = np.stack([generated_clip(design, number) for number in range(count)])
    if design.persons > 1:
        clips[1::2, -1] = 0
    return clips
