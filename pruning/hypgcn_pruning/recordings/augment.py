"""Random changes of training clips."""

import numpy as np

from hypgcn.design.clip import at_times

from ..config import Augmentation
from .dropping import drop_and_fill

__all__ = ["augment"]


def _rotation(rng: np.random.Generator, tilt: float, degrees: float) -> np.ndarray:
    x, y, z = np.deg2rad(rng.uniform(-1, 1, 3) * (tilt, degrees, tilt))
    cx, sx, cy, sy, cz, sz = np.cos(x), np.sin(x), np.cos(y), np.sin(y), np.cos(z), np.sin(z)
    return (np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]]) @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
            @ np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]]))


def augment(clip: np.ndarray, rng: np.random.Generator, config: Augmentation, *, mirrored: tuple[int, ...] = (),
            frames: int = 0, scored: bool = False, parents: tuple[int, ...] = ()) -> np.ndarray:
    """``clip`` (M, T, V, C) with random changes, in this order; what is set to 0 changes nothing.

    * a share ``drop_joints`` of its joints goes missing in single frames and is filled
      (:func:`~.dropping.drop_and_fill`, which takes ``scored`` and ``parents``);
    * cut to a random part of at least ``1 - crop`` of its frames;
    * with ``warp`` its speed varies: the steps in time between frames are 1 - warp plus warp times an exponential
      variable;
    * with ``random_times`` and ``frames`` as many frames, interpolated linearly at uniform random times in order;
    * with probability ``mirror`` mirrored: the first axis changes its sign and joint ``mirrored[j]`` becomes joint j;
    * three coordinates are rotated about the origin by up to ``tilt`` degrees about the first and the last axis, and
      ``degrees`` about the second, the vertical one; absent persons stay zero;
    * every joint, in frames in which there is one, is moved by normal offsets, one for the clip with the standard
      deviation ``jitter``, and one for each frame with half of it: as another camera or tracker would see it.
    """
    if config.drop_joints:
        clip = drop_and_fill(clip, config.drop_joints, rng, scored=scored, parents=parents)
    recorded = clip.shape[1]
    keep = max(min(recorded, 8), int(round(recorded * rng.uniform(1 - config.crop, 1))))
    first = int(rng.integers(0, recorded - keep + 1))
    clip = clip[:, first:first + keep]
    if config.warp and keep > 2:
        steps = 1 - config.warp + config.warp * rng.exponential(size=keep - 1)
        clip = at_times(clip, np.concatenate([[0.0], steps.cumsum() / steps.sum()]) * (keep - 1))
    if config.random_times and frames:
        clip = at_times(clip, np.sort(rng.uniform(0, keep - 1, frames)))
    if config.mirror and rng.random() < config.mirror:
        clip = clip[:, :, list(mirrored)] * np.where(np.arange(clip.shape[3]) == 0, -1, 1)
    if clip.shape[3] == 3 and (config.degrees or config.tilt):
        clip = clip @ _rotation(rng, config.tilt, config.degrees).T
    if config.jitter and clip.shape[3] == 3:
        persons, count, joints = clip.shape[:3]
        offsets = rng.normal(0, config.jitter, (persons, 1, joints, 3)) + \
            rng.normal(0, config.jitter / 2, (persons, count, joints, 3))
        clip = clip + np.where(clip.any(axis=(2, 3), keepdims=True), offsets, 0)
    return clip
