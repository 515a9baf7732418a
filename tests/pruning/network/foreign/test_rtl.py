# amaranth: UnusedElaboratable=no
"""Imported networks of each kind, quantised, through RTL simulation: equal to golden."""

import numpy as np
import pytest
import torch
from hdl.network_check import check
from pruning.network.foreign.source_networks import MS_CFG, Baseline, StGcn, StGcnOfPyskl, clips_of, shaken

from hypgcn.design.clip import quantise_clip
from hypgcn.design.folding import BlockFolding, Folding, ScalesFolding
from hypgcn.design.skeleton import Skeleton
from hypgcn.planning.allocator.allocate import reaching
from hypgcn_pruning.config import QuantiseConfig
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.network.foreign import load_foreign

BLOCKS = ((4, 1), (6, 2))
KINDS = {
    "ST-GCN": lambda graph: StGcn(graph, BLOCKS, classes=2, kernel=3),
    "PYSKL, convolution first": lambda graph: StGcnOfPyskl(graph, BLOCKS, classes=2, adaptive="init", shortcut=True),
    "PYSKL, graph first": lambda graph: StGcnOfPyskl(graph, BLOCKS, classes=2, adaptive="init", position="post"),
    "CTR-GCN's baseline": lambda graph: Baseline(graph + 0.1, BLOCKS, classes=2, persons=1),
    "ST-GCN++": lambda graph: StGcnOfPyskl(graph, ((6, 1), (7, 2)), classes=2, adaptive="init", shortcut=True,
                                           scales=(MS_CFG, None))}


@pytest.mark.parametrize("kind", KINDS)
def test_equal_to_golden(tmp_path, kind):
    skeleton = Skeleton(name="three", joints=3, centre=0, bones=((1, 0), (2, 0)))
    source = shaken(KINDS[kind](torch.from_numpy(skeleton.adjacency()).float()), seed=3)
    torch.save(source.state_dict(), tmp_path / "a.pt")
    model = load_foreign(tmp_path / "a.pt", skeleton=skeleton, frames=4, strides=(1, 2))
    clips = clips_of(1, 4, 3, count=6)
    design = quantise(model, clips, QuantiseConfig(name="kind"))
    clip = quantise_clip(design, clips[0].numpy())
    folding = reaching(design, 400) if not design.multi_scale else Folding(
        blocks=(BlockFolding(h_rows=1, scales=ScalesFolding(q_lanes=2)),) * 2)
    out = check(design, folding, [clip], seed=1, idle=0.2, stall=0.3)
    assert len({item["score"] for item in out["o"]}) == 2 and np.any(clip)
