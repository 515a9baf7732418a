"""What the command line's options about recordings turn into."""

import argparse

import numpy as np
import pytest

from hypgcn_pruning import cli
from hypgcn_pruning.inputs import open_clips
from hypgcn_pruning.recordings.readers import FORMATS, Source, recognise


def parsed(*words):
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers(required=True))
    return cli._data(parser.parse_args(["train", *words]))


def test_options_become_a_source():
    assert parsed() == "motion"
    assert parsed("--data", "x") == Source(path="x")
    words = "--data x --data-format ntu --protocol xview --every 2 --no-replay --classes a,b".split()
    assert parsed(*words) == Source(path="x", format="ntu", protocol="xview", every=2, replay=False, classes="a,b")
    for name in FORMATS:
        assert parsed("--data", "x", "--data-format", name).format == name


@pytest.mark.parametrize("words", [("--every", "2"), ("--protocol", "xsub"), ("--data-format", "ntu"),
                                   ("--no-replay",), ("--classes", "1,2")])
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
    np.savez(path, data=np.random.default_rng(0).random((2, 3, 6, joints, 1), np.float32), label=[0, 1])
    source = Source(path=str(path), every=2)
    assert open_clips(source, None)[1].name == name
    clips, skeleton = open_clips(source, "ntu25")
    assert (clips.joints, clips.data.shape[2], skeleton.name) == (mapped, 3, "ntu25")
    other = "coco17" if joints == 18 else "openpose18"
    with pytest.raises(ValueError, match=rf"skeleton must have the {joints} joints of .*a\.npz, not the 1[78]"):
        open_clips(source, other)
