"""MediaPipe's pose landmarks: 33 of x, y, z and visibility, also in metres as world landmarks.

The names of the fields and the order are those of the Pose Landmarker's guide for Python and for the web.
"""

import json

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN
from hypgcn_pruning.recordings.data import map_to
from hypgcn_pruning.recordings.readers import read_clips, recognise

RNG = np.random.default_rng(0)
PLACES = RNG.normal(size=(6, 33, 3)).round(3)
VISIBLE = RNG.uniform(0.1, 1, (6, 33)).round(3)


def landmark(t, joint, shift=0.0):
    x, y, z = PLACES[t, joint] + (shift, 0, 0)
    return {"x": x, "y": y, "z": z, "visibility": VISIBLE[t, joint]}


def body(t, shift=0.0):
    return [landmark(t, joint, shift) for joint in range(33)]


FRAMES = range(6)
LAYOUTS = {
    "list of frames of landmarks": [body(t) for t in FRAMES],
    "lists of numbers": [[list(mark.values()) for mark in body(t)] for t in FRAMES],
    "frames of persons": [[body(t)] for t in FRAMES],
    "javascript, with metres": [{"poseLandmarks": body(t, 99), "poseWorldLandmarks": body(t)} for t in FRAMES],
    "tasks for the web": [{"landmarks": [body(t, 99)], "worldLandmarks": [body(t)]} for t in FRAMES],
    "python": {"fps": 30, "frames": [{"frame": t, "pose_landmarks": {"landmark": body(t)}} for t in FRAMES]},
    "one object": {"landmarks": [body(t) for t in FRAMES]},
    "by number": [{"landmarks": {str(j): mark for j, mark in enumerate(body(t))}} for t in FRAMES],
}


def write(tmp_path, content, suffix=".json"):
    path = tmp_path / f"walk/a{suffix}"
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def check(clips):
    assert (clips.joint_order, clips.scored, clips.class_names) == ("mediapipe33", False, ("walk",))
    np.testing.assert_allclose(clips.clip(0)[0], PLACES, rtol=1e-6)
    np.testing.assert_allclose(clips.score(0)[0], VISIBLE, rtol=1e-6)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_json(tmp_path, layout):
    write(tmp_path, LAYOUTS[layout])
    assert recognise(tmp_path) == "mediapipe"
    check(read_clips(tmp_path))


@pytest.mark.parametrize("column", ["{axis}{joint}", "{axis}_{joint}", "landmark_{joint}_{axis}"])
@pytest.mark.parametrize("first", [0, 1])
def test_csv(tmp_path, column, first):
    header = ["frame", *(column.format(axis=axis, joint=joint + first) for joint in range(33) for axis in "xyzv")]
    rows = [[t, *np.column_stack([PLACES[t], VISIBLE[t]]).ravel()] for t in FRAMES]
    write(tmp_path, "\n".join(",".join(map(str, row)) for row in [header, *rows]), ".csv")
    assert recognise(tmp_path) == "mediapipe"
    check(read_clips(tmp_path))


def test_frames_without_anybody_and_maps(tmp_path):
    write(tmp_path, [body(0), None, [], body(3)])
    clips = read_clips(tmp_path)
    assert clips.length.tolist() == [4] and not clips.clip(0)[0, 1:3].any() and not clips.score(0)[0, 1].any()
    found = map_to(clips, BUILT_IN["coco17"])
    np.testing.assert_array_equal(found.clip(0)[0, 0, 9], clips.clip(0)[0, 0, 15])
    np.testing.assert_array_equal(found.score(0)[0, 0, 9], clips.score(0)[0, 0, 15])


@pytest.mark.parametrize(("content", "match"), [
    (json.dumps([body(0)])[:-9], "truncated"),
    ([body(0)[:32]], r"a\.json, frame 0: a person must be a list of 33 .* 32"),
    ([body(0), [*body(1)[:32], [1]]], "frame 1: a landmark must be x, y, z and perhaps visibility"),
    ([body(0), [*body(1)[:32], {"x": "a", "y": 1}]], "frame 1: a landmark must be numbers"),
    ([body(0), {"hands": []}], "frame 1: a frame must have one of poseWorldLandmarks"),
    (body(0), "must be a list of frames, not of the 33 landmarks of one"),
    ([body(0, float("nan"))], "frame 0: landmarks must be finite numbers, not NaN")])
def test_bad_files(tmp_path, content, match):
    write(tmp_path, [body(0)]).rename(tmp_path / "walk/0.json")
    write(tmp_path, content)
    with pytest.raises(ValueError, match=match):
        read_clips(tmp_path)


@pytest.mark.parametrize(("rows", "match"), [
    ([], "must have a row for each frame, but has none"),
    ([["1"] * 66, ["1"] * 60], "line 3: must have 66 cells, not 60"),
    ([["1"] * 65 + ["x"]], "line 2: y32 must be a number, not 'x'")])
def test_bad_tables(tmp_path, rows, match):
    header = [f"{axis}{joint}" for joint in range(33) for axis in "xy"]
    write(tmp_path, "\n".join(map(",".join, [header, *rows])), ".csv")
    with pytest.raises(ValueError, match=match):
        read_clips(tmp_path)
