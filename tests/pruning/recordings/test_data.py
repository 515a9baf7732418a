from dataclasses import replace

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN, Skeleton, load_skeleton
from hypgcn_pruning.config import Augmentation
from hypgcn_pruning.recordings.data import (
    batches,
    crowded,
    every_nth,
    map_to,
    preparation_for,
    prepared,
)
from hypgcn_pruning.recordings.motion import MotionConfig, generate_motion
from hypgcn_pruning.recordings.persons import choose_persons
from hypgcn_pruning.recordings.stores import Ragged


def map_to25(clips):
    return map_to(clips, BUILT_IN["ntu25"])


def ragged(clips):
    """``clips`` without padding."""
    every = [clips.clip(index) for index in range(len(clips))]
    return replace(clips, data=Ragged.of(every, clips.data.shape[4]))


def test_nan_coordinates(clips):
    data = clips.data.copy()
    data[3, 0, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="finite numbers only, but clip 3 has"):
        replace(clips, data=data)


def test_empty_split(clips):
    with pytest.raises(ValueError, match="split 1"):
        replace(clips, split=np.zeros(72, np.uint8)).part(1)


def test_batches_are_seeded_and_complete(clips, preparation):
    runs = [list(batches(clips, preparation, 16, np.random.default_rng(seed))) for seed in (5, 5, 6)]
    assert [len(x) for x, _ in runs[0]] == [16, 16, 16, 16, 8]
    for (a, la), (b, lb) in zip(runs[0], runs[1]):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(la, lb)
    assert any((a != b).any() for (a, _), (b, _) in zip(runs[0], runs[2]))
    assert np.abs(runs[0][0][0]).max() <= 1


@pytest.mark.parametrize("persons", [1, 2])
def test_absent_persons_are_zero(clips, preparation, persons):
    found = prepared(clips.take(np.arange(3)), preparation, persons)
    assert found.shape == (3, persons, 16, 7, 3)
    assert found[:, 0].any()
    assert not found[:, 1:].any()


def test_bone_stream(clips, skeleton):
    joints = prepared(clips, preparation_for(skeleton, 16))
    bones = prepared(clips, preparation_for(skeleton, 16, "bone"))
    np.testing.assert_allclose(bones[:, :, :, 2], joints[:, :, :, 2] - joints[:, :, :, 1], atol=1e-6)
    assert not bones[:, :, :, 0].any()
    with pytest.raises(ValueError, match="one of joint, bone, joint-motion, bone-motion"):
        preparation_for(skeleton, 16, "speed")


def test_map_to_ntu25():
    clips = generate_motion(load_skeleton("kinect20"), MotionConfig(classes=2, clips=2, frames=(5, 9)))
    mapped = map_to25(clips)
    np.testing.assert_array_equal(mapped.data[:, :, :, 20], clips.data[:, :, :, 2])
    np.testing.assert_allclose(mapped.data[:, :, :, 2], clips.data[:, :, :, 2] * 2 / 3 + clips.data[:, :, :, 3] / 3,
                               rtol=1e-5)
    assert map_to25(mapped) is mapped
    with pytest.raises(ValueError, match="clips must have the 21 joints of hand21, not 25: ntu25 must be mapped to one "
                                         "of kinect20, not hand21"):
        map_to(mapped, BUILT_IN["hand21"])
    with pytest.raises(ValueError, match="the 20 joints of kinect20, not 7"):
        map_to(generate_motion(Skeleton(name="x", joints=7, bones=tuple((i, 0) for i in range(1, 7)))),
               BUILT_IN["kinect20"])


def test_joints_that_the_recordings_name_are_mapped_even_where_the_number_is_the_same():
    clips = replace(generate_motion(load_skeleton("body25"), MotionConfig(classes=2, clips=2)), joint_order="body25")
    found = map_to25(clips)
    assert found.joint_order == "ntu25"
    np.testing.assert_array_equal(found.clip(0)[:, :, 0], clips.clip(0)[:, :, 8])
    assert map_to(replace(clips, joint_order=""), BUILT_IN["ntu25"]).joint_order == ""


@pytest.mark.parametrize("change", [lambda clips: every_nth(clips, 2), lambda clips: crowded(clips, 3), map_to25,
                                    lambda clips: choose_persons(clips, 1), lambda clips: clips.part(1).evenly(3)])
