"""Benches of the absent persons, the input affine, a block, the head, and the whole network on whole clips."""

from functools import partial

import numpy as np

from hypgcn.absent import AbsentPersons, leaves_out
from hypgcn.block import Block, BlockConfig
from hypgcn.golden.absent import absent_response, computed, left_out
from hypgcn.golden.block import run_block
from hypgcn.head import Head
from hypgcn.input import InputAffine

from ...stimuli.beats import axes_of, vectors
from ..case import Case, Feed, Output
from ..context import Bench, Context
from ..wrappers import NetworkBench

__all__ = ["BENCHES"]

BLOCK_FRAMES = 16
UNIT_CLIPS = 2


def _joints(clips: np.ndarray) -> list[list[int]]:
    """Beats of clips (..., C)."""
    return clips.reshape(-1, clips.shape[-1]).tolist()


def _told(clips: np.ndarray, gone: np.ndarray) -> list[dict]:
    """Beats of the persons of clips (N, M, T, V, C) who are not ``gone``, and whose they are."""
    return [{"joint": joint, "person": person} for clip, person in np.argwhere(~gone).tolist()
            for joint in _joints(clips[clip, person])]


def _scores(context: Context, clips: int) -> list[dict]:
    classes = context.design.classes
    return [{"index": j, "score": int(score), "last": int(j == classes - 1), "overflow": int(found["overflow"])}
            for found in map(context.golden, range(clips)) for j, score in enumerate(found["logits"])]


def _left_out(context: Context, clips: int) -> np.ndarray:
    """bool (clips, persons), who is not computed."""
    return np.stack([left_out(context.clips[clip], context.golden(clip)) & context.folding.skip_absent
                     for clip in range(clips)])


def _absent(context: Context) -> Case:
    """The first clip as it is; with its last person absent; with nobody; beginning with its last frame."""
    design, whole = context.design, context.clips[0]
    clips = np.stack([whole] * 4)
    clips[1, -1], clips[2], clips[3, :, :-1] = 0, 0, 0
    gone = np.stack([left_out(clip, {}) for clip in clips]) & absent_response(design).constant
    people = computed(gone)
    return Case(
        name="absent_persons", component=lambda: AbsentPersons(design), signals={"leave_out": 1},
        feeds={"i": Feed(beats=_joints(clips))},
        outputs={
            "o": Output(beats=_told(clips, gone), tensor="clips",
                        axes=[("person", people), ("frame", design.frames), ("joint", design.joints)]),
            "persons": Output(beats=[{"absent": int(flag)} for flag in gone.ravel()], tensor="absent",
                              axes=[("clip", len(clips)), ("person", design.persons)]),
        })


def _input(context: Context) -> Case:
    clips, told = min(UNIT_CLIPS, len(context.clips)), leaves_out(context.design, context.folding.skip_absent)
    gone = _left_out(context, clips)
    x = np.stack([context.golden(clip)["x1"] for clip in range(clips)])[~gone]
    beats = _told(context.clips[:clips], gone) if told else _joints(context.clips[:clips])
    return Case(name="input_affine", component=lambda: InputAffine(context.design, told=told),
                feeds={"i": Feed(beats=beats)},
                outputs={"o": Output(beats=vectors(x), tensor="x1",
                                     axes=[("person", computed(gone)), *axes_of(x, "person", "frame")[1:]])})


def _head(context: Context) -> Case:
    design = context.design
    clips = min(UNIT_CLIPS, len(context.clips))
    absent, gone, beats = leaves_out(design, context.folding.skip_absent), _left_out(context, clips), []
    for found, missing in zip(map(context.golden, range(clips)), gone):
        if not missing.all():
            part = vectors(found[f"blocks.{len(design.blocks) - 1}.y"][~missing])
            part[-1]["overflow"] = int(found["overflow"])
            beats += part
    feeds = {"i": Feed(beats=beats)}
    if absent:
        feeds["persons"] = Feed(beats=[{"absent": int(flag)} for flag in gone.ravel()])
    return Case(name="head", component=lambda: Head(design, context.folding.head_width, absent=absent), feeds=feeds,
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
    """All clips back to back; the scores, and every vector that leaves a block: none of persons who are left out."""
    design, count = context.design, len(context.clips)
    outputs = {
        "o": Output(beats=_scores(context, count), tensor="logits", axes=[("clip", count), ("class", design.classes)])
    }
    golden = [context.golden(clip) for clip in range(count)]
    lost = any(found["overflow"] for found in golden)
    gone = _left_out(context, count)
    for index in range(len(design.blocks)):
        y = np.stack([found[f"blocks.{index}.y"] for found in golden])[~gone]
        outputs[f"observe_{index}"] = Output(
            beats=vectors(y), tensor=f"blocks.{index}.y",
            axes=[("person", computed(gone)), *axes_of(y, "person", "frame")[1:]], observe=True,
            ignore=("overflow",) if lost else ())
    counts = [int(sum(found[f"blocks.{index}.{name}_lost"].sum() for found in golden for name in ("x", "h")))
              for index in range(len(design.blocks))]
    return Case(
        name="network", component=lambda: NetworkBench(design, context.folding), idle=0.3, stall=0.5,
        feeds={"i": Feed(beats=_joints(context.clips))}, outputs=outputs, signals={"threshold_raise": 0},
        levels={"overflow_counts": sum(lost << 32 * index for index, lost in enumerate(counts))},
        timeout=300_000, clips=count, real_clips=min(count, context.real))


BENCHES: dict[str, Bench] = {
    "absent_persons": _absent, "input_affine": _input, "head": _head, "block_identity": partial(_block, "identity"),
    "block_conv": partial(_block, "conv"), "network": _network}
