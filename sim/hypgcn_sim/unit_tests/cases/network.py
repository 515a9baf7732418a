"""Test cases of the boxes of the network (absent persons, input affine, block, head) and of the whole network."""

from dataclasses import replace
from functools import partial

import numpy as np

from hypgcn.absent import AbsentPersons, leaves_out
from hypgcn.block import Block, BlockConfig
from hypgcn.design import MAX_ROWS
from hypgcn.design.folding import ScalesFolding
from hypgcn.design.scale_presets import with_scales
from hypgcn.golden.absent import absent_response, computed, left_out
from hypgcn.golden.block import lost_of, run_block
from hypgcn.golden.input import coordinates
from hypgcn.head import Head
from hypgcn.input import InputAffine

from ...stimuli.beats import axes_of, vectors
from ..case import Case, Sink, Source
from ..context import CaseMaker, Context
from ..wrappers import NetworkWrapper

__all__ = ["TEST_CASES"]

BLOCK_FRAMES = 16
UNIT_CLIPS = 2


def _joints(clips: np.ndarray) -> list[list[int]]:
    """Beats of clips (..., C)."""
    return clips.reshape(-1, clips.shape[-1]).tolist()


def _present(clips: np.ndarray, gone: np.ndarray) -> list[dict]:
    """Beats of the persons of clips (N, M, T, V, C) who are not ``gone``, with the index of the person."""
    return [{"joint": joint, "person": person} for clip, person in np.argwhere(~gone).tolist()
            for joint in _joints(clips[clip, person])]


def _scores(context: Context, clips: int) -> list[dict]:
    classes = context.design.classes
    return [{"index": j, "score": int(score), "last": int(j == classes - 1), "overflow": int(tensors["overflow"])}
            for tensors in map(context.golden, range(clips)) for j, score in enumerate(tensors["logits"])]


def _left_out(context: Context, clips: int) -> np.ndarray:
    """Bool (clips, persons): persons that are not computed."""
    return np.stack([left_out(coordinates(context.clips[clip], context.design), context.golden(clip))
                     & context.folding.skip_absent for clip in range(clips)])


def _coordinates(context: Context, clips: np.ndarray) -> np.ndarray:
    """What the units behind the preparation of raw joints get of ``clips``; int8 clips as they are."""
    return np.stack([coordinates(clip, context.design) for clip in clips])


def _absent(context: Context) -> Case:
    """The first clip; without its last person; without any person; with nothing but its last frame."""
    design = context.design
    clips = np.stack([context.clips[0]] * 4)
    clips[1, -1], clips[2], clips[3, :, :-1] = 0, 0, 0
    clips = _coordinates(context, clips)
    gone = np.stack([left_out(clip, {}) for clip in clips]) & absent_response(design).constant
    people = computed(gone)
    return Case(
        name="absent_persons", component=lambda: AbsentPersons(design), signals={"leave_out": 1},
        sources={"i": Source(beats=_joints(clips))},
        sinks={
            "o": Sink(beats=_present(clips, gone), tensor="clips",
                        axes=[("person", people), ("frame", design.frames), ("joint", design.joints)]),
            "persons": Sink(beats=[{"absent": int(flag)} for flag in gone.ravel()], tensor="absent",
                              axes=[("clip", len(clips)), ("person", design.persons)]),
        })


def _input(context: Context) -> Case:
    """The input affine on the persons that are computed."""
    clips = min(UNIT_CLIPS, len(context.clips))
    leaves = leaves_out(context.design, context.folding.skip_absent)
    gone = _left_out(context, clips)
    x = np.stack([context.golden(clip)["x1"] for clip in range(clips)])[~gone]
    given = _coordinates(context, context.clips[:clips])
    beats = _present(given, gone) if leaves else _joints(given)
    return Case(name="input_affine", component=lambda: InputAffine(context.design, with_person=leaves),
                sources={"i": Source(beats=beats)},
                sinks={"o": Sink(beats=vectors(x), tensor="x1",
                                     axes=[("person", computed(gone)), *axes_of(x, "person", "frame")[1:]])})


