"""Probabilities smoothed over time, and the decision for a class or for none."""

import math

import numpy as np

__all__ = ["Smoothing", "softmax"]


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (classes,) of logits."""
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


class Smoothing:
    """Exponential mean of probabilities over time.

    An answer ``dt`` seconds after the one before counts ``1 - exp(-dt / seconds)``; the rest is what was smoothed until
    then. So the delay does not depend on how often answers come.

    Parameters
    ----------
    seconds : float
        Time constant; 0 for no smoothing.
    """

    def __init__(self, seconds: float):
        self.seconds = seconds
        self._time = -math.inf
        self._mean: np.ndarray | None = None

    def add(self, time: float, probabilities: np.ndarray) -> np.ndarray:
        """The mean with ``probabilities`` (classes,) of ``time``."""
        if self._mean is None or self.seconds == 0:
            self._mean = probabilities
        else:
            kept = math.exp(-max(0.0, time - self._time) / self.seconds)
            self._mean = kept * self._mean + (1 - kept) * probabilities
        self._time = time
        return self._mean
