"""Random vectors that are not uniform only: corner values, empty and full vectors, runs."""

import numpy as np

from hypgcn.design import BANK

__all__ = ["random_runs", "random_vectors"]

LOW, HIGH = -128, 127
CORNERS = (LOW, LOW + 1, -1, 0, 1, HIGH - 1, HIGH)


def random_runs(rng: np.random.Generator, count: int, choices, mean: float) -> np.ndarray:
    """``count`` values of ``choices``, each repeated for a random time of ``mean`` on average."""
    begins = rng.random(count) < 1 / mean
    begins[:1] = True
    drawn = rng.choice(np.asarray(choices), count)
    return drawn[np.maximum.accumulate(np.where(begins, np.arange(count), 0))]


def random_vectors(rng: np.random.Generator, count: int, theta=0) -> np.ndarray:
    """Dense vectors int64 (count, BANK), all in -128..127.

    Kinds follow each other in runs: no value but zero, only corner values, values at and beside the threshold, uniform
    ones, each full or of a random density, a single non-zero, one value for all channels, the vector before again.

    Parameters
    ----------
    rng : Generator
        Source of all of it.
    count : int
        Vectors.
    theta : int, or int (count,)
        Threshold of the vectors, for values beside it.
    """
    shape = (count, BANK)
    theta = np.broadcast_to(np.asarray(theta, np.int64), count)[:, None]
    uniform = rng.integers(LOW, HIGH + 1, shape)
    corner = np.array(CORNERS)[rng.integers(len(CORNERS), size=shape)]
    beside = np.where(rng.random(shape) < 0.5, 1, -1) * (theta + rng.integers(-1, 2, shape))
    # By parts of the range: which values a vector is made of.
    values = np.choose(random_runs(rng, count, range(4), 8)[:, None],
                       [uniform, corner, beside, np.where(rng.random(shape) < 0.5, uniform, beside)])
    density = np.where(rng.random((count, 1)) < 0.3, 1.0, rng.random((count, 1)))
    single = np.eye(BANK, dtype=bool)[rng.integers(BANK, size=count)]
    kind = random_runs(rng, count, range(6), 4)[:, None]
    kept = np.select([kind < 3, kind == 3, kind == 4], [rng.random(shape) < density, single, np.zeros(shape, bool)],
                     np.ones(shape, bool))
    values = np.where(kept, values, 0)
    same = random_runs(rng, count, range(12), 3) == 0
    values[same] = values[same, :1]
    again = np.flatnonzero(rng.random(count) < 0.05)
    values[again] = values[np.maximum(again - 1, 0)]
    return np.clip(values, LOW, HIGH)
