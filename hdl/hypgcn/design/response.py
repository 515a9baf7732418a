"""What an absent person adds to the scores: a constant of the design, computed once, before there is hardware."""

from dataclasses import dataclass

import numpy as np

from .block import BANK, MINI_BANKS, Block

__all__ = ["AbsentResponse", "absent_response"]

_MINI = BANK // MINI_BANKS


@dataclass(frozen=True, kw_only=True, eq=False)
class AbsentResponse:
    """Response to persons whose joints are all zero, with thresholds that are not raised (``docs/numbers.md``).

    constant : bool (M,), whether it may stand for the person: not when a store would lose values on the way
    scores : int64 (M, classes), ``sum_c head[j,c] * sum_{t,v} Y[m,t,v,c]``; 0 where it is not constant
    """

    constant: np.ndarray
    scores: np.ndarray


def absent_response(design) -> AbsentResponse:
    """Of a :class:`~hypgcn.design.Design`; persons with the same ``input_bias`` share one computation.

    Sums of products run as float64 matrix products, which are exact here: accumulators have at most 27 bits.
    """
    found: dict[bytes, np.ndarray | None] = {}
    scores = np.zeros((design.persons, design.classes), np.int64)
    constant = np.zeros(design.persons, bool)
    for person, bias in enumerate(design.input_bias):
        key = bias.tobytes()
        if key not in found:
            found[key] = _pool(design, bias)
        pool = found[key]
        if pool is not None:
            constant[person] = True
            scores[person] = design.head.astype(np.int64) @ pool
    return AbsentResponse(constant=constant, scores=scores)


def _pool(design, bias: np.ndarray) -> np.ndarray | None:
    """Sums of the last Y (channels,) of a person with ``bias`` (C, V), or ``None`` when a store loses values.

    Rows that are equal are worked on once: all of block 1, all but those near the ends later.
    """
    joint = _cut(np.clip(_round_shift(bias.T, design.input_shift), -128, 127), design.input_threshold)
    x, index = joint[None], np.zeros(design.frames, np.int64)
    for block in design.blocks:
        if not _fits(x, block.x_depths):
            return None
        h = _cut(_requant(_spatial(x, block), block.h_mult, block.h_bias, block.h_shift,
                          (x * block.h_res_mult) << block.h_res_shift if block.shortcut_h == "identity" else 0),
                 block.threshold_h)
        if not _fits(h, block.h_depths):
            return None
        windows, index = np.unique(_windows(index, block), axis=0, return_inverse=True)
        x, index = x[windows[:, windows.shape[1] // 2]], index.reshape(-1)
        x = _cut(_requant(_temporal(h, x, windows, block), block.y_mult, block.y_bias, block.y_shift,
                          (x * block.y_res_mult) << block.y_res_shift if block.shortcut_y == "identity" else 0),
                 block.threshold_y)
    return x[index].sum(axis=(0, 1))


def _windows(index: np.ndarray, block: Block) -> np.ndarray:
    """For every row of Y the rows that its taps read, (ceil(T / stride), kernel), -1 outside the clip; ``index`` (T,)
    tells which of the different rows each frame is."""
    pad = (block.temporal.shape[1] - 1) // 2
    padded = np.pad(index, pad, constant_values=-1)
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * pad + 1)[::block.stride]


def _spatial(x: np.ndarray, block: Block) -> np.ndarray:
    """A (rows, V, O)."""
    kept = block.kept != 0
    channels = x[:, :, kept].transpose(0, 2, 1).astype(float)
    acc = np.zeros((x.shape[0], block.out_channels, x.shape[1]))
    for graph, weights in zip(block.graph, block.spatial.transpose(1, 0, 2)):
        z = np.clip(_round_shift((channels @ graph.astype(float)).astype(np.int64), block.graph_shift), -128, 127)
        acc += weights[:, kept].astype(float) @ z.astype(float)
    if block.down is not None:
        acc += block.down.astype(float) @ x.transpose(0, 2, 1).astype(float)
    return acc.transpose(0, 2, 1).astype(np.int64)


def _temporal(h: np.ndarray, x: np.ndarray, windows: np.ndarray, block: Block) -> np.ndarray:
    """B (windows, V, O) of the different rows of H and the row of X at each window's middle."""
    acc = np.zeros((len(windows), *h.shape[1:]))
    for tap, rows in enumerate(windows.T):
        inside, weights = rows >= 0, block.temporal[:, tap].astype(float)
        outputs, inputs = weights.any(axis=1), weights.any(axis=0)  # what is pruned adds nothing
        part = h[:, :, inputs].astype(float) @ weights[outputs][:, inputs].T
        acc[np.ix_(inside, np.ones(acc.shape[1], bool), outputs)] += part[rows[inside]]
    if block.res is not None:
        acc += x.astype(float) @ block.res.T.astype(float)
    return acc.astype(np.int64)


def _round_shift(value: np.ndarray, shift: int) -> np.ndarray:
    return (value + (1 << (shift - 1))) >> shift


def _requant(acc: np.ndarray, mult: np.ndarray, bias: np.ndarray, shift: int, shortcut) -> np.ndarray:
    return np.clip(_round_shift(acc * mult.astype(np.int64) + bias + shortcut, shift), 0, 127)


def _cut(value: np.ndarray, theta: int) -> np.ndarray:
    return np.where(np.abs(value) <= theta, 0, value)


def _fits(x: np.ndarray, depths: tuple[int, ...]) -> bool:
    """Whether a row store takes every row of (rows, V, C) whole."""
    count, _, channels = x.shape
    full = np.pad(x != 0, ((0, 0), (0, 0), (0, -channels % BANK)))
    counts = full.reshape(count, -1, BANK).sum(axis=2)
    return all((counts > _MINI * j).sum(axis=1).max() <= depth for j, depth in enumerate(depths))
