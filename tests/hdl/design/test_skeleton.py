import json

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN, Skeleton, load_skeleton
from hypgcn.design.skeleton_maps import KINECT20_TO_NTU25, OPENPOSE18_TO_NTU25


@pytest.mark.parametrize(("name", "joints", "bones"), [("ntu25", 25, 24), ("kinect20", 20, 19), ("coco17", 17, 16),
                                                       ("openpose18", 18, 17)])
def test_built_in_are_trees(name, joints, bones):
    skeleton = load_skeleton(name)
    assert (skeleton.joints, len(skeleton.bones)) == (joints, bones)
    assert sum(parent == joint for joint, parent in enumerate(skeleton.parents)) == 1


def test_ntu25_bones_are_those_of_the_data_set():
    one_based = {(1, 2), (2, 21), (3, 21), (4, 3), (5, 21), (6, 5), (7, 6), (8, 7), (9, 21), (10, 9), (11, 10),
                 (12, 11), (13, 1),
                 (14, 13), (15, 14), (16, 15), (17, 1), (18, 17), (19, 18), (20, 19), (22, 23), (23, 8), (24, 25),
                 (25, 12)}
    assert {(a + 1, b + 1) for a, b in BUILT_IN["ntu25"].bones} == one_based


@pytest.mark.parametrize("name", BUILT_IN)
def test_adjacency_columns(name):
    skeleton = BUILT_IN[name]
    own, inward, outward = skeleton.adjacency()
    np.testing.assert_array_equal(own, np.eye(skeleton.joints))
    for subset in (inward, outward):
        sums = subset.sum(axis=0)
        np.testing.assert_allclose(sums[sums > 0], 1, rtol=1e-6)
    for joint, parent in skeleton.bones:
        assert inward[parent, joint] > 0
        assert outward[joint, parent] > 0


def test_map_covers_ntu25():
    assert len(KINECT20_TO_NTU25) == 25
    assert all(sum(w for _, w in parts) == 1 for parts in KINECT20_TO_NTU25)
    assert KINECT20_TO_NTU25[20] == ((2, 1.0),)
    assert KINECT20_TO_NTU25[4] == ((4, 1.0),
                                                                             )
    assert KINECT20_TO_NTU25[24] == ((11, 1.0),)


def test_files(tmp_path):
    text = tmp_path / "hand.txt"
    text.write_text("# a hand\njoints 4\ncentre 1\n0 1\n2 1  # thumb\n3 2\n", encoding="utf-8")
    found = load_skeleton(text)
    assert found == Skeleton(name="hand", joints=4, centre=1, bones=((0, 1), (2, 1), (3, 2)))
    (tmp_path / "hand.json").write_text(json.dumps(found.to_dict()), encoding="utf-8")
    assert load_skeleton(tmp_path / "hand.json") == found


@pytest.mark.parametrize(("text", "match"), [
    ("0 1\n2 3\n", "no bone leads from joint 0 to 2, 3"), ("joints 2\n0 5\n", "joints in 0..1"),
    ("0 0\n", "two different joints"), ("0 1\n1 0\n", "each pair once"), ("0 x\n", "line 1"), ("{", "not JSON"),
    ('{"joints": 2}', "needs name, joints and bones"), ("centre 9\n0 1\n", "centre must be in 0..1")])
def test_bad_files(tmp_path, text, match):
    path = tmp_path / "bad.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=match):
        load_skeleton(path)


def test_unknown_name():
    with pytest.raises(FileNotFoundError, match="ntu25, kinect20"):
        load_skeleton("horse")


@pytest.mark.parametrize("joints", [0, 65])
def test_joint_count(joints):
    with pytest.raises(ValueError, match="joints must be in 1..64"):
        Skeleton(name="x", joints=joints, bones=())


def test_openpose_on_ntu25():
    """Every NTU joint is made of points of its own side, with weights that add up to one."""
    named = dict(nose=0, neck=1, r_shoulder=2, r_elbow=3, r_wrist=4, l_shoulder=5, l_elbow=6, l_wrist=7, r_hip=8,
                 r_knee=9, r_ankle=10, l_hip=11, l_knee=12, l_ankle=13)
    for joint, source in {4: "l_shoulder", 5: "l_elbow", 6: "l_wrist", 7: "l_wrist", 8: "r_shoulder", 9: "r_elbow",
                          10: "r_wrist", 11: "r_wrist", 12: "l_hip", 13: "l_knee", 14: "l_ankle", 15: "l_ankle",
                          16: "r_hip", 17: "r_knee", 18: "r_ankle", 19: "r_ankle", 20: "neck", 3: "nose",
                          21: "l_wrist", 22: "l_wrist", 23: "r_wrist", 24: "r_wrist"}.items():
        assert OPENPOSE18_TO_NTU25[joint] == ((named[source], 1.0),)
    assert {source for source, _ in OPENPOSE18_TO_NTU25[0]} == {8, 11}
    assert all(sum(weight for _, weight in parts) == 1 for parts in OPENPOSE18_TO_NTU25)
    ntu, openpose = BUILT_IN["ntu25"], BUILT_IN["openpose18"]
    for left, right in ntu.pairs:  # the mirror image of a mapped body is the map of its mirror image
        assert {(openpose.mirrored[s], w) for s, w in OPENPOSE18_TO_NTU25[left]} == set(OPENPOSE18_TO_NTU25[right])
