"""What a block costs under any folding: its units, composed, and the loops through its stores."""

from dataclasses import replace
from functools import cache

from ...arith.cost import DSP48E2_OPERAND
from ...cost import Resources, UnitCost
from ...design import BANK, Design
from ...design.folding import BlockFolding
from ...design.live_channels import live_channels
from ...rfc.cost import encoder, register_slice, row_store, shortcut_reader
from ...sparse import cost as sparse_cost
from ...sparse.lane_plan import Work
from ...sparse.layer import SparseLayer
from ...sparse.max_rows import MaxRowsConfig
from ...spatial.corner_turn import CornerTurnConfig
from ...spatial.cost import conv_array, corner_turn, frame_buffer, graph_unit, row_buffer, row_loader
from .activity import Activity
from .loop import PIPELINE, row_loop
from .shape import BlockShape
from .stages import Stage

__all__ = ["COUPLING", "BlockModel", "BlockShape"]

COUPLING = 1.07
"""Cycles of a network over those of its slowest unit: units wait for each other now and then, the more, the more of
them take about as long. Set by recorded clips through two networks in RTL simulation; a block alone does not wait."""
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
        # Of this instance, as those of BlockShape.
        self.stage_work, self.z_work = cache(self._stage_work), cache(self._z_work)

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

    def _stage_work(self, stage: Stage, lane_pairs: int, width: int, depth: int = 1) -> Work:
        """Work of the lanes of ``stage`` for one person."""
        plan = self.shape.plan(stage.layer, lane_pairs, width, depth)
        x_banks = self.activity.x_banks if stage.layer.shortcut != "none" else (0.0,) * stage.layer.x_banks
        return plan.work(getattr(self.activity, f"{stage.reads}_banks"), x_banks)

    def work(self, lane_pairs: int, y_width: int, depth: int = 1) -> Work:
        """Work of the lanes that make Y for one person."""
        return self.stage_work(self.shape.stages[-1], lane_pairs, y_width, depth)

    def _z_work(self, lane_pairs: int, h_width: int, depth: int = 1) -> Work:
        """Work of the lanes of the 1x1 convolution for one person."""
        layer = self.shape.spatial_layer
        z_banks = self.activity.z_banks or tuple(
            float(min(BANK, layer.channels - start)) for start in range(0, layer.channels, BANK))
        return self.shape.plan(layer, lane_pairs, h_width, depth).work(z_banks, (0.0,) * layer.x_banks)

    def graph(self, at_once: int, units: int = 1, parts: int = 1) -> dict[str, UnitCost]:
        """Cost of loaders, frame buffers and graph units, each with ``at_once`` subsets or a part of one at once."""
        shape, tokens = self.shape, self.activity.x_channels
        folding = BlockFolding(graph_units=units, graph_subsets=at_once, graph_parts=parts)
        costs: dict[str, list[UnitCost]] = {"loader": [], "frame_buffer": [], "graph": []}
        for part in replace(shape.spatial, folding=folding).parts:
            costs["loader"].append(row_loader(part.loader, rows=shape.rows, tokens=tokens))
            costs["frame_buffer"].append(frame_buffer(part.buffer))
            of_part = [count for count, needed in zip(tokens, part.loader.needed) if needed]
            costs["graph"].append(graph_unit(part.graph, rows=shape.rows, tokens=of_part))
        return {name: UnitCost.pipeline(*parts) for name, parts in costs.items()}

    def conv(self, conv_joints: int, conv_pairs: int, h_width: int, conv_depth: int = 1,
             requant: str = "dsp") -> dict[str, UnitCost]:
        """Cost of the 1x1 array and everything up to the encoder of H."""
        shape = self.shape
        cfg = replace(shape.array, conv_joints=conv_joints, conv_pairs=conv_pairs, width=h_width,
                      conv_depth=conv_depth)
        units = {
            "conv": conv_array(cfg, rows=shape.rows, weight_bits=shape.weight_bits(conv_pairs, conv_depth)),
            "h_requant": shape.h_requant(h_width, requant),
            "h_rows": UnitCost.pipeline(
                row_buffer(replace(shape.spatial.rows, width=h_width), rows=shape.rows), encoder(h_width),
                register_slice(h_width)),
        }
        if shape.block.shortcut_h == "identity":
            reader = shape.shortcut(h_width, conv_joints, min(cfg.pass_groups, cfg.groups), cfg.groups)
            units["h_shortcut"] = shortcut_reader(reader, rows=shape.rows)
        return units

    def conv_lanes(self, lanes: int, lane_pairs: int, h_width: int, z_width: int, depth: int = 1,
                   requant: str = "dsp") -> dict[str, UnitCost]:
        """Cost of the lanes of the 1x1 convolution, and everything from the corner turn to H; of the store of Z only
        the cycles of its reads.
        """
        shape, layer = self.shape, self.shape.spatial_layer
        turn = CornerTurnConfig(joints=shape.joints, entries=layer.channels, width=z_width)
        units = self._lanes(layer, lanes, lane_pairs, h_width, self.z_work(lane_pairs, h_width, depth), shape.rows,
                            depth=depth, requant=requant)
        units = {Z_NAMES[name]: unit for name, unit in units.items()}
        units["z_turn"] = UnitCost.pipeline(corner_turn(turn, rows=shape.rows), encoder(z_width))
        return units

    def temporal(self, lanes: int, lane_pairs: int, y_width: int, ports: int = 1, depth: int = 1,
                 requant: str = "dsp") -> dict[str, UnitCost]:
        """Cost of the lanes that make Y, their dispatcher, and everything up to Y.

        Of the store in front of them only the cycles of its reads.
        """
        return self.stage(self.shape.stages[-1], lanes, lane_pairs, y_width, ports, depth, requant)

    def stage(self, stage: Stage, lanes: int, lane_pairs: int, width: int, ports: int = 1, depth: int = 1,
              requant: str = "dsp") -> dict[str, UnitCost]:
        """Cost of a convolution behind H, as :meth:`temporal`, by the names that its units have in the block."""
        shape = self.shape
        units = self._lanes(stage.layer, lanes, lane_pairs, width, self.stage_work(stage, lane_pairs, width, depth),
                            shape.persons * stage.out_frames, ports, depth, requant)
        first, channels = stage.layer.running_max
        if channels:
            maximum = MaxRowsConfig(frames=stage.out_frames, joints=shape.joints, channels=stage.layer.outputs,
                                    width=width, first=first, maximum=channels)
            units["combine"] = UnitCost.pipeline(units["combine"],
                                                 sparse_cost.max_rows(maximum, persons=shape.persons))
        return {stage.name(name): unit for name, unit in units.items()}

    def _lanes(self, layer: SparseLayer, lanes: int, lane_pairs: int, width: int, work: Work, out_rows: int,
               ports: int = 1, depth: int = 1, requant: str = "dsp") -> dict[str, UnitCost]:
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
                sparse_cost.combiner(plan, lanes, rows=out_rows), shape.requant(layer, width, requant, out_rows),
                encoder(width), register_slice(width)),
        }
        if identity:
            reader = shape.shortcut(width, 1, plan.groups, plan.groups)
            units["y_shortcut"] = shortcut_reader(reader, rows=out_rows)
        return units

    def stores(self, folding: BlockFolding) -> dict[str, Resources]:
        """Resources of the stores, by the names of their units."""
        return {name: row_store(cfg).resources for name, cfg in self.shape.store_configs(folding).items()}

    def z_store(self, folding: BlockFolding) -> Resources:
        """Resources of the store of Z alone."""
        return row_store(self.shape.z_store(folding)).resources

    def units(self, folding: BlockFolding) -> dict[str, UnitCost]:
        """Cost of all units under ``folding``, by name."""
        units = self.graph(folding.graph_subsets, folding.graph_units, folding.graph_parts)
        if folding.conv_lanes:
            units |= self.conv_lanes(folding.conv_lanes, folding.conv_pairs, folding.h_width, folding.z_width,
                                     folding.conv_depth, folding.h_requant)
        else:
            units |= self.conv(folding.conv_joints, folding.conv_pairs, folding.h_width, folding.conv_depth,
                               folding.h_requant)
        for stage in self.shape.stages:
            lanes, pairs, depth, width, ports = stage.size(folding)
            units |= self.stage(stage, lanes, pairs, width, ports, depth, stage.requant(folding))
        stores = self.stores(folding)
        loops = self.loops(folding, units)
        reads = {"x_store": self.x_reads(folding, units),
                 **{stage.store: units[stage.store].cycles for stage in self.shape.stages}}
        # A loop is units that wait for each other, which is what COUPLING counts for every other unit.
        for name, loop in zip(reads, loops):
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
              arrival: float | None = None) -> tuple[float, ...]:
        """Cycles of a clip that the rows of the stores allow (:func:`~.loop.row_loop`).

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
            Cycles by the X store, by the H store, and by those of P and Q where there are any, all without
            :data:`COUPLING`.
        """
        shape, block = self.shape, self.shape.block
        pad = (block.kernel - 1) // 2
        loader, graph, conv, h_rows = self._row_cycles(units)
        sums = [self._stage_cycles(stage, folding, units) for stage in shape.stages]
        row_cycles = max(loader, graph, conv, h_rows)
        if arrival is None:     # the slowest stage, for as many rows as there are of X
            behind = (units[stage.name(name)].cycles / (shape.persons * stage.out_frames) / (
                shape.block.stride if stage.makes != "p" else 1) for stage in shape.stages
                for name in ("lanes", "combine"))
            arrival = row_cycles = max(row_cycles, *behind)
        if block.shortcut_y != "none":
            response = loader + graph + conv + h_rows + sum(sums) + PIPELINE
            # A running maximum waits for the row behind.
            reach = pad + (shape.stages[0].layer.running_max[1] > 0)
            x_loop = row_loop(folding.x_rows, reach, block.stride, arrival, row_cycles, response)
        else:       # the spatial unit frees the rows
            response = loader + (graph + conv) * (block.shortcut_h == "identity") + PIPELINE
            x_loop = row_loop(folding.x_rows, 0, 1, arrival, row_cycles, response)
        # The next row of H waits in the row buffer, and its first vectors in the pipeline: no latency to add. So do
        # those of P and Q in their encoders.
        loops, came = [shape.rows * x_loop], h_rows
        for stage, done in zip(shape.stages, sums):
            rows = folding.h_rows if stage.reads == "h" else getattr(folding.scales, f"{stage.reads}_rows")
            loop = row_loop(rows, stage.layer.kernel - 1, stage.layer.stride, came, came, done)
            loops.append(shape.persons * stage.frames * loop)
            came = units[stage.name("combine")].cycles / (shape.persons * stage.out_frames)
        return tuple(loops)

    def _stage_cycles(self, stage: Stage, folding: BlockFolding, units: dict[str, UnitCost]) -> float:
        """Cycles from the last row that an output row of ``stage`` waits for until it is done."""
        _, pairs, depth, width, _ = stage.size(folding)
        combine, lanes = (units[stage.name(name)].cycles / (self.shape.persons * stage.out_frames)
                          for name in ("combine", "lanes"))
        return max(lanes, combine + max(self.stage_work(stage, pairs, width, depth).jobs))

    def _row_cycles(self, units: dict[str, UnitCost]) -> list[float]:
        """Cycles that a row of X takes in loader, graph unit, 1x1 convolution, and behind its sums."""
        behind = max(units[name].cycles for name in ("h_requant", "h_rows") if name in units)
        return [cycles / self.shape.rows for cycles in (*(units[name].cycles for name in ("loader", "graph", "conv")),
                                                        behind)]

    def latency(self, units: dict[str, UnitCost]) -> float:
        """Cycles from the last row of X to the last row of Y.

        One row in every spatial stage, then pad + 1 rows of Y, or what a stride leaves of them, with the taps that are
        inside the clip; of the 1x1 convolutions of a multi-scale block one row each.
        """
        total = sum(self._row_cycles(units))
        for stage in self.shape.stages:
            rows = self.shape.persons * stage.out_frames
            sums = max(units[name].cycles for name in (stage.name("lanes"), stage.store)) / rows
            combine = units[stage.name("combine")].cycles / rows
            kernel = stage.layer.kernel
            total += sum(max(combine, sums * (kernel - missing) / kernel)
                         for missing in range((kernel - 1) // 2, -1, -stage.layer.stride))
        return total
