import pickle

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN
from hypgcn_pruning.recordings.data import map_to
from hypgcn_pruning.recordings.readers import Source, read_clips


def annotation(name, label, frames, persons=1, joints=17, channels=2, **changes):
    rng = np.random.default_rng(frames)
    entry = {"frame_dir": name, "label": label, "img_shape": (1080, 1920), "original_shape": (1080, 1920),
             "total_frames": frames, "keypoint": rng.random((persons, frames, joints, channels)).astype(np.float16)}
    if channels == 3:
        entry["keypoint"] = entry["keypoint"] * 4 - 2
    if channels == 2:
        entry["keypoint_score"] = rng.random((persons, frames, joints)).astype(np.float16)
    entry.update(changes)
    return {key: value for key, value in entry.items() if value is not None}


def write(tmp_path, annotations, **split):
    path = tmp_path / "set.pkl"
    path.write_bytes(pickle.dumps({"split": split or {"xsub_train": ["a"], "xsub_val": ["b"]},
                                   "annotations": annotations}))
    return path


def test_two_dimensions_and_scores(tmp_path):
    entries = [annotation("a", 1, 9, 3), annotation("b", 0, 1)]
    clips = read_clips(write(tmp_path, entries))
    assert clips.data.shape == (2, 3, 9, 17, 2)
    assert clips.scored
    assert clips.classes == 2
    np.testing.assert_array_equal(clips.length, [9, 1])
    np.testing.assert_array_equal(clips.split, [0, 1])
    np.testing.assert_array_equal(clips.clip(0)[..., :2], entries[0]["keypoint"][:2])
    np.testing.assert_array_equal(clips.clip(0)[..., 2], entries[0]["keypoint_score"][:2])
    assert not clips.clip(1)[1].any()
    assert map_to(clips, BUILT_IN["ntu25"]).joints == 25


def test_three_dimensions(tmp_path):
    clips = read_clips(write(tmp_path, [annotation("a", 1, 5, joints=25, channels=3),
                                        annotation("b", 1, 6, joints=25, channels=3)]))
    assert clips.data.shape == (2, 3, 6, 25, 2)
    assert not clips.scored


def test_protocols(tmp_path):
    path = write(tmp_path, [annotation(n, 0, 4) for n in "abc"], xsub_train=["a"], xsub_val=["b"],
                 xview_train=["b", "missing"], xview_val=["a", "c"])
    for protocol, split in (("xsub", [0, 1]), ("xview", [1, 0, 1])):
        np.testing.assert_array_equal(read_clips(Source(path=str(path), protocol=protocol)).split, split)
    with pytest.raises(ValueError, match="protocol must be one of 'xsub', 'xview', not None"):
        read_clips(path)
    for split in ({"train": ["a"], "test": ["b"]}, {"train1": ["a"], "test1": ["b"]}):
        assert len(read_clips(write(tmp_path, [annotation(n, 0, 4) for n in "abc"], **split))) == 2


def test_nobody_is_left_out(tmp_path):
    path = write(tmp_path, [annotation("a", 0, 4), annotation("b", 0, 4, channels=3, keypoint=np.zeros((1, 4, 17, 3)))])
    with pytest.warns(UserWarning, match="1 recordings without a body were left out: b"):
        assert len(read_clips(path)) == 1


@pytest.mark.parametrize(("entry", "match"), [
    (annotation("a", -1, 4), r"annotation 0 \(a\): label must be an integer in 0\.\.1023, not -1"),
    (annotation("a", 5000, 4), r"annotation 0 \(a\): label must be .*, not 5000"),
    (annotation("a", "walk", 4), r"annotation 0 \(a\): label must be .*, not 'walk'"),
    (annotation("a", 0, 4, keypoint=np.full((1, 4, 17, 2), np.nan)),
     r"annotation 0 \(a\): joints must be finite, but joint 0 of person 0 in frame 0"),
    (annotation("a", 0, 4, keypoint=None), r"annotation 0 \(a\): keypoint is missing"),
    (annotation("a", 0, 4, keypoint=np.zeros((4, 17, 2))), r"keypoint must be an array .*, not of shape \(4, 17, 2\)"),
    (annotation("a", 0, 4, keypoint=np.zeros((1, 4, 17, 4))), "keypoint must be an array"),
    (annotation("a", 0, 4, total_frames=9), "keypoint must have the 9 frames of total_frames, not 4"),
    (annotation("a", 0, 4, keypoint_score=np.zeros((1, 3, 17))), "keypoint_score must have the shape"),
    (annotation("a", 0, 4, joints=18), r"annotation 1 \(b\): must have the 18 joints and 3 channels"),
    ({"frame_dir": "a"}, "annotation 0: must be a dict with frame_dir, label and keypoint"),
    ("a", "annotation 0: must be a dict")])
