"""The tiny network with stores that are just deep enough for some clips, and a clip that overflows them."""

import dataclasses

import numpy as np

from hypgcn.design.presets import preset
from hypgcn.golden.network import run
from hypgcn.golden.rfc.store import row_usage, window_usage
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
        for holds, window in (("x", block.x_window), ("h", block.h_window)):
            rows = np.stack([tensors[f"blocks.{index}.{holds}_stored"] for tensors in per_clip])
            usage = window_usage(row_usage(rows), window).max(axis=(0, 1, 2))
            need[f"{holds}_depths"] = tuple(max(1, int(entries)) for entries in usage)
        blocks.append(dataclasses.replace(block, **need))
    tight = dataclasses.replace(design, name="tight", blocks=tuple(blocks))
    for seed in range(1000):
        dense = np.random.default_rng(seed).integers(-128, 128, clips.shape[1:]).astype(np.int8)
        if run(tight, dense)["overflow"]:
            return tight, clips, dense
    raise ValueError("no clip is denser than the others")
