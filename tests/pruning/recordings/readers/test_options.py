"""What the command line's options about recordings turn into."""

import argparse
import pickle

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN
from hypgcn_pruning import cli
from hypgcn_pruning.inputs import open_clips
from hypgcn_pruning.recordings.clip_file import read_clip_file
from hypgcn_pruning.recordings.motion import MotionConfig, generate_motion
from hypgcn_pruning.recordings.readers import FORMATS, Source, read_clips, recognise


def parsed(*words):
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers(required=True))
    return cli._data(parser.parse_args(["train", *words]))


def test_options_become_a_source():
    assert parsed() == "motion"
    assert parsed("--data", "x") == Source(path="x")
    words = "--data x --data-format ntu --protocol xview --every 2 --no-replay --classes a,b".split()
    assert parsed(*words) == Source(path="x", format="ntu", protocol="xview", every=2, replay=False, classes="a,b")
    words = "--data x --axes NMTVC --third z --joints utdmhad20 --first-label 1 --points 0-16".split()
    assert parsed(*words) == Source(path="x", axes="NMTVC", third="z", joints="utdmhad20", first_label=1, points="0-16")
    for name in FORMATS:
        assert parsed("--data", "x", "--data-format", name).format == name


@pytest.mark.parametrize("words", [("--every", "2"), ("--protocol", "xsub"), ("--data-format", "ntu"),
                                   ("--no-replay",), ("--axes", "NCTVM"), ("--third", "z"), ("--first-label", "0"),
                                   ("--joints", "ntu25"), ("--points", "body"), ("--classes", "1,2")])
def test_generated_clips_have_no_such_options(words):
    with pytest.raises(ValueError, match="data must be recordings where .* is chosen, not 'motion'"):
        parsed(*words)


def test_recognised_by_what_is_there(tmp_path):
    for name, kind in (("a.npz", "clips"), ("b.pkl", "pyskl"), ("c.skeleton", "ntu"), ("d.json", "openpose"),
                       ("e/x.skeleton", "ntu"), ("f/x.json", "openpose"), ("g/kinetics_train/x.json", "openpose"),
                       ("h/train_data_joint.npy", "clips")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        assert recognise(path) == kind
        if "/" in name:
            assert recognise(tmp_path / name.split("/")[0]) == kind


@pytest.mark.parametrize(("joints", "name", "mapped"), [(20, "kinect20", 25), (17, "coco17", 25),
                                                       (18, "openpose18", 25)])
def test_steps_map_to_ntu25_where_it_is_asked_for(tmp_path, joints, name, mapped):
    path = tmp_path / "a.npz"
    np.savez(path, data=np.random.default_rng(0).normal(size=(2, 3, 6, joints, 1)), label=[0, 1])
    source = Source(path=str(path), every=2)
    assert open_clips(source, None)[1].name == name
    clips, skeleton = open_clips(source, "ntu25")
    assert (clips.joints, clips.data.shape[2], skeleton.name) == (mapped, 3, "ntu25")
    other = {20: "coco17", 17: "hand21", 18: "h36m17"}[joints]
    with pytest.raises(ValueError, match=rf"a\.npz must have the \d\d joints of {other}, not {joints}"):
        open_clips(source, other)


def test_joints_are_mapped_by_their_name_and_not_by_their_number(tmp_path):
    """Case 17: 20 joints in UTD-MHAD's order, --skeleton ntu25: the base of the spine was the head."""
    clips = generate_motion(BUILT_IN["utdmhad20"], MotionConfig(classes=2, clips=2))
    np.savez(tmp_path / "a.npz", data=clips.data, label=clips.label)
    found, _ = open_clips(str(tmp_path / "a.npz"), "ntu25")
    np.testing.assert_array_equal(found.clip(0)[:, :, 0], clips.clip(0)[:, :, 3])
    np.testing.assert_array_equal(found.clip(0)[:, :, 3], clips.clip(0)[:, :, 0])
    assert open_clips(str(tmp_path / "a.npz"), None)[1].name == "utdmhad20"
    np.testing.assert_array_equal(open_clips(str(tmp_path / "a.npz"), "kinect20")[0].clip(1)[:, :, 1],
                                  clips.clip(1)[:, :, 2])
    (one, *_) = read_clip_file(tmp_path / "a.npz", joints=25, skeleton="ntu25")
    np.testing.assert_array_equal(one.clip, found.clip(0))
    np.save(tmp_path / "b.npy", clips.clip(0))
    (one,) = read_clip_file(tmp_path / "b.npy", joints=25, skeleton="ntu25")
    np.testing.assert_array_equal(one.clip, found.clip(0))


def test_joints_of_other_formats_can_be_said(tmp_path):
    clips = generate_motion(BUILT_IN["h36m17"], MotionConfig(classes=1, clips=1))
    entry = {"frame_dir": "a", "label": 0, "keypoint": clips.clip(0)}
    (tmp_path / "train.pkl").write_bytes(pickle.dumps([entry]))
    assert read_clips(Source(path=str(tmp_path / "train.pkl"), joints="h36m17")).joint_order == "h36m17"
    assert read_clips(tmp_path / "train.pkl").joint_order == "h36m17", "by its bones"


def test_a_folder_without_recordings_says_all_that_is_read(tmp_path):
    (tmp_path / "notes.md").write_text("nothing", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match="holds no recordings that are known: a dataset is") as error:
        read_clips(tmp_path)
    assert all(text in str(error.value) for text in FORMATS.values())
