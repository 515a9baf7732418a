"""OpenPose's output, as doc/02_output.md of OpenPose describes it.

A JSON file for each frame has version and people, each with pose_keypoints_2d of x, y and confidence; the order of
BODY_25 and COCO is on the same page.
"""

import json

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN
from hypgcn_pruning.recordings.clip_file import read_clip_file
from hypgcn_pruning.recordings.data import map_to
from hypgcn_pruning.recordings.readers import Source, read_clips, recognise

SHAPE = np.random.default_rng(0).normal(size=(25, 2)) * 50


def person(x, score=0.8, joints=25):
    points = np.column_stack([SHAPE[:joints] + (x, 400), np.full(joints, score)])
    return {"person_id": [-1], "pose_keypoints_2d": points.ravel().tolist(), "face_keypoints_2d": [],
            "hand_left_keypoints_2d": [], "hand_right_keypoints_2d": [], "pose_keypoints_3d": []}


def write(folder, frames, name="video"):
    folder.mkdir(parents=True, exist_ok=True)
    for frame, people in frames.items():
        path = folder / f"{name}_{frame:012}_keypoints.json"
        path.write_text(json.dumps({"version": 1.3, "people": people}), encoding="utf-8")
    return folder


def test_two_people_who_swap_places(tmp_path):
    """Case 22."""
    rng = np.random.default_rng(1)
    frames = {t: [[person(100 + 8 * t, 0.5), person(503 - 8 * t, 0.9)][i] for i in rng.permutation(2)]
              for t in range(50)}
    write(tmp_path / "walk/a", frames)
    assert recognise(tmp_path) == "openpose-frames"
    clips = read_clips(tmp_path)
    assert (clips.data.shape, clips.joint_order, clips.scored) == ((1, 3, 50, 25, 2), "body25", True)
    assert [len(np.unique(person)) for person in clips.score(0)] == [1, 1]
    x = clips.clip(0)[:, :, 0, 0]
    assert (np.abs(np.diff(x)) < 10).all()
    assert map_to(clips, BUILT_IN["ntu25"]).joint_order == "ntu25"


def test_dataset(tmp_path):
    """Folders train and val, of classes; missing frames and points without a score are zero."""
    gone = person(100)
    gone["pose_keypoints_2d"][3:6] = [7.0, 7.0, 0.0]
    write(tmp_path / "train/walk/a", {3: [person(100)], 5: [gone]})
    write(tmp_path / "val/run/b", {0: [person(100)]})
    write(tmp_path / "val/run/c", {0: []})
    with pytest.warns(UserWarning, match="1 recordings without a body were left out: val/run/c"):
        clips = read_clips(tmp_path)
    assert clips.class_names == ("run", "walk") and clips.label.tolist() == [1, 0] and clips.split.tolist() == [0, 1]
    assert clips.length.tolist() == [3, 1]
    one = clips.clip(0)[0]
    assert not one[1].any() and not one[2, 1].any() and one[2, 2].all()


def test_coco_points_and_several_videos_in_a_folder(tmp_path):
    for name in ("a", "b"):
        write(tmp_path, {0: [person(100, joints=18)], 1: [person(101, joints=18)]}, name)
    (tmp_path / "labels.csv").write_text("clip,label,split\na,walk,train\nb,run,test\n", encoding="utf-8")
    clips = read_clips(tmp_path)
    assert clips.joint_order == "openpose18" and clips.split.tolist() == [0, 1] and clips.label.tolist() == [1, 0]


def test_use_without_labels(tmp_path):
    folder = write(tmp_path / "video", {t: [person(100 + t)] for t in range(4)})
    (clip,) = read_clip_file(folder, joints=17, skeleton="coco17")
    assert clip.label is None and clip.clip.shape == (1, 4, 17, 3)
    np.testing.assert_allclose(clip.clip[0, 0, 5, :2], SHAPE[5] + (100, 400))
    with pytest.raises(ValueError, match="must say the class of each clip, but 'video' has none: labels.csv"):
        read_clips(folder)
    write(tmp_path / "empty", {0: []})
    with pytest.raises(ValueError, match="this recording holds no body"):
        read_clip_file(tmp_path / "empty", joints=17, skeleton="coco17")


@pytest.mark.parametrize(("text", "match"), [
    ('{"version": 1.3, "people": [{"pose', r"_keypoints\.json is not JSON, or is truncated"),
    ('{"version": 1.3}', "must hold people, a list of persons"), ("[]", "must hold people"),
    (json.dumps({"people": [{}]}), "a person must have pose_keypoints_2d"),
    (json.dumps({"people": [{"pose_keypoints_2d": ["x"] * 75}]}), "pose_keypoints_2d, a list of numbers"),
    (json.dumps({"people": [{"pose_keypoints_2d": [1.0] * 74}]}), "25 or COCO's 18 points, 75 or 54, not 74"),
    (json.dumps({"people": [person(1), person(9, joints=18)]}), r"same number of points, not \[18, 25\]"),
    (json.dumps({"people": [person(float("nan"))]}), "pose_keypoints_2d must be finite numbers, not NaN")])
def test_bad_files(tmp_path, text, match):
    write(tmp_path / "walk/a", {0: [person(100)]})
    (tmp_path / "walk/a/video_000000000001_keypoints.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=match):
        read_clips(Source(path=str(tmp_path), format="openpose-frames"))


def test_bad_folders(tmp_path):
    with pytest.raises(ValueError, match="must hold at least one recording with a body, but has none"):
        read_clips(Source(path=str(tmp_path), format="openpose-frames"))
    write(tmp_path / "walk/a", {0: [], 1: []})
    with pytest.warns(UserWarning, match="left out"), pytest.raises(ValueError, match="at least one recording with"):
        read_clips(tmp_path)
    (tmp_path / "walk/a/video_keypoints.json").write_text(json.dumps({"people": []}), encoding="utf-8")
    with pytest.raises(ValueError, match="must have the number of its frame in its name"):
        read_clips(tmp_path)
    (tmp_path / "walk/a/video_keypoints.json").rename(tmp_path / "walk/a/video_1_keypoints.json")
    with pytest.raises(ValueError, match="frame 1 must be there once, not in video_000000000001_keypoints.json too"):
        read_clips(tmp_path)
    with pytest.raises(ValueError, match="third must be left out for .*, of the format openpose-frames"):
        read_clips(Source(path=str(tmp_path), third="z"))
