"""Folding: how many lanes, widths and rows of storage each block gets. Any legal folding computes the same integers."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from . import BANK, Block, Design, limits
from .checks import check_choice, check_limit, check_range

__all__ = ["BlockFolding", "Folding"]


@dataclass(frozen=True, kw_only=True)
class BlockFolding:
    """Parallelism of one block.

    graph_subsets : subsets of the graph product that are worked on at once, 1..K; the unit has
        ``ceil(graph_subsets * V / 2)`` packed MACs and walks the tokens of a channel ``ceil(K / graph_subsets)`` times
    conv_joints : joints of the 1x1 array in lockstep, 1..V
    conv_pairs : output-channel pairs of the 1x1 array, a multiple of ``h_width / 2``
    conv_depth : input channels of the 1x1 array at once, 1..8; conv_joints * conv_pairs * conv_depth packed MACs
    h_width : values that the H requantiser takes per cycle, 2, 4, 8 or 16
    lanes : temporal lanes, 1..32
    lane_pairs : output-channel pairs of a lane; at least ``y_width / 2``; lanes * lane_pairs packed MACs
    y_width : values that the Y requantiser takes per cycle, 2, 4, 8 or 16
    x_rows, h_rows : rows that the X and H stores hold; at least pad + 1 and kernel, and the stride; with less than
        about pad + 7 + stride and kernel + 2 * stride + 1 equally fast units wait for each other (``docs/folding.md``)
    """

    graph_subsets: int = 1
    conv_joints: int = 1
    conv_pairs: int = 1
    conv_depth: int = 1
    h_width: int = 2
    lanes: int = 1
    lane_pairs: int = 1
    y_width: int = 2
    x_rows: int = 8
    h_rows: int = 12

    def validate(self, where: str, design: Design, block: Block):
        """Raise :exc:`ValueError` that starts with ``where`` when this folding cannot work for ``block``."""
        check_range(f"{where}.graph_subsets", self.graph_subsets, 1, design.subsets)
        check_range(f"{where}.conv_joints", self.conv_joints, 1, design.joints)
        for name in ("h_width", "y_width"):
            check_choice(f"{where}.{name}", getattr(self, name), limits.WIDTHS)
        max_pairs = block.out_banks * BANK // 2
        check_range(f"{where}.conv_pairs", self.conv_pairs, self.h_width // 2, max_pairs)
        if self.conv_pairs % (self.h_width // 2):
            raise ValueError(f"{where}.conv_pairs must be a multiple of h_width / 2 = {self.h_width // 2}, "
                             f"not {self.conv_pairs!r}")
        check_limit(f"{where}.conv_depth", self.conv_depth, limits.CONV_DEPTH)
        check_limit(f"{where}.lanes", self.lanes, limits.LANES)
        check_range(f"{where}.lane_pairs", self.lane_pairs, self.y_width // 2, max_pairs)
        # With fewer rows the next row of Y would wait for rows that have no place.
        check_range(f"{where}.x_rows", self.x_rows, max(design.pad + 1, block.stride), limits.STORE_ROWS.high)
        check_range(f"{where}.h_rows", self.h_rows, max(design.kernel, block.stride), limits.STORE_ROWS.high)


@dataclass(frozen=True, kw_only=True)
class Folding:
    """Folding of a whole network: one :class:`BlockFolding` per block, the form of the packed MAC, the head's width,
    and whether absent persons are left out.

    mac : ``"dsp48e2"`` (explicit primitive, UltraScale), ``"inferred"`` (two products a multiplier, any family with
        27x18 multipliers) or ``"single"`` (one product a multiplier)
    head_width : channels that the head sums per cycle, 1, 2, 4, 8 or 16
    skip_absent : an absent person's constant response is added; if not, it is computed like any other person
    """

    blocks: tuple[BlockFolding, ...]
    mac: str = "dsp48e2"
    head_width: int = 4
    skip_absent: bool = True

    def validate(self, design: Design):
        """Raise :exc:`ValueError` when this folding cannot work for ``design``."""
        check_choice("mac", self.mac, limits.MAC_FORMS)
        check_choice("head_width", self.head_width, limits.HEAD_WIDTHS)
        if not isinstance(self.skip_absent, bool):
            raise TypeError(f"skip_absent must be true or false, not {self.skip_absent!r}")
        if len(self.blocks) != len(design.blocks):
            raise ValueError(f"blocks must hold {len(design.blocks)} foldings, one per block, not {len(self.blocks)}")
        for index, (folding, block) in enumerate(zip(self.blocks, design.blocks)):
            folding.validate(f"blocks[{index}]", design, block)

    def to_json(self) -> str:
        """Text that :meth:`load` reads back."""
        return json.dumps(dataclasses.asdict(self), indent=1) + "\n"

    @classmethod
    def load(cls, path) -> "Folding":
        """Folding of the JSON file at ``path``; :exc:`ValueError` names what is wrong with it."""
        try:
            data = json.loads(Path(path).read_text())
            return cls(**{**data, "blocks": tuple(BlockFolding(**block) for block in data["blocks"])})
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is not a folding: {error}") from error
