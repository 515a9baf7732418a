"""Clips of simulations lack no joints, and are those of the offline path to the last bit."""

from dataclasses import replace

import numpy as np
import pytest

from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip
from hypgcn.design.presets import random_design
from hypgcn.design.skeleton import BUILT_IN
from hypgcn_pruning.inputs import design_clips
from hypgcn_pruning.recordings.clip_arrays import load_npz
from hypgcn_sim.stimuli.clips import recorded_clips
from hypgcn_sim.stimuli.completing import KINECT20_PARENTS, clip_reader
from hypgcn_sim.stimuli.recordings import Recordings

PREPARATION = {"frames": 8, "centre": 1, "scale": "none", "centring": "every", "parents": []}


def design_of(skeleton):
    found = random_design(1, name="d", frames=8, joints=skeleton.joints, persons=1, widths=(4,), strides=(1,),
                          classes=2)
    return replace(found, meta={"skeleton": skeleton.to_dict(), "preparation": PREPARATION})


def record(path, joints, centred=False):
    """Six clips with joints missing in single frames, in the first frame, throughout, and an empty start."""
    rng = np.random.default_rng(0)
    parents = BUILT_IN["kinect20" if joints == 20 else "ntu25"].parents
    bones = rng.normal(0, 0.2, (6, 3, 1, joints, 1))
    rest = np.zeros_like(bones)
    for joint in range(joints):     # along the bones, so that the joints' order can be seen
        at = joint
        while parents[at] != at:
            rest[:, :, :, joint] += bones[:, :, :, at]
            at = parents[at]
    rest += np.array([0, 0, 3]).reshape(1, 3, 1, 1, 1)
    data = (rest + rng.normal(0, 0.02, (6, 3, 9, joints, 1)).cumsum(axis=2)).astype(np.float32)
    if centred:
        data -= data[:, :, :, 1:2]
    data[1, :, 3, 4] = data[2, :, 0, 2] = data[4, :, :, 7] = data[5, :, :2] = data[5, 0, 6, 5] = 0
    data[4, 0, 4, 3] += 9
    np.savez(path, data=data, length=np.full(6, 9), label=np.arange(6) % 2, split=np.array([0, 1, 1, 0, 1, 1]))
    return path


@pytest.mark.parametrize(("name", "joints"), [("ntu25", 20), ("ntu25", 25), ("kinect20", 20)])
@pytest.mark.parametrize("centred", [False, True])
def test_the_same_clips_as_the_offline_path(tmp_path, name, joints, centred):
    """Missing joints, mapping and preparation; recordings that are centred on joint 1 keep it."""
    design = design_of(BUILT_IN[name])
    path = record(tmp_path / "r.npz", joints, centred)
    clips, preparation = design_clips(design, str(path))
    held = clips.part(1)
    expected = np.stack([quantise_clip(design, prepare_clip(held.clip(index), preparation)) for index in range(4)])
    np.testing.assert_array_equal(Recordings.load(design, path).clips, expected)
    if joints == design.joints:
        np.testing.assert_array_equal(recorded_clips(design, path, 4, 1), expected)
    unfilled = load_npz(path).part(1)
    if joints == design.joints:
        as_they_are = np.stack([quantise_clip(design, prepare_clip(unfilled.clip(index),
                                                                   Preparation.from_dict(PREPARATION)))
                                for index in range(4)])
        assert [(as_they_are[index] != expected[index]).any() for index in range(4)] == [True] * 4


def test_parents():
    assert KINECT20_PARENTS == BUILT_IN["kinect20"].parents
    coco, other = design_of(BUILT_IN["coco17"]), replace(design_of(BUILT_IN["coco17"]), meta={})
    data = np.random.default_rng(0).normal(3, 1, (1, 3, 4, 17, 1))
    data[0, :, :, 15] = 0
    np.testing.assert_array_equal(clip_reader(coco, data, np.array([4]))(0)[0, :, 15], data[0, :, :, 13, 0].T)
    whole = np.delete(data[0, ..., 0], 15, axis=2)
    np.testing.assert_allclose(clip_reader(other, data, np.array([4]))(0)[0, :, 15], whole.mean(axis=2).T)
