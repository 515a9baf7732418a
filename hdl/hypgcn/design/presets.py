"""Designs with seeded random weights, for tests and for estimates without a trained network.

The weights are random, but the structure is that of a pruned network: dropped channels, coupled filters, cavity
patterns that rotate over the banks, and scales that keep the activations in range and sparse.
"""

import dataclasses

import numpy as np

from . import BANK, MINI_BANKS, Block, Design, bank_count
from .block import windows
from .checks import check_choice

__all__ = ["PRESETS", "preset", "random_block", "random_design", "random_requant",
           "with_joint_biases"]


def _cavity(banks: int, kernel: int, keep: int) -> np.ndarray:
    """(banks, kernel): ``keep`` taps per bank, spread over the kernel and rotating from bank to bank."""
    taps = np.zeros((banks, kernel), np.uint8)
    for bank in range(banks):
        for n in range(keep):
            taps[bank, (bank * 2 + n * kernel // keep) % kernel] = 1
    return taps


def random_requant(rng, acc_rms: float, outputs: int, target: float, sign: float, res_rms: float = 0.0):
    """mult, bias, shift that bring accumulators of ``acc_rms`` to ``target`` rms, with a bias of ``sign`` targets."""
    shift = 16
    mult = max(1.0, target / max(acc_rms, 1.0) * 2 ** shift)
    while mult * 2 < 40000 and shift < 31:
        mult, shift = mult * 2, shift + 1
    while mult > 60000 and shift > 1:
        mult, shift = mult / 2, shift - 1
    scale = rng.uniform(0.7, 1.0, outputs)
    bias = (sign * target * rng.uniform(0.5, 1.5, outputs) - res_rms) * 2.0 ** shift
    return (np.clip(mult * scale, 1, 65535).astype(np.int32), bias.astype(np.int64), shift)


def random_block(seed: int, *, joints: int, subsets: int = 3, kernel: int = 9, in_channels: int, out_channels: int,
                 h_channels: int = 0, stride: int = 1, shortcut_h: str | None = None, shortcut_y: str | None = None,
                 kept: int | None = None, filters: int | None = None, keep_taps: int = 2, margin: float = 1.0,
                 threshold: int = 2, threshold_z: int | None = None, kept_first: bool = False) -> Block:
    """A legal block with seeded weights.

    Parameters
    ----------
    seed : int
        Seed of the random weights.
    kept, filters : int or None
        Channels that take part in the graph product, and that have a temporal filter; all by default.
    keep_taps : int
        Taps of each bank.
    margin : float
        Depths of the stores as a share of the worst case; 1.0 never overflows.
    threshold : int, 0..127
        Threshold of H and Y.
    threshold_z : int, 0..127, or None
        Dead zone of Z; by default a seeded one of 3..9, which leaves about four fifths of Z.
    kept_first : bool
        The channels and filters that are there come first, as pruning puts them.
    """
    rng = np.random.default_rng(seed)
    shortcut_h = shortcut_h or ("identity" if in_channels == out_channels else "conv")
    shortcut_y = shortcut_y or ("identity" if in_channels == out_channels and stride == 1 else "conv")
    h_channels = h_channels or out_channels
    in_banks, h_banks = bank_count(in_channels), bank_count(h_channels)
    x_window, h_window = windows(kernel, stride)

    def choose(count, total):
        mask = np.zeros(total, np.uint8)
        places = rng.permutation(total)[:total if count is None else count]
        mask[np.arange(len(places)) if kept_first else places] = 1
        return mask

    def weights(*shape):
        return np.clip(np.rint(rng.normal(0, 40, shape)), -127, 127).astype(np.int8)

    kept_mask, filter_mask = choose(kept, in_channels), choose(filters, out_channels)
    taps = _cavity(h_banks, kernel, min(keep_taps, kernel))
    graph = np.clip(np.rint(rng.normal(0, 20, (subsets, joints, joints))), -127, 127).astype(np.int8)
    spatial = weights(h_channels, subsets, in_channels) * kept_mask.astype(np.int8)
    temporal = weights(out_channels, kernel, h_channels) * filter_mask.astype(np.int8)[:, None, None]
    temporal = temporal * np.repeat(taps, BANK, axis=0)[:h_channels].T.astype(np.int8)[None]
    down = weights(h_channels, in_channels) if shortcut_h == "conv" else None
    res = weights(out_channels, in_channels) if shortcut_y == "conv" else None

    entries = subsets * int(kept_mask.sum()) + (in_channels if down is not None else 0)
    h_mult, h_bias, h_shift = random_requant(rng, 40 * 20 * entries ** 0.5, h_channels, 40, -0.2)
    products = float(filter_mask.mean()) * keep_taps * h_channels + (in_channels if res is not None else 0)
    y_mult, y_bias, y_shift = random_requant(rng, 40 * 20 * max(products, 1) ** 0.5, out_channels, 40, -0.2)

    if threshold_z is None:     # from a generator of its own, so that the weights do not depend on it
        threshold_z = int(np.random.default_rng([seed, 1]).integers(3, 10))

    def depths(window, banks):
        vectors = window * joints * banks
        share = [min(1.0, margin * (1.0 - 0.1 * j)) if margin < 1.0 else 1.0 for j in range(MINI_BANKS)]
        return tuple(max(1, int(vectors * s)) for s in share)

    return Block(
        in_channels=in_channels,
        out_channels=out_channels,
        h_channels=h_channels,
        stride=stride,
        shortcut_h=shortcut_h,
        shortcut_y=shortcut_y,
        graph_shift=max(1, min(15, round(np.log2(14 * max(joints, 2) ** 0.5)))),
        h_shift=h_shift,
        y_shift=y_shift,
        h_res_mult=1000 if shortcut_h == "identity" else 0,
        h_res_shift=max(0, h_shift - 11) if shortcut_h == "identity" else 0,
        y_res_mult=1000 if shortcut_y == "identity" else 0,
        y_res_shift=max(0, y_shift - 11) if shortcut_y == "identity" else 0,
        threshold_z=threshold_z,
        threshold_h=threshold,
        threshold_y=threshold,
        x_depths=depths(x_window, in_banks),
        h_depths=depths(h_window, h_banks),
        density_x=0.35,
        density_h=0.35,
        density_z=0.8 if threshold_z else 1.0,
        kept=kept_mask,
        filters=filter_mask,
        taps=taps,
        graph=graph,
        spatial=spatial,
        down=down,
        temporal=temporal,
        res=res,
        h_mult=h_mult,
        h_bias=h_bias,
        y_mult=y_mult,
        y_bias=y_bias,
    )


def random_design(seed: int = 0, *, name: str, frames: int, joints: int, persons: int = 1, channels: int = 3,
                  classes: int = 10, widths: tuple[int, ...], strides: tuple[int, ...], keep: float = 0.268,
                  keep_taps: int = 2, subsets: int = 3, kernel: int = 9, margin: float = 1.0,
                  kept_first: bool = False) -> Design:
    """A network of ``len(widths)`` blocks.

    Every block but the first keeps the share ``keep`` of its input channels, and the block before it the temporal
    filters of these channels, with ``kept_first`` the first ones. The first block has no shortcut into Y.
    """
    rng = np.random.default_rng(seed)
    if len(widths) != len(strides):
        raise ValueError(f"strides must hold {len(widths)} values, one per block, not {len(strides)}")
    blocks = []
    inputs = channels
    for index, (width, stride) in enumerate(zip(widths, strides)):
        final = index == len(widths) - 1
        blocks.append(
            random_block(
                seed * 1000 + index,
                joints=joints,
                subsets=subsets,
                kernel=kernel,
                in_channels=inputs,
                out_channels=width,
                stride=stride,
                shortcut_y="none" if index == 0 else None,
                kept=None if index == 0 else max(1, round(inputs * keep)),
                filters=None if final else max(1, round(width * keep)),
                keep_taps=keep_taps,
                margin=margin,
                kept_first=kept_first,
            )
        )
        if index:  # coupled pruning: the filters of a block are the channels that the next block keeps
            mask = blocks[-1].kept
            before = blocks[-2]
            temporal = random_block(seed * 1000 + 500 + index, joints=1, subsets=1, kernel=kernel,
                                    in_channels=before.out_channels, out_channels=before.out_channels,
                                    keep_taps=keep_taps).temporal * mask.astype(np.int8)[:, None, None]
            blocks[-2] = dataclasses.replace(before, filters=mask, temporal=temporal)
        inputs = width
    return Design(
        name=name, frames=frames, joints=joints, persons=persons, channels=channels, classes=classes, subsets=subsets,
        kernel=kernel, input_scale=1 / 127, input_shift=14, logit_scale=1.0,
        input_mult=rng.integers(8000, 16000, (persons, channels, joints)).astype(np.int32),
        input_bias=rng.integers(-2 ** 17, 2 ** 17, (persons, channels, joints)).astype(np.int64),
        head=np.clip(np.rint(rng.normal(0, 40, (classes, inputs))), -127, 127).astype(np.int8),
        head_bias=rng.integers(-1000, 1000, classes).astype(np.int64), blocks=tuple(blocks),
        meta={"weights": "seeded", "seed": seed})


def with_joint_biases(design: Design, seed: int = 0) -> Design:
    """``design`` with a bias of H for each joint and channel, up to 40 steps of H from the common one."""
    rng = np.random.default_rng(seed)
    return dataclasses.replace(design, blocks=tuple(dataclasses.replace(
        block, h_bias=block.h_bias + (rng.integers(-40, 41, (design.joints, block.h_channels)) << block.h_shift))
        for block in design.blocks))


_TINY = dict(frames=6, joints=5, persons=2, classes=3, widths=(16, 20), strides=(1, 2), keep=0.5)
_FULL = dict(frames=150, joints=25, persons=2, classes=60, widths=(64,) * 4 + (128,) * 3 + (256,) * 3,
             strides=(1, 1, 1, 1, 2, 1, 1, 2, 1, 1))
PRESETS: dict[str, dict] = {
    "tiny": _TINY,
    "small": {
        **_TINY,
        "frames": 16,
        "joints": 20,
        "persons": 1,
        "classes": 10,
        "widths": (16, 16, 32, 32),
        "strides": (1, 1, 2, 1),
    },
    "full": _FULL,
}
"""Named designs: ``tiny`` takes seconds in the Amaranth simulator, ``full`` is the network of RFC-HyPGCN, pruned
as there."""


def preset(name: str) -> Design:
    """Seeded design called ``name``; :exc:`ValueError` lists the names when there is none."""
    check_choice("preset", name, PRESETS)
    return random_design(name=f"{name}-seeded", **PRESETS[name])
