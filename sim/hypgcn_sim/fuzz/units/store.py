"""Row stores that are too small for some rows, and rings that only just hold a window."""

from functools import partial

import numpy as np

from hypgcn.design import BANK, split_banks
from hypgcn.golden.rfc.store import store
from hypgcn.rfc import RowStore, RowStoreConfig

from ..chunk import Chunk, Expected, Feed, Variant
from ..values import random_runs, random_vectors
from .encoder import compressed

__all__ = ["UNITS"]

CONFIGS = (
    RowStoreConfig(frames=7, rows=3, joints=5, banks=3, depths=(13, 10, 7, 4), tags=(0, 3)),
    RowStoreConfig(frames=1, rows=1, joints=3, banks=1, depths=(3, 2, 1, 1), tags=(2,), answers=2),
    RowStoreConfig(frames=20, rows=9, joints=25, banks=2, depths=(46, 29, 18, 12), tags=(4, 0, 1)),
    RowStoreConfig(frames=11, rows=6, joints=7, banks=2, depths=(50, 34, 22, 11), tags=(0, 3), window=5,
                   rings=(51, 35, 23, 12)),
)


def _rows(rng, cfg, count):
    """Rows (R, V, C) of any density, dense and sparse ones in turn."""
    width = cfg.banks * BANK
    rows = random_vectors(rng, count * cfg.vectors).reshape(count, cfg.joints, width)
    share = random_runs(rng, count, [0.1, 0.3, 0.6, 0.8, 1.0], 3)
    return rows * (rng.random(rows.shape) < share[:, None, None])


def _places(rng, cfg, ordered):
    """Joint and bank of each read of a row: every vector in order, or as many anywhere."""
    place = np.arange(cfg.vectors) if ordered else rng.integers(cfg.vectors, size=cfg.vectors)
    return place // cfg.banks, place % cfg.banks


def _chunk(cfg, rng, vectors):
    count = -(-vectors // cfg.vectors)
    rows = _rows(rng, cfg, count)
    upstream = rng.random((count, cfg.vectors)) < 0.1 / cfg.vectors     # flags of values that were lost before
    stored = [store(rows[first:first + cfg.frames], cfg.depths, cfg.window) for first in range(0, count, cfg.frames)]
    kept_rows, lost = (np.concatenate(parts) for parts in zip(*stored))
    flags, sticky = np.zeros(count, np.int64), False    # the flag stays set up to the end of the sequence
    for row in range(count):
        sticky = (row % cfg.frames != 0 and sticky) or bool(lost[row]) or bool(upstream[row].any())
        flags[row] = sticky
    kept = compressed(split_banks(kept_rows).reshape(-1, BANK))

    number = np.repeat(np.arange(count), cfg.vectors)   # row of each read
    # Read when the window that begins with the row is complete, or its sequence.
    newest = np.minimum(number + cfg.window, np.minimum(number - number % cfg.frames + cfg.frames, count))
    sources = {"i": Feed(columns=compressed(split_banks(rows).reshape(-1, BANK), upstream.ravel()))}
    sinks = {"row_done": Expected(columns=flags, item="row")}
    for reader, width in enumerate(cfg.tags):
        places = [_places(rng, cfg, reader == 0 or row % 3 == 0) for row in range(count)]
        joint, bank = (np.concatenate(parts) for parts in zip(*places))
        tag = rng.integers(0, 1 << width, len(number))
        sources[f"req{reader}"] = Feed(columns={"slot": number % cfg.rows, "joint": joint, "bank": bank, "tag": tag},
                                       needs={"row_done": newest})
        vector = number * cfg.vectors + joint * cfg.banks + bank
        answer = {"mask": kept["mask"][vector], "values": kept["values"][vector], "overflow": flags[number]}
        sinks[f"rsp{reader}"] = Expected(
            columns={"vector": answer, "empty": kept["mask"][vector] == 0, "tag": tag}, numbers=vector)
    read = (np.arange(count) + 1) * cfg.vectors
    sources["release"] = Feed(needs={f"rsp{reader}": read for reader in range(len(cfg.tags))})
    return Chunk(vectors=count * cfg.vectors, sources=sources, sinks=sinks, levels={"overflow_count": int(lost.sum())})


def _variant(cfg: RowStoreConfig) -> Variant:
    readers = range(len(cfg.tags))
    return Variant(
        name=f"{cfg.rows} rows of {cfg.joints} joints, banks {cfg.banks}, depths {cfg.depths}",
        component=partial(RowStore, cfg), chunk=partial(_chunk, cfg),
        sources={"i": (), **{f"req{reader}": () for reader in readers}}, pulses=("release",),
        sinks=tuple(f"rsp{reader}" for reader in readers), monitors={"row_done": "row_overflow"},
        levels=("overflow_count",))


UNITS: dict[str, tuple[Variant, ...]] = {"row_store": tuple(map(_variant, CONFIGS))}
