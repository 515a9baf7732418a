"""Strides move to the block before, where no more than every second frame is read: the others are not computed."""

from dataclasses import replace

import numpy as np

from hypgcn.design import Block, Design, even_taps

__all__ = ["hoist_strides"]


def hoist_strides(design: Design) -> Design:
    """``design`` with strides a block earlier where nobody reads the other frames; the logits stay the same.

    It can be done where all taps of a block of stride 2 are :func:`~hypgcn.design.even_taps`. Row ``t``
    of such a block reads rows ``2 t`` of X, and ``2 t + tap - pad`` of H, which is even: so it needs the even
    rows of the block before alone, with its taps half as far apart. That block must have stride 1, and then makes every
    second row only; if all of its taps are even, too, the stride moves on. Stores are given all their room, since
    windows change. The stride of a multi-scale block stays: its branches read odd frames.
    """
    blocks = list(design.blocks)
    odd = ~even_taps(design.kernel, 2)
    while True:
        movable = [index for index in range(1, len(blocks)) if blocks[index - 1].stride == 1 and
                   blocks[index].stride == 2 and blocks[index].scales is None and blocks[index - 1].scales is None
                   and not blocks[index].taps[:, odd].any()]
        if not movable:
            return replace(design, blocks=tuple(blocks))
        for index in movable:
            blocks[index - 1] = replace(blocks[index - 1], stride=2).with_whole_stores(design.joints)
            blocks[index] = _half_as_far(blocks[index]).with_whole_stores(design.joints)


def _half_as_far(block: Block) -> Block:
    """``block`` of stride 1 for every second row of X, with its even taps at half their distance from the middle."""
    taps, temporal = np.zeros_like(block.taps), np.zeros_like(block.temporal)
    pad = block.taps.shape[1] // 2
    for tap in np.flatnonzero(even_taps(block.taps.shape[1], 2)):
        near = pad + (tap - pad) // 2
        taps[:, near], temporal[:, near] = block.taps[:, tap], block.temporal[:, tap]
    return replace(block, stride=1, taps=taps, temporal=temporal)
