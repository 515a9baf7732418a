"""Maps between skeletons: joints of the body's own side, by name."""

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN
from hypgcn.design.skeleton_maps import MAPS, joint_map, map_kinds, mapped, source_skeleton

NAMES = {
    "ntu25": "hip_c spine neck head ls le lw lh rs re rw rh lhip lk la lf rhip rk ra rf chest ltip lthumb rtip rthumb",
    "kinect20": "hip_c spine chest head ls le lw lh rs re rw rh lhip lk la lf rhip rk ra rf",
    "coco17": "nose leye reye lear rear ls rs le re lw rw lhip rhip lk rk la ra",
    "openpose18": "nose chest rs re rw ls le lw rhip rk ra lhip lk la reye leye rear lear",
    "body25": "nose chest rs re rw ls le lw hip_c rhip rk ra lhip lk la reye leye rear lear lf lsmall lheel rf rsmall "
              "rheel",
    "mediapipe33": "nose lin leye lout rin reye rout lear rear lmouth rmouth ls rs le re lw rw lpinky rpinky ltip rtip "
                   "lthumb rthumb lhip rhip lk rk la ra lheel rheel lf rf",
    "h36m17": "hip_c rhip rk ra lhip lk la spine chest nose head ls le lw rs re rw",
    "utdmhad20": "head chest spine hip_c ls le lw lh rs re rw rh lhip lk la lf rhip rk ra rf",
    "msraction20": "rs ls chest spine rhip lhip hip_c re le rw lw rh lh rk lk ra la rf lf head",
}
"""Joints in their order; the same name is the same joint."""


@pytest.mark.parametrize(("source", "target"), MAPS)
def test_maps(source, target):
    """Weights add up to one, a joint that both have is a copy, and left and right are mirror images."""
    parts = joint_map(source, target)
    names, wanted = NAMES[source].split(), NAMES[target].split()
    assert len(names) == BUILT_IN[source].joints and len(parts) == len(wanted) == BUILT_IN[target].joints
    for name, part in zip(wanted, parts):
        assert abs(sum(weight for _, weight in part) - 1) < 1e-9
        if name in names and (name, target) != ("head", "h36m17"):
            assert [names[joint] for joint, _ in part] == [name]
    mirrored = BUILT_IN[source].mirrored
    for left, right in BUILT_IN[target].pairs:
        image = {mirrored[joint]: pytest.approx(weight) for joint, weight in parts[left]}
        assert dict(parts[right]) == image


def test_sides_of_the_skeletons_themselves():
    for name, words in NAMES.items():
        joints = words.split()
        for left, right in BUILT_IN[name].pairs:
            assert joints[left][0] == "l" and joints[right] == "r" + joints[left][1:]


def test_kinds():
    copies, between = map_kinds("coco17", "openpose18")
    assert between == (1,) and len(copies) == 17
    assert map_kinds("ntu25", "ntu25") == (tuple(range(25)), ())


def test_no_source():
    with pytest.raises(ValueError, match="coco17 must be mapped to one of ntu25, kinect20, openpose18, h36m17, not "
                                         "body25, some of whose joints it lacks"):
        joint_map("coco17", "body25")
    with pytest.raises(ValueError, match="hand21 must be mapped to one of no other skeleton, not coco17"):
        joint_map("hand21", "coco17")


def test_mapped_points_lie_between_their_sources():
    clip = np.random.default_rng(0).normal(size=(2, 4, 17, 3)).astype(np.float32)
    found = mapped(clip, joint_map("coco17", "openpose18"))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:, :, 1], (clip[:, :, 5] + clip[:, :, 6]) / 2, atol=1e-6)


def test_the_skeleton_of_a_number():
    assert [source_skeleton(n).name for n in (17, 18, 20, 21, 25, 33)] == ["coco17", "openpose18", "kinect20", "hand21",
                                                                         "ntu25", "mediapipe33"]
    assert source_skeleton(7) is None and source_skeleton(25, "body25").name == "body25"
