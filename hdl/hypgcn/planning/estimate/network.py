"""What a design takes under a folding: per block and unit the cycles of a clip, DSPs, block RAMs and LUTs."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cache, cached_property

from ...absent import leaves_out
from ...arith import PackedMacConfig
from ...design import BANK, Design
from ...design.folding import BlockFolding, Folding
from ...head import class_cycles
from ...rfc import RowStoreConfig
from ...rfc.shortcut import ShortcutConfig
from ...spatial import SpatialConfig
from ...temporal.combine import requant_of
from . import resources as cost
from .activity import Activity, live_channels
from .loop import PIPES, loop
from .plan import LanePlan, Work
from .resources import Resources

__all__ = ["COUPLING", "BlockModel", "Estimate", "Unit", "clip_cycles", "estimate"]


COUPLING = 1.025
"""Cycles of a network over those of its slowest unit: units wait for each other now and then. Measured on the small
network, 22 clips in RTL simulation."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One unit: ``cycles`` of it that a clip takes, and its ``resources``. ``x_reads``: vectors that it reads from the
    store of X per clip."""

    cycles: float = 0.0
    resources: Resources = Resources()
    x_reads: float = 0.0


class BlockModel:
    """The units of block ``index`` of ``design`` under any folding.

    Parameters
    ----------
    design : the network; index : of the block; mac : form of the packed MACs
    activity : its non-zeros; ``None``: from the design's densities
    multiplier : bits of the wider operand of the device's multipliers
    """

    def __init__(self, design: Design, index: int, mac: str = "dsp48e2", activity: Activity | None = None,
                 multiplier: int = cost.WIDE):
        self.block = design.blocks[index]
        self.joints, self.frames, self.persons = design.joints, design.block_frames(index), design.persons
        self.mac, self.multiplier = mac, multiplier
        self.activity = activity or Activity.assumed(self.block, design.joints, live_channels(design, index))
        self.rows = self.persons * self.frames
        """Rows of X of a clip."""
        self.out_rows = self.persons * -(-self.frames // self.block.stride)
        self.spatial = SpatialConfig(block=self.block, joints=self.joints, frames=self.frames, folding=BlockFolding(),
                                     mac=mac)
        self._array, self._graph = self.spatial.array, self.spatial.graph
        self.plan, self.lane, self.work = cache(self._plan), cache(self._lane), cache(self._work)
        self.requant, self.weight_bits = cache(self._requant), cache(self._weight_bits)

    def with_activity(self, activity: Activity) -> "BlockModel":
        """The same units with other non-zeros; what does not depend on these is computed once for both."""
        model = copy(self)
        model.activity, model.work = activity, cache(model._work)
        return model

    def graph(self, at_once: int) -> dict[str, Unit]:
        """Loader, frame buffer and graph unit."""
        cfg = replace(self._graph, at_once=at_once)
        channels = self.spatial.channels
        counts = [self.activity.x_channels[channel] for channel in channels]
        loader = self.spatial.loader
        needed = [self.activity.x_channels[channel] * need for channel, need in enumerate(loader.needed)]
        load = sum(max(self.joints, sum(needed[16 * bank:16 * bank + 16])) for bank in loader.masks)
        return {
            "loader": Unit(cycles=self.rows * load, resources=cost.loader(loader.in_banks),
                           x_reads=self.rows * self.joints * len(loader.masks)),
            "frame_buffer": Unit(resources=cost.frame_buffer(replace(self.spatial.buffer, repeats=cfg.repeats))),
            "graph": Unit(cycles=self.rows * cfg.cycles(counts), resources=cost.graph_unit(cfg)),
        }

    def conv(self, conv_joints: int, conv_pairs: int, h_width: int, conv_depth: int = 1) -> dict[str, Unit]:
        """The 1x1 array and everything up to the encoder of H."""
        cfg = replace(self._array, conv_joints=conv_joints, conv_pairs=conv_pairs, width=h_width,
                      conv_depth=conv_depth)
        rows = replace(self.spatial.rows, width=h_width)
        units = {
            "conv": Unit(cycles=self.rows * cfg.cycles,
                         resources=cost.conv_array(cfg, self.weight_bits(conv_pairs, conv_depth))),
            "h_requant": Unit(resources=self.requant(h_width)),
            "h_rows": Unit(cycles=self.rows * max(rows.cycles, self.encoding(h_width)),
                           resources=cost.row_buffer(rows) + cost.encoder(h_width)),
        }
        if self.block.shortcut_h == "identity":
            reader = ShortcutConfig(rows=8, joints=self.joints, banks=self.block.in_banks, width=h_width,
                                    conv_joints=conv_joints, pass_groups=min(cfg.pass_groups, cfg.groups),
                                    groups=cfg.groups)
            units["h_shortcut"] = Unit(resources=cost.shortcut(reader), x_reads=self.rows * reader.reads)
        return units

    def _weight_bits(self, conv_pairs: int, conv_depth: int) -> list[int]:
        """Bits of the weight words of the 1x1 array that are no constants, of each place of the chains."""
        cfg = replace(self._array, conv_pairs=conv_pairs, width=2, conv_depth=conv_depth)
        return [cost.varying_bits(table) for table in cfg.weight_tables]

    def encoding(self, width: int) -> int:
        """Cycles that an encoder of ``width`` values a cycle takes for a row of H or Y."""
        return self.joints * self.block.out_banks * BANK // width

    def _requant(self, width: int) -> Resources:
        folding = replace(self.spatial.folding, h_width=width, conv_pairs=max(1, width // 2))
        return cost.requant(replace(self.spatial, folding=folding).requant, self.multiplier)

    def temporal(self, lanes: int, lane_pairs: int, y_width: int) -> dict[str, Unit]:
        """Lanes, their schedulers, and everything up to Y; without the store of H."""
        plan, identity = self.plan(lane_pairs, y_width), self.block.shortcut_y == "identity"
        work, (lane, requant) = self.work(lane_pairs, y_width), self.lane(lane_pairs, y_width)
        units = {
            "lanes": Unit(cycles=self.persons * work.on(lanes), resources=lane * lanes,
                          x_reads=self.persons * work.x_reads),
            "dispatch": Unit(resources=cost.schedulers(plan, lanes, identity)),
            "h_store": Unit(cycles=self.persons * work.h_reads),
            "combine": Unit(cycles=self.out_rows * max(self.joints * plan.groups, self.encoding(y_width)),
                            resources=cost.combine(plan, lanes) + requant + cost.encoder(y_width) + cost.skid() * 2),
        }
        if identity:
            reader = ShortcutConfig(rows=8, joints=self.joints, banks=self.block.in_banks, width=y_width,
                                    pass_groups=plan.groups, groups=plan.groups)
            units["y_shortcut"] = Unit(resources=cost.shortcut(reader), x_reads=self.out_rows * reader.reads)
        return units

    def _work(self, lane_pairs: int, y_width: int) -> Work:
        """Of one sequence."""
        return self.plan(lane_pairs, y_width).work(self.activity)

    def _lane(self, lane_pairs: int, y_width: int) -> tuple[Resources, Resources]:
        """What one lane takes, and what the requantisers take."""
        requant = cost.requant(requant_of(self.block, y_width, self.y_acc_width), self.multiplier)
        return cost.lane(self.plan(lane_pairs, y_width)), requant

    def _plan(self, lane_pairs: int, y_width: int) -> LanePlan:
        """What a lane has to do."""
        return LanePlan(block=self.block, joints=self.joints, frames=self.frames, pairs=lane_pairs, y_width=y_width,
                        mac=PackedMacConfig(acc_width=self.y_acc_width, form=self.mac))

    @cached_property
    def y_acc_width(self) -> int:
        """Of the temporal sums."""
        return self.block.y_acc_width

    skid = cost.skid()
    """At the block's input."""

    def stores(self, x_rows: int, h_rows: int, lanes: int, fetches: int = LanePlan.fetches) -> dict[str, Resources]:
        """The stores of X and H."""
        return {name: cost.row_store(cfg) for name, cfg in self.store_configs(x_rows, h_rows, lanes, fetches).items()}

    def store_configs(self, x_rows: int, h_rows: int, lanes: int,
                      fetches: int = LanePlan.fetches) -> dict[str, RowStoreConfig]:
        """Parameters of the stores of X and H."""
        block = self.block
        x_readers = 1 + (block.shortcut_h == "identity") + (block.shortcut_y != "none")
        return {
            "x_store": RowStoreConfig(frames=self.frames, rows=x_rows, joints=self.joints, banks=block.in_banks,
                                      depths=block.x_depths, tags=(0,) * x_readers),
            "h_store": RowStoreConfig(frames=self.frames, rows=h_rows, joints=self.joints, banks=block.out_banks,
                                      depths=block.h_depths, tags=(0,) * lanes, answers=fetches),
        }

    def units(self, folding: BlockFolding) -> dict[str, Unit]:
        """All units under ``folding``."""
        found = self.graph(folding.graph_subsets) | self.conv(
            folding.conv_joints, folding.conv_pairs, folding.h_width, folding.conv_depth)
        found |= self.temporal(folding.lanes, folding.lane_pairs, folding.y_width)
        stores = self.stores(folding.x_rows, folding.h_rows, folding.lanes)
        x_loop, h_loop = self.loops(folding, found)
        reads = sum(unit.x_reads for unit in found.values())
        found["x_store"] = Unit(cycles=max(reads, x_loop / COUPLING), resources=stores["x_store"])
        found["h_store"] = Unit(cycles=max(found["h_store"].cycles, h_loop / COUPLING), resources=stores["h_store"])
        found["skid"] = Unit(resources=self.skid)
        return found

    def loops(self, folding: BlockFolding, units: dict[str, Unit], come: float | None = None) -> tuple[float, float]:
        """Cycles of a clip that the rows of the X and of the H store allow (:func:`loop`), without ``COUPLING``: a loop
        is units that wait for each other. ``come``: cycles in which a row of X comes, ``None``: as many as the slowest
        of the ``units`` takes."""
        block, pad = self.block, (self.block.taps.shape[1] - 1) // 2
        loader, graph, conv, h_rows = (units[name].cycles / self.rows for name in ("loader", "graph", "conv", "h_rows"))
        combine, lanes = (units[name].cycles / self.out_rows for name in ("combine", "lanes"))
        first = max(self.work(folding.lane_pairs, folding.y_width).jobs)
        sums = max(lanes, combine + first)
        pace = max(loader, graph, conv, h_rows)
        if come is None:
            come = pace = max(pace, lanes / block.stride, combine / block.stride)
        if block.shortcut_y != "none":
            x = loop(folding.x_rows, pad, block.stride, come, pace,
                     loader + graph + conv + h_rows + sums + PIPES)
        else:       # the spatial unit frees the rows
            held = loader + (graph + conv) * (block.shortcut_h == "identity")
            x = loop(folding.x_rows, 0, 1, come, pace, held + PIPES)
        # The next row of H waits in the row buffer, and its first vectors in the pipes: these cost nothing there.
        return self.rows * x, self.rows * loop(folding.h_rows, 2 * pad, block.stride, h_rows, h_rows, sums)

    def drain(self, units: dict[str, Unit]) -> float:
        """Cycles from the last row of X to the last row of Y: one row in every spatial stage, then pad + 1 rows of Y,
        or what a stride leaves of them, with the taps that are inside the clip."""
        spatial = sum(units[name].cycles for name in ("loader", "graph", "conv", "h_rows")) / self.rows
        kernel = self.block.taps.shape[1]
        pad = (kernel - 1) // 2
        sums = max(units[name].cycles for name in ("lanes", "h_store")) / self.out_rows
        drained = units["combine"].cycles / self.out_rows
        return spatial + sum(max(drained, sums * (kernel - missing) / kernel)
                             for missing in range(pad, -1, -self.block.stride))


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a network takes.

    blocks : per block its units; rest : input and head
    drains : per block the cycles from its last row of X to its last row of Y
    """

    blocks: tuple[dict[str, Unit], ...]
    rest: dict[str, Unit]
    drains: tuple[float, ...] = ()

    @property
    def cycles(self) -> float:
        """Cycles per clip in the steady state: those of the slowest unit and what coupling costs."""
        return COUPLING * max(unit.cycles for units in (*self.blocks, self.rest) for unit in units.values())

    @property
    def first_clip(self) -> float:
        """Cycles until a first clip has left: it takes the slowest unit's cycles, and in every block a row passes all
        stages, and pad + 1 rows of Y are still to be made when the last row of H is there."""
        return self.cycles + sum(self.drains)

    @property
    def slowest(self) -> str:
        """Name of the unit that decides."""
        named = {f"blocks[{index}].{name}": unit for index, units in enumerate(self.blocks)
                 for name, unit in units.items()} | self.rest
        return max(named, key=lambda name: named[name].cycles)

    @property
    def resources(self) -> Resources:
        """Of the whole network."""
        total = Resources()
        for units in (*self.blocks, self.rest):
            for unit in units.values():
                total += unit.resources
        return total


def rest_units(design: Design, head_width: int, skip_absent: bool = True) -> dict[str, Unit]:
    """Input and head, and with ``skip_absent``, where a response is constant, what keeps absent persons out."""
    last = len(design.blocks)
    positions = design.persons * design.block_frames(last) * design.joints
    joints = design.persons * design.frames * design.joints
    absent = leaves_out(design, skip_absent)
    units = {"absent": Unit(cycles=joints, resources=cost.absent_persons(design))} if absent else {}
    return units | {
        "input": Unit(cycles=joints * design.channels, resources=cost.input_affine(design)),
        "head": Unit(cycles=max(positions * design.blocks[-1].out_banks * (16 // head_width),
                                design.classes * class_cycles(design, absent)),
                     resources=cost.head(design, head_width, absent) + cost.skid()),
    }


def estimate(design: Design, folding: Folding, activities: Sequence[Activity] | None = None,
             multiplier: int = cost.WIDE) -> Estimate:
    """Estimate ``design`` under ``folding``; ``activities``: of each block, ``None`` takes the design's densities;
    ``multiplier``: bits of the wider operand of the device's multipliers."""
    folding.validate(design)
    blocks, drains = [], []
    for index, part in enumerate(folding.blocks):
        model = BlockModel(design, index, folding.mac, None if activities is None else activities[index],
                           multiplier)
        blocks.append(model.units(part))
        drains.append(model.drain(blocks[-1]))
    return Estimate(blocks=tuple(blocks), rest=rest_units(design, folding.head_width, folding.skip_absent),
                    drains=tuple(drains))


def clip_cycles(design: Design, folding: Folding, clips: Sequence[Sequence[Activity]]) -> list[float]:
    """Cycles of each of ``clips``, of which the activities of each block are given: those of the unit that is slowest
    on that clip, and what coupling costs. Their mean is at least the cycles for the mean activity."""
    folding.validate(design)
    rest = rest_units(design, folding.head_width, folding.skip_absent)
    slowest = [max(unit.cycles for unit in rest.values())] * len(clips)
    for index, part in enumerate(folding.blocks):
        model = BlockModel(design, index, folding.mac)
        for number, clip in enumerate(clips):
            units = model.with_activity(clip[index]).units(part)
            slowest[number] = max(slowest[number], *(unit.cycles for unit in units.values()))
    return [COUPLING * each for each in slowest]
