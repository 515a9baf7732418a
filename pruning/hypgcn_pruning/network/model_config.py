"""Shape of a network."""

from dataclasses import dataclass, field

from hypgcn.design.skeleton import Skeleton

from .branches import branch_widths, branches_of, kernel_of

__all__ = ["PAPER_BLOCKS", "SMALL_BLOCKS", "ModelConfig"]

PAPER_BLOCKS = ((64, 1),) * 4 + ((128, 2),) + ((128, 1),) * 2 + ((256, 2),) + ((256, 1),) * 2
"""(output channels, stride) of the ten blocks of 2s-AGCN."""
SMALL_BLOCKS = ((32, 1), (32, 1), (64, 2), (64, 1), (64, 2))
"""Five blocks for a first try and for tests; the shipped networks have the ten of ``paper``, or a quarter of each."""

SIMILARITIES = ("softmax", "tanh")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Shape of a network.

    Parameters
    ----------
    skeleton : Skeleton
        Its joints and graph.
    classes : int
        1..1024.
    channels : int
        Of a joint, 1..16.
    persons : int
        1..16.
    frames : int
        T of a prepared clip.
    blocks : tuple of (int, int)
        (output channels, stride 1 or 2) of every block.
    kernel : int
        Odd, taps of the temporal convolution.
    dynamic_graph : bool
        With the data-dependent graph C (training and import only: the hardware has none).
    similarity : str
        What makes C of the similarity of joints: ``softmax`` over the input joints (2s-AGCN), or ``tanh`` times a
        learned ``alpha`` (AAGCN, PYSKL).
    joint_bias : bool
        H has a learned bias for each joint and channel, as in ST-GCN, whose convolution comes before the graph product.
    shortcut_h : bool
        With the shortcut from X into H; ST-GCN has none.
    branches : tuple of str
        Of a multi-scale temporal convolution, as in ST-GCN++ (:data:`~.branches.MULTI_SCALE`), whose taps lie in a
        window of ``kernel``; empty: one convolution of ``kernel`` taps.
    branch_share : float, 0..1
        Channels of each branch over those of its block; 0: all branches together have as many as the block.
    """

    skeleton: Skeleton
    classes: int
    channels: int = 3
    persons: int = 1
    frames: int = 52
    blocks: tuple[tuple[int, int], ...] = field(default=SMALL_BLOCKS)
    kernel: int = 9
    dynamic_graph: bool = False
    similarity: str = "softmax"
    joint_bias: bool = False
    shortcut_h: bool = True
    branches: tuple[str, ...] = ()
    branch_share: float = 0.0

    def __post_init__(self):
        for name, low, high in (("classes", 1, 1024), ("channels", 1, 16), ("persons", 1, 16), ("frames", 1, 4096),
                                ("kernel", 1, 31)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be an integer, not {value!r}")
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, not {value!r}")
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, not {self.kernel!r}")
        if self.similarity not in SIMILARITIES:
            raise ValueError(f"similarity must be one of {', '.join(SIMILARITIES)}, not {self.similarity!r}")
        if not self.blocks:
            raise ValueError("blocks must hold at least one block")
        for block in self.blocks:
            if len(block) != 2 or not 1 <= block[0] <= 1024 or block[1] not in (1, 2):
                raise ValueError(f"blocks must be pairs of channels in 1..1024 and stride 1 or 2, not {block!r}")
        if self.branches:
            self._check_branches()

    def _check_branches(self):
        needed = kernel_of(branches_of(self.branches))
        if self.kernel < needed:
            raise ValueError(f"kernel must be at least {needed}, the window of branches {', '.join(self.branches)}, "
                             f"not {self.kernel!r}")
        if not 0 <= self.branch_share <= 1:
            raise ValueError(f"branch_share must be in 0..1, not {self.branch_share!r}")
        for outputs, _ in self.blocks:
            widths = branch_widths(outputs, len(self.branches), self.branch_share)
            if min(widths) < 1 or sum(widths) > 1024:
                raise ValueError(f"branches must have 1 channel each and 1024 together, but {len(self.branches)} of "
                                 f"them have {', '.join(map(str, widths))} in a block of {outputs}")

    def to_dict(self) -> dict:
        """Plain data that :meth:`from_dict` reads back."""
        names = ("classes", "channels", "persons", "frames", "kernel", "dynamic_graph", "similarity")
        # What only few networks have is named for these alone, so that others keep their description.
        few = {name: getattr(self, name) for name, usual in (("joint_bias", False), ("shortcut_h", True),
                                                             ("branch_share", 0.0)) if getattr(self, name) != usual}
        if self.branches:
            few["branches"] = list(self.branches)
        return {**{name: getattr(self, name) for name in names}, **few, "skeleton": self.skeleton.to_dict(),
                "blocks": [list(block) for block in self.blocks]}

    @classmethod
    def from_dict(cls, entry: dict) -> "ModelConfig":
        """Config of :meth:`to_dict`'s data; :exc:`ValueError` for anything else."""
        try:
            return cls(**{**entry, "skeleton": Skeleton.from_dict(entry["skeleton"]),
                          "blocks": tuple(tuple(block) for block in entry["blocks"]),
                          "branches": tuple(entry.get("branches", ()))})
        except (KeyError, TypeError) as error:
            raise ValueError(f"not the description of a network: {error}") from error
