"""Test cases of the spatial unit and its stages, each from golden tensors of the same rows."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from hypgcn.design import BANK
from hypgcn.design.folding import graph_units
from hypgcn.golden.rfc.store import store
from hypgcn.golden.spatial.graph import entries
from hypgcn.golden.spatial.unit import spatial
from hypgcn.spatial import ConvArray, CornerTurn, FrameBuffer, GraphUnit, RowBuffer, RowLoader, SpatialConfig

from ...stimuli.beats import axes_of, conv_order, slice_beats, vectors
from ..case import Case, Responder, Sink, Source
from ..context import CaseMaker, Context
from ..wrappers import SpatialWrapper
from .rfc import row_words

__all__ = ["TEST_CASES"]

STAGE_ROWS = 4


def _on_array(context: Context, index: int):
    """Block ``index`` and its folding, with the 1x1 convolution on the array."""
    block, folding = context.block(index)
    return block, replace(folding, conv_lanes=0)


def _on_lanes(context: Context, index: int):
    """Block ``index`` and its folding, with the 1x1 convolution on lanes."""
    block, folding = context.block(index)
    depth = folding.conv_depth if folding.conv_lanes else 1
    return block, replace(folding, conv_lanes=folding.conv_lanes or 2, conv_joints=1, conv_depth=depth, z_width=8)


class _Rows:
    """A few rows of X, and the beats between the stages of the spatial unit for them."""

    def __init__(self, context: Context, index: int, count: int = STAGE_ROWS):
        block, folding = _on_array(context, index)
        self.index, self.joints = index, context.design.joints
        self.block = block
        self.cfg = SpatialConfig(
            block=block, joints=self.joints, frames=count, folding=folding, mac=context.folding.mac
        )
        self.x = context.rows(index, "x_stored", count)
        self.tensors = spatial(self.x, self.block, self.block.threshold_h)

    def tokens(self) -> list[dict]:
        """Tokens of the loader: kept non-zeros in (joint, bank) order; an empty token where a bank has none."""
        cfg, tokens = self.cfg.loader, []
        places = {channel: place for place, channel in enumerate(self.cfg.channels)}
        for row in self.x:
            for joint in range(self.joints):
                for bank in cfg.masks:
                    channels = [c for c in range(bank * BANK, min((bank + 1) * BANK, row.shape[1]))
                                if c in places and row[joint, c]]
                    tokens += [{"channel": places[c], "joint": joint, "value": int(row[joint, c]), "empty": 0,
                                "last": 0} for c in channels] or [{"joint": joint, "empty": 1, "last": 0}]
            tokens[-1]["last"] = 1
        return tokens

    def passes(self) -> list[dict]:
        """Beats of the frame buffer: the non-zeros of each channel, as often as the graph unit takes them."""
        beats = []
        for row in self.x:
            for channel, repeats in zip(self.cfg.channels, self.cfg.buffer.repeats):
                joints = np.flatnonzero(row[:, channel])
                channel_pass = [{"joint": int(v), "value": int(row[v, channel]), "last": 0} for v in joints] or [
                    {"joint": 0, "value": 0}
                ]
                channel_pass[-1] = {**channel_pass[-1], "last": 1}
                beats += channel_pass * repeats
        return beats

    def entries(self) -> list[list[int]]:
        """Entries of Z in the output order of the graph unit."""
        z = self.tensors["z"]
        return [word for t, row in enumerate(self.x) for word in entries(row, z[:, t], self.block)[0].tolist()]

    def words(self, name: str, field: str) -> list[dict]:
        """Tensor ``name`` of the golden model in the output order of the 1x1 array."""
        array, beats = self.cfg.array, []
        order = conv_order(self.joints, array.groups, array.conv_joints, array.pass_groups)
        for row in self.tensors[name]:
            padded = np.zeros((self.joints, array.groups * array.width), np.int64)
            padded[:, :row.shape[1]] = row
            beats += [{field: padded[joint, group * array.width:(group + 1) * array.width].tolist(), "joint": joint,
                       "group": group, "last": int(n == len(order) - 1)} for n, (joint, group) in enumerate(order)]
        return beats

    def case(self, name: str, component, i: list, o: list, tensor: str, ignore=()) -> Case:
        per_row = len(o) // len(self.x)
        axes = [("row", len(self.x)), ("beat", per_row)] if per_row * len(self.x) == len(o) else []
        return Case(name=name, component=component, sources={"i": Source(beats=i)}, sinks={
            "o": Sink(beats=o, tensor=f"blocks.{self.index}.{tensor}", axes=axes, ignore=ignore)})


def _loader(context: Context) -> Case:
    rows = _Rows(context, context.conv)
    cfg = rows.cfg.loader
    return Case(
        name="row_loader", component=lambda: RowLoader(cfg), sources={"x_row": Source(beats=list(rows.x), pulse=True)},
        responders={"req": Responder(response="rsp", words=row_words(rows.x, cfg.rows))},
        sinks={"o": Sink(beats=rows.tokens(), tensor=f"blocks.{rows.index}.x_stored tokens", void="empty"),
                 "overflow": Sink(beats=[0] * len(rows.x), tensor="overflow")})


def _frame_buffer(context: Context) -> Case:
    rows = _Rows(context, context.conv)
    return rows.case(
        "frame_buffer", lambda: FrameBuffer(rows.cfg.buffer), rows.tokens(), rows.passes(), "x_stored passes"
    )


def _graph(name: str, subsets: int, parts: int, context: Context) -> Case:
    rows = _Rows(context, context.conv)
    rows.cfg = replace(rows.cfg, folding=replace(rows.cfg.folding, graph_subsets=subsets,
                                                 graph_parts=min(parts, rows.joints)))
    return rows.case(name, lambda: GraphUnit(rows.cfg.graph), rows.passes(), rows.entries(), "z")


def _array(context: Context) -> Case:
    rows = _Rows(context, context.conv)
    return rows.case("conv_array", lambda: ConvArray(rows.cfg.array), rows.entries(), rows.words("a", "acc"), "a")


def _corner_turn(context: Context) -> Case:
    rows = _Rows(context, context.conv)
    words = rows.entries()
    per_row = len(words) // len(rows.x)
    cfg = replace(rows.cfg.turn, width=8)
    turned = [beat for row in range(0, len(words), per_row) for bank in range(0, per_row, BANK)
              for beat in slice_beats(np.array(words[row:row + per_row][bank:bank + BANK]).T, cfg.width)]
    return rows.case("corner_turn", lambda: CornerTurn(cfg), words, turned, "z")


def _row_buffer(context: Context) -> Case:
    rows = _Rows(context, context.conv)
    slices = slice_beats(rows.tensors["h"], rows.cfg.rows.width)
    return rows.case("row_buffer", lambda: RowBuffer(rows.cfg.rows), rows.words("h", "values"), slices, "h")


def _unit(kind: str, name: str, choose: Callable, context: Context) -> Case:
    index = getattr(context, kind)
    block, folding = choose(context, index)
    folding = replace(folding, graph_units=min(2, graph_units(block)))      # with the merge of their entries
    rows = context.x(index)[0][:6]
    stored, lost = store(rows, block.x_depths, block.x_window)
    cfg = SpatialConfig(
        block=block, joints=context.design.joints, frames=len(rows), folding=folding, mac=context.folding.mac
    )
    h = spatial(stored, block, block.threshold_h)["h"]
    flags = np.maximum.accumulate(lost > 0)
    return Case(
        name=f"{name}_{kind}", component=lambda: SpatialWrapper(cfg), signals={"threshold": block.threshold_h},
        sources={"i": Source(beats=vectors(rows))},
        sinks={"o": Sink(beats=vectors(h, flags), tensor=f"blocks.{index}.h", axes=axes_of(h, "frame"))})


TEST_CASES: dict[str, CaseMaker] = {
    "row_loader": _loader,
    "frame_buffer": _frame_buffer,
    "graph_unit": partial(_graph, "graph_unit", 1, 1),
    "graph_in_parts": partial(_graph, "graph_in_parts", 1, 2),
    "conv_array": _array,
    "corner_turn": _corner_turn,
    "row_buffer": _row_buffer,
    **{f"{name}_{kind}": partial(_unit, kind, name, choose) for name, choose in (
        ("spatial_unit", _on_array), ("spatial_lanes", _on_lanes)) for kind in ("identity", "conv")},
}
