"""Test cases of a temporal lane and of the temporal unit."""

from functools import partial

import numpy as np

from hypgcn.design import BANK, Block
from hypgcn.golden.rfc.store import store
from hypgcn.golden.temporal.scales import running_max
from hypgcn.golden.temporal.unit import temporal
from hypgcn.sparse import LaneConfig, LaneSchedule, MaxRows, MaxRowsConfig, SparseConfig, temporal_layer

from ...stimuli.beats import axes_of, vectors
from ..case import Case, Responder, Sink, Source
from ..context import CaseMaker, Context
from ..wrappers import LaneWrapper, TemporalWrapper
from .rfc import row_words

__all__ = ["TEST_CASES"]

FRAMES = 14
JOBS = 60


def _lane(context: Context) -> Case:
    """A temporal lane: jobs in random order on two full stores."""
    design, index = context.design, context.conv
    block, folding = context.block(index)
    _check_single(block, "temporal_lane")
    schedule = LaneSchedule.of(temporal_layer(block), folding.lane_pairs, folding.y_width)
    cfg = LaneConfig(
        schedule=schedule,
        joints=design.joints,
        h_rows=folding.h_rows,
        h_banks=block.h_banks,
        x_rows=folding.x_rows,
        x_banks=block.in_banks,
        acc_width=block.y_acc_width,
        mac=context.folding.mac,
        depth=folding.lane_depth,
    )
    h, x = (_cycled(context.rows(index, name, rows), rows)
            for name, rows in (("h_stored", cfg.h_rows), ("x_stored", cfg.x_rows)))
    rng = context.rng("lane")
    jobs, expected = [], []
    for _ in range(JOBS):
        low, high = sorted(rng.integers(0, design.kernel, 2).tolist())
        job = {
            "slot": int(rng.integers(cfg.h_rows)),
            "tap_low": low,
            "tap_high": high,
            "x_slot": int(rng.integers(cfg.x_rows)),
            "joint": int(rng.integers(design.joints)),
            "index": int(rng.integers(len(schedule.passes))),
        }
        acc = np.zeros(block.out_channels, np.int64)
        for tap in range(low, high + 1):
            acc += block.temporal[:, tap].astype(np.int64) @ h[(job["slot"] + tap) % cfg.h_rows, job["joint"]]
        if block.res is not None:
            acc += block.res.astype(np.int64) @ x[job["x_slot"], job["joint"]]
        jobs.append(job)
        expected.append([0 if c is None else int(acc[c]) for c in schedule.passes[job["index"]].slots])
    responders = {"h_req": Responder(response="h_rsp", words=row_words(h, cfg.h_rows))}
    if schedule.reads_x:
        responders["x_req"] = Responder(response="x_rsp", words=row_words(x, cfg.x_rows))
    return Case(
        name="temporal_lane",
        component=lambda: LaneWrapper(cfg),
        sources={"job": Source(beats=jobs)},
        responders=responders,
        sinks={"o": Sink(beats=expected, tensor=f"blocks.{index}.b", axes=[("job", JOBS)])},
    )


def _check_single(block: Block, unit: str):
    if block.scales is not None:
        raise ValueError(f"--unit {unit} must be of a block without branches; block_conv, block_identity and network "
                         f"have the stages of a multi-scale one in them")


def _cycled(rows: np.ndarray, count: int) -> np.ndarray:
    """``count`` rows, from the first on again after the last."""
    return rows[np.arange(count) % len(rows)]


def _unit(kind: str, context: Context) -> Case:
    """Two short sequences, each with its own zero padding."""
    design, index = context.design, getattr(context, kind)
    block, folding = context.block(index)
    _check_single(block, "temporal_unit")
    frames = min(FRAMES, design.block_frames(index))
    x, h = (np.stack([context.rows(index, name, frames, person) for person in (0, -1)]) for name in ("x_stored", "h"))
    x, h = x[:, :frames], h[:, :frames]
    cfg = SparseConfig.of(block=block, joints=design.joints, frames=frames, folding=folding, mac=context.folding.mac)
    tensors = [temporal(b, a, block, block.threshold_y) for a, b in zip(x, h)]
    y = np.stack([sequence["y"] for sequence in tensors])
    lost = sum(int(store(sequence, block.h_depths, block.h_window)[1].sum()) for sequence in h)
    sources = {"i": Source(beats=vectors(h))}
    events = []
    if block.shortcut_y != "none":
        per_row = design.joints * block.h_banks
        after = [{"x_done": n // per_row + 1} for n in range(2 * frames * per_row)]
        sources = {"x": Source(beats=vectors(x)), "i": Source(beats=vectors(h), needs=after)}
        events = ["x_done"]
    return Case(
        name=f"temporal_unit_{kind}", component=lambda: TemporalWrapper(cfg, block),
        signals={"threshold": block.threshold_y}, sources=sources, events=events, levels={"overflow_count": lost},
        sinks={"o": Sink(beats=vectors(y), tensor=f"blocks.{index}.y", axes=axes_of(y, "sequence", "frame"),
                             ignore=("overflow",) if lost else ())})


def _max_rows(context: Context) -> Case:
    """The running maximum over sequences of five rows, in channels of two neighbouring vectors."""
    cfg = MaxRowsConfig(frames=5, joints=min(3, context.design.joints), channels=20, width=4, first=13, maximum=5)
    rng, given, expected = context.rng("max_rows"), [], []
    for _ in range(6):
        shape = (cfg.frames, cfg.joints, cfg.channels)
        rows = rng.integers(0, 128, shape) * rng.integers(0, 2, shape)
        flags = np.sort(rng.integers(0, 2, cfg.frames))
        given += _slices(rows, flags, cfg)
        expected += _slices(running_max(rows, cfg.first, cfg.maximum), np.append(flags[1:], flags[-1]), cfg)
    return Case(name="max_rows", component=lambda: MaxRows(cfg), sources={"i": Source(beats=given)},
                sinks={"o": Sink(beats=expected, tensor="p", axes=[("slice", len(expected))])})


def _slices(rows: np.ndarray, flags: np.ndarray, cfg: MaxRowsConfig) -> list[dict]:
    """Slices of rows (T, V, C) with a flag for each row."""
    padded = np.zeros((*rows.shape[:2], cfg.groups * cfg.width), np.int64)
    padded[:, :, :cfg.channels] = rows
    return [{"values": part.tolist(), "overflow": int(flag),
             "last": int((group + 1) * cfg.width % BANK == 0 or group == cfg.groups - 1)}
            for row, flag in zip(padded, flags) for joint in row
            for group, part in enumerate(joint.reshape(-1, cfg.width))]


TEST_CASES: dict[str, CaseMaker] = {
    "max_rows": _max_rows, "temporal_lane": _lane, "temporal_unit_identity": partial(_unit, "identity"),
    "temporal_unit_conv": partial(_unit, "conv"),
}
