"""The tiny network with stores that are just deep enough for some clips, and a clip that overflows them."""

import dataclasses

import numpy as np

from hypgcn.design.presets import preset
from hypgcn.golden.network import run
from hypgcn.golden.rfc.store import row_usage
from hypgcn.testbench.clips import generated_clip

__all__ = ["tight_design"]


def tight_design(count: int = 4):
    """(design, clips (N, M, T, V, C), dense clip): ``clips`` fit into all stores, ``dense`` does not."""
    design = preset("tiny")
    clips = np.stack([generated_clip(design, seed) for seed in range(count)])
    per_clip = [run(design, clip) for clip in clips]
    blocks = []
    for index, block in enumerate(design.blocks):
        need = {}
        for name, stored in (("x_depths", "x_stored"), ("h_depths", "h_stored")):
            rows = [row for tensors in per_clip for person in tensors[f"blocks.{index}.{stored}"] for row in person]
            need[name] = tuple(max(1, int(entries)) for entries in np.max([row_usage(row) for row in rows], axis=0))
        blocks.append(dataclasses.replace(block, **need))
    tight = dataclasses.replace(design, name="tight", blocks=tuple(blocks))
    for seed in range(1000):
        dense = np.random.default_rng(seed).integers(-128, 128, clips.shape[1:]).astype(np.int8)
        if run(tight, dense)["overflow"]:
            return tight, clips, dense
    raise ValueError("no clip is denser than the others")
