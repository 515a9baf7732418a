"""Test cases of the packed MAC and the requantiser."""

from dataclasses import replace
from functools import partial

import numpy as np

from hypgcn.arith import PackedMacConfig, requant_unit
from hypgcn.design.limits import MAC_FORMS, REQUANTISERS
from hypgcn.golden.arith.packed_mac import packed_mac
from hypgcn.golden.arith.requant import requant, widened
from hypgcn.spatial import SpatialConfig

from ..case import Case, Sink, Source
from ..context import CaseMaker, Context
from ..wrappers import MacWrapper

__all__ = ["TEST_CASES"]


def _packed_mac(form: str, context: Context) -> Case:
    """A packed MAC: sums of random length, a third of them of extreme operands."""
    block, _ = context.block(context.conv)
    cfg = PackedMacConfig(acc_width=block.y_acc_width, form=form)
    rng = context.rng(f"packed_mac_{form}")
    longest = max(1, ((1 << cfg.acc_width - 1) - 1) // (127 * 128))
    x: list[int] = []
    w: list[list[int]] = []
    first: list[int] = []
    while len(x) < 600:
        length = int(rng.integers(1, min(longest, 40) + 1))
        extreme = rng.random() < 0.3
        x += (rng.choice([-128, 127], length) if extreme else rng.integers(-128, 128, length)).tolist()
        w += (rng.choice([-127, 127], (length, 2)) if extreme else rng.integers(-127, 128, (length, 2))).tolist()
        first += [1] + [0] * (length - 1)
    beats = [{"x": a, "w": b, "first": c} for a, b, c in zip(x, w, first)]
    return Case(
        name=f"packed_mac_{form}",
        component=lambda: MacWrapper(cfg),
        sources={"i": Source(beats=beats)},
        sinks={"o": Sink(beats=packed_mac(x, w, first).tolist(), tensor="sums", axes=[("product", len(x))])},
    )


def _requant(form: str, context: Context) -> Case:
    """The requantiser of H in one of its forms: golden accumulators of one row, then ties, extremes and zero."""
    index = context.identity
    block, folding = context.block(index)
    folding = replace(folding, h_requant=form)
    cfg = SpatialConfig(block=block, joints=context.design.joints, frames=1, folding=folding).requant
    rng, max_acc = context.rng("requant"), (1 << cfg.acc_width - 1) - 1
    channels = block.h_channels
    acc = context.rows(index, "a", 1)[0]
    identity = block.shortcut_h == "identity"
    res = widened(context.rows(index, "x_stored", 1)[0], channels) if identity else np.zeros_like(acc)
    corners = np.resize([0, -1, 1, max_acc, -max_acc - 1], (5, channels))
    # Accumulators around every rounding tie of a channel: (acc * mult + bias) mod 2**shift near 2**(shift - 1).
    near = [((int(rng.integers(0, 256)) << block.h_shift) + (1 << block.h_shift >> 1) - int(block.h_bias[c]))
            // max(1, int(block.h_mult[c])) for c in range(channels)]
    ties = np.clip(np.array([near, np.array(near) + 1, np.array(near) - 1]), -max_acc - 1, max_acc)
    first_tie = len(acc) + len(corners)
    acc = np.concatenate([acc, corners, ties, rng.integers(-max_acc - 1, max_acc + 1, (8, channels))])
    res = np.concatenate([res, rng.integers(-128, 128, (len(acc) - len(res), channels))])
    res[first_tie:first_tie + len(ties)] = 0    # a shortcut would move them away from the tie
    h = requant(acc, block.h_mult, block.h_bias, block.h_shift, 0, 127, res if identity else 0,
                block.h_res_mult, block.h_res_shift)
    beats, expected = [], []
    for row in range(len(acc)):
        for group in range(cfg.groups):
            lanes = slice(group * cfg.lanes, (group + 1) * cfg.lanes)
            meta = {"joint": row % context.design.joints, "group": group, "last": row & 1}
            beats.append(
                {
                    "acc": _fill(acc[row, lanes], cfg.lanes),
                    "res": _fill(res[row, lanes], cfg.lanes),
                    "group": group,
                    "meta": meta,
                }
            )
            expected.append({"values": _fill(h[row, lanes], cfg.lanes), "meta": meta})
    return Case(name=_name(form), component=lambda: requant_unit(cfg), sources={"i": Source(beats=beats)}, sinks={
        "o": Sink(beats=expected, tensor=f"blocks.{index}.h", axes=[("row", len(acc)), ("group", cfg.groups)])})


def _name(form: str) -> str:
    """Name of the case of the requantiser of ``form``."""
    return "requant" if form == "dsp" else f"requant_{form}"


def _fill(values, length: int) -> list[int]:
    """``values`` padded with zeros."""
    return [*map(int, values), *[0] * (length - len(values))]


TEST_CASES: dict[str, CaseMaker] = {
    **{f"packed_mac_{form}": partial(_packed_mac, form) for form in MAC_FORMS},
    **{_name(form): partial(_requant, form) for form in REQUANTISERS},
}