def test_bad_annotations(tmp_path, entry, match):
    with pytest.raises(ValueError, match=match):
        read_clips(write(tmp_path, [entry, annotation("b", 0, 4)]))


def test_bad_files(tmp_path):
    for content in ([], {"annotations": []}, "x", {"split": [], "annotations": []}, {"split": {}}):
        (tmp_path / "x.pkl").write_bytes(pickle.dumps(content))
        with pytest.raises(ValueError, match="must hold a dict with split"):
            read_clips(tmp_path / "x.pkl")
    with pytest.raises(ValueError, match="must hold at least one recording with a body"):
        read_clips(write(tmp_path, []))
    with pytest.raises(ValueError, match="share no clip, but both hold 'a'"):
        read_clips(write(tmp_path, [annotation("a", 0, 4)], train=["a"], val=["a"]))
    with pytest.raises(ValueError, match="split must have a list with train .*, not 'all'"):
        read_clips(write(tmp_path, [], all=["a"]))
    path = write(tmp_path, [annotation("a", 0, 40)])
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(ValueError, match="set.pkl is not a pickle of plain data, or is damaged"):
        read_clips(path)


def test_names_with_folders(tmp_path, capsys):
    """Case 35: the lists have paths in front of the names."""
    entries = [annotation(name, 0, 4) for name in "abc"]
    path = write(tmp_path, entries, train=["/data/set/a.skeleton", "x/b.skeleton", "x/b.skeleton"], val=["c", "gone/d"])
    np.testing.assert_array_equal(read_clips(path).split, [0, 0, 1])
    err = capsys.readouterr().err
    assert "train names 1 clips more than once, which count once" in err
    assert "2 names of train are compared without folder and suffix, as '/data/set/a.skeleton'" in err
    assert "1 of 2 names of val have no clip: gone/d" in err
    entries = [annotation(name, 0, 4) for name in ("x/a", "y/a", "b")]
    with pytest.raises(ValueError, match="train names 'a', which without its folder fits several clips: '[xy]/a'"):
        read_clips(write(tmp_path, entries, train=["a"], val=["b"]))
    with pytest.raises(ValueError, match="share no clip, but both hold 'b'"):
        read_clips(write(tmp_path, entries, train=["x/a", "z/b"], val=["b"]))


def test_clips_that_are_there_twice(tmp_path):
    entries = [annotation("a", 0, 4), annotation("a", 1, 5), annotation("b", 1, 4)]
    with pytest.warns(UserWarning, match=r"set\.pkl: 1 clips are there more than once, of which the first is taken: a"):
        clips = read_clips(write(tmp_path, entries))
    np.testing.assert_array_equal(clips.length, [4, 4])


@pytest.mark.parametrize(("name", "split"), [("train.pkl", 0), ("gym_val.pkl", 1)])
def test_older_files_are_the_list_alone(tmp_path, name, split):
    """One file for each split, as PYSKL's first releases had them."""
    (tmp_path / name).write_bytes(pickle.dumps([annotation(clip, 0, 4) for clip in "ab"]))
    assert (read_clips(tmp_path / name).split == split).all()
    with pytest.raises(ValueError, match="protocol must be left out for .*, which holds no splits, not 'xsub'"):
        read_clips(Source(path=str(tmp_path / name), protocol="xsub"))


def test_three_numbers_may_be_a_place_and_a_score(tmp_path, capsys):
    """Case 11: as custom files of mmaction2 have them."""
    entry = annotation("a", 0, 4, channels=3)
    entry["keypoint"] = np.concatenate([entry["keypoint"][..., :2] * 100, np.full((1, 4, 17, 1), 0.5)], axis=3)
    path = write(tmp_path, [entry, {**entry, "frame_dir": "b"}])
    assert read_clips(path).scored
    assert "the third channel is taken as a score" in capsys.readouterr().err
    assert not read_clips(Source(path=str(path), third="z")).scored
    with pytest.raises(ValueError, match="axes must be left out for .*, of the format pyskl"):
        read_clips(Source(path=str(path), axes="NCTVM"))
