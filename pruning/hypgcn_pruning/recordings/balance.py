"""Uneven classes in training: as many clips of each in a pass, or weights of the loss."""

import numpy as np

__all__ = ["balanced_order", "class_weights"]


def class_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """Weight of the loss of the clips of each class: all classes weigh the same together, the mean over the clips is 1.

    Parameters
    ----------
    labels : np.ndarray int (N,)
        Of the training clips.
    classes : int

    Returns
    -------
    np.ndarray float32 (classes,)
        ``N / (classes with clips * clips of the class)``; 0 for a class without clips.
    """
    counts = np.bincount(labels, minlength=classes)
    return np.where(counts, len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1)), 0).astype(np.float32)


def balanced_order(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Order of a pass that has as many clips of each class that there is, up to one.

    Clips of a small class come several times, those of a large one not all in every pass; within a class no
    clip comes more than once more often than another.

    Parameters
    ----------
    labels : np.ndarray int (N,)
    rng : np.random.Generator

    Returns
    -------
    np.ndarray int (N,)
        Clips, as many as in a plain pass.
    """
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    shares = np.full(len(groups), len(labels) // len(groups))
    shares[rng.permutation(len(groups))[:len(labels) % len(groups)]] += 1
    chosen = [np.concatenate([rng.permutation(group) for _ in range(-(-share // len(group)))])[:share]
              for group, share in zip(groups, shares) if share]
    return rng.permutation(np.concatenate(chosen))
