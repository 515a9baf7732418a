"""Input affine against golden: per person, channel and joint."""

import dataclasses

import numpy as np
import pytest
from hdl.vectors import vectors
from random_clips import random_clip

from hypgcn.design.presets import preset, random_design
from hypgcn.golden.input import input_affine
from hypgcn.input import InputAffine
from testbench import STREAM_PATTERNS, run


def check(design, clips, *, order=None, seed=1, idle=0.0, stall=0.0):
    """``order``: (clip, person) of the persons that come, in their order; every joint then carries its person."""
    with_person, expected, joints = order is not None, [], []
    for clip, person in order or [(clip, person) for clip in range(len(clips)) for person in range(design.persons)]:
        expected += vectors(input_affine(clips[clip], design)[person])
        for joint in clips[clip][person].reshape(-1, design.channels).tolist():
            joints.append({"joint": joint, "person": person} if with_person else joint)
    out = run(InputAffine(design, with_person=with_person), {"i": joints}, {"o": len(expected)}, seed=seed, idle=idle,
    stall=stall,
              timeout=20000)
    assert out["o"] == expected


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_matches_golden(idle, stall):
    design = preset("tiny")
    check(design, [random_clip(design, seed) for seed in (1, 2)], idle=idle, stall=stall)


@pytest.mark.parametrize("shape", [
    dict(frames=1, joints=1, persons=1, channels=1),
    dict(frames=2, joints=3, persons=1, channels=2),
    dict(frames=1, joints=2, persons=3, channels=16),
])
def test_corner_shapes(shape):
    design = random_design(3, name="corner", classes=2, widths=(4,), strides=(1,), **shape)
    check(design, [random_clip(design, seed) for seed in (1, 2)])


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_joints_with_their_person(idle, stall):
    design = random_design(3, name="three", classes=2, widths=(4,), strides=(1,), frames=2, joints=2, persons=3)
    clips = [random_clip(design, seed) for seed in range(5)]
    check(design, clips, order=[(0, 0), (0, 2), (1, 1), (2, 1), (3, 0), (3, 1), (3, 2), (4, 0), (4, 0), (4, 2)],
          idle=idle, stall=stall)
    one = random_design(3, name="one", classes=2, widths=(4,), strides=(1,), frames=1, joints=1, channels=1)
    check(one, [random_clip(one, seed) for seed in range(3)], order=[(0, 0), (1, 0), (2, 0)], idle=idle, stall=stall)


def test_threshold_negative_factors_and_saturation():
    design = preset("tiny")
    mult = design.input_mult * np.where(np.arange(5) % 2, -1, 1).astype(np.int32) * 3
    design = dataclasses.replace(design, input_mult=mult, input_threshold=20)
    clip = random_clip(design, 4)
    golden = input_affine(clip, design)
    assert golden.min() == -128 and golden.max() == 127 and not (np.abs(golden[golden != 0]) <= 20).any()
    check(design, [clip])
