"""Golden twin of ``hypgcn.rfc.encoder``."""

import numpy as np

from hypgcn.design import BANK

__all__ = ["threshold", "encode"]


def threshold(x, theta: int):
    """``x`` with every value of magnitude at most ``theta`` set to 0."""
    x = np.asarray(x, np.int64)
    return np.where(np.abs(x) <= theta, 0, x)


def encode(dense):
    """Compressed form of one vector (BANK,): ``(mask, values)``.

    Bit c of the integer ``mask`` is set when ``dense[c]`` is not zero; ``values`` (BANK,) holds the non-zeros in
    channel order at the low indices, the rest zero.
    """
    dense = np.asarray(dense, np.int64)
    where = np.flatnonzero(dense)
    values = np.zeros(BANK, np.int64)
    values[:len(where)] = dense[where]
    return int(sum(1 << int(c) for c in where)), values
