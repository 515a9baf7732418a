"""Benches of the input affine, a block, the head, and the whole network on whole clips."""

from functools import partial

import numpy as np

from hypgcn.block import Block, BlockConfig
from hypgcn.head import Head
from hypgcn.input import InputAffine

from ..beats import axes_of, vectors
from ..case import Case, Feed, Output
from ..context import Bench, Context
from ..golden.block import run_block
from ..harness import NetworkBench

__all__ = ["BENCHES"]

BLOCK_FRAMES = 16
UNIT_CLIPS = 2


def _joints(clips: np.ndarray) -> list[list[int]]:
    """Beats of clips (..., C)."""
    return clips.reshape(-1, clips.shape[-1]).tolist()


def _scores(context: Context, clips: int) -> list[dict]:
    classes = context.design.classes
    return [{"index": j, "score": int(score), "last": int(j == classes - 1), "overflow": int(found["overflow"])}
            for found in map(context.golden, range(clips)) for j, score in enumerate(found["logits"])]


def _input(context: Context) -> Case:
    clips = min(UNIT_CLIPS, len(context.clips))
    x = np.stack([context.golden(clip)["x1"] for clip in range(clips)])
    return Case(name="input_affine", component=lambda: InputAffine(context.design),
                feeds={"i": Feed(beats=_joints(context.clips[:clips]))},
                outputs={"o": Output(beats=vectors(x), tensor="x1", axes=axes_of(x, "clip", "person", "frame"))})


def _head(context: Context) -> Case:
    design = context.design
    clips = min(UNIT_CLIPS, len(context.clips))
    beats = []
    for found in map(context.golden, range(clips)):
        part = vectors(found[f"blocks.{len(design.blocks) - 1}.y"])
        part[-1]["overflow"] = int(found["overflow"])
        beats += part
    return Case(name="head", component=lambda: Head(design, context.folding.head_width), feeds={"i": Feed(beats=beats)},
                outputs={"o": Output(beats=_scores(context, clips), tensor="logits",
                                     axes=[("clip", clips), ("class", design.classes)])})


def _block(kind: str, context: Context) -> Case:
    """Two short sequences through one block."""
    design, index = context.design, getattr(context, kind)
    block, folding = context.block(index)
    x = context.x(index)[[0, -1], :BLOCK_FRAMES]
    cfg = BlockConfig(block=block, joints=design.joints, frames=x.shape[1], folding=folding, mac=context.folding.mac)
    found = [run_block(person, block) for person in x]
    y = np.stack([part["y"] for part in found])
    lost = sum(int(part["x_lost"].sum() + part["h_lost"].sum()) for part in found)
    return Case(
        name=f"block_{kind}",
        component=lambda: Block(cfg),
        feeds={"i": Feed(beats=vectors(x))},
        levels={"overflow_count": lost},
        signals={"threshold_h": block.threshold_h, "threshold_y": block.threshold_y},
        outputs={
            "o": Output(
                beats=vectors(y),
                tensor=f"blocks.{index}.y",
                axes=axes_of(y, "sequence", "frame"),
                ignore=("overflow",) if lost else (),
            )
        },
    )


def _network(context: Context) -> Case:
    """All clips back to back; the scores, and every vector that leaves a block."""
    design, count = context.design, len(context.clips)
    outputs = {
        "o": Output(beats=_scores(context, count), tensor="logits", axes=[("clip", count), ("class", design.classes)])
    }
    golden = [context.golden(clip) for clip in range(count)]
    lost = any(found["overflow"] for found in golden)
    for index in range(len(design.blocks)):
        y = np.stack([found[f"blocks.{index}.y"] for found in golden])
        outputs[f"observe_{index}"] = Output(
            beats=vectors(y), tensor=f"blocks.{index}.y", axes=axes_of(y, "clip", "person", "frame"), observe=True,
            ignore=("overflow",) if lost else ())
    counts = [int(sum(found[f"blocks.{index}.{name}_lost"].sum() for found in golden for name in ("x", "h")))
              for index in range(len(design.blocks))]
    return Case(
        name="network", component=lambda: NetworkBench(design, context.folding), idle=0.3, stall=0.5,
        feeds={"i": Feed(beats=_joints(context.clips))}, outputs=outputs, signals={"threshold_raise": 0},
        levels={"overflow_counts": sum(lost << 32 * index for index, lost in enumerate(counts))},
        timeout=300_000, clips=count, real_clips=min(count, context.real))


BENCHES: dict[str, Bench] = {"input_affine": _input, "head": _head, "block_identity": partial(_block, "identity"),
           "block_conv": partial(_block, "conv"), "network": _network}
