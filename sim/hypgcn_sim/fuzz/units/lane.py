"""A temporal lane with weights of its own for each chunk."""

from dataclasses import replace
from functools import partial

import numpy as np

from hypgcn.design import BANK, Block
from hypgcn.design.folding import BlockFolding
from hypgcn.design.presets import random_block
from hypgcn.golden.temporal.lanes import conv_temporal
from hypgcn.sparse import LaneConfig, LaneSchedule, temporal_layer

from ...unit_tests.wrappers import LaneWrapper
from ..chunk import Chunk, Expected, Feed, Variant
from ..values import random_vectors
from .encoder import compressed

__all__ = ["UNITS"]

JOINTS = 5


def _config(block: Block, folding: BlockFolding, mac: str) -> LaneConfig:
    """A lane for the sums of any weights that are zero where those of the block are."""
    schedule = LaneSchedule.of(temporal_layer(block), folding.lane_pairs, folding.y_width)
    entries = max(one.stop - one.first for one in schedule.passes)
    return LaneConfig(schedule=schedule, joints=JOINTS, h_rows=folding.h_rows, h_banks=block.h_banks,
                      x_rows=folding.x_rows, x_banks=block.in_banks, mac=mac, depth=folding.lane_depth,
                      acc_width=(entries * BANK * 128 * 127).bit_length() + 1)


def _weights(rng, like):
    """Weights that are zero where ``like`` is, with many at the ends of the range."""
    if like is None:
        return None
    values = rng.integers(1, 128, like.shape)
    values = np.where(rng.random(like.shape) < rng.random(), 127, values)
    return np.where(like != 0, np.where(rng.random(like.shape) < 0.5, values, -values), 0).astype(np.int8)


def _store(rng, rows, banks, channels):
    """Contents of a store (rows, JOINTS, channels), and its vectors as request and response."""
    dense = random_vectors(rng, rows * JOINTS * banks).reshape(rows, JOINTS, banks * BANK)
    dense[:, :, channels:] = 0
    slot, joint, bank = (index.ravel() for index in np.indices((rows, JOINTS, banks)))
    vectors = compressed(dense.reshape(-1, BANK))
    request = {"slot": slot, "joint": joint, "bank": bank}
    return dense[:, :, :channels], (request, {"vector": vectors, "empty": vectors["mask"] == 0})


def _jobs(rng, cfg, vectors):
    """Jobs that read about ``vectors`` vectors, and how many they read."""
    schedule = cfg.schedule
    count = vectors     # more than enough
    low, high = np.sort(rng.integers(0, schedule.kernel, (2, count)), axis=0)
    every = rng.random(count) < 0.3     # in the middle of a clip all taps are inside
    low, high = np.where(every, 0, low), np.where(every, schedule.kernel - 1, high)
    index = rng.integers(len(schedule.passes), size=count)
    reads = np.zeros(count, np.int64)
    for number, one in enumerate(schedule.passes):
        for entry in schedule.entries[one.first:one.stop]:
            inside = (low <= entry.tap) & (entry.tap <= high) if entry.source == "features" else entry.source == "x"
            reads += (index == number) & inside
    used = int(np.searchsorted(np.cumsum(reads), vectors)) + 1
    jobs = {"slot": rng.integers(cfg.h_rows, size=count), "tap_low": low, "tap_high": high,
            "x_slot": rng.integers(cfg.x_rows, size=count), "joint": rng.integers(JOINTS, size=count), "index": index}
    return {name: values[:used] for name, values in jobs.items()}, int(reads[:used].sum())


def _sums(cfg, jobs, block, h, x):
    """Sums of every output channel for each job, (jobs, O), by the golden lanes: one window, a joint per job."""
    taps = np.arange(cfg.schedule.kernel)[:, None]
    window = h[(jobs["slot"] + taps) % cfg.h_rows, jobs["joint"]]
    window = window * ((taps >= jobs["tap_low"]) & (taps <= jobs["tap_high"]))[..., None]
    pad = (cfg.schedule.kernel - 1) // 2
    # With this stride the second output is that of the whole window, and of its middle row of X.
    of_x = np.broadcast_to(x[jobs["x_slot"], jobs["joint"]], (cfg.schedule.kernel, len(jobs["joint"]), x.shape[-1]))
    return conv_temporal(window, of_x, replace(block, stride=pad))[1]


def _chunk(block, folding, cfg, rng, vectors):
    block = replace(block, temporal=_weights(rng, block.temporal), res=_weights(rng, block.res))
    h, h_words = _store(rng, cfg.h_rows, cfg.h_banks, block.h_channels)
    x, x_words = _store(rng, cfg.x_rows, cfg.x_banks, block.in_channels)
    jobs, reads = _jobs(rng, cfg, vectors)
    sums = _sums(cfg, jobs, block, h, x)
    sums = np.concatenate([sums, np.zeros((len(sums), 1), np.int64)], axis=1)   # of accumulators without a channel
    channels = np.array([[-1 if c is None else c for c in one.slots] for one in cfg.schedule.passes])
    return Chunk(
        vectors=reads, sources={"job": Feed(columns=jobs)},
        memories={"h_req": h_words, **({"x_req": x_words} if cfg.schedule.reads_x else {})},
        sinks={"o": Expected(columns=np.take_along_axis(sums, channels[jobs["index"]], axis=1), item="job")},
        images={"weights": list(LaneSchedule.of(temporal_layer(block), folding.lane_pairs, folding.y_width).words)})


def _variant(name: str, block: Block, folding: BlockFolding, mac: str) -> Variant:
    cfg = _config(block, folding, mac)
    memories = {"h_req": "h_rsp", **({"x_req": "x_rsp"} if cfg.schedule.reads_x else {})}
    return Variant(name=name, component=partial(LaneWrapper, cfg), chunk=partial(_chunk, block, folding, cfg),
                   sources={"job": ()}, sinks=("o",), memories=memories)


def _variants() -> tuple[Variant, ...]:
    strided = random_block(1, joints=JOINTS, in_channels=20, out_channels=36, stride=2, keep_taps=3)
    plain = random_block(2, joints=JOINTS, in_channels=16, out_channels=16, filters=9)
    return (_variant("reads X, DSP48E2", strided, BlockFolding(lane_pairs=4), "dsp48e2"),
            _variant("H alone, inferred", plain, BlockFolding(lane_pairs=2, h_rows=9), "inferred"),
            _variant("reads X, two values a cycle", strided, BlockFolding(lane_pairs=4, lane_depth=2), "dsp48e2"))


UNITS: dict[str, tuple[Variant, ...]] = {"lane": _variants()}
