"""Where rows of features live: every memory that holds them, what it takes, and what keeping them once, without zeros
and in parts of primitives saves.

A store is written and read in every cycle, so each of its memories has a primitive's two ports for itself; what shallow
mini-banks share are the primitives' halves (two memories of up to 512 words of 36 bits in a BRAM36), and the shallowest
become LUT RAM. All counts are those of :mod:`~hypgcn.planning.estimate.memory`, exact for Yosys ``synth_xilinx -family
xcu``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from ...design import BANK, Design
from ...design.folding import Folding
from ...rfc import RowStoreConfig
from . import resources as cost
from .activity import Activity
from .memory import Memory, Primitives
from .network import BlockModel, estimate

__all__ = ["Buffer", "Storage", "Store", "storage"]

LOADER_ROWS = 2
"""Rows that a store holds for the loader alone: one is written, one is read."""
DRAIN_ROWS = 6
"""Rows that a store holds for a shortcut at the sums of the 1x1 array: one is written, one loaded, and behind that two
each are in the frame buffer and in the array."""
_BLOCK_BITS, _LUT_RAM_BITS = 36 * 1024, 448


def _allocated(part: Primitives) -> int:
    """Bits of the primitives."""
    return int(_BLOCK_BITS * part.bram36) + _LUT_RAM_BITS * part.lut_rams


def _finite(margin: float) -> float | None:
    """``None`` where nothing can overflow, as JSON knows no infinity."""
    return round(margin, 3) if margin < float("inf") else None


@dataclass(frozen=True, kw_only=True)
class Buffer:
    """Rows under way inside the spatial unit, not compressed: ``count`` equal memories of two rows each."""

    block: int
    name: str
    memory: Memory
    count: int = 1

    @property
    def bram36(self) -> float:
        """Block RAMs."""
        return self.count * self.memory.primitives.bram36

    def row(self) -> dict:
        """For JSON."""
        return {"buffer": f"blocks[{self.block}].{self.name}", "rows": 2, "memories": self.count,
                "width": self.memory.width, "depth": self.memory.depth, "bram36": self.bram36,
                "lut_rams": self.count * self.memory.primitives.lut_rams}


@dataclass(frozen=True, kw_only=True)
class Store:
    """One row store.

    block : its place; holds : ``"x"`` or ``"h"``; cfg : its parameters
    lifetimes : for each reader the rows that a store for it alone would hold
    most, mean : entries that a row takes in each mini-bank, measured; empty where they were not
    """

    block: int
    holds: str
    cfg: RowStoreConfig
    lifetimes: dict[str, int]
    most: tuple[int, ...] = ()
    mean: tuple[float, ...] = ()

    @property
    def parts(self) -> dict[str, Memory]:
        """Its memories: header, base, mini-banks."""
        return {name: Memory("ram", *shape) for name, shape in self.cfg.named_memories}

    @property
    def bram36(self) -> float:
        """Block RAMs as it is."""
        return sum(part.primitives.bram36 for part in self.parts.values())

    @property
    def uncompressed(self) -> float:
        """Block RAMs of the same rows with their zeros: one memory, 16 values a word."""
        return Memory("ram", 8 * BANK, self.cfg.rows * self.cfg.vectors).primitives.bram36

    @property
    def unshared(self) -> int:
        """Block RAMs when every memory has whole ones for itself."""
        return sum(max(1, ceil(Memory("block", part.width, part.depth).primitives.bram36))
                   for part in self.parts.values())

    def per_reader(self, compressed: bool = True) -> float:
        """Block RAMs of one store for each reader, each with the rows of its lifetime."""
        alone = [replace(self, cfg=replace(self.cfg, rows=rows)) for rows in self.lifetimes.values()]
        return sum(store.bram36 if compressed else store.uncompressed for store in alone)

    @property
    def margin(self) -> tuple[float, ...]:
        """Of each mini-bank its depth over the most entries that a row took; ``inf`` where none did, and where every
        vector of a row has a place."""
        return tuple(depth / most if most and depth < self.cfg.vectors else float("inf")
                     for depth, most in zip(self.cfg.depths, self.most))

    @property
    def bits_without_margin(self) -> int | None:
        """Bits of a store that just holds what was measured."""
        if not self.most:
            return None
        return replace(self.cfg, depths=tuple(max(1, min(most, self.cfg.vectors)) for most in self.most)).bits

    def row(self) -> dict:
        """For JSON."""
        cfg = self.cfg
        lut_rams = sum(part.primitives.lut_rams for part in self.parts.values())
        memories = [{"name": name, "width": part.width, "depth": part.depth, "bits": part.width * part.depth,
                     "bram36": part.primitives.bram36, "lut_rams": part.primitives.lut_rams,
                     "allocated_bits": _allocated(part.primitives)} for name, part in self.parts.items()]
        found = {
            "store": f"blocks[{self.block}].{self.holds}_store", "rows": cfg.rows, "lifetimes": self.lifetimes,
            "readers": len(cfg.tags), "vectors_per_row": cfg.vectors, "depths": list(cfg.depths), "bram36": self.bram36,
            "lut_rams": lut_rams, "bits": cfg.bits, "uncompressed_bits": cfg.dense_bits,
            "rfc_saving": round(1 - cfg.bits / cfg.dense_bits, 4), "uncompressed_bram36": self.uncompressed,
            "per_reader_bram36": self.per_reader(), "unshared_bram36": self.unshared, "memories": memories,
        }
        if self.most:
            headers = cfg.header_bits + cfg.base_bits
            filled = headers + cfg.data_shapes[0][0] * cfg.rows * sum(self.mean)
            found |= {
                "most_entries": list(self.most), "mean_entries": [round(mean, 2) for mean in self.mean],
                "margin": [_finite(margin) for margin in self.margin],
                "least_margin": _finite(min(self.margin)),
                "rfc_saving_without_margin": round(1 - (self.bits_without_margin or 0) / cfg.dense_bits, 4),
                "rfc_saving_of_mean": round(1 - filled / cfg.dense_bits, 4),
            }
        return found


@dataclass(frozen=True, kw_only=True)
class Storage:
    """All memories for features of a network, and the block RAMs of everything else: ``others``."""

    stores: tuple[Store, ...]
    buffers: tuple[Buffer, ...]
    others: float

    def totals(self) -> dict[str, float | None]:
        """Block RAMs as they are, of what the stores would take otherwise, and what is saved against that."""
        stores = sum(store.bram36 for store in self.stores)
        instead = {
            "uncompressed": sum(store.uncompressed for store in self.stores),
            "per_reader": sum(store.per_reader() for store in self.stores),
            "uncompressed_per_reader": sum(store.per_reader(compressed=False) for store in self.stores),
            "unshared": float(sum(store.unshared for store in self.stores)),
        }
        bits, dense = (sum(getattr(store.cfg, name) for store in self.stores) for name in ("bits", "dense_bits"))
        buffers = sum(buffer.bram36 for buffer in self.buffers)
        found: dict[str, float | None]
        found = {"stores": stores, "buffers": buffers, "others": self.others, "all": stores + buffers + self.others,
                 **instead, **{f"saved_against_{name}": value - stores for name, value in instead.items()},
                 "rfc_saving": round(1 - bits / dense, 4)}
        for holds in "xh":
            some = [store.cfg for store in self.stores if store.holds == holds]
            zeros_too = sum(cfg.dense_bits for cfg in some)
            found[f"rfc_saving_{holds}"] = round(1 - sum(cfg.bits for cfg in some) / zeros_too, 4)
        margins = [margin for store in self.stores for margin in store.margin]
        if margins:
            found["least_margin"] = _finite(min(margins))
        return found

    def report(self) -> dict:
        """For JSON: ``totals``, ``stores``, ``buffers``."""
        return {"totals": self.totals(), "stores": [store.row() for store in self.stores],
                "buffers": [buffer.row() for buffer in self.buffers]}

    def table(self) -> str:
        """For a terminal."""
        lines = [f"{'store':18} {'rows':>4} {'rd':>2} {'bram36':>6} {'with zeros':>10} {'per reader':>10} "
                 f"{'whole':>5} {'RFC':>5}  entries of a row by mini-bank: depth (most measured)"]
        for store in self.stores:
            most = [f" ({count})" for count in store.most] or [""] * len(store.cfg.depths)
            depths = ", ".join(f"{depth}{seen}" for depth, seen in zip(store.cfg.depths, most))
            lines.append(f"blocks[{store.block}].{store.holds + '_store':8} {store.cfg.rows:4} {len(store.cfg.tags):2} "
                         f"{store.bram36:6g} {store.uncompressed:10g} {store.per_reader():10g} {store.unshared:5} "
                         f"{1 - store.cfg.bits / store.cfg.dense_bits:5.0%}  {depths} of {store.cfg.vectors}")
        found = self.totals()
        lines.append(f"{'all stores':26} {found['stores']:6g} {found['uncompressed']:10g} {found['per_reader']:10g} "
                     f"{found['unshared']:5g} {found['rfc_saving']:5.0%}  of X {found['rfc_saving_x']:.0%}, of H "
                     f"{found['rfc_saving_h']:.0%}")
        lines.append(f"row buffers {found['buffers']:g}, weights and tables {found['others']:g}, all {found['all']:g} "
                     f"BRAM36; one store per reader and with zeros: {found['uncompressed_per_reader']:g}")
        if found.get("least_margin") is not None:
            lines.append(f"least depth of a mini-bank over the most measured, where it can overflow: "
                         f"{found['least_margin']:g}")
        return "\n".join(lines)


def storage(design: Design, folding: Folding, activities: Sequence[Activity] | None = None) -> Storage:
    """All memories for features of ``design`` under ``folding``; ``activities``: measured ones tell the margins."""
    stores, buffers = [], []
    for index, part in enumerate(folding.blocks):
        model, block = BlockModel(design, index, folding.mac), design.blocks[index]
        configs = model.store_configs(part.x_rows, part.h_rows, part.lanes)
        lifetimes = {"loader": min(part.x_rows, LOADER_ROWS)}
        if block.shortcut_h == "identity":
            lifetimes["shortcut_h"] = min(part.x_rows, DRAIN_ROWS)
        if block.shortcut_y != "none":
            lifetimes["shortcut_y"] = part.x_rows
        for holds, readers in (("x", lifetimes), ("h", {"lanes": part.h_rows})):
            most, mean = activities[index].usage(holds) if activities is not None else ((), ())
            stores.append(Store(block=index, holds=holds, cfg=configs[f"{holds}_store"], lifetimes=readers, most=most,
                                mean=mean))
        spatial = replace(model.spatial, folding=part)
        buffers += [Buffer(block=index, name="frame_buffer", memory=cost.walk_words(spatial.buffer)),
                    Buffer(block=index, name="conv", memory=cost.array_words(spatial.array), count=part.conv_depth),
                    Buffer(block=index, name="h_rows", memory=cost.buffer_words(spatial.rows))]
    held = sum(store.bram36 for store in stores) + sum(buffer.bram36 for buffer in buffers)
    return Storage(stores=tuple(stores), buffers=tuple(buffers),
                   others=estimate(design, folding).resources.bram36 - held)
