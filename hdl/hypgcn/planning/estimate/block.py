"""What a block costs under any folding: its units, composed, and the loops through its stores."""

from dataclasses import replace
from functools import cache

from ...arith import PackedMacConfig
from ...arith.cost import DSP48E2_OPERAND, requantiser
from ...cost import Resources, UnitCost, varying_bits
from ...design import Block, Design
from ...design.folding import BlockFolding
from ...rfc import RowStoreConfig
from ...rfc.cost import encoder, register_slice, row_store, shortcut_reader
from ...rfc.shortcut import ShortcutConfig
from ...spatial import SpatialConfig
from ...spatial.cost import conv_array, frame_buffer, graph_unit, row_buffer, row_loader
from ...temporal import cost as temporal_cost
from ...temporal.combine import requant_of
from ...temporal.lane_plan import LanePlan, Work
from .activity import Activity, live_channels
from .loop import PIPELINE, row_loop

__all__ = ["COUPLING", "BlockModel", "BlockShape"]

COUPLING = 1.025
"""Cycles of a network over those of its slowest unit: units wait for each other now and then. Measured on the small
network, 22 clips in RTL simulation."""


class BlockShape:
    """What the cost of a block depends on beside folding and activity, with the parts that are slow to compute.

    Parameters
    ----------
    block : Block
        The block's weights.
    joints, frames, persons : int
        V, T of the rows of X, and persons per clip.
    mac : str
        Form of the packed MACs.
    multiplier : int
        Bits of the wider operand of the device's multipliers, sign included.
    """

    def __init__(self, block: Block, *, joints: int, frames: int, persons: int, mac: str = "dsp48e2",
                 multiplier: int = DSP48E2_OPERAND):
        self.block, self.joints, self.frames, self.persons = block, joints, frames, persons
        self.mac, self.multiplier = mac, multiplier
        self.rows = persons * frames
        self.out_rows = persons * -(-frames // block.stride)
        self.spatial = SpatialConfig(block=block, joints=joints, frames=frames, folding=BlockFolding(), mac=mac)
        self.array, self.graph = self.spatial.array, self.spatial.graph
        self.y_acc_width = block.y_acc_width
        # Caches of this instance, which end with it; lru_cache on the methods would keep every instance alive. The
        # allocator asks for the same sizes with many lanes, joints in lockstep and clips.
        self.plan, self.lane = cache(self._plan), cache(self._lane)
        self.h_requant, self.y_requant = cache(self._h_requant), cache(self._y_requant)
        self.weight_bits = cache(self._weight_bits)

    def _plan(self, lane_pairs: int, y_width: int) -> LanePlan:
        """Passes of a lane."""
        return LanePlan(block=self.block, joints=self.joints, frames=self.frames, pairs=lane_pairs, y_width=y_width,
                        mac=PackedMacConfig(acc_width=self.y_acc_width, form=self.mac))

    def _lane(self, lane_pairs: int, y_width: int) -> Resources:
        """Resources of one lane."""
        return temporal_cost.lane(self.plan(lane_pairs, y_width))

    def _h_requant(self, width: int) -> UnitCost:
        """Cost of the requantiser of H, ``width`` values a cycle."""
        folding = replace(self.spatial.folding, h_width=width, conv_pairs=max(1, width // 2))
        return UnitCost(resources=requantiser(replace(self.spatial, folding=folding).requant, self.multiplier))

    def _y_requant(self, width: int) -> UnitCost:
        """Cost of the requantiser of Y, ``width`` values a cycle."""
        return UnitCost(resources=requantiser(requant_of(self.block, width, self.y_acc_width), self.multiplier))

    def _weight_bits(self, conv_pairs: int, conv_depth: int) -> list[int]:
        """Bits of a weight word that differ between words, of each place of the 1x1 array's chains."""
        cfg = replace(self.array, conv_pairs=conv_pairs, width=2, conv_depth=conv_depth)
        return [varying_bits(table) for table in cfg.weight_tables]

    def shortcut(self, width: int, conv_joints: int, pass_groups: int, groups: int) -> ShortcutConfig:
        """Parameters of a reader of X for the identity shortcut. Its cost does not depend on the rows of the store."""
        return ShortcutConfig(rows=8, joints=self.joints, banks=self.block.in_banks, width=width,
                              conv_joints=conv_joints, pass_groups=pass_groups, groups=groups)

    def store_configs(self, x_rows: int, h_rows: int, lanes: int) -> dict[str, RowStoreConfig]:
        """Parameters of the stores of X and H, by the names of their units."""
        block = self.block
        x_readers = 1 + (block.shortcut_h == "identity") + (block.shortcut_y != "none")
        return {
            "x_store": RowStoreConfig(frames=self.frames, rows=x_rows, joints=self.joints, banks=block.in_banks,
                                      depths=block.x_depths, tags=(0,) * x_readers),
            "h_store": RowStoreConfig(frames=self.frames, rows=h_rows, joints=self.joints, banks=block.out_banks,
                                      depths=block.h_depths, tags=(0,) * lanes, answers=LanePlan.fetches),
        }


class BlockModel:
    """Cost of a block's units under any folding.

    Parameters
    ----------
    shape : BlockShape
        Sizes; models of the same block with other activities share it.
    activity : Activity
        Non-zeros of the block's rows.
    """

    def __init__(self, shape: BlockShape, activity: Activity):
        self.shape, self.activity = shape, activity
        self.work = cache(self._work)       # of this instance, as those of BlockShape

    @classmethod
    def of(cls, design: Design, index: int, mac: str = "dsp48e2", activity: Activity | None = None,
           multiplier: int = DSP48E2_OPERAND) -> "BlockModel":
        """Model of block ``index`` of ``design``; ``activity`` ``None``: from the design's densities."""
        block = design.blocks[index]
        shape = BlockShape(block, joints=design.joints, frames=design.block_frames(index), persons=design.persons,
                           mac=mac, multiplier=multiplier)
        return cls(shape, activity or Activity.assumed(block, design.joints, live_channels(design, index)))

    def with_activity(self, activity: Activity) -> "BlockModel":
        """The same block with other non-zeros."""
        return BlockModel(self.shape, activity)

    def _work(self, lane_pairs: int, y_width: int) -> Work:
        """Work of the lanes for one person."""
        return self.shape.plan(lane_pairs, y_width).work(self.activity.h_banks, self.activity.x_banks)

    def graph(self, at_once: int) -> dict[str, UnitCost]:
        """Cost of loader, frame buffer and graph unit with ``at_once`` subsets in parallel."""
        shape, tokens = self.shape, self.activity.x_channels
        cfg = replace(shape.graph, at_once=at_once)
        return {
            "loader": row_loader(shape.spatial.loader, rows=shape.rows, tokens=tokens),
            "frame_buffer": frame_buffer(replace(shape.spatial.buffer, repeats=cfg.repeats)),
            "graph": graph_unit(cfg, rows=shape.rows, tokens=[tokens[channel] for channel in shape.spatial.channels]),
        }

    def conv(self, conv_joints: int, conv_pairs: int, h_width: int, conv_depth: int = 1) -> dict[str, UnitCost]:
        """Cost of the 1x1 array and everything up to the encoder of H."""
        shape = self.shape
        cfg = replace(shape.array, conv_joints=conv_joints, conv_pairs=conv_pairs, width=h_width,
                      conv_depth=conv_depth)
        units = {
            "conv": conv_array(cfg, rows=shape.rows, weight_bits=shape.weight_bits(conv_pairs, conv_depth)),
            "h_requant": shape.h_requant(h_width),
            "h_rows": UnitCost.pipeline(
                row_buffer(replace(shape.spatial.rows, width=h_width), rows=shape.rows),
                encoder(h_width, vectors=shape.rows * shape.joints * shape.block.out_banks)),
        }
        if shape.block.shortcut_h == "identity":
            reader = shape.shortcut(h_width, conv_joints, min(cfg.pass_groups, cfg.groups), cfg.groups)
            units["h_shortcut"] = shortcut_reader(reader, rows=shape.rows)
        return units

    def temporal(self, lanes: int, lane_pairs: int, y_width: int) -> dict[str, UnitCost]:
        """Cost of the lanes, their dispatcher, and everything up to Y; of the H store only the cycles of its reads."""
        shape = self.shape
        plan, work = shape.plan(lane_pairs, y_width), self.work(lane_pairs, y_width)
        identity = shape.block.shortcut_y == "identity"
        units = {
            "lanes": temporal_cost.lanes(lanes, shape.lane(lane_pairs, y_width), work, persons=shape.persons),
            "dispatch": temporal_cost.dispatcher(plan, lanes, identity=identity),
            "h_store": UnitCost(cycles=shape.persons * work.h_reads),
            "combine": UnitCost.pipeline(
                temporal_cost.combiner(plan, lanes, rows=shape.out_rows), shape.y_requant(y_width),
                encoder(y_width, vectors=shape.out_rows * shape.joints * shape.block.out_banks), register_slice(2)),
        }
        if identity:
            reader = shape.shortcut(y_width, 1, plan.groups, plan.groups)
            units["y_shortcut"] = shortcut_reader(reader, rows=shape.out_rows)
        return units

    def stores(self, x_rows: int, h_rows: int, lanes: int) -> dict[str, Resources]:
        """Resources of the stores of X and H."""
        return {name: row_store(cfg).resources
                for name, cfg in self.shape.store_configs(x_rows, h_rows, lanes).items()}

    def units(self, folding: BlockFolding) -> dict[str, UnitCost]:
        """Cost of all units under ``folding``, by name."""
        units = self.graph(folding.graph_subsets) | self.conv(
            folding.conv_joints, folding.conv_pairs, folding.h_width, folding.conv_depth)
        units |= self.temporal(folding.lanes, folding.lane_pairs, folding.y_width)
        stores = self.stores(folding.x_rows, folding.h_rows, folding.lanes)
        x_loop, h_loop = self.loops(folding, units)
        reads = {"x_store": sum(unit.x_reads for unit in units.values()), "h_store": units["h_store"].cycles}
        # A loop is units that wait for each other, which is what COUPLING counts for every other unit.
        for name, loop in (("x_store", x_loop), ("h_store", h_loop)):
            units[name] = UnitCost(cycles=max(reads[name], loop / COUPLING), resources=stores[name])
        units["skid"] = register_slice()
        return units

    def loops(self, folding: BlockFolding, units: dict[str, UnitCost],
              arrival: float | None = None) -> tuple[float, float]:
        """Cycles of a clip that the rows of the X and of the H store allow (:func:`~.loop.row_loop`).

        Parameters
        ----------
        folding : BlockFolding
            Rows and lanes.
        units : dict of UnitCost
            Cost of the block's units.
        arrival : float, optional
            Cycles in which a row of X arrives; ``None``: as many as the slowest of ``units`` takes.

        Returns
        -------
        tuple of float
            Cycles by the X store and by the H store, both without :data:`COUPLING`.
        """
        shape, block = self.shape, self.shape.block
        pad = (block.taps.shape[1] - 1) // 2
        loader, graph, conv, h_rows = (units[name].cycles / shape.rows for name in ("loader", "graph", "conv",
                                                                                    "h_rows"))
        combine, lanes = (units[name].cycles / shape.out_rows for name in ("combine", "lanes"))
        first_job = max(self.work(folding.lane_pairs, folding.y_width).jobs)
        sums = max(lanes, combine + first_job)
        row_cycles = max(loader, graph, conv, h_rows)
        if arrival is None:
            arrival = row_cycles = max(row_cycles, lanes / block.stride, combine / block.stride)
        if block.shortcut_y != "none":
            response = loader + graph + conv + h_rows + sums + PIPELINE
            x_loop = row_loop(folding.x_rows, pad, block.stride, arrival, row_cycles, response)
        else:       # the spatial unit frees the rows
            response = loader + (graph + conv) * (block.shortcut_h == "identity") + PIPELINE
            x_loop = row_loop(folding.x_rows, 0, 1, arrival, row_cycles, response)
        # The next row of H waits in the row buffer, and its first vectors in the pipeline: no latency to add.
        h_loop = row_loop(folding.h_rows, 2 * pad, block.stride, h_rows, h_rows, sums)
        return shape.rows * x_loop, shape.rows * h_loop

    def latency(self, units: dict[str, UnitCost]) -> float:
        """Cycles from the last row of X to the last row of Y: one row in every spatial stage, then pad + 1 rows of Y,
        or what a stride leaves of them, with the taps that are inside the clip.
        """
        shape = self.shape
        spatial = sum(units[name].cycles for name in ("loader", "graph", "conv", "h_rows")) / shape.rows
        kernel = shape.block.taps.shape[1]
        pad = (kernel - 1) // 2
        sums = max(units[name].cycles for name in ("lanes", "h_store")) / shape.out_rows
        combine = units["combine"].cycles / shape.out_rows
        return spatial + sum(max(combine, sums * (kernel - missing) / kernel)
                             for missing in range(pad, -1, -shape.block.stride))
