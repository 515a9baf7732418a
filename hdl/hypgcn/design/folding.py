"""Folding: lanes, widths and rows of storage of each block. Every legal folding computes the same integers."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from . import BANK, Block, Design, limits
from .checks import check_choice, check_limit, check_range

__all__ = ["BlockFolding", "Folding", "ScalesFolding", "graph_units"]


def graph_units(block: Block) -> int:
    """Most graph units that ``block`` can have: they share the channels of X that it needs, at least one each."""
    needed = block.kept != 0
    if block.down is not None:
        needed = needed | block.down.any(axis=0)
    return min(limits.GRAPH_UNITS.high, int(needed.sum()))


@dataclass(frozen=True, kw_only=True)
class ScalesFolding:
    """Parallelism of the stages of a multi-scale block in front of its last one, by what they make, and their stores.

    Parameters
    ----------
    p_lanes, q_lanes : int, 1..32
        Lanes of the 1x1 convolution and of the taps.
    p_pairs, q_pairs : int, at least half the width
        Output-channel pairs of each of these lanes.
    p_depth, q_depth : 1 or 2
        As ``lane_depth`` of :class:`BlockFolding`.
    p_width, q_width : 2, 4, 8 or 16
        Values of a slice that the requantisers of P and Q take.
    p_requant, q_requant : str
        As ``y_requant`` of :class:`BlockFolding`.
    p_rows : int, max(kernel, stride)..64
        Rows of the store of P.
    q_rows : int, 1..64
        Rows of the store of Q.
    p_ports, q_ports : int, 1..8
        Vectors that are read from these stores in a cycle.
    """

    p_lanes: int = 1
    p_pairs: int = 1
    p_depth: int = 1
    p_width: int = 2
    p_requant: str = "dsp"
    p_rows: int = 12
    p_ports: int = 1
    q_lanes: int = 1
    q_pairs: int = 1
    q_depth: int = 1
    q_width: int = 2
    q_requant: str = "dsp"
    q_rows: int = 3
    q_ports: int = 1

    def validate(self, where: str, block: Block, readers: int):
        """Raise :exc:`ValueError` for what is illegal for ``block``; ``readers`` are its lanes behind Q."""
        for name, banks in (("p", block.branched.p_banks), ("q", block.branched.q_banks)):
            values = {field: getattr(self, f"{name}_{field}") for field in ("lanes", "pairs", "depth", "width")}
            check_limit(f"{where}.{name}_lanes", values["lanes"], limits.LANES)
            check_choice(f"{where}.{name}_width", values["width"], limits.WIDTHS)
            check_choice(f"{where}.{name}_requant", getattr(self, f"{name}_requant"), limits.REQUANTISERS)
            check_range(f"{where}.{name}_pairs", values["pairs"], values["width"] // 2, banks * BANK // 2)
            check_limit(f"{where}.{name}_depth", values["depth"], limits.LANE_DEPTH)
        check_range(f"{where}.p_rows", self.p_rows, block.p_window, limits.STORE_ROWS.high)
        check_limit(f"{where}.q_rows", self.q_rows, limits.STORE_ROWS)
        for name, count in (("p_ports", self.q_lanes), ("q_ports", readers)):
            check_ports(f"{where}.{name}", getattr(self, name), count)


def check_ports(name: str, ports, readers: int):
    """Raise :exc:`ValueError` unless ``ports`` is at most the number of ``readers`` of a store."""
    if not isinstance(ports, int) or not 1 <= ports <= readers:
        raise ValueError(f"{name} must be in 1..{readers}, the readers of the store, not {ports!r}")


@dataclass(frozen=True, kw_only=True)
class BlockFolding:
    """Parallelism of one block.

    Parameters
    ----------
    graph_units : int, 1..4
        Graph units, each with a loader, that share the channels of X.
    graph_subsets : int, 1..K
        Subsets of the graph product that a unit computes at the same time, with ``ceil(graph_subsets * V / 2)`` packed
        MACs and ``ceil(K / graph_subsets)`` passes over the tokens of a channel.
    graph_parts : int, 1..4, at most V
        Passes that share the joints of a subset, each with ``ceil(V / graph_parts)`` of them; more than 1 only with
        ``graph_subsets`` 1.
    conv_lanes : int, 0..32
        Lanes of the 1x1 convolution, which skip the zeros of Z. 0: it has the 1x1 array, which multiplies all of Z;
        so it must where Z has more than 1024 channels.
    conv_joints : int, 1..V
        Joints of the 1x1 array in lockstep.
    conv_pairs : int, multiple of ``h_width / 2``
        Output-channel pairs of the 1x1 array, or of each of its lanes.
    conv_depth : int, 1..8, with ``mac`` ``"dsp48e1"`` 1..4
        Input channels of the 1x1 array at the same time; it has conv_joints * conv_pairs * conv_depth packed MACs. With
        lanes 1 or 2, as ``lane_depth``.
    z_width : 2, 4, 8 or 16
        Values of Z that go into, and out of, the store of Z in a cycle; only with lanes.
    z_rows : int, 1..64
        Rows of the store of Z; only with lanes.
    h_width : 2, 4, 8 or 16
        Values of a slice that the requantiser of H takes.
    h_requant, y_requant : ``"dsp"``, ``"dsp_shared"``, ``"logic"``, ``"logic_shared"`` or ``"serial"``
        What multiplies in the requantisers of H and Y: a DSP for each value of a slice, or one for all, a value a
        cycle; the same of adders in LUTs; one adder, which takes about 19 cycles for a value.
    lanes : int, 1..32
        Temporal lanes that work at the same time.
    lane_pairs : int, >= ``y_width / 2``
        Output-channel pairs of a lane; there are lanes * lane_pairs * lane_depth packed MACs.
    lane_depth : 1 or 2
        Non-zeros of a vector that a temporal lane multiplies in a cycle.
    y_width : 2, 4, 8 or 16
        Values of a slice that the requantiser of Y takes.
    x_rows : int, max(pad + 1, stride)..64
        Rows of the X store; with less than about pad + 7 + stride, equally fast units stall each other.
    x_ports, h_ports : int, 1..8
        Vectors that are read from the stores of X and H in a cycle, each by a copy of their memories.
    h_memory : ``"auto"`` or ``"ultra"``
        Memories of the store of H: as the tool maps them, or UltraRAM for those that would take as many block RAMs.
    scales : ScalesFolding or None
        The stages of a multi-scale block from H to Q; then ``lanes`` and so on are of the 1x1 convolution of Q.
    h_rows : int, max(kernel, stride)..64
        Rows of the H store; likewise with less than about kernel + 2 * stride + 1 (``docs/folding.md``).
    """

    graph_units: int = 1
    graph_subsets: int = 1
    graph_parts: int = 1
    conv_lanes: int = 0
    conv_joints: int = 1
    conv_pairs: int = 1
    conv_depth: int = 1
    z_width: int = 2
    z_rows: int = 3
    h_width: int = 2
    h_requant: str = "dsp"
    lanes: int = 1
    lane_pairs: int = 1
    lane_depth: int = 1
    y_width: int = 2
    y_requant: str = "dsp"
    x_rows: int = 8
    h_rows: int = 12
    x_ports: int = 1
    h_ports: int = 1
    h_memory: str = "auto"
    scales: ScalesFolding | None = None

    @property
    def branched(self) -> ScalesFolding:
        """``scales`` of a multi-scale block; :exc:`ValueError` for another."""
        if self.scales is None:
            raise ValueError("folding must have scales: the block is multi-scale")
        return self.scales

    def validate(self, where: str, design: Design, block: Block):
        """Raise :exc:`ValueError` for a folding that is illegal for ``block``; the message starts with ``where``."""
        check_range(f"{where}.graph_units", self.graph_units, 1, graph_units(block))
        check_range(f"{where}.graph_subsets", self.graph_subsets, 1, design.subsets)
        check_limit(f"{where}.graph_parts", self.graph_parts, limits.GRAPH_PARTS)
        check_range(f"{where}.graph_parts with graph_subsets {self.graph_subsets}", self.graph_parts, 1,
                    design.joints if self.graph_subsets == 1 else 1)
        check_range(f"{where}.conv_lanes", self.conv_lanes, 0, limits.LANES.high)
        check_range(f"{where}.conv_joints", self.conv_joints, 1, design.joints)
        for name in ("z_width", "h_width", "y_width"):
            check_choice(f"{where}.{name}", getattr(self, name), limits.WIDTHS)
        for name in ("h_requant", "y_requant"):
            check_choice(f"{where}.{name}", getattr(self, name), limits.REQUANTISERS)
        check_range(f"{where}.conv_pairs", self.conv_pairs, self.h_width // 2,
                    block.h_banks * BANK // 2)
        if self.conv_pairs % (self.h_width // 2):
            raise ValueError(f"{where}.conv_pairs must be a multiple of h_width / 2 = {self.h_width // 2}, "
                             f"not {self.conv_pairs!r}")
        check_limit(f"{where}.conv_depth", self.conv_depth, limits.CONV_DEPTH)
        if self.conv_lanes:
            if self.conv_joints != 1:
                raise ValueError(f"{where}.conv_joints must be 1 with conv_lanes, not {self.conv_joints!r}")
            check_limit(f"{where}.conv_depth", self.conv_depth, limits.LANE_DEPTH)
        check_limit(f"{where}.lane_depth", self.lane_depth, limits.LANE_DEPTH)
        if self.conv_lanes and block.z_banks > limits.BANKS.high:
            raise ValueError(f"{where}.conv_lanes must be 0: a joint of Z has {block.z_banks} vectors, "
                             f"and a store takes {limits.BANKS.high}")
        check_range(f"{where}.z_rows", self.z_rows, 1, limits.STORE_ROWS.high)
        check_limit(f"{where}.lanes", self.lanes, limits.LANES)
        check_range(f"{where}.lane_pairs", self.lane_pairs, self.y_width // 2,
                    block.out_banks * BANK // 2)
        # With fewer rows the next row of Y would wait for ever for rows that do not fit.
        check_range(f"{where}.x_rows", self.x_rows, block.x_window, limits.STORE_ROWS.high)
        x_readers = self.graph_units + (block.shortcut_h == "identity") + (block.shortcut_y != "none")
        if (self.scales is None) != (block.scales is None):
            raise ValueError(f"{where}.scales must be {'absent, because the block has' if self.scales else 'there in'} "
                             f"{'one temporal convolution' if self.scales else 'a multi-scale block'}")
        if self.scales is not None:
            self.scales.validate(f"{where}.scales", block, self.lanes)
        h_readers = self.lanes if self.scales is None else self.scales.p_lanes
        for name, readers in (("x_ports", x_readers), ("h_ports", h_readers)):
            check_ports(f"{where}.{name}", getattr(self, name), readers)
        check_choice(f"{where}.h_memory", self.h_memory, limits.STORE_MEMORIES)
        check_range(f"{where}.h_rows", self.h_rows, block.h_window, limits.STORE_ROWS.high)


@dataclass(frozen=True, kw_only=True)
class Folding:
    """Folding of a network.

    Parameters
    ----------
    blocks : tuple of BlockFolding
        One per block.
    mac : str
        Form of the packed MAC: ``"dsp48e2"`` (explicit primitive, UltraScale), ``"dsp48e1"`` (explicit primitive, 7
        series), ``"inferred"`` (two products a multiplier, any family with 27x18 multipliers) or ``"single"`` (one
        product a multiplier).
    head_width : 1, 2, 4, 8 or 16
        Channels that the head sums per cycle.
    skip_absent : bool
        Whether the constant response of an absent person is added instead of computed.
    """

    blocks: tuple[BlockFolding, ...]
    mac: str = "dsp48e2"
    head_width: int = 4
    skip_absent: bool = True

    def validate(self, design: Design):
        """Raise :exc:`ValueError` or :exc:`TypeError` for a folding that is illegal for ``design``."""
        check_choice("mac", self.mac, limits.MAC_FORMS)
        check_choice("head_width", self.head_width, limits.HEAD_WIDTHS)
        if not isinstance(self.skip_absent, bool):
            raise TypeError(f"skip_absent must be true or false, not {self.skip_absent!r}")
        if len(self.blocks) != len(design.blocks):
            raise ValueError(f"blocks must hold {len(design.blocks)} foldings, one per block, not {len(self.blocks)}")
        for index, (folding, block) in enumerate(zip(self.blocks, design.blocks)):
            folding.validate(f"blocks[{index}]", design, block)
            check_limit(f"blocks[{index}].conv_depth with mac {self.mac!r}", folding.conv_depth,
                        limits.chain_depth(self.mac))

    def to_dict(self) -> dict:
        """Plain data.

        Only multi-scale blocks have an entry ``scales``; ``graph_parts`` 1 has none, nor has a requantiser where a DSP
        multiplies each value.
        """
        data = dataclasses.asdict(self)
        for block in data["blocks"]:
            if block["scales"] is None:
                del block["scales"]
            if block["graph_parts"] == 1:
                del block["graph_parts"]
            for entry in (block, block.get("scales", {})):
                for name in [name for name in entry if name.endswith("_requant") and entry[name] == "dsp"]:
                    del entry[name]
        return data

    def to_json(self) -> str:
        """JSON text that :meth:`load` reads."""
        return json.dumps(self.to_dict(), indent=1) + "\n"

    @classmethod
    def load(cls, path) -> "Folding":
        """Folding of the JSON file at ``path``; :exc:`ValueError` names the mistake in it."""
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path} is not a folding, which is a JSON file that hypgcn allocate writes: {error}"
                             ) from error
        return cls.from_dict(data, path)

    @classmethod
    def from_dict(cls, data, path) -> "Folding":
        """Folding of :meth:`to_dict`'s data; :exc:`ValueError` names ``path``, where they are from, and the mistake."""
        names = [field.name for field in dataclasses.fields(cls)]
        if not isinstance(data, dict) or "blocks" not in data:
            raise ValueError(f"{path} is not a folding: it must be an object with blocks, and may have "
                             f"{', '.join(name for name in names if name != 'blocks')}; hypgcn allocate writes one")
        try:
            return cls(**{**data, "blocks": tuple(_block(entry) for entry in data["blocks"])})
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is not a folding: {error}; hypgcn allocate writes one") from error


def _block(entry: dict) -> BlockFolding:
    """Folding of a block of the entry of a file."""
    if entry.get("scales") is not None:
        entry = {**entry, "scales": ScalesFolding(**entry["scales"])}
    return BlockFolding(**entry)
