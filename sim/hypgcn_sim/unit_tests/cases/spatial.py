"""Benches of the spatial unit and its stages, each from golden tensors of the same rows."""

from functools import partial

import numpy as np

from hypgcn.design import BANK
from hypgcn.golden.rfc.store import store
from hypgcn.golden.spatial.graph import entries
from hypgcn.golden.spatial.unit import spatial
from hypgcn.spatial import ConvArray, FrameBuffer, GraphUnit, RowBuffer, RowLoader, SpatialConfig

from ...stimuli.beats import axes_of, conv_order, dense_beats, vectors
from ..case import Case, Feed, Output, Responder
from ..context import Bench, Context
from ..wrappers import SpatialBench
from .rfc import row_words

__all__ = ["BENCHES"]

STAGE_ROWS = 4


class _Rows:
    """A few rows of X, and everything that becomes of them in the spatial unit of a block."""

    def __init__(self, context: Context, index: int, count: int = STAGE_ROWS):
        block, folding = context.block(index)
        self.index, self.joints = index, context.design.joints
        self.block = block
        self.cfg = SpatialConfig(
            block=block, joints=self.joints, frames=count, folding=folding, mac=context.folding.mac
        )
        self.x = context.rows(index, "x_stored", count)
        self.found = spatial(self.x, self.block, self.block.threshold_h)

    def tokens(self) -> list[dict]:
        """What the loader gives: needed non-zeros in (joint, bank) order, a token marked empty where a read bank has
        none."""
        cfg, found = self.cfg.loader, []
        places = {channel: place for place, channel in enumerate(self.cfg.channels)}
        for row in self.x:
            for joint in range(self.joints):
                for bank in cfg.masks:
                    channels = [c for c in range(bank * BANK, min((bank + 1) * BANK, row.shape[1]))
                                if c in places and row[joint, c]]
                    found += [{"channel": places[c], "joint": joint, "value": int(row[joint, c]), "empty": 0, "last": 0}
                              for c in channels] or [{"joint": joint, "empty": 1, "last": 0}]
            found[-1]["last"] = 1
        return found

    def walks(self) -> list[dict]:
        """What the frame buffer gives."""
        found = []
        for row in self.x:
            for channel, repeats in zip(self.cfg.channels, self.cfg.buffer.repeats):
                joints = np.flatnonzero(row[:, channel])
                walk = [{"joint": int(v), "value": int(row[v, channel]), "last": 0} for v in joints] or [
                    {"joint": 0, "value": 0}
                ]
                walk[-1] = {**walk[-1], "last": 1}
                found += walk * repeats
        return found

    def entries(self) -> list[list[int]]:
        """What the graph unit gives."""
        z = self.found["z"]
        return [word for t, row in enumerate(self.x) for word in entries(row, z[:, t], self.block)[0].tolist()]

    def words(self, name: str, field: str) -> list[dict]:
        """``name`` of the golden model in the order of the 1x1 array."""
        array, found = self.cfg.array, []
        order = conv_order(self.joints, array.groups, array.conv_joints, array.pass_groups)
        for row in self.found[name]:
            padded = np.zeros((self.joints, array.groups * array.width), np.int64)
            padded[:, :row.shape[1]] = row
            found += [{field: padded[joint, group * array.width:(group + 1) * array.width].tolist(), "joint": joint,
                       "group": group, "last": int(n == len(order) - 1)} for n, (joint, group) in enumerate(order)]
        return found

    def case(self, name: str, component, i: list, o: list, tensor: str, ignore=()) -> Case:
        per_row = len(o) // len(self.x)
        axes = [("row", len(self.x)), ("beat", per_row)] if per_row * len(self.x) == len(o) else []
        return Case(name=name, component=component, feeds={"i": Feed(beats=i)}, outputs={
            "o": Output(beats=o, tensor=f"blocks.{self.index}.{tensor}", axes=axes, ignore=ignore)})


def _loader(context: Context) -> Case:
    rows = _Rows(context, context.conv)
    cfg = rows.cfg.loader
    return Case(
        name="row_loader", component=lambda: RowLoader(cfg), feeds={"x_row": Feed(beats=list(rows.x), pulse=True)},
        responders={"req": Responder(response="rsp", words=row_words(rows.x, cfg.rows))},
        outputs={"o": Output(beats=rows.tokens(), tensor=f"blocks.{rows.index}.x_stored tokens", void="empty"),
                 "overflow": Output(beats=[0] * len(rows.x), tensor="overflow")})


def _frame_buffer(context: Context) -> Case:
    rows = _Rows(context, context.conv)
    return rows.case(
        "frame_buffer", lambda: FrameBuffer(rows.cfg.buffer), rows.tokens(), rows.walks(), "x_stored walks"
    )


def _graph(context: Context) -> Case:
    rows = _Rows(context, context.conv)
    return rows.case("graph_unit", lambda: GraphUnit(rows.cfg.graph), rows.walks(), rows.entries(), "z")


def _array(context: Context) -> Case:
    rows = _Rows(context, context.conv)
    return rows.case("conv_array", lambda: ConvArray(rows.cfg.array), rows.entries(), rows.words("a", "acc"), "a")


def _row_buffer(context: Context) -> Case:
    rows = _Rows(context, context.conv)
    dense = [{"values": values, "overflow": 0} for values in dense_beats(rows.found["h"])]
    return rows.case("row_buffer", lambda: RowBuffer(rows.cfg.rows), rows.words("h", "values"), dense, "h")


def _unit(kind: str, context: Context) -> Case:
    index = getattr(context, kind)
    block, folding = context.block(index)
    rows = context.x(index)[0][:6]
    stored, lost = store(rows, block.x_depths)
    cfg = SpatialConfig(
        block=block, joints=context.design.joints, frames=len(rows), folding=folding, mac=context.folding.mac
    )
    h = spatial(stored, block, block.threshold_h)["h"]
    flags = np.maximum.accumulate(lost > 0)
    return Case(
        name=f"spatial_unit_{kind}", component=lambda: SpatialBench(cfg), signals={"threshold": block.threshold_h},
        feeds={"i": Feed(beats=vectors(rows))},
        outputs={"o": Output(beats=vectors(h, flags), tensor=f"blocks.{index}.h", axes=axes_of(h, "frame"))})


BENCHES: dict[str, Bench] = {
    "row_loader": _loader,
    "frame_buffer": _frame_buffer,
    "graph_unit": _graph,
    "conv_array": _array,
    "row_buffer": _row_buffer,
    "spatial_unit_identity": partial(_unit, "identity"),
    "spatial_unit_conv": partial(_unit, "conv"),
}
