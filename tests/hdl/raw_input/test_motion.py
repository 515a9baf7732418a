# amaranth: UnusedElaboratable=no
"""Motion of raw joints: frames of persons and clips without a gap, and the zeros behind the last one."""

import numpy as np
import pytest
from raw_designs import raw_design

from hypgcn.design.raw_input import RawInput
from hypgcn.golden.raw_input import raw_motion
from hypgcn.raw_input import RawMotion
from testbench import STREAM_PATTERNS, run


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("frames,joints", [(1, 1), (1, 3), (2, 1), (5, 4)])
def test_matches_golden(frames, joints, idle, stall):
    design = raw_design(RawInput(unit="mm", centre=0, motion=True), frames=frames, joints=joints)
    values = np.random.default_rng(1).integers(-65536, 65536, (3, *design.clip_shape))
    expected = np.stack([raw_motion(clip) for clip in values]).reshape(-1, 3).tolist()
    out = run(RawMotion(design), {"i": values.reshape(-1, 3).tolist()}, {"o": len(expected)}, idle=idle, stall=stall)
    assert out["o"] == expected


def test_no_joint_waits_for_another_clip():
    """The last frame's zeros leave though nothing follows."""
    design = raw_design(RawInput(unit="mm", motion=True), frames=2, joints=2, persons=1)
    out = run(RawMotion(design), {"i": [[1, 2, 3], [4, 5, 6], [7, 8, 9], [1, 1, 1]]}, {"o": 4})
    assert out["o"] == [[6, 6, 6], [-3, -4, -5], [0, 0, 0], [0, 0, 0]]


def test_a_design_without_motion_is_refused():
    with pytest.raises(ValueError, match="design raw must have a raw input with motion"):
        RawMotion(raw_design(RawInput(unit="mm")))
