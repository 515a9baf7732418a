"""The order of joints by their bones, on generated and on recorded bodies."""

from pathlib import Path

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN
from hypgcn.design.skeleton_maps import MAPS
from hypgcn_pruning.recordings.joint_order import bone_length, joint_order
from hypgcn_pruning.recordings.motion import MotionConfig, generate_motion

RECORDED = Path(__file__).parents[4] / "shared/data"
KINECT1 = ("kinect20", "utdmhad20", "msraction20")


def inverse(order):
    """The Kinect v1 joint of each joint of ``order``."""
    if order == "kinect20":
        return list(range(20))
    sources = [parts[0][0] for parts in MAPS[order, "kinect20"]]
    return [sources.index(joint) for joint in range(20)]


def bodies(name):
    clips = generate_motion(BUILT_IN[name], MotionConfig(classes=2, clips=2, frames=(6, 9)))
    return [clips.clip(index) for index in range(len(clips))]


@pytest.mark.parametrize("name", ["ntu25", "body25", "coco17", "h36m17", *KINECT1])
def test_generated_bodies(name, capsys):
    first = next(s.name for s in BUILT_IN.values() if s.joints == BUILT_IN[name].joints)
    found = joint_order(bodies(name), BUILT_IN[name].joints, None, "here")
    assert found == name or name == first and not found, "empty is the first with so many joints"
    assert ("here: the joints are taken in the order of" in capsys.readouterr().err) == (name != first)


@pytest.mark.parametrize("order", KINECT1)
def test_single_recorded_clips(order):
    """NW-UCLA in each of the three orders of Kinect v1's joints: every clip alone is recognised."""
    path = RECORDED / "nwucla.npz"
    if not path.is_file():
        pytest.skip(f"the recordings {path} are not there")
    with np.load(path) as file:
        data, length = file["data"], file["length"]
    for index in range(0, len(data), 25):
        clip = data[index, :, :length[index]].transpose(3, 1, 2, 0)[:, :, inverse(order)]
        assert joint_order([clip], 20, None, index) == order, index


def test_recorded_kinect2():
    path = RECORDED / "kinect25.npz"
    if not path.is_file():
        pytest.skip(f"the recordings {path} are not there")
    with np.load(path) as file:
        clips = [clip[:, :length].transpose(3, 1, 2, 0) for clip, length in zip(file["data"], file["length"])]
    for clip in clips:
        assert joint_order([clip], 25, None, "here") == "ntu25"


def test_joints_that_are_not_there_do_not_count():
    clip = bodies("kinect20")[0]
    holes = clip.copy()
    holes[0, 2, 5] = 0
    whole = bone_length([clip], BUILT_IN["kinect20"])
    assert abs(bone_length([holes], BUILT_IN["kinect20"]) / whole - 1) < 0.02


def test_noise_tells_nothing():
    noise = [np.random.default_rng(0).normal(size=(1, 50, 20, 3))]
    assert joint_order(noise, 20, None, "here") == ""
    assert joint_order([np.zeros((1, 4, 20, 3))], 20, None, "here") == ""


def test_a_doubt_is_a_warning(monkeypatch):
    """Bones of another order that are a little shorter change nothing."""
    lengths = {"kinect20": 1.06, "utdmhad20": 1.0, "msraction20": 1.5}
    monkeypatch.setattr("hypgcn_pruning.recordings.joint_order.bone_length", lambda clips, s: lengths[s.name])
    with pytest.warns(UserWarning, match="here: the joints are taken in the order of kinect20, but the bones of "
                                         "utdmhad20 are . % shorter; --joints kinect20 or --joints utdmhad20"):
        assert joint_order([], 20, None, "here") == ""


def test_a_number_that_no_built_in_skeleton_has():
    assert joint_order([np.zeros((1, 4, 7, 3))], 7, None, "here") == ""
    with pytest.raises(ValueError, match=r"the 7 joints of here \(no built-in one has\), not 'ntu25'"):
        joint_order([], 7, "ntu25", "here")
