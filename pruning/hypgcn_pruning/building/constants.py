"""Constant channels are moved into the biases behind them, so that they cost neither storage nor work.

A dropped filter without shortcut, or whose shortcut brings a constant, gives a constant. Its value times a weight, or
times a shortcut's multiplier, is a number that the accumulator's bias can hold: the integers that come out are the
same. """

from dataclasses import replace

import numpy as np

from hypgcn.design import Block, Design

__all__ = ["constant_outputs", "fold_constants"]


def constant_outputs(block: Block, dead: np.ndarray) -> np.ndarray:
    """For each output channel its constant value, or -1; ``dead`` marks the input channels that are always zero."""
    values = np.full(block.out_channels, -1, np.int64)
    for o in np.flatnonzero(block.filters == 0):
        from_x = block.shortcut_y == "identity" and o < len(dead) and not dead[o]
        if from_x or block.res is not None and block.res[o, ~dead].any():
            continue
        y = int(np.clip((int(block.y_bias[o]) + (1 << (block.y_shift - 1))) >> block.y_shift, 0, 127))
        values[o] = y if y > block.threshold_y else 0
    return values


def _absorb(block: Block, values: np.ndarray) -> Block:
    """``block`` for an X whose channels with ``values`` above 0 have become 0: what they brought is in the biases."""
    h_bias, y_bias = block.h_bias.copy(), block.y_bias.copy()
    gone = np.maximum(values, 0)
    down, res = block.down, block.res
    if down is None:
        h_bias[..., :len(gone)] += (gone * block.h_res_mult) << block.h_res_shift
    else:
        h_bias += down.astype(np.int64) @ gone * block.h_mult
        down = np.where(values >= 0, 0, down).astype(np.int8)
    if res is not None:
        y_bias += res.astype(np.int64) @ gone * block.y_mult
        res = np.where(values >= 0, 0, res).astype(np.int8)
    elif block.shortcut_y == "identity":
        y_bias[:len(gone)] += (gone * block.y_res_mult) << block.y_res_shift
    return replace(block, h_bias=h_bias, y_bias=y_bias, down=down, res=res)


def fold_constants(design: Design) -> Design:
    """``design`` with every constant channel set to 0 and its effect moved into later biases; the logits stay the same.

    Only channels that the next block's graph product drops are moved: zero padding and requantisation of Z leave no
    exact place for others. (With a threshold raised at run time, a constant that it would have cut now stays in the
    biases.) """
    blocks = list(design.blocks)
    dead = np.zeros(design.channels, bool)
    head_bias = design.head_bias.copy()
    for index, block in enumerate(blocks):
        values = constant_outputs(block, dead)
        last = index + 1 == len(blocks)
        if not last:
            values[blocks[index + 1].kept == 1] = -1
        still = values >= 0
        mult, bias = block.y_mult.copy(), block.y_bias.copy()
        mult[still], bias[still] = 0, 0
        blocks[index] = replace(block, y_mult=mult, y_bias=bias)
        if last:
            places = design.persons * design.block_frames(len(blocks)) * design.joints
            head_bias += design.head.astype(np.int64) @ np.maximum(values, 0) * places
        else:
            blocks[index + 1] = _absorb(blocks[index + 1], values)
        dead = still
    return replace(design, blocks=tuple(blocks), head_bias=head_bias)
