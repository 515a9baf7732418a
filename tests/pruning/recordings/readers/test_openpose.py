import json

import numpy as np
import pytest

from hypgcn_pruning.recordings.readers import Source, read_clips
from hypgcn_pruning.recordings.readers.openpose import read_pose_file


def person(value, score):
    return {"pose": [value, 0.25] * 18, "score": [score] * 18}


def content(frames, label=0, name="walking"):
    return {"data": [{"frame_index": index, "skeleton": persons} for index, persons in frames], "label": name,
            "label_index": label}


def write(path, entry):
    path.parent.mkdir(exist_ok=True)
    path.write_text(entry if isinstance(entry, str) else json.dumps(entry), encoding="utf-8")
    return path


def test_the_two_best_people_of_a_frame(tmp_path):
    people = [person(0.1, 0.3), person(0.2, 0.9), person(0.3, 0.5), person(0.4, 0.2), person(0.5, 0.1), person(0.6, 1)]
    found, _ = read_pose_file(write(tmp_path / "a.json", content([(1, people), (4, [person(0.75, 0.5)]), (2, [])])))
    assert found.shape == (2, 4, 18, 3)
    np.testing.assert_allclose(found[0, 0, 7], [-0.3, 0.25, 0.9])
    np.testing.assert_allclose(found[1, 0, 7], [-0.2, 0.25, 0.5])
    np.testing.assert_allclose(found[0, 3, 0], [0.25, 0.25, 0.5])
    assert not found[:, 1:3].any()
    assert not found[1, 3].any()


def test_points_without_score_are_zero(tmp_path):
    someone = person(0.1, 0.5)
    someone["score"][4] = 0
    found, _ = read_pose_file(write(tmp_path / "a.json", content([(0, [someone])])))
    assert not found[0, 0, 4].any()
    assert found[0, 0, 5].all()


def test_folder(tmp_path):
    write(tmp_path / "kinetics_train/a.json", content([(0, [person(0.1, 1)]), (1, [person(0.2, 1)])]))
    write(tmp_path / "kinetics_val/b.json", content([(5, [person(0.1, 1)])], 1, "running"))
    write(tmp_path / "kinetics_val/c.json", content([], 1, "running"))
    write(tmp_path / "kinetics_train_label.json", {"a": {"has_skeleton": True, "label": "walking", "label_index": 0}})
    source = Source(path=str(tmp_path), format="openpose")
    with pytest.warns(UserWarning, match="1 recordings without a body were left out: c"):
        clips = read_clips(source)
    assert clips.data.shape == (2, 3, 2, 18, 2)
    assert clips.class_names == ("walking", "running")
    assert clips.scored
    np.testing.assert_array_equal(clips.split, [0, 1])
    np.testing.assert_array_equal(clips.length, [2, 1])
    assert not clips.data[..., 1].any()
    with pytest.warns(UserWarning, match="left out"):
        np.testing.assert_array_equal(read_clips(tmp_path).data, clips.data)
    np.testing.assert_array_equal(read_clips(tmp_path / "kinetics_train").data, clips.data[:1])
    with pytest.raises(ValueError, match="protocol must be left out .*, not 'xsub'"):
        read_clips(Source(path=str(tmp_path), protocol="xsub"))


SOME = [(0, [person(0.1, 1)])]


@pytest.mark.parametrize(("entry", "match"), [
    (json.dumps(content(SOME))[:-20], r"a\.json is not JSON, or is truncated"),
    ("[]", "must hold data"), ({"data": []}, "must hold data"), (content(SOME, -1), "label must be .*, not -1"),
    (content(SOME, 2000), r"a\.json: label must be .*, not 2000"), (content(SOME, True), "label must be .*, not True"),
    (content(SOME, None), "label must be .*, not None"), (content([(-1, [])]), "frame_index must be .*, not -1"),
    (content([(4096, [])]), r"frame_index must be an integer in 0\.\.4095, not 4096"),
    (content([("1", [])]), "frame_index must be .*, not '1'"),
    (content([(3, None)]), "frame 3: skeleton must be a list"),
    (content([(3, [{"pose": [0] * 34, "score": [1] * 18}])]), "pose must have 36 numbers and score 18, not 34 and 18"),
    (content([(3, [{"pose": ["x"] * 36, "score": [1] * 18}])]), "frame 3: a skeleton must have pose and score"),
    (content([(3, [{"pose": [0] * 36}])]), "frame 3: a skeleton must have pose and score"),
    (content([(3, [person(float("nan"), 1)])]), r"a\.json: joints must be finite, but joint 0 of person 0 in frame 0")])
def test_bad_files(tmp_path, entry, match):
    write(tmp_path / "a.json", entry)
    with pytest.raises(ValueError, match=match):
        read_clips(tmp_path)


def test_empty_dataset(tmp_path):
    with pytest.raises(ValueError, match="must hold at least one recording with a body, but has none"):
        read_clips(Source(path=str(tmp_path), format="openpose"))
