"""The design, its folding, clips and their golden tensors: shared by all test cases of a run."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from hypgcn.design import Block, Design
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.golden.network import run

from .case import Case

__all__ = ["CaseMaker", "Context"]

ROWS = 12
"""Rows (frames) of a clip in the test cases of single units."""


@dataclass
class Context:
    """Design, folding and clips of a run.

    Parameters
    ----------
    design : Design
        The network under test.
    folding : Folding
        Its lanes, widths and units.
    clips : int8 (N, M, T, V, C)
        In the order in which the hardware takes them.
    real : int
        How many of them, from the first on, are recorded.
    seed : int
        Seed of all stimuli that are not clips.
    idle : float or None
        Chance per cycle that a source is idle, in all cases; ``None`` leaves each case its own.
    stall : float or None
        Chance per cycle that a sink is not ready, as ``idle``.
    """

    design: Design
    folding: Folding
    clips: np.ndarray
    real: int = 0
    seed: int = 1
    idle: float | None = None
    stall: float | None = None

    def __post_init__(self):
        self._golden: dict[int, dict] = {}

    def save(self, folder: Path):
        """Write the context for :meth:`load`."""
        self.design.save(folder / "design")
        (folder / "folding.json").write_text(self.folding.to_json(), encoding="utf-8", newline="\n")
        np.savez_compressed(folder / "clips.npz", clips=self.clips)
        settings = {name: getattr(self, name) for name in ("real", "seed", "idle", "stall")}
        (folder / "context.json").write_text(json.dumps(settings), encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, folder: Path) -> "Context":
        """The context that :meth:`save` wrote."""
        with np.load(folder / "clips.npz") as data:
            return cls(Design.load(folder / "design"), Folding.load(folder / "folding.json"), data["clips"],
                       **json.loads((folder / "context.json").read_text(encoding="utf-8")))

    def golden(self, clip: int = 0) -> dict:
        """Every tensor of a clip, as :func:`hypgcn.golden.network.run` names them."""
        if clip not in self._golden:
            self._golden[clip] = run(self.design, self.clips[clip])
        return self._golden[clip]

    def rng(self, name: str) -> np.random.Generator:
        """Random generator of the test case ``name``."""
        return np.random.default_rng([self.seed, *name.encode()])

    @cached_property
    def identity(self) -> int:
        """The smallest block with identity shortcuts, or the smallest with one into H, or else the first."""
        both = self._smallest(lambda b: b.shortcut_h == "identity" and b.shortcut_y == "identity")
        one = self._smallest(lambda b: b.shortcut_h == "identity")
        return both if both is not None else one or 0

    @cached_property
    def conv(self) -> int:
        """The smallest block with convolutions as shortcuts, stride 2 if there is one; or else the last."""
        strided = self._smallest(lambda b: b.shortcut_y == "conv" and b.stride == 2)
        plain = self._smallest(lambda b: b.shortcut_y == "conv")
        smallest = strided if strided is not None else plain
        return len(self.design.blocks) - 1 if smallest is None else smallest

    def _smallest(self, condition) -> int | None:
        fitting = [index for index, block in enumerate(self.design.blocks) if condition(block)]
        return min(fitting, key=lambda index: self.design.blocks[index].out_channels, default=None)

    def block(self, index: int) -> tuple[Block, BlockFolding]:
        """Block ``index`` of the design, and its folding."""
        return self.design.blocks[index], self.folding.blocks[index]

    def rows(self, index: int, name: str, count: int = ROWS, person: int = 0) -> np.ndarray:
        """The first rows of a tensor of block ``index`` for one person of the first clip; ``name`` as in the golden
        model."""
        return self.golden()[f"blocks.{index}.{name}"][person][:count]

    def x(self, index: int) -> np.ndarray:
        """Input X (M, T, V, C) of block ``index`` for the first clip, before its store."""
        return self.golden()["x1"] if index == 0 else self.golden()[f"blocks.{index - 1}.y"]


CaseMaker = Callable[[Context], Case]
"""Makes one test case."""
