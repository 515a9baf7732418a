"""Where rows of features are kept: every memory that holds them, its block RAMs, and what sharing a store among
readers, dropping zeros and sharing primitives save.

A store is written and read in every cycle, so each of its memories uses both ports of a primitive. Shallow mini-banks
share the halves of primitives (two memories of up to 512 words of 36 bits in a BRAM36), and the shallowest become LUT
RAM. All counts are those of :mod:`~hypgcn.cost.memory`, exact for Yosys ``synth_xilinx -family xcu``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from ...cost import Memory, Primitives
from ...design import BANK, Design
from ...design.folding import Folding
from ...rfc import RowStoreConfig
from ...rfc.cost import store_memories
from ...spatial.cost import array_memory, frame_memory, row_memory
from .activity import Activity
from .block import BlockModel
from .network import estimate

__all__ = ["CONV_SHORTCUT_ROWS", "LOADER_ROWS", "Buffer", "Storage", "Store", "storage"]

LOADER_ROWS = 2
"""Rows that a store holds for the loader alone: one is written, one is read."""
CONV_SHORTCUT_ROWS = 6
"""Rows that a store holds for a shortcut at the sums of the 1x1 array: one is written, one loaded, and behind that two
each are in the frame buffer and in the array."""
BLOCK_RAM_BITS, LUT_RAM_BITS = 36 * 1024, 448


def _allocated_bits(primitives: Primitives) -> int:
    """Bits that the primitives of a memory could hold."""
    return int(BLOCK_RAM_BITS * primitives.bram36) + LUT_RAM_BITS * primitives.lut_rams


def _of_rows(cfg: RowStoreConfig, rows: int) -> RowStoreConfig:
    """The store with another number of rows, each with its share of the words, and of the depths of a window."""
    window = min(cfg.window, rows)
    depths = tuple(ceil(depth * window / cfg.window) for depth in cfg.depths)
    other = replace(cfg, rows=rows, window=window, depths=depths, rings=())
    return replace(other, rings=tuple(max(fewest, ceil(words * rows / cfg.rows))
                                      for fewest, words in zip(other.fewest_words, cfg.words)))


def _finite(margin: float) -> float | None:
    """``margin`` for JSON, which knows no infinity: ``None`` where nothing can overflow."""
    return round(margin, 3) if margin < float("inf") else None


@dataclass(frozen=True, kw_only=True)
class Buffer:
    """Rows in flight inside the spatial unit, not compressed.

    Parameters
    ----------
    block : int
        Index of the block.
    name : str
        Unit that holds the rows.
    memory : Memory
        A memory of two rows (ping-pong).
    count : int
        Equal memories.
    """

    block: int
    name: str
    memory: Memory
    count: int = 1

    @property
    def bram36(self) -> float:
        """Block RAMs."""
        return self.count * self.memory.primitives.bram36

    def row(self) -> dict:
        """The buffer for JSON."""
        return {"buffer": f"blocks[{self.block}].{self.name}", "rows": 2, "memories": self.count,
                "width": self.memory.width, "depth": self.memory.depth, "bram36": self.bram36,
                "lut_rams": self.count * self.memory.primitives.lut_rams}


@dataclass(frozen=True, kw_only=True)
class Store:
    """One row store.

    Parameters
    ----------
    block : int
        Index of the block.
    holds : str
        ``"x"``, ``"h"``, or ``"z"``, which stands where the 1x1 convolution has lanes.
    cfg : RowStoreConfig
        Parameters of the store.
    lifetimes : dict of int
        For each reader the rows that a store for it alone would hold.
    max_entries, mean_entries : tuple
        Entries that a window of rows takes in each mini-bank at most, and that a row takes in the mean, as measured;
        empty where they were not.
    """

    block: int
    holds: str
    cfg: RowStoreConfig
    lifetimes: dict[str, int]
    max_entries: tuple[int, ...] = ()
    mean_entries: tuple[float, ...] = ()

    @property
    def memories(self) -> dict[str, Memory]:
        """Its memories, by name: header, base, mini-banks."""
        return store_memories(self.cfg)

    @property
    def bram36(self) -> float:
        """Block RAMs of the store as it is."""
        return self.cfg.ports * sum(memory.primitives.bram36 for memory in self.memories.values())

    @property
    def uncompressed(self) -> float:
        """Block RAMs of the same rows with their zeros: one memory for each port, 16 values a word."""
        return self.cfg.ports * Memory("ram", 8 * BANK, self.cfg.rows * self.cfg.vectors).primitives.bram36

    @property
    def unshared(self) -> int:
        """Block RAMs if memories did not share the halves of a BRAM36."""
        return self.cfg.ports * sum(max(1, ceil(Memory("block", memory.width, memory.depth).primitives.bram36))
                                    for memory in self.memories.values())

    def per_reader(self, compressed: bool = True) -> float:
        """Block RAMs of one store for each reader, each with the rows of its lifetime."""
        stores = [replace(self, cfg=_of_rows(self.cfg, rows)) for rows in self.lifetimes.values()]
        return sum(store.bram36 if compressed else store.uncompressed for store in stores)

    @property
    def margin(self) -> tuple[float, ...]:
        """Depth of each mini-bank over the maximum of the entries that a window took; ``inf`` where none did, and where
        every vector of a window has a place."""
        return tuple(depth / entries if entries and depth < self.cfg.window * self.cfg.vectors else float("inf")
                     for depth, entries in zip(self.cfg.depths, self.max_entries))

    @property
    def bits_without_margin(self) -> int | None:
        """Bits of a store that just holds what was measured; ``None`` where nothing was."""
        if not self.max_entries:
            return None
        cfg = self.cfg
        depths = tuple(max(1, min(entries, cfg.window * cfg.vectors)) for entries in self.max_entries)
        other = replace(cfg, depths=depths, rings=())
        return replace(other, rings=tuple(
            max(fewest, min(words, ceil(cfg.rows * mean)))
            for fewest, words, mean in zip(other.fewest_words, cfg.words, self.mean_entries))).bits

    def row(self) -> dict:
        """The store for JSON."""
        cfg = self.cfg
        memories = [{"name": name, "width": memory.width, "depth": memory.depth, "bits": memory.width * memory.depth,
                     "bram36": memory.primitives.bram36, "lut_rams": memory.primitives.lut_rams,
                     "allocated_bits": _allocated_bits(memory.primitives)} for name, memory in self.memories.items()]
        row = {
            "store": f"blocks[{self.block}].{self.holds}_store", "rows": cfg.rows, "lifetimes": self.lifetimes,
            "readers": len(cfg.tags), "vectors_per_row": cfg.vectors, "window": cfg.window, "depths": list(cfg.depths),
            "words": list(cfg.words), "bram36": self.bram36,
            "lut_rams": sum(memory.primitives.lut_rams for memory in self.memories.values()),
            "bits": cfg.bits, "uncompressed_bits": cfg.dense_bits,
            "rfc_saving": round(1 - cfg.bits / cfg.dense_bits, 4), "uncompressed_bram36": self.uncompressed,
            "per_reader_bram36": self.per_reader(), "unshared_bram36": self.unshared, "memories": memories,
        }
        if self.max_entries:
            headers = cfg.header_bits + cfg.base_bits
            used_bits = headers + cfg.data_shapes[0][0] * cfg.rows * sum(self.mean_entries)
            row |= {
                "max_entries": list(self.max_entries), "mean_entries": [round(mean, 2) for mean in self.mean_entries],
                "margin": [_finite(margin) for margin in self.margin],
                "min_margin": _finite(min(self.margin)),
                "rfc_saving_without_margin": round(1 - (self.bits_without_margin or 0) / cfg.dense_bits, 4),
                "rfc_saving_of_mean": round(1 - used_bits / cfg.dense_bits, 4),
            }
        return row


@dataclass(frozen=True, kw_only=True)
class Storage:
    """All memories for features of a network.

    Parameters
    ----------
    stores : tuple of Store
        Row stores, X and H of each block.
    buffers : tuple of Buffer
        Rows in flight inside the spatial units.
    weights : float
        Block RAMs of everything else: weights and tables.
    """

    stores: tuple[Store, ...]
    buffers: tuple[Buffer, ...]
    weights: float

    def totals(self) -> dict[str, float | None]:
        """Block RAMs as they are, those of the stores in other forms, and what is saved against these."""
        stores = sum(store.bram36 for store in self.stores)
        instead = {
            "uncompressed": sum(store.uncompressed for store in self.stores),
            "per_reader": sum(store.per_reader() for store in self.stores),
            "uncompressed_per_reader": sum(store.per_reader(compressed=False) for store in self.stores),
            "unshared": float(sum(store.unshared for store in self.stores)),
        }
        bits, dense = (sum(getattr(store.cfg, name) for store in self.stores) for name in ("bits", "dense_bits"))
        buffers = sum(buffer.bram36 for buffer in self.buffers)
        totals: dict[str, float | None] = {
            "stores": stores, "buffers": buffers, "weights": self.weights, "all": stores + buffers + self.weights,
            **instead, **{f"saved_against_{name}": value - stores for name, value in instead.items()},
            "rfc_saving": round(1 - bits / dense, 4)}
        for holds in "xh":
            configs = [store.cfg for store in self.stores if store.holds == holds]
            dense = sum(cfg.dense_bits for cfg in configs)
            totals[f"rfc_saving_{holds}"] = round(1 - sum(cfg.bits for cfg in configs) / dense, 4)
        margins = [margin for store in self.stores for margin in store.margin]
        if margins:
            totals["min_margin"] = _finite(min(margins))
        return totals

    def report(self) -> dict:
        """Everything for JSON: ``totals``, ``stores``, ``buffers``."""
        return {"totals": self.totals(), "stores": [store.row() for store in self.stores],
                "buffers": [buffer.row() for buffer in self.buffers]}

    def table(self) -> str:
        """Stores and totals as a table for a terminal."""
        lines = [f"{'store':18} {'rows':>4} {'readers':>7} {'bram36':>6} {'with zeros':>10} {'per reader':>10} "
                 f"{'unshared':>8} {'RFC':>5}  words of each mini-bank: depth of a window (max measured)"]
        for store in self.stores:
            measured = [f" ({entries})" for entries in store.max_entries] or [""] * len(store.cfg.depths)
            depths = ", ".join(f"{words}: {depth}{text}" for words, depth, text in
                               zip(store.cfg.words, store.cfg.depths, measured))
            lines.append(f"blocks[{store.block}].{store.holds + '_store':8} {store.cfg.rows:4} "
                         f"{len(store.cfg.tags):7} {store.bram36:6g} {store.uncompressed:10g} "
                         f"{store.per_reader():10g} {store.unshared:8} "
                         f"{1 - store.cfg.bits / store.cfg.dense_bits:5.0%}  {depths} of "
                         f"{store.cfg.window} x {store.cfg.vectors}")
        totals = self.totals()
        lines.append(f"{'all stores':31} {totals['stores']:6g} {totals['uncompressed']:10g} "
                     f"{totals['per_reader']:10g} {totals['unshared']:8g} {totals['rfc_saving']:5.0%}  "
                     f"X {totals['rfc_saving_x']:.0%}, H {totals['rfc_saving_h']:.0%}")
        lines.append(f"BRAM36: row buffers {totals['buffers']:g}, weights and tables {totals['weights']:g}, "
                     f"all {totals['all']:g}; one store per reader and with zeros would take "
                     f"{totals['uncompressed_per_reader']:g}")
        if totals.get("min_margin") is not None:
            lines.append(f"smallest ratio of depth to maximum measured, of mini-banks that can overflow: "
                         f"{totals['min_margin']:g}")
        return "\n".join(lines)


def storage(design: Design, folding: Folding, activities: Sequence[Activity] | None = None) -> Storage:
    """All memories for features of ``design`` under ``folding``.

    Parameters
    ----------
    design, folding : Design, Folding
        The network and the parallelism of its units.
    activities : sequence of Activity, optional
        Non-zeros of each block; where they were measured, their entries of the stores give the margins.
    """
    stores, buffers = [], []
    for index, fold in enumerate(folding.blocks):
        shape, block = BlockModel.of(design, index, folding.mac).shape, design.blocks[index]
        configs = shape.store_configs(fold)
        x_lifetimes = {"loader": min(fold.x_rows, LOADER_ROWS)}
        if block.shortcut_h == "identity":
            x_lifetimes["shortcut_h"] = min(fold.x_rows, CONV_SHORTCUT_ROWS)
        if block.shortcut_y != "none":
            x_lifetimes["shortcut_y"] = fold.x_rows
        held = {"x": x_lifetimes, "h": {"lanes": fold.h_rows}}
        if fold.scales is not None:
            held |= {"p": {"lanes": fold.scales.p_rows}, "q": {"lanes": fold.scales.q_rows}}
        if fold.conv_lanes:
            held["z"] = {"lanes": fold.z_rows}
        for holds, lifetimes in held.items():
            maximum, mean = activities[index].usage(holds) if activities is not None else ((), ())
            stores.append(Store(block=index, holds=holds, cfg=configs[f"{holds}_store"], lifetimes=lifetimes,
                                max_entries=maximum, mean_entries=mean))
        spatial = replace(shape.spatial, folding=fold)
        buffers += [Buffer(block=index, name="frame_buffer", memory=frame_memory(part.buffer))
                    for part in spatial.parts]
        if not fold.conv_lanes:
            buffers += [Buffer(block=index, name="conv", memory=array_memory(spatial.array), count=fold.conv_depth),
                        Buffer(block=index, name="h_rows", memory=row_memory(spatial.rows))]
    features = sum(store.bram36 for store in stores) + sum(buffer.bram36 for buffer in buffers)
    return Storage(stores=tuple(stores), buffers=tuple(buffers),
                   weights=estimate(design, folding).resources.bram36 - features)
