"""Seeded clips that move like a skeleton: a pose per person and a random drift of each joint."""

import numpy as np

__all__ = ["random_clip"]


def random_clip(design, seed: int):
    """int8 (M, T, V, C), the order in which the hardware takes it."""
    rng = np.random.default_rng(seed)
    shape = (design.persons, design.frames, design.joints, design.channels)
    pose = rng.integers(-90, 90, (shape[0], 1, *shape[2:]))
    drift = np.cumsum(rng.normal(0, 4, shape), axis=1)
    return np.clip(pose + drift, -128, 127).astype(np.int8)
