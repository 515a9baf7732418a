"""The convolutions behind H of a block: one, or the three stages of a multi-scale one."""

from dataclasses import dataclass

from ...design import Block
from ...design.folding import BlockFolding, ScalesFolding
from ...sparse.layer import SparseLayer, branch_layer, reduce_layer, temporal_layer

__all__ = ["Stage", "folding_of", "stages_of"]

_FIELDS = ("lanes", "pairs", "depth", "width")


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """A sparse convolution: what it reads, what it makes, and the names of its part of a folding.

    Parameters
    ----------
    reads : ``"h"``, ``"p"`` or ``"q"``
        What its store holds.
    makes : ``"p"``, ``"q"`` or ``"y"``
        Its output.
    layer : SparseLayer
        What is convolved.
    frames : int
        Rows of its features of a sequence.
    """

    reads: str
    makes: str
    layer: SparseLayer
    frames: int

    @property
    def out_frames(self) -> int:
        """Output rows of a sequence."""
        return -(-self.frames // self.layer.stride)

    @property
    def store(self) -> str:
        """Name of its store."""
        return f"{self.reads}_store"

    def name(self, unit: str) -> str:
        """Name of a unit in the block.

        Parameters
        ----------
        unit : str
            ``lanes``, ``dispatch``, ``combine``, ``h_store`` or ``y_shortcut``: its name where one convolution is
            behind H.
        """
        if unit == "h_store":
            return self.store
        return unit if self.makes == "y" else f"{self.makes}_{unit}"

    def size(self, folding: BlockFolding) -> tuple[int, int, int, int, int]:
        """Lanes, pairs, depth, width, and ports of the store, in ``folding``."""
        own = (folding.lanes, folding.lane_pairs, folding.lane_depth, folding.y_width) if self.makes == "y" else \
            tuple(getattr(folding.scales, f"{self.makes}_{field}") for field in _FIELDS)
        ports = folding.h_ports if self.reads == "h" else getattr(folding.scales, f"{self.reads}_ports")
        return (*own, ports)

    def requant(self, folding: BlockFolding) -> str:
        """Form of its requantiser in ``folding``."""
        return folding.y_requant if self.makes == "y" else getattr(folding.scales, f"{self.makes}_requant")

    def fields(self, lanes: int, pairs: int, depth: int, width: int, ports: int,
               requant: str = "dsp") -> dict[str, int | str]:
        """Fields of the folding for this size; those of its ``scales`` begin with ``scales.``.

        ``requant`` is one where it is not the default.
        """
        found: dict[str, int | str]
        if self.makes == "y":
            found = {"lanes": lanes, "lane_pairs": pairs, "lane_depth": depth, "y_width": width}
        else:
            found = {f"scales.{self.makes}_{field}": value
                     for field, value in zip(_FIELDS, (lanes, pairs, depth, width))}
        if requant != "dsp":
            found["y_requant" if self.makes == "y" else f"scales.{self.makes}_requant"] = requant
        return found | {"h_ports" if self.reads == "h" else f"scales.{self.reads}_ports": ports}


def stages_of(block: Block, frames: int) -> tuple[Stage, ...]:
    """The convolutions behind H of ``block`` in order; ``frames`` are those of X."""
    if block.scales is None:
        return (Stage(reads="h", makes="y", layer=temporal_layer(block), frames=frames),)
    return (Stage(reads="h", makes="p", layer=reduce_layer(block), frames=frames),
            Stage(reads="p", makes="q", layer=branch_layer(block), frames=frames),
            Stage(reads="q", makes="y", layer=temporal_layer(block), frames=-(-frames // block.stride)))


def folding_of(fields: dict) -> BlockFolding:
    """Folding of ``fields``, of which those that begin with ``scales.`` are of its ``scales``."""
    own = {name: value for name, value in fields.items() if "." not in name}
    behind = {name.removeprefix("scales."): value for name, value in fields.items() if "." in name}
    return BlockFolding(**own, scales=ScalesFolding(**behind) if behind else None)