def _head(context: Context) -> Case:
    """The head on the output of the last block."""
    design = context.design
    clips = min(UNIT_CLIPS, len(context.clips))
    absent, gone, beats = leaves_out(design, context.folding.skip_absent), _left_out(context, clips), []
    for tensors, missing in zip(map(context.golden, range(clips)), gone):
        if not missing.all():
            clip_beats = vectors(tensors[f"blocks.{len(design.blocks) - 1}.y"][~missing])
            clip_beats[-1]["overflow"] = int(tensors["overflow"])
            beats += clip_beats
    sources = {"i": Source(beats=beats)}
    if absent:
        sources["persons"] = Source(beats=[{"absent": int(flag)} for flag in gone.ravel()])
    return Case(name="head", component=lambda: Head(design, context.folding.head_width, absent=absent), sources=sources,
                sinks={"o": Sink(beats=_scores(context, clips), tensor="logits",
                                     axes=[("clip", clips), ("class", design.classes)])})


def _block(kind: str, context: Context) -> Case:
    """Two short sequences through one block; ``scales`` is the strided one with branches in it.

    Where the network's window is a single row, which no branch fits, that is the block as it is.
    """
    design, index = context.design, context.conv if kind == "scales" else getattr(context, kind)
    block, folding = context.block(index)
    if kind == "scales" and design.kernel >= MAX_ROWS:
        block = with_scales(design).blocks[index]
        folding = replace(folding, x_rows=max(folding.x_rows, block.x_window), h_ports=1, scales=ScalesFolding(
            p_lanes=2, p_pairs=3, p_width=4, q_lanes=2, q_pairs=2, q_width=4))
    x = context.x(index)[[0, -1], :BLOCK_FRAMES]
    cfg = BlockConfig(block=block, joints=design.joints, frames=x.shape[1], folding=folding, mac=context.folding.mac)
    tensors = [run_block(person, block) for person in x]
    y = np.stack([sequence["y"] for sequence in tensors])
    lost = sum(map(lost_of, tensors))
    behind = {} if block.scales is None else {f"threshold_{name}": getattr(block.scales, f"threshold_{name}")
                                              for name in "pq"}
    return Case(
        name=f"block_{kind}",
        component=lambda: Block(cfg),
        sources={"i": Source(beats=vectors(x))},
        levels={"overflow_count": lost},
        signals={"threshold_h": block.threshold_h, **behind, "threshold_y": block.threshold_y},
        sinks={
            "o": Sink(
                beats=vectors(y),
                tensor=f"blocks.{index}.y",
                axes=axes_of(y, "sequence", "frame"),
                ignore=("overflow",) if lost else (),
            )
        },
    )


def _network(context: Context) -> Case:
    """All clips back to back: scores, and the output of every block, for the persons that are computed."""
    design, count = context.design, len(context.clips)
    sinks = {
        "o": Sink(beats=_scores(context, count), tensor="logits", axes=[("clip", count), ("class", design.classes)])
    }
    golden = [context.golden(clip) for clip in range(count)]
    lost = any(tensors["overflow"] for tensors in golden)
    gone = _left_out(context, count)
    for index in range(len(design.blocks)):
        y = np.stack([tensors[f"blocks.{index}.y"] for tensors in golden])[~gone]
        sinks[f"observe_{index}"] = Sink(
            beats=vectors(y), tensor=f"blocks.{index}.y",
            axes=[("person", computed(gone)), *axes_of(y, "person", "frame")[1:]], observe=True,
            ignore=("overflow",) if lost else ())
    counts = [sum(lost_of({name: tensor for name, tensor in tensors.items() if name.startswith(f"blocks.{index}.")})
                  for tensors in golden) for index in range(len(design.blocks))]
    return Case(
        name="network", component=lambda: NetworkWrapper(design, context.folding), idle=0.3, stall=0.5,
        sources={"i": Source(beats=_joints(context.clips))}, sinks=sinks, signals={"threshold_raise": 0},
        levels={"overflow_counts": sum(lost << 32 * index for index, lost in enumerate(counts))},
        timeout=300_000, clips=count, real_clips=min(count, context.real))


TEST_CASES: dict[str, CaseMaker] = {
    "absent_persons": _absent, "input_affine": _input, "head": _head, "block_identity": partial(_block, "identity"),
    "block_conv": partial(_block, "conv"), "block_scales": partial(_block, "scales"), "network": _network,
}
