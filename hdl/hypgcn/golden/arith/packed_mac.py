"""Golden twin of ``hypgcn.arith.packed_mac``."""

import numpy as np

__all__ = ["packed_mac"]


def packed_mac(x, w, first):
    """Sums after every cycle: ``acc[n] = (0 if first else acc[n]) + w[n] * x``.

    ``x`` (cycles,), ``w`` (cycles, 2), ``first`` (cycles,) -> int64 (cycles, 2).
    """
    sums = np.zeros((len(x), 2), np.int64)
    acc = np.zeros(2, np.int64)
    for cycle, (value, weights, start) in enumerate(zip(x, np.asarray(w, np.int64), first)):
        acc = (0 if start else acc) + weights * int(value)
        sums[cycle] = acc
    return sums
