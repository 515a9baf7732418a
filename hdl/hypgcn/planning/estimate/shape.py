"""What the cost of a block depends on beside folding and activity."""

from dataclasses import replace
from functools import cache

from ...arith import PackedMacConfig, RequantConfig
from ...arith.cost import DSP48E2_OPERAND, requantiser
from ...cost import Resources, UnitCost, varying_bits
from ...design import Block
from ...design.folding import BlockFolding
from ...rfc import RowStoreConfig
from ...rfc.shortcut import ShortcutConfig
from ...sparse import SparseConfig
from ...sparse import cost as sparse_cost
from ...sparse.combine_config import requant_of
from ...sparse.lane_plan import LanePlan
from ...sparse.layer import SparseLayer, spatial_layer
from ...spatial import SpatialConfig
from .stages import stages_of

__all__ = ["BlockShape"]


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
        self.stages = stages_of(block, frames)
        self.temporal_layer, self.spatial_layer = self.stages[-1].layer, spatial_layer(block)
        # Caches of this instance, which end with it; lru_cache on the methods would keep every instance alive. The
        # allocator asks for the same sizes with many lanes, joints in lockstep and clips.
        self.plan, self.lane = cache(self._plan), cache(self._lane)
        self.h_requant, self.requant = cache(self._h_requant), cache(self._requant)
        self.weight_bits = cache(self._weight_bits)

    def _plan(self, layer: SparseLayer, lane_pairs: int, width: int, depth: int = 1) -> LanePlan:
        """Passes of a lane."""
        frames = next((stage.frames for stage in self.stages if stage.layer is layer), self.frames)
        return LanePlan(layer=layer, joints=self.joints, frames=frames, pairs=lane_pairs, width=width, depth=depth,
                        mac=PackedMacConfig(acc_width=layer.acc_width, form=self.mac))

    def _lane(self, layer: SparseLayer, lane_pairs: int, width: int, depth: int) -> Resources:
        """Resources of one lane."""
        plan = self.plan(layer, lane_pairs, width, depth)
        return sparse_cost.lane(plan, plan.used_pairs)

    def _h_requant(self, width: int, form: str = "dsp") -> UnitCost:
        """Cost of the requantiser of H, slices of ``width`` values; cycles only where it takes several for one."""
        folding = replace(self.spatial.folding, h_width=width, h_requant=form, conv_pairs=max(1, width // 2))
        return self._requantiser(replace(self.spatial, folding=folding).requant, self.rows)

    def _requant(self, layer: SparseLayer, width: int, form: str = "dsp", out_rows: int = 0) -> UnitCost:
        """Cost of the requantiser of a combiner, ``out_rows`` rows of slices of ``width`` values; cycles likewise."""
        return self._requantiser(requant_of(layer, width, form), out_rows)

    def _requantiser(self, cfg: RequantConfig, rows: int) -> UnitCost:
        slices = cfg.groups if cfg.joints > 1 else self.joints * cfg.groups
        return UnitCost(cycles=rows * slices * cfg.cycles if cfg.cycles > 1 else 0,
                        resources=requantiser(cfg, self.multiplier))

    def _weight_bits(self, conv_pairs: int, conv_depth: int) -> list[int]:
        """Bits of a weight word that differ between words, of each place of the 1x1 array's chains."""
        cfg = replace(self.array, conv_pairs=conv_pairs, width=2, conv_depth=conv_depth)
        return [varying_bits(table) for table in cfg.weight_tables]

    def shortcut(self, width: int, conv_joints: int, pass_groups: int, groups: int) -> ShortcutConfig:
        """Parameters of a reader of X for the identity shortcut. Its cost does not depend on the rows of the store."""
        return ShortcutConfig.of(self.block.in_channels, groups=groups, pass_groups=pass_groups, rows=8,
                                 joints=self.joints, width=width, conv_joints=conv_joints)

    def store_configs(self, folding: BlockFolding) -> dict[str, RowStoreConfig]:
        """Parameters of the stores by the names of their units.

        Of X and H, of P and Q where there are any, and of Z where the 1x1 convolution has lanes.
        """
        shared = {"joints": self.joints, "frames": self.frames, "mac": self.mac}
        makers = {"y": SparseConfig.of, "p": SparseConfig.of_reduce, "q": SparseConfig.of_branches}
        stores = {"x_store": self.x_store(folding.x_rows, folding.x_ports, folding.graph_units),
                  **{stage.store: makers[stage.makes](block=self.block, folding=folding, **shared).store
                     for stage in self.stages}}
        if folding.conv_lanes:
            stores["z_store"] = self.z_store(folding)
        return stores

    def z_store(self, folding: BlockFolding) -> RowStoreConfig:
        """Parameters of the store of Z."""
        return SparseConfig.of_spatial(block=self.block, folding=folding, joints=self.joints, frames=self.frames,
                                       mac=self.mac).store

    def x_store(self, rows: int, ports: int = 1, loaders: int = 1) -> RowStoreConfig:
        """Parameters of the store of X."""
        return RowStoreConfig.of_x(self.block, loaders, frames=self.frames, rows=rows, joints=self.joints, ports=ports)
