"""Windows of joined recordings: what a classifier sees that looks at a running stream."""

from collections.abc import Callable

import numpy as np

__all__ = ["joined_window"]


def joined_window(clip: np.ndarray, frames: int, other: Callable[[], np.ndarray], rng: np.random.Generator
                  ) -> np.ndarray:
    """A window with its middle frame at a uniform random place of ``clip``.

    Where it is longer than what ``clip`` has on a side, the last frames of other recordings stand in front, and the
    first ones of others behind, each joined without a transition: a window of ``hypgcn live`` over actions that follow
    one another.

    Parameters
    ----------
    clip : np.ndarray (M, T, V, C)
        Whose class the window has.
    frames : int
        Of the window, 1 or more; its middle frame is number ``frames // 2``.
    other : callable
        Gives another recording, (M, T', V, C), at random, whenever one is needed.
    rng : np.random.Generator
        Random numbers.

    Returns
    -------
    np.ndarray (M, frames, V, C)
    """
    middle = int(rng.integers(clip.shape[1]))
    before, behind = frames // 2, frames - frames // 2
    parts = [clip[:, max(0, middle - before):middle + behind]]
    missing = before - middle
    while missing > 0:
        earlier = other()[:, -missing:]
        parts.insert(0, earlier)
        missing -= earlier.shape[1]
    missing = middle + behind - clip.shape[1]
    while missing > 0:
        later = other()[:, :missing]
        parts.append(later)
        missing -= later.shape[1]
    return np.concatenate(parts, axis=1)
