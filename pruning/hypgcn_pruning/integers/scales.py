"""Steps of int8 grids, chosen so that every machine chooses the same ones.

Activations come from sums, whose last bits depend on the order in which a processor or a library adds. A step
therefore has few significant bits, and errors are compared in few digits: what the last bits decide is not kept.
"""

import math

import numpy as np
import torch

__all__ = ["SCALE_BITS", "best_scale", "ceil_log2", "drawn_places", "floor_log2", "rounded", "shortcut_scale"]

SCALE_BITS = 12
"""Significant bits of a step: at most 2^-12 of it is lost, and two machines, whose sums differ by about 2^-46, disagree
about once in 2^34 steps."""
_DECIMALS = 14
"""Decimals of errors, as shares of the mean square, that are compared."""
_SAMPLE = 1 << 18
_MANTISSAS = sorted({1.0, 2.0, *(number for place in range(1, 11) for number in (1 + 2.0**-place, 2 - 2.0**-place))})
"""Numbers of 1..2 that are a power of two, or two of them added or subtracted, within 12 bits."""


def rounded(scale: float, bits: int = SCALE_BITS) -> float:
    """``scale`` with ``bits`` significant bits."""
    mantissa, exponent = math.frexp(scale)
    return math.ldexp(round(math.ldexp(mantissa, bits)), exponent - bits)


def floor_log2(value: float) -> int:
    """Exact floor of the logarithm of ``value`` > 0; the library's logarithm is rounded."""
    return math.frexp(value)[1] - 1


def ceil_log2(value: float) -> int:
    """Exact ceiling of the logarithm of ``value`` > 0."""
    mantissa, exponent = math.frexp(value)
    return exponent - (mantissa == 0.5)


def drawn_places(count: int) -> torch.Tensor:
    """Which of ``count`` values :func:`best_scale` looks at: all, or 2^18 that are drawn with a fixed seed.

    Returns
    -------
    torch.Tensor int64
    """
    if count <= _SAMPLE:
        return torch.arange(count)
    return torch.randint(count, (_SAMPLE,), generator=torch.Generator().manual_seed(0))


def best_scale(values: torch.Tensor, lowest: float, steps: int = 25) -> float:
    """Step of an int8 grid with the least mean squared error over ``values``, saturation included.

    Parameters
    ----------
    values : torch.Tensor
        Of any shape; of many, 2^18 are drawn with a fixed seed.
    lowest : float
        Smallest share of the largest magnitude that 127 steps may cover, above 0 and at most 1.
    steps : int
        Candidates, at even distances.

    Returns
    -------
    float
        With :data:`SCALE_BITS` significant bits; of equal errors the smallest step.
    """
    values = values.flatten()
    if len(values) > _SAMPLE:
        values = values[drawn_places(len(values))]
    largest = float(values.abs().max())
    if largest == 0:
        return 1.0 / 127
    scales = [rounded(largest * share / 127) for share in np.linspace(lowest, 1, steps).tolist()]
    power = float(values.square().mean())
    errors = [float((values - (values / s).round().clamp(-128, 127) * s).square().mean()) / power for s in scales]
    return scales[int(np.argmin(np.round(errors, _DECIMALS)))]


def shortcut_scale(scale: float, x_scale: float) -> float:
    """The step nearest ``scale`` for which a shortcut from steps of ``x_scale`` takes one addition a value.

    ``x_scale`` divided by it is 2^a or 2^a +- 2^b, so that hardware multiplies by two shifts. It differs from ``scale``
    by less than a tenth, where the error of a grid is near its least.
    """
    ratio = x_scale / scale
    unit = 2.0**floor_log2(ratio)
    return x_scale / min((mantissa * unit for mantissa in _MANTISSAS), key=lambda r: max(r / ratio, ratio / r))
