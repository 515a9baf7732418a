"""Joints that go missing at random: in training as an augmentation, in tests as a question."""

from collections.abc import Sequence

import numpy as np

from hypgcn.design.filling import fill_joints

__all__ = ["choose_dropped", "drop_and_fill"]


def choose_dropped(clip: np.ndarray, share: float, rng: np.random.Generator, gap: int = 1) -> np.ndarray:
    """Joints of ``clip`` that go missing, each for ``gap`` frames in a row (fewer at the ends), independently.

    Parameters
    ----------
    clip : np.ndarray (M, T, V, C)
        Persons are absent in frames in which they are zero, and nothing of them is dropped there.
    share : float
        0..1, of the joints times frames.
    rng : np.random.Generator
    gap : int
        1.., frames.

    Returns
    -------
    np.ndarray bool (M, T, V)
    """
    persons, frames, joints = clip.shape[:3]
    gone = np.repeat(rng.random((persons, -(-frames // gap) + 1, joints)) < share, gap, axis=1)
    first = int(rng.integers(gap))  # gaps do not begin at the same frames of every clip
    return gone[:, first:first + frames] & np.any(clip, axis=(2, 3))[..., None]


def drop_and_fill(clip: np.ndarray, share: float, rng: np.random.Generator, *, scored: bool = False,
                  parents: Sequence[int] = ()) -> np.ndarray:
    """``clip`` (M, T, V, C) with a share of its joints missing in single frames, and filled as recordings are.

    By :func:`~hypgcn.design.filling.fill_joints`.

    Parameters
    ----------
    clip : np.ndarray float (M, T, V, C)
        It is not changed.
    share : float
        0..1, of the joints times frames. A person of whom nothing would be left stays as it is.
    rng : np.random.Generator
    scored : bool
        The last channel is a confidence, which becomes 0 where a joint is filled.
    parents : sequence of int
        Of the skeleton, or empty.
    """
    gone = choose_dropped(clip, share, rng)
    out = clip.copy()
    for person, there in enumerate(np.any(clip, axis=(2, 3))):
        gaps = gone[person, there]
        if gaps.any() and not gaps.all():
            body = clip[person, there]
            fill_joints(body, gaps, parents, clip.shape[3] - scored)
            if scored:
                body[gaps, -1] = 0
            out[person, there] = body
    return out
