"""Vectors for tests of runtime feature compression: random ones of several densities, and the corners."""

import numpy as np

from hypgcn.design import BANK
from hypgcn.golden.rfc.encoder import encode

__all__ = ["DENSITIES", "answer", "compress", "corner_vectors", "random_vectors"]

DENSITIES = (0.0, 0.1, 0.33, 0.5, 1.0)


def random_vectors(rng, shape, density):
    """int8 values, each non-zero with probability ``density``: array of ``shape`` and ``BANK``."""
    values = rng.integers(1, 128, (*shape, BANK)) * rng.choice([-1, 1], (*shape, BANK))
    values[rng.random(values.shape) < 0.02] = -128
    return np.where(rng.random(values.shape) < density, values, 0)


def corner_vectors():
    """All zero, all dense, one value at each place, n first and n last ones, both signs around thresholds."""
    ones = np.ones(BANK, int)
    rows = [0 * ones, 127 * ones, -128 * ones, np.arange(BANK) % 2 * -1, (np.arange(BANK) + 1) % 2 * 127]
    rows += [np.eye(BANK, dtype=int)[c] * (c - 128) for c in range(BANK)]
    rows += [(np.arange(BANK) < n) * 7 for n in range(1, BANK)]
    rows += [(np.arange(BANK) >= n) * -7 for n in range(1, BANK)]
    rows.append(np.resize([4, 5, 6, -4, -5, -6, 126, 127, -126, -127, -128, 1, -1], BANK))
    return np.array(rows)


def answer(vector, tag=0):
    """Response of a row store to a request for ``vector``, an item of a stream of compressed vectors."""
    return {"vector": vector, "empty": int(not vector["mask"]), "tag": tag}


def compress(dense, overflow=0):
    """The vector (BANK,) as an item of a stream of compressed vectors."""
    mask, values = encode(dense)
    return {"mask": mask, "values": values.tolist(), "overflow": int(overflow)}
