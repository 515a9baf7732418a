# amaranth: UnusedElaboratable=no
"""Frames of raw joints: both halves of the buffer under long stalls, and clips that follow clips."""

import pytest
from raw_designs import STREAMS, raw_clip, raw_design

from hypgcn.design.presets import preset
from hypgcn.design.raw_input import RawInput
from hypgcn.golden.raw_input import raw_frames
from hypgcn.raw_input import RawFrames
from testbench import run


def expected_of(design, clips):
    return [joint for clip in clips for joint in raw_frames(clip, design.raw).reshape(-1, design.channels).tolist()]


@pytest.mark.parametrize("stream", ["joint", "bone", "first", "plain"])
@pytest.mark.parametrize("idle,stall", [(0, 0.95), (0.95, 0)])
def test_waits(stream, idle, stall):
    design = raw_design(RawInput(unit="mm", patience=1, **STREAMS[stream]), joints=5, frames=4)
    clips = [raw_clip(design, seed) for seed in range(2)]
    joints = [joint for clip in clips for joint in clip.reshape(-1, 3).tolist()]
    expected = expected_of(design, clips)
    out = run(RawFrames(design), {"i": joints}, {"o": len(expected)}, idle=idle, stall=stall, timeout=30000)
    assert out["o"] == expected


def test_one_bank_is_written_while_the_other_is_read():
    """Nothing of a frame leaves before its last joint has come, and two frames are taken while nothing leaves."""
    design = raw_design(RawInput(unit="mm", centre=0), joints=4, frames=6, persons=1)
    clip = raw_clip(design, 1, missing=0)
    dut, taken = RawFrames(design), []

    async def monitor(ctx):
        async for _, _, ready, valid in ctx.tick().sample(dut.i.ready, dut.i.valid):
            taken.append(ready & valid)

    async def wait(ctx):
        await ctx.tick().repeat(40)
        assert sum(taken) == 8 and ctx.get(dut.o.valid)
        first = taken.index(1)
        assert sum(taken[:first + 5]) == 4     # four joints, and the cycle in which the frame is closed

    joints = clip.reshape(-1, 3).tolist()
    with pytest.raises(AssertionError, match="timed out"):
        run(dut, {"i": joints}, {}, background=[monitor], testbenches=[wait], timeout=60)
    assert sum(taken) == 8


def test_a_design_of_int8_clips_is_refused():
    with pytest.raises(ValueError, match="design tiny-seeded must have a raw input, not int8 clips"):
        RawFrames(preset("tiny"))
