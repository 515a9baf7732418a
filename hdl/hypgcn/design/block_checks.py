"""Checks of a block of a design: every field, every tensor, and what they say of each other."""

from typing import TYPE_CHECKING

import numpy as np

from . import limits
from .banks import BANK, bank_count
from .checks import check_acc_width, check_choice, check_depths, check_limit, check_tensor

if TYPE_CHECKING:
    from .block import Block as DesignBlock  # hypgcn.block has another Block

__all__ = ["validate_block"]

_FIELDS = {
    "in_channels": limits.CHANNELS,
    "h_channels": limits.CHANNELS,
    "out_channels": limits.CHANNELS,
    "stride": limits.STRIDE,
    "dense_channels": limits.CHANNELS,
    "dense_stride": limits.STRIDE,
    "graph_shift": limits.GRAPH_SHIFT,
    "h_shift": limits.SHIFT,
    "y_shift": limits.SHIFT,
    "h_res_mult": limits.RES_MULT,
    "y_res_mult": limits.RES_MULT,
    "h_res_shift": limits.RES_SHIFT,
    "y_res_shift": limits.RES_SHIFT,
    "threshold_z": limits.THRESHOLD,
    "threshold_h": limits.THRESHOLD,
    "threshold_y": limits.THRESHOLD,
}


def validate_block(block: "DesignBlock", where: str, joints: int, subsets: int, kernel: int):
    """Raise :exc:`ValueError` or :exc:`TypeError` for the first illegal field of ``block``.

    Parameters
    ----------
    block : Block
    where : str
        Stands before the field's name.
    joints, subsets, kernel : int
        Those of the network.
    """
    for name, limit in _FIELDS.items():
        check_limit(f"{where}.{name}", getattr(block, name), limit)
    check_choice(f"{where}.shortcut_h", block.shortcut_h, limits.SHORTCUTS_H)
    check_choice(f"{where}.shortcut_y", block.shortcut_y, limits.SHORTCUTS_Y)
    for shortcut, name in ((block.shortcut_h, "h_channels"), (block.shortcut_y, "out_channels")):
        if shortcut == "identity" and block.in_channels > getattr(block, name):
            raise ValueError(f"{where}: an identity shortcut needs in_channels up to {name}, "
                             f"not {block.in_channels} and {getattr(block, name)}")
    for name in ("density_x", "density_h", "density_z"):
        if not 0.0 <= getattr(block, name) <= 1.0:
            raise ValueError(f"{where}.{name} must be in 0..1, not {getattr(block, name)!r}")
    if block.scales is not None:
        block.scales.validate(f"{where}.scales", joints, block.h_channels, kernel, block.stride)
    _validate_tensors(block, where, joints, subsets, kernel)
    _validate_masks(block, where)
    for name, channels, window in (("x", block.in_channels, block.x_window), ("h", block.h_channels, block.h_window)):
        check_depths(f"{where}.{name}", getattr(block, f"{name}_depths"), getattr(block, f"{name}_entries"),
                     window * joints * bank_count(channels))
    for name, width in (("spatial", block.h_acc_width), ("temporal", block.y_acc_width)):
        check_acc_width(f"{where}.{name}", width)


def _validate_tensors(block: "DesignBlock", where: str, joints: int, subsets: int, kernel: int):
    inputs, hidden, outputs = block.in_channels, block.h_channels, block.out_channels
    flag, weight = (np.uint8, 0, 1), (np.int8, limits.WEIGHT.low, limits.WEIGHT.high)
    mult, bias = (np.int32, limits.MULT.low, limits.MULT.high), (np.int64, limits.BIAS.low, limits.BIAS.high)
    shapes = {
        "kept": ((inputs,), *flag),
        "filters": ((outputs,), *flag),
        "taps": ((bank_count(block.sum_channels), 1 if block.scales else kernel), *flag),
        "graph": ((subsets, joints, joints), *weight),
        "spatial": ((hidden, subsets, inputs), *weight),
        "temporal": ((outputs, 1 if block.scales else kernel, block.sum_channels), *weight),
        "h_mult": ((hidden,), *mult),
        "y_mult": ((outputs,), *mult),
        "h_bias": ((joints, hidden) if block.joint_bias else (hidden,), *bias),
        "y_bias": ((outputs,), *bias),
    }
    for name, shortcut, rows in (("down", block.shortcut_h, hidden), ("res", block.shortcut_y, outputs)):
        if shortcut == "conv":
            shapes[name] = ((rows, inputs), *weight)
        elif getattr(block, name) is not None:
            raise ValueError(f"{where}.{name} must be absent, because its shortcut is {shortcut!r}")
    for name, (shape, dtype, low, high) in shapes.items():
        check_tensor(f"{where}.{name}", getattr(block, name), shape, dtype, low, high)


def _validate_masks(block: "DesignBlock", where: str):
    if not block.kept.any():
        raise ValueError(f"{where}.kept must keep at least one channel")
    if block.spatial[:, :, block.kept == 0].any():
        raise ValueError(f"{where}.spatial must be zero for the channels that kept drops")
    if block.temporal[block.filters == 0].any():
        raise ValueError(f"{where}.temporal must be zero for the output channels that filters drops")
    cut = np.repeat(block.taps == 0, BANK, axis=0)[:block.sum_channels].T
    if block.temporal[:, cut].any():
        raise ValueError(f"{where}.temporal must be zero where taps cuts a tap of a bank")
