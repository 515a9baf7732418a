"""Preparation of raw joints against golden: every stream, missing joints, absent persons, corner values and sizes."""

import pytest
from raw_designs import STREAMS, extreme_clip, raw_clip, raw_design

from hypgcn.design.raw_input import RawInput
from hypgcn.golden.raw_input import prepared
from hypgcn.raw_input import RawPreparation
from testbench import STREAM_PATTERNS, run

HOLD, ZERO = dict(missing="hold", patience=2), dict(missing="zero")


def check(design, clips, **options):
    channels = design.channels
    expected = [joint for clip in clips for joint in prepared(clip, design.raw).reshape(-1, channels).tolist()]
    joints = [joint for clip in clips for joint in clip.reshape(-1, channels).tolist()]
    out = run(RawPreparation(design), {"i": joints}, {"o": len(expected)}, timeout=20000, **options)
    assert out["o"] == expected
    return out


@pytest.mark.parametrize("missing", [HOLD, ZERO], ids=["hold", "zero"])
@pytest.mark.parametrize("stream", STREAMS)
def test_matches_golden(stream, missing):
    design = raw_design(RawInput(unit="mm", **STREAMS[stream], **missing))
    clips = [raw_clip(design, seed) for seed in range(5)] + [extreme_clip(design, seed) for seed in range(2)]
    check(design, clips, idle=0.2, stall=0.3)


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("stream", ["joint", "bone-motion", "first-motion"])
def test_idle_and_stall(stream, idle, stall):
    design = raw_design(RawInput(unit="mm", **STREAMS[stream], **HOLD))
    check(design, [raw_clip(design, seed) for seed in range(4)], idle=idle, stall=stall)


@pytest.mark.parametrize("shape", [
    dict(frames=1, joints=1, persons=1, channels=1), dict(frames=1, joints=1, persons=3, channels=2),
    dict(frames=1, joints=3, persons=2, channels=3), dict(frames=4, joints=1, persons=2, channels=3),
    dict(frames=2, joints=2, persons=1, channels=16), dict(frames=3, joints=4, persons=2, channels=2),
], ids=lambda shape: "x".join(map(str, shape.values())))
@pytest.mark.parametrize("motion", [False, True])
@pytest.mark.parametrize("kind", ["every", "first", "bone", "plain"])
def test_corner_sizes(shape, motion, kind):
    joints = shape["joints"]
    fields = {"every": dict(centre=joints - 1), "first": dict(centre=0, centring="first"), "plain": {},
              "bone": dict(parents=tuple(max(0, joint - 1) for joint in range(joints)))}[kind]
    for missing in (HOLD, ZERO):
        design = raw_design(RawInput(unit="mm", motion=motion, **fields, **missing), **shape)
        clips = [raw_clip(design, seed) for seed in range(8)] + [extreme_clip(design, 3)]
        check(design, clips, idle=0.1, stall=0.2)


@pytest.mark.parametrize("patience", [0, 1, 3, 6, 100])
def test_patience(patience):
    design = raw_design(RawInput(unit="mm", centre=2, patience=patience), frames=12)
    check(design, [raw_clip(design, seed, unseen=0.6, absent=0.05) for seed in range(6)])


def test_a_joint_a_cycle():
    """A frame takes a cycle more than its joints, and motion a frame more a person."""
    for motion, more in ((False, 0), (True, 1)):
        design = raw_design(RawInput(unit="mm", centre=1, motion=motion), frames=8, joints=10, persons=1)
        clips = [raw_clip(design, seed) for seed in range(4)]
        cycles = check(design, clips)["cycles"]
        assert 4 * 8 * 10 <= cycles <= 4 * (8 * 11 + more * 10) + 2 * 11 + 6
