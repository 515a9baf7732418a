"""What a block costs under any folding: its units, composed, and the loops through its stores."""

from dataclasses import replace
from functools import cache

from ...arith import PackedMacConfig
from ...arith.cost import DSP48E2_OPERAND, requantiser
from ...cost import Resources, UnitCost, varying_bits
from ...design import BANK, Block, Design
from ...design.folding import BlockFolding
from ...design.live_channels import live_channels
from ...rfc import RowStoreConfig
from ...rfc.cost import encoder, register_slice, row_store, shortcut_reader
from ...rfc.shortcut import ShortcutConfig
from ...sparse import SparseConfig
from ...sparse import cost as sparse_cost
from ...sparse.combine import requant_of
from ...sparse.lane_plan import LanePlan, Work
from ...sparse.layer import SparseLayer, spatial_layer, temporal_layer
from ...spatial import SpatialConfig
from ...spatial.corner_turn import CornerTurnConfig
from ...spatial.cost import conv_array, corner_turn, frame_buffer, graph_unit, row_buffer, row_loader
from .activity import Activity
from .loop import PIPELINE, row_loop

__all__ = ["COUPLING", "BlockModel", "BlockShape"]

COUPLING = 1.07
"""Cycles of a network over those of its slowest unit: units wait for each other now and then, the more, the more of
them take about as long. Set by recorded clips through two networks in RTL simulation; a block alone does not wait."""


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
        self.temporal_layer, self.spatial_layer = temporal_layer(block), spatial_layer(block)
        # Caches of this instance, which end with it; lru_cache on the methods would keep every instance alive. The
        # allocator asks for the same sizes with many lanes, joints in lockstep and clips.
        self.plan, self.lane = cache(self._plan), cache(self._lane)
        self.h_requant, self.requant = cache(self._h_requant), cache(self._requant)
        self.weight_bits = cache(self._weight_bits)

    def _plan(self, layer: SparseLayer, lane_pairs: int, width: int, depth: int = 1) -> LanePlan:
        """Passes of a lane."""
        return LanePlan(layer=layer, joints=self.joints, frames=self.frames, pairs=lane_pairs, width=width, depth=depth,
                        mac=PackedMacConfig(acc_width=layer.acc_width, form=self.mac))

    def _lane(self, layer: SparseLayer, lane_pairs: int, width: int, depth: int) -> Resources:
        """Resources of one lane."""
        plan = self.plan(layer, lane_pairs, width, depth)
        return sparse_cost.lane(plan, plan.used_pairs)

    def _h_requant(self, width: int) -> UnitCost:
        """Cost of the requantiser of H, ``width`` values a cycle."""
        folding = replace(self.spatial.folding, h_width=width, conv_pairs=max(1, width // 2))
        return UnitCost(resources=requantiser(replace(self.spatial, folding=folding).requant, self.multiplier))

    def _requant(self, layer: SparseLayer, width: int) -> UnitCost:
        """Cost of the requantiser of a combiner, ``width`` values a cycle."""
        return UnitCost(resources=requantiser(requant_of(layer, width), self.multiplier))

    def _weight_bits(self, conv_pairs: int, conv_depth: int) -> list[int]:
        """Bits of a weight word that differ between words, of each place of the 1x1 array's chains."""
        cfg = replace(self.array, conv_pairs=conv_pairs, width=2, conv_depth=conv_depth)
        return [varying_bits(table) for table in cfg.weight_tables]

    def shortcut(self, width: int, conv_joints: int, pass_groups: int, groups: int) -> ShortcutConfig:
        """Parameters of a reader of X for the identity shortcut. Its cost does not depend on the rows of the store."""
        return ShortcutConfig.of(self.block.in_channels, groups=groups, pass_groups=pass_groups, rows=8,
                                 joints=self.joints, width=width, conv_joints=conv_joints)

    def store_configs(self, folding: BlockFolding) -> dict[str, RowStoreConfig]:
        """Parameters of the stores of X and H, and of Z where the 1x1 convolution has lanes, by the names of their
        units.
        """
        shared = {"joints": self.joints, "frames": self.frames, "mac": self.mac}
        stores = {"x_store": self.x_store(folding.x_rows, folding.x_ports, folding.graph_units),
                  "h_store": SparseConfig.of(block=self.block, folding=folding, **shared).store}
        if folding.conv_lanes:
            lanes = SparseConfig.of_spatial(block=self.block, folding=folding, **shared)
            stores["z_store"] = lanes.store
        return stores

    def x_store(self, rows: int, ports: int = 1, loaders: int = 1) -> RowStoreConfig:
        """Parameters of the store of X."""
        return RowStoreConfig.of_x(self.block, loaders, frames=self.frames, rows=rows, joints=self.joints, ports=ports)


Z_NAMES = {"lanes": "conv", "dispatch": "conv_dispatch", "h_store": "z_store", "combine": "h_requant",
           "y_shortcut": "h_shortcut"}
"""Names of the units of the 1x1 convolution on lanes, by those of the temporal convolution."""


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
        self.work, self.z_work = cache(self._work), cache(self._z_work)     # of this instance, as those of BlockShape

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

    def _work(self, lane_pairs: int, y_width: int, depth: int = 1) -> Work:
        """Work of the lanes for one person."""
        plan = self.shape.plan(self.shape.temporal_layer, lane_pairs, y_width, depth)
        return plan.work(self.activity.h_banks, self.activity.x_banks)

    def _z_work(self, lane_pairs: int, h_width: int, depth: int = 1) -> Work:
        """Work of the lanes of the 1x1 convolution for one person."""
        layer = self.shape.spatial_layer
        z_banks = self.activity.z_banks or tuple(
            float(min(BANK, layer.channels - start)) for start in range(0, layer.channels, BANK))
        return self.shape.plan(layer, lane_pairs, h_width, depth).work(z_banks, (0.0,) * layer.x_banks)

    def graph(self, at_once: int, units: int = 1) -> dict[str, UnitCost]:
        """Cost of loaders, frame buffers and graph units with ``at_once`` subsets in parallel each."""
        shape, tokens = self.shape, self.activity.x_channels
        folding = BlockFolding(graph_units=units, graph_subsets=at_once)
        costs: dict[str, list[UnitCost]] = {"loader": [], "frame_buffer": [], "graph": []}
        for part in replace(shape.spatial, folding=folding).parts:
            costs["loader"].append(row_loader(part.loader, rows=shape.rows, tokens=tokens))
            costs["frame_buffer"].append(frame_buffer(part.buffer))
            of_part = [count for count, needed in zip(tokens, part.loader.needed) if needed]
            costs["graph"].append(graph_unit(part.graph, rows=shape.rows, tokens=of_part))
        return {name: UnitCost.pipeline(*parts) for name, parts in costs.items()}

    def conv(self, conv_joints: int, conv_pairs: int, h_width: int, conv_depth: int = 1) -> dict[str, UnitCost]:
        """Cost of the 1x1 array and everything up to the encoder of H."""
        shape = self.shape
        cfg = replace(shape.array, conv_joints=conv_joints, conv_pairs=conv_pairs, width=h_width,
                      conv_depth=conv_depth)
        units = {
            "conv": conv_array(cfg, rows=shape.rows, weight_bits=shape.weight_bits(conv_pairs, conv_depth)),
            "h_requant": shape.h_requant(h_width),
            "h_rows": UnitCost.pipeline(
                row_buffer(replace(shape.spatial.rows, width=h_width), rows=shape.rows), encoder(h_width),
                register_slice(h_width)),
        }
        if shape.block.shortcut_h == "identity":
            reader = shape.shortcut(h_width, conv_joints, min(cfg.pass_groups, cfg.groups), cfg.groups)
            units["h_shortcut"] = shortcut_reader(reader, rows=shape.rows)
        return units

    def conv_lanes(self, lanes: int, lane_pairs: int, h_width: int, z_width: int,
                   depth: int = 1) -> dict[str, UnitCost]:
        """Cost of the lanes of the 1x1 convolution, and everything from the corner turn to H; of the store of Z only
        the cycles of its reads.
        """
        shape, layer = self.shape, self.shape.spatial_layer
        turn = CornerTurnConfig(joints=shape.joints, entries=layer.channels, width=z_width)
        units = self._lanes(layer, lanes, lane_pairs, h_width, self.z_work(lane_pairs, h_width, depth), shape.rows,
                            depth=depth)
        units = {Z_NAMES[name]: unit for name, unit in units.items()}
        units["z_turn"] = UnitCost.pipeline(corner_turn(turn, rows=shape.rows), encoder(z_width))
        return units

    def temporal(self, lanes: int, lane_pairs: int, y_width: int, ports: int = 1,
                 depth: int = 1) -> dict[str, UnitCost]:
        """Cost of the lanes, their dispatcher, and everything up to Y; of the H store only the cycles of its reads."""
        return self._lanes(self.shape.temporal_layer, lanes, lane_pairs, y_width,
                           self.work(lane_pairs, y_width, depth), self.shape.out_rows, ports, depth)

    def _lanes(self, layer: SparseLayer, lanes: int, lane_pairs: int, width: int, work: Work, out_rows: int,
               ports: int = 1, depth: int = 1) -> dict[str, UnitCost]:
        """Cost of the units of a sparse convolution, by the names of the temporal one."""
        shape = self.shape
        plan = shape.plan(layer, lane_pairs, width)
        identity = layer.shortcut == "identity"
        units = {
            "lanes": sparse_cost.lanes(lanes, shape.lane(layer, lane_pairs, width, depth), work,
                                       persons=shape.persons),
            "dispatch": sparse_cost.dispatcher(plan, lanes, identity=identity),
            # Ports serve as many lanes each, give or take one.
            "h_store": UnitCost(cycles=shape.persons * work.h_reads * -(-lanes // ports) / lanes),
            "combine": UnitCost.pipeline(
                sparse_cost.combiner(plan, lanes, rows=out_rows), shape.requant(layer, width),
                encoder(width), register_slice(width)),
        }
        if identity:
            reader = shape.shortcut(width, 1, plan.groups, plan.groups)
            units["y_shortcut"] = shortcut_reader(reader, rows=out_rows)
        return units

    def stores(self, folding: BlockFolding) -> dict[str, Resources]:
        """Resources of the stores, by the names of their units."""
        return {name: row_store(cfg).resources for name, cfg in self.shape.store_configs(folding).items()}

    def units(self, folding: BlockFolding) -> dict[str, UnitCost]:
        """Cost of all units under ``folding``, by name."""
        units = self.graph(folding.graph_subsets, folding.graph_units)
        if folding.conv_lanes:
            units |= self.conv_lanes(folding.conv_lanes, folding.conv_pairs, folding.h_width, folding.z_width,
                                     folding.conv_depth)
        else:
            units |= self.conv(folding.conv_joints, folding.conv_pairs, folding.h_width, folding.conv_depth)
        units |= self.temporal(folding.lanes, folding.lane_pairs, folding.y_width, folding.h_ports, folding.lane_depth)
        stores = self.stores(folding)
        x_loop, h_loop = self.loops(folding, units)
        reads = {"x_store": self.x_reads(folding, units), "h_store": units["h_store"].cycles}
        # A loop is units that wait for each other, which is what COUPLING counts for every other unit.
        for name, loop in (("x_store", x_loop), ("h_store", h_loop)):
            units[name] = UnitCost(cycles=max(reads[name], loop / COUPLING), resources=stores[name])
        if folding.conv_lanes:
            units["z_store"] = replace(units["z_store"], resources=stores["z_store"])
        return units

    def x_reads(self, folding: BlockFolding, units: dict[str, UnitCost]) -> float:
        """Cycles of the busiest port of the X store: its readers are loaders, shortcut into H, shortcut into Y."""
        loader = units["loader"].x_reads / folding.graph_units
        into_h = units["h_shortcut"].x_reads if "h_shortcut" in units else None
        into_y = sum(units[name].x_reads for name in ("lanes", "y_shortcut") if name in units)
        readers = [reads for reads in (*[loader] * folding.graph_units, into_h, into_y) if reads is not None]
        return max(sum(readers[port::folding.x_ports]) for port in range(folding.x_ports))

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
        loader, graph, conv, h_rows = self._row_cycles(units)
        combine, lanes = (units[name].cycles / shape.out_rows for name in ("combine", "lanes"))
        first_job = max(self.work(folding.lane_pairs, folding.y_width, folding.lane_depth).jobs)
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

    def _row_cycles(self, units: dict[str, UnitCost]) -> list[float]:
        """Cycles that a row of X takes in loader, graph unit, 1x1 convolution, and behind its sums."""
        behind = "h_requant" if "z_turn" in units else "h_rows"
        return [units[name].cycles / self.shape.rows for name in ("loader", "graph", "conv", behind)]

    def latency(self, units: dict[str, UnitCost]) -> float:
        """Cycles from the last row of X to the last row of Y: one row in every spatial stage, then pad + 1 rows of Y,
        or what a stride leaves of them, with the taps that are inside the clip.
        """
        shape = self.shape
        spatial = sum(self._row_cycles(units))
        kernel = shape.block.taps.shape[1]
        pad = (kernel - 1) // 2
        sums = max(units[name].cycles for name in ("lanes", "h_store")) / shape.out_rows
        combine = units["combine"].cycles / shape.out_rows
        return spatial + sum(max(combine, sums * (kernel - missing) / kernel)
                             for missing in range(pad, -1, -shape.block.stride))
