"""Banks that are always zero or that nobody reads leave the design: what pruning dropped costs nothing."""

from dataclasses import replace

import numpy as np

from hypgcn.design import BANK, Block, Design, bank_count

from .constants import constant_outputs

__all__ = ["narrow"]


def narrow(design: Design) -> Design:
    """``design`` without banks behind the last that has an effect; the logits stay the same.

    Those are banks of Y that are always zero, and banks of H without a tap; of multi-scale blocks all channels of P
    and Q that nobody reads. Pruning puts the channels that it keeps
    first, so the others are behind them; zero channels in front of others, and in their bank, stay. In the last block,
    where pruning drops filters alone, they move behind the others: no block reads its Y, and the head follows.
    """
    blocks: list[Block] = []
    inputs, dead, head = design.channels, np.zeros(design.channels, bool), design.head
    for index, block in enumerate(design.blocks):
        block = _with_hidden(_with_inputs(block, inputs, design.joints), design.joints)
        zero = constant_outputs(block, dead) == 0
        if index + 1 == len(design.blocks):
            order = _zero_last(zero, inputs if block.shortcut_y == "identity" else 0)
            block, zero, head = _with_outputs(block, order), zero[order], head[:, order]
        used = int(np.flatnonzero(~zero)[-1]) + 1 if not zero.all() else 1
        outputs = min(block.out_channels, bank_count(used) * BANK)
        if block.shortcut_y == "identity":
            outputs = max(outputs, inputs)
        blocks.append(_with_outputs(block, np.arange(outputs)))
        inputs, dead = outputs, zero[:outputs]
    return replace(design, blocks=tuple(blocks), head=np.ascontiguousarray(head[:, :inputs]))


def _zero_last(zero: np.ndarray, fixed: int) -> np.ndarray:
    """Order of channels that puts those that are ``zero`` last; the first ``fixed``, which a shortcut reaches, stay."""
    return np.concatenate([np.arange(fixed), fixed + np.argsort(zero[fixed:], kind="stable")])


def _with_inputs(block: Block, inputs: int, joints: int) -> Block:
    """``block`` for the first ``inputs`` channels of X; the others are zero."""
    vectors = block.x_window * joints * bank_count(inputs)
    return replace(
        block, in_channels=inputs, x_depths=tuple(min(depth, vectors) for depth in block.x_depths),
        kept=block.kept[:inputs], spatial=np.ascontiguousarray(block.spatial[:, :, :inputs]),
        down=None if block.down is None else np.ascontiguousarray(block.down[:, :inputs]),
        res=None if block.res is None else np.ascontiguousarray(block.res[:, :inputs]))


def _with_hidden(block: Block, joints: int) -> Block:
    """``block`` without the banks of H behind the last that is read; X is still added to the first of them."""
    if block.scales is not None:
        return _with_stages(block, joints)
    banks = int(np.flatnonzero(block.taps.any(axis=1))[-1]) + 1 if block.taps.any() else 1
    if block.shortcut_h == "identity":
        banks = max(banks, bank_count(block.in_channels))
    hidden = min(block.h_channels, banks * BANK)
    vectors = block.h_window * joints * banks
    return replace(
        block, h_channels=hidden, h_depths=tuple(min(depth, vectors) for depth in block.h_depths),
        taps=block.taps[:banks], spatial=np.ascontiguousarray(block.spatial[:hidden]),
        down=None if block.down is None else np.ascontiguousarray(block.down[:hidden]),
        temporal=np.ascontiguousarray(block.temporal[:, :, :hidden]), h_mult=block.h_mult[:hidden],
        h_bias=np.ascontiguousarray(block.h_bias[..., :hidden]))


def _with_stages(block: Block, joints: int) -> Block:
    """A multi-scale ``block`` without the channels of P and Q that nobody reads, and the banks of H behind the last."""
    scales = block.branched
    q = _read(block.temporal.any(axis=(0, 1)))
    p = _read(scales.branches[q].any(axis=(0, 1)))
    read = np.flatnonzero(scales.reduce[p].any(axis=0))
    banks = bank_count(int(read[-1]) + 1) if len(read) else 1
    if block.shortcut_h == "identity":
        banks = max(banks, bank_count(block.in_channels))
    hidden = min(block.h_channels, banks * BANK)
    own = (p >= scales.max_first) & (p < scales.max_first + scales.max_channels)
    branches = np.ascontiguousarray(scales.branches[q][:, :, p])
    dense_channels, dense_weights = scales.dense
    narrower = replace(
        scales, p_channels=len(p), q_channels=len(q), max_first=int(own.argmax()) if own.any() else 0,
        max_channels=int(own.sum()), dense_channels=dense_channels, dense_weights=dense_weights,
        reduce=np.ascontiguousarray(scales.reduce[p][:, :hidden]), branches=branches,
        taps=np.stack([branches[:, :, start:start + BANK].any(axis=(0, 2)) for start in range(0, len(p), BANK)])
        .astype(np.uint8), p_mult=scales.p_mult[p], p_bias=scales.p_bias[p], q_mult=scales.q_mult[q],
        q_bias=scales.q_bias[q])
    return replace(
        block, h_channels=hidden, scales=narrower, taps=np.ones((bank_count(len(q)), 1), np.uint8),
        spatial=np.ascontiguousarray(block.spatial[:hidden]),
        down=None if block.down is None else np.ascontiguousarray(block.down[:hidden]),
        temporal=np.ascontiguousarray(block.temporal[:, :, q]), h_mult=block.h_mult[:hidden],
        h_bias=np.ascontiguousarray(block.h_bias[..., :hidden])).with_whole_stores(joints)


def _read(used) -> np.ndarray:
    """Channels that are ``used``, bool (channels,), at least one."""
    return np.flatnonzero(used) if np.any(used) else np.zeros(1, np.int64)


def _with_outputs(block: Block, order: np.ndarray) -> Block:
    """``block`` that gives these channels of Y, in this order."""
    return replace(
        block, out_channels=len(order), filters=block.filters[order], temporal=block.temporal[order],
        res=None if block.res is None else block.res[order], y_mult=block.y_mult[order], y_bias=block.y_bias[order])
