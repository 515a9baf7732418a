"""Golden twin of ``hypgcn.raw_input.motion``."""

import numpy as np

__all__ = ["raw_motion"]


def raw_motion(values):
    """The next frame minus this one, zero in the last, of values int64 (M, T, V, C)."""
    return np.concatenate([values[:, 1:] - values[:, :-1], np.zeros_like(values[:, :1])], axis=1)
