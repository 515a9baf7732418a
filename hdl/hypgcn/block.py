"""One block of the network: X store, spatial unit, temporal unit (with the H store), and the two shortcuts."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .design import Block as DesignBlock
from .design import Design
from .design.folding import BlockFolding, Folding
from .rfc import RowStore, RowStoreConfig, skid_behind
from .sparse import SPARSE_UNITS, SparseConfig, SparseUnit
from .spatial import SPATIAL_UNITS, SpatialConfig, SpatialUnit
from .stream import connect
from .stream.activity import state_layout, state_of
from .stream.layouts import vector_layout

__all__ = ["BLOCK_UNITS", "Block", "BlockConfig", "block_units"]

BLOCK_UNITS = ("x_store", "x_reads", *SPATIAL_UNITS, *SPARSE_UNITS)
"""Names of the counted units of a block; of a store the writing (``_store``) and the port that all its readers share
(``_reads``)."""
SCALES_UNITS = {"reduce": ("h_store", "h_reads", "p_lanes", "p_combine"),
                "branches": ("p_store", "p_reads", "q_lanes", "q_combine"),
                "temporal": ("q_store", "q_reads", "lanes", "combine")}
"""Names of :data:`SPARSE_UNITS` in the stages of a multi-scale block, by what they read and what they make."""


def block_units(block: DesignBlock) -> tuple[str, ...]:
    """Names of the counted units of ``block``: :data:`BLOCK_UNITS`, or those of a multi-scale one."""
    if block.scales is None:
        return BLOCK_UNITS
    return ("x_store", "x_reads", *SPATIAL_UNITS, *(name for stage in SCALES_UNITS.values() for name in stage))


@dataclass(frozen=True, kw_only=True)
class BlockConfig:
    """Parameters of the hardware of one block.

    Parameters
    ----------
    block : Block
        The block of the design.
    joints : int
        Joints V of a row of X.
    frames : int
        Rows T of X per person.
    folding : BlockFolding
        Parallelism.
    mac : str
        Form of the packed MACs.
    counters : bool
        With the port ``states``.
    """

    block: DesignBlock
    joints: int
    frames: int
    folding: BlockFolding
    mac: str = "dsp48e2"
    counters: bool = False

    @classmethod
    def of(cls, design: Design, folding: Folding, index: int, counters: bool = False) -> "BlockConfig":
        """Config of block ``index`` of ``design`` under ``folding``."""
        return cls(block=design.blocks[index], joints=design.joints, frames=design.block_frames(index),
                   folding=folding.blocks[index], mac=folding.mac, counters=counters)

    @property
    def spatial(self) -> SpatialConfig:
        """Config of the spatial unit."""
        return SpatialConfig(**self._shared)

    @property
    def temporal(self) -> SparseConfig:
        """Config of the temporal unit."""
        return SparseConfig.of(**self._shared)

    @property
    def scales(self) -> dict[str, SparseConfig]:
        """Configs of the stages from H to Q of a multi-scale block, by name; empty for another."""
        if self.block.scales is None:
            return {}
        return {"reduce": SparseConfig.of_reduce(**self._shared), "branches": SparseConfig.of_branches(**self._shared)}

    @property
    def states(self) -> data.StructLayout:
        """Layout of ``states``; its units are in the order of :func:`block_units`."""
        return data.StructLayout({"x_store": state_layout(), "x_reads": state_layout(), "spatial": self.spatial.states,
                                  **{name: cfg.states for name, cfg in self.scales.items()},
                                  "temporal": self.temporal.states})

    @property
    def _shared(self) -> dict:
        return {name: getattr(self, name) for name in ("block", "joints", "frames", "folding", "mac", "counters")}


class Block(wiring.Component):
    """Graph product, 1x1 convolution, temporal convolution, and the shortcuts into H and Y (``docs/numbers.md``, "A
    block").

    X is kept once, in the compressed row store: the spatial unit's loader, the shortcut into H and the shortcut into Y
    read it from this store. Rows of persons and clips follow each other without a gap.

    Throughput: per row, as many cycles as the slowest of the units; see their formulas.
    Latency: pad + 1 rows of H must be complete before the first row of Y is computed.
    Stall: a held ``o`` stops the block without loss.

    Parameters
    ----------
    cfg : BlockConfig

    Members
    -------
    i : In(stream, vector)
        X in (frame, joint, bank) order, persons one after the other.
    o : Out(stream, vector)
        Y in the same order, ``ceil(T / stride)`` rows per person.
    threshold_h, threshold_y : In(7)
        Values of H and Y up to this become 0.
    threshold_p, threshold_q : In(7)
        Likewise of P and Q; only of a multi-scale block.
    overflow_count : Out(32)
        Vectors that lost values in its stores since reset; saturates.
    states : Out(``cfg.states``)
        What the units do; only with ``cfg.counters``.
    """

    module_file = True

    def __init__(self, cfg: BlockConfig):
        self.cfg = cfg
        super().__init__({
            "i": In(stream.Signature(vector_layout())),
            "o": Out(stream.Signature(vector_layout())),
            "threshold_h": In(7),
            "threshold_y": In(7),
            **({"threshold_p": In(7), "threshold_q": In(7)} if cfg.block.scales else {}),
            "overflow_count": Out(32),
            **({"states": Out(cfg.states)} if cfg.counters else {}),
        })

    def elaborate(self, platform):
        m = Module()
        cfg, block = self.cfg, self.cfg.block
        m.submodules.spatial = spatial = SpatialUnit(cfg.spatial)
        m.submodules.temporal = temporal = SparseUnit(cfg.temporal)
        store = self._x_store(m, spatial, temporal)

        m.submodules.h_skid = h_skid = skid_behind(cfg.spatial.folding.h_width)
        connect(m, wiring.flipped(self.i), store.i)
        connect(m, spatial.o, h_skid.i)
        stages = self._scales(m, h_skid.o, temporal)
        connect(m, temporal.o, wiring.flipped(self.o))
        m.d.comb += [
            spatial.x_row.eq(store.row_done),
            # Without a shortcut into Y, the spatial unit is the last reader of a row.
            store.release.eq(spatial.x_used if block.shortcut_y == "none" else temporal.x_release),
            spatial.threshold.eq(self.threshold_h),
            temporal.threshold.eq(self.threshold_y),
        ]
        # Both counts saturate, and so does their sum.
        total = Signal(35 if stages else 33)
        counts = (unit.overflow_count for unit in (*stages.values(), temporal))
        m.d.comb += total.eq(sum(counts, store.overflow_count))
        m.d.sync += self.overflow_count.eq(Mux(total[32:].any() if stages else total[32], (1 << 32) - 1, total))
        if cfg.counters:
            m.d.comb += [
                self.states.x_store.eq(state_of(store.i)),
                self.states.x_reads.eq(state_of(*store.req)),
                self.states.spatial.eq(spatial.states),
                *(self.states[name].eq(unit.states) for name, unit in stages.items()),
                self.states.temporal.eq(temporal.states),
            ]
        return m

    def _scales(self, m, h, temporal):
        """Connect H to ``temporal``, through the stages of a multi-scale block; these, by name."""
        stages = {name: SparseUnit(cfg) for name, cfg in self.cfg.scales.items()}
        source = h
        for (name, unit), letter in zip(stages.items(), "pq"):
            m.submodules[name] = unit
            m.submodules[f"{letter}_skid"] = skid = skid_behind(unit.cfg.width)
            connect(m, source, unit.i)
            connect(m, unit.o, skid.i)
            m.d.comb += unit.threshold.eq(getattr(self, f"threshold_{letter}"))
            source = skid.o
        connect(m, source, temporal.i)
        return stages

    def _x_store(self, m, spatial, temporal) -> RowStore:
        """The store of X, with a reader for each loader and one for each shortcut that the block has."""
        cfg, block = self.cfg, self.cfg.block
        readers = list(zip(spatial.load_req, spatial.load_rsp))
        if block.shortcut_h == "identity":
            readers.append((spatial.res_req, spatial.res_rsp))
        if block.shortcut_y != "none":
            readers.append((temporal.x_req, temporal.x_rsp))
        m.submodules.x_store = store = RowStore(RowStoreConfig.of_x(
            block, len(spatial.load_req), frames=cfg.frames, rows=cfg.folding.x_rows, joints=cfg.joints,
            ports=cfg.folding.x_ports))
        for index, (request, response) in enumerate(readers):
            connect(m, request, store.req[index])
            connect(m, store.rsp[index], response)
        return store
