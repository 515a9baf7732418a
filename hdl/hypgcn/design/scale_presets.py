"""Multi-scale temporal convolutions with seeded random weights, for tests and estimates."""

import dataclasses

import numpy as np

from . import BANK, MINI_BANKS, Block, Design, Scales, bank_count
from .presets import random_block, random_requant

__all__ = ["with_scales"]

BRANCHES = 6
"""As in ST-GCN++: four of three taps, a maximum, and one that passes."""


def with_scales(design: Design, seed: int = 0, *, margin: float = 1.0, threshold: int = 2) -> Design:
    """``design`` with a multi-scale temporal convolution in every block, of branches as in ST-GCN++.

    Parameters
    ----------
    design : Design
        Its kernel has at least three taps; dilations are those that fit into it.
    seed : int
        Of the weights.
    margin : float
        Depths of the stores of P and Q as a share of the worst case; 1.0 never overflows.
    threshold : int, 0..127
        Thresholds of P and Q.
    """
    return dataclasses.replace(design, blocks=tuple(
        _block(block, design.joints, design.kernel, seed * 1000 + index, margin, threshold)
        for index, block in enumerate(design.blocks)))


def _block(block: Block, joints: int, kernel: int, seed: int, margin: float, threshold: int) -> Block:
    rng = np.random.default_rng([seed, 2])
    width = block.h_channels
    each = max(1, width // BRANCHES)
    ends = [0, *(max(1, width - each * (BRANCHES - 1)) + each * index for index in range(BRANCHES))]
    width = ends[-1]

    def weights(*shape):
        return np.clip(np.rint(rng.normal(0, 40, shape)), -127, 127).astype(np.int8)

    reduce, branches = weights(width, block.h_channels), np.zeros((width, kernel, width), np.int8)
    for index, (low, high) in enumerate(zip(ends, ends[1:])):
        if index >= BRANCHES - 2:
            own = np.arange(low, high)
            branches[own, kernel // 2, own] = 127
        else:
            dilation = min(index + 1, kernel // 2)
            for tap in (-1, 0, 1):
                branches[low:high, kernel // 2 + tap * dilation, low:high] = weights(high - low, high - low)
    taps = np.stack([branches[:, :, start:start + BANK].any(axis=(0, 2)) for start in range(0, width, BANK)])
    p_mult, p_bias, p_shift = random_requant(rng, 40 * 20 * block.h_channels ** 0.5, width, 40, -0.2)
    q_mult, q_bias, q_shift = random_requant(rng, 40 * 20 * (3 * each) ** 0.5, width, 40, -0.2)
    q_mult[ends[-3]:] = (127 ** -1 * 2.0 ** q_shift * rng.uniform(0.7, 1.0, width - ends[-3])).clip(1, 65535)

    def depths(rows):
        vectors = rows * joints * bank_count(width)
        share = [min(1.0, margin * (1.0 - 0.1 * j)) if margin < 1.0 else 1.0 for j in range(MINI_BANKS)]
        return tuple(max(1, int(vectors * s)) for s in share)

    like = random_block(seed, joints=1, subsets=1, kernel=1, in_channels=1, h_channels=width,
                        out_channels=block.out_channels, keep_taps=1)
    # The 1x1 convolution behind the branches: sums of as many channels as Q has.
    y_mult, y_bias, y_shift = random_requant(rng, 40 * 20 * width ** 0.5, block.out_channels, 40, -0.2)
    identity = block.shortcut_y == "identity"
    scales = Scales(
        p_channels=width, q_channels=width, p_shift=p_shift, q_shift=q_shift, threshold_p=threshold,
        threshold_q=threshold, max_first=ends[-3], max_channels=ends[-2] - ends[-3],
        p_depths=depths(block.p_window), q_depths=depths(1), density_p=0.35, density_q=0.35, reduce=reduce,
        taps=taps.astype(np.uint8), branches=branches, p_mult=p_mult, p_bias=p_bias,
        q_mult=q_mult.astype(np.int32), q_bias=q_bias)
    h_vectors = joints * block.h_banks
    made = dataclasses.replace(
        block, scales=scales, taps=np.ones((bank_count(width), 1), np.uint8),
        temporal=like.temporal * block.filters.astype(np.int8)[:, None, None],
        h_depths=tuple(min(depth, h_vectors) for depth in block.h_depths), y_mult=y_mult, y_bias=y_bias,
        y_shift=y_shift, y_res_shift=max(0, y_shift - 11) if identity else 0)
    # The maximum waits for a row more of X.
    return dataclasses.replace(made, x_depths=tuple(
        -(-depth * made.x_window // block.x_window) for depth in block.x_depths))