def test_stores_change_as_arrays_do(change):
    """Bit for bit, and the confidences with their clips."""
    clips = generate_motion(load_skeleton("kinect20"), MotionConfig(classes=2, clips=6, frames=(4, 9), persons=2))
    scores = Ragged.of([clips.clip(index)[..., :1] for index in range(len(clips))], 2)
    one, other = change(clips), change(replace(ragged(clips), scores=scores))
    np.testing.assert_array_equal(one.length, other.length)
    assert np.delete(one.data.shape, 2).tolist() == np.delete(other.data.shape, 2).tolist()
    for index in range(len(one)):
        np.testing.assert_array_equal(one.clip(index), other.clip(index))
        if other.scores is not None:
            np.testing.assert_array_equal(other.score(index), other.clip(index)[..., 0])


@pytest.mark.parametrize("name", ["kinect20", "coco17", "openpose18"])
def test_maps_to_ntu25_move_with_the_body(name):
    """Weights add up to one, so a moved body maps to the moved joints, and left stays left."""
    clips = generate_motion(load_skeleton(name), MotionConfig(classes=2, clips=2, frames=(5, 5)))
    moved = map_to25(replace(clips, data=clips.data + np.float32(2)))
    np.testing.assert_allclose(moved.data, map_to25(clips).data + 2, atol=1e-5)


def test_coco_on_ntu25():
    clips = generate_motion(load_skeleton("coco17"), MotionConfig(classes=2, clips=2, frames=(5, 9)))
    mapped = map_to25(clips).data
    for joint, source in ((4, 5), (5, 7), (6, 9), (8, 6), (10, 10), (12, 11), (14, 15), (16, 12), (22, 9), (24, 10)):
        np.testing.assert_array_equal(mapped[:, :, :, joint], clips.data[:, :, :, source])
    np.testing.assert_allclose(mapped[:, :, :, 1], (mapped[:, :, :, 0] + mapped[:, :, :, 20]) / 2, atol=1e-5)
    np.testing.assert_allclose(mapped[:, :, :, 2] * 3, mapped[:, :, :, 20] * 2 + mapped[:, :, :, 3], atol=1e-5)


def test_every_second_frame(clips):
    halved = every_nth(clips, 2)
    np.testing.assert_array_equal(halved.clip(5), clips.clip(5)[:, ::2])
    assert every_nth(clips, 99).length.max() == 1
    for step in (0, True, 1.5):
        with pytest.raises(ValueError, match=f"step must be an integer of at least 1, not {step}"):
            every_nth(clips, step)


def test_scores_are_not_turned(clips, preparation):
    fixed, still = replace(clips, scored=True), Augmentation(random_times=False)
    turned, unturned = (next(batches(c, preparation, 72, np.random.default_rng(1), augmentation=still))[0]
                        for c in (clips, fixed))
    label_order = np.random.default_rng(1).permutation(72)
    np.testing.assert_array_equal(unturned, prepared(clips.take(label_order), preparation))
    assert np.abs(turned - unturned).max() > 0.1


def test_skeletons_know_their_sides():
    for skeleton in BUILT_IN.values():
        if skeleton.name == "hand21":
            continue  # the mirror image of a hand has the same joints
        mirrored = skeleton.mirrored
        assert skeleton.pairs
        assert [mirrored[mirrored[joint]] for joint in range(skeleton.joints)] == list(range(skeleton.joints))
        bones = {frozenset(bone) for bone in skeleton.bones}
        assert {frozenset(mirrored[joint] for joint in bone) for bone in bones} == bones


def test_several_passes_have_every_clip_as_often(clips, preparation):
    labels = [label for _, label in batches(clips, preparation, 16, np.random.default_rng(5), passes=3)]
    assert [len(x) for x in labels] == 3 * [16, 16, 16, 16, 8]
    np.testing.assert_array_equal(np.bincount(np.concatenate(labels)), 3 * np.bincount(clips.label))
    assert any((labels[i] != labels[5 + i]).any() for i in range(5))


def test_motion_streams(clips, skeleton):
    for stream in ("joint", "bone"):
        still = prepared(clips, preparation_for(skeleton, 16, stream, scale="none", centring="every"))
        moved = prepared(clips, preparation_for(skeleton, 16, f"{stream}-motion", scale="none", centring="every"))
        np.testing.assert_allclose(moved[:, :, :-1], still[:, :, 1:] - still[:, :, :-1], atol=1e-6)
        assert not moved[:, :, -1].any()
