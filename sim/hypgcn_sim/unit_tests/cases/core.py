"""Test case of the whole core through its AXI buses."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypgcn.shell import AXI_LITE_PORTS
from hypgcn.shell.register_files import as_json
from hypgcn.shell.top import CONTROL, Top

from ..case import BEATS, DESCRIPTION, Case
from ..context import CaseMaker, Context

__all__ = ["TEST_CASES", "CoreCase"]

CLIPS = 3
BUS_WIDTH = 32


@dataclass(kw_only=True)
class CoreCase(Case):
    """Test case of :class:`hypgcn.shell.top.Top`: cocotbext-axi masters and slaves in place of streams.

    Parameters
    ----------
    content : int8 (N, M, T, V, C)
        The clips.
    scores : int64 (N, classes)
        Their expected scores.
    overflow : list of int
        Expected overflow flag of each clip.
    """

    content: np.ndarray
    scores: np.ndarray
    overflow: list[int]

    def write(self, folder: Path, component):
        """As :meth:`Case.write`, for :mod:`hypgcn_sim.unit_tests.testbench.core`."""
        cfg = component.cfg
        description = {
            "name": self.name, "idle": self.idle, "stall": self.stall, "seed": self.seed, "timeout": self.timeout,
            "overflow": self.overflow, "hash": list(cfg.hash_words), "blocks": cfg.blocks, "map": as_json(),
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / DESCRIPTION).write_text(json.dumps(description), encoding="utf-8", newline="\n")
        np.savez_compressed(folder / BEATS, content=self.content, scores=self.scores)

    def ports(self) -> list[str]:
        """Names of all pins."""
        streams = [f"{bus}_{name}" for bus in ("s_axis", "m_axis")
                   for name in ("tdata", "tkeep", "tlast", "tvalid", "tready")]
        return ["aclk", "aresetn", "irq", *streams, *(f"{CONTROL}_{name}" for name in AXI_LITE_PORTS)]


def _core(context: Context) -> Case:
    count = min(CLIPS, len(context.clips))
    golden = [context.golden(clip) for clip in range(count)]
    return CoreCase(
        name="core", component=lambda: Top.of(context.design, context.folding, BUS_WIDTH),
        module="hypgcn_sim.unit_tests.testbench.core", sources={}, sinks={}, idle=0.3, stall=0.5, timeout=300_000,
        content=context.clips[:count], scores=np.stack([tensors["logits"] for tensors in golden]),
        overflow=[int(tensors["overflow"]) for tensors in golden], clips=count, real_clips=min(count, context.real))


TEST_CASES: dict[str, CaseMaker] = {"core": _core}
