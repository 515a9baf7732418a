"""Products of integer matrices and requantisation in floats that hold every integer exactly."""

import numpy as np
import torch

__all__ = ["Product", "Requant", "float_of"]

_EXACT = {torch.float32: 1 << 24, torch.float64: 1 << 53}
"""Integers up to this magnitude are exact, and so are sums of which no partial sum is larger, in any order."""


def float_of(bound: int, what: str) -> torch.dtype:
    """The narrowest float in which integers up to ``bound`` are exact; :exc:`OverflowError` beyond 2^53."""
    for kind, largest in _EXACT.items():
        if bound <= largest:
            return kind
    raise OverflowError(f"{what} must stay within 2^53 to be exact in float64, but may reach {bound}")


class Product:
    """Exact product with a matrix of integers.

    No partial sum of an output is above its sum of the weights' magnitudes times the largest input; with the weights of
    a network that is mostly below 2^24, so that float32 is exact and twice as fast as float64, which is taken else.

    Parameters
    ----------
    weight : np.ndarray int (inputs, outputs)
    largest : int
        Largest magnitude of an input.
    """

    def __init__(self, weight: np.ndarray, largest: int):
        self.bound = int(np.abs(weight.astype(np.int64)).sum(axis=0).max(initial=0)) * largest
        self.dtype = float_of(self.bound, "a sum of products")
        self.weight = torch.from_numpy(weight).to(self.dtype)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """``x @ weight`` of integer-valued float32 ``x`` (..., inputs), in ``dtype``."""
        return x.to(self.dtype) @ self.weight


class Requant:
    """``clamp((acc * mult + bias + ((res * res_mult) << res_shift) + 2^(shift-1)) >> shift, low, high)`` in float64.

    All terms are divided by ``2^shift`` at the start, which leaves their digits, and rounded down at the end.

    Parameters
    ----------
    mult, bias : np.ndarray int, broadcast to ``acc``
    shift : int
    low, high : int
    bound : int
        Largest magnitude of an accumulator.
    res_mult, res_shift : int
        Of the shortcut, whose values have at most 8 bits.
    """

    def __init__(self, mult: np.ndarray, bias: np.ndarray, shift: int, low: int, high: int, bound: int,
                 res_mult: int = 0, res_shift: int = 0):
        half = 1 << (shift - 1)
        total = bound * int(np.abs(mult.astype(np.int64)).max(initial=0)) + int(np.abs(bias).max(initial=0)) + half \
            + (128 * res_mult << res_shift)
        float_of(total, "a sum before requantisation")
        scale = 2.0 ** -shift
        self.mult = torch.from_numpy(mult.astype(np.float64) * scale)
        self.bias = torch.from_numpy((bias.astype(np.float64) + half) * scale)
        self.res = float(res_mult << res_shift) * scale
        self.low, self.high = low, high

    def __call__(self, acc: torch.Tensor, res: torch.Tensor | None = None) -> torch.Tensor:
        """Float32 of the shape of ``acc`` (..., O); ``res`` (..., I) belongs to the first I outputs."""
        total = (acc.double() * self.mult).add_(self.bias)
        if res is not None:
            total[..., :res.shape[-1]].add_(res.double(), alpha=self.res)
        return total.floor_().clamp_(self.low, self.high).float()
