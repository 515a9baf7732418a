"""Golden twin of ``hypgcn.rfc.expander``."""

import numpy as np

from hypgcn.design import BANK

from .decoder import tokens

__all__ = ["expand"]


def expand(mask: int, values):
    """Dense vector (BANK,) of a compressed one."""
    dense = np.zeros(BANK, np.int64)
    for channel, value, _ in tokens(mask, values):
        dense[channel] = value
    return dense
