"""Test cases of the preparation of raw joints: every stream, missing joints, absent persons, corner sizes."""

from dataclasses import replace
from functools import partial

import numpy as np

from hypgcn.design import Design
from hypgcn.design.presets import random_design
from hypgcn.design.raw_input import MARKER, RawInput
from hypgcn.golden.raw_input import prepared
from hypgcn.raw_input import RawPreparation

from ..case import Case, Sink, Source
from ..context import ROWS, CaseMaker, Context

__all__ = ["TEST_CASES"]

CLIPS = 4
PATIENCE = 2
SHARES = {"missing": 0.15, "unseen": 0.2, "absent": 0.15}
"""Shares of joints that are missing, of frames in which all of a person are, and of frames that say that it is
absent."""


def _raw(kind: str, joints: int) -> RawInput:
    centre, parents = joints // 2, tuple(max(0, joint - 1) for joint in range(joints))
    held = RawInput(unit="mm", missing="hold", patience=PATIENCE)
    return {
        "joint": replace(held, centre=centre),
        "bone": RawInput(unit="mm", missing="zero", parents=parents),
        "joint_motion": replace(held, centre=centre, centring="first", motion=True),
        "bone_motion": replace(held, parents=parents, motion=True),
    }[kind]


def _clips(design: Design, rng: np.random.Generator, count: int) -> np.ndarray:
    """Int16 (N, M, T, V, C): a body that moves, then ends of the range; the last person of the second is absent."""
    shape = (count, *design.clip_shape)
    clips = rng.integers(-3000, 3000, (*shape[:2], 1, *shape[3:])) + rng.integers(-200, 200, shape)
    clips[-1] = rng.choice([-32767, -1, 0, 1, 32767], shape[1:])
    clips[..., 0][rng.random(shape[:-1]) < SHARES["missing"]] = MARKER
    kind = rng.random(shape[:3])
    clips[..., 0][kind < SHARES["unseen"]] = MARKER
    clips[kind > 1 - SHARES["absent"]] = 0
    clips[1, -1] = 0
    return clips.astype(np.int16)


def _case(name: str, design: Design, rng: np.random.Generator, count: int = CLIPS) -> Case:
    clips = _clips(design, rng, count)
    values = np.stack([prepared(clip, design.raw) for clip in clips])
    channels = design.channels
    return Case(
        name=name, component=lambda: RawPreparation(design),
        sources={"i": Source(beats=clips.reshape(-1, channels).tolist())},
        sinks={"o": Sink(beats=values.reshape(-1, channels).tolist(), tensor="coordinates",
                         axes=[("clip", count), ("person", design.persons), ("frame", design.frames),
                               ("joint", design.joints)])})


def _stream(kind: str, context: Context) -> Case:
    """Clips of the shape of the design, but short."""
    name = f"raw_{kind}"
    design = context.design
    design = replace(design, frames=min(design.frames, ROWS), raw=_raw(kind, design.joints))
    return _case(name, design, context.rng(name))


def _corner(context: Context) -> Case:
    """One frame of one joint, and two persons; without a centre, from which one joint would not differ."""
    design = random_design(1, name="corner", frames=1, joints=1, persons=2, channels=1, classes=2, widths=(4,),
                           strides=(1,))
    return _case("raw_corner", replace(design, raw=RawInput(unit="mm", patience=PATIENCE)), context.rng("raw_corner"),
                 6 * CLIPS)


TEST_CASES: dict[str, CaseMaker] = {
    **{f"raw_{kind}": partial(_stream, kind) for kind in ("joint", "bone", "joint_motion", "bone_motion")},
    "raw_corner": _corner,
}
