"""Recordings as a page shows them."""

import json

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN
from hypgcn.pages.figure import figure_clip
from hypgcn_pruning.recordings.shown import shown_clips


def save(path, clips, **fields):
    """Clips (M, T, V, C) as an npz."""
    np.savez(path, data=np.stack([clip.transpose(3, 1, 2, 0) for clip in clips]).astype(np.float32), **fields)
    return path


@pytest.fixture
def labelled(tmp_path):
    return save(tmp_path / "a.npz", [figure_clip("wave", 8), figure_clip("throw", 8)], label=[1, 0],
                class_names=["throw", "wave"], length=[8, 5])


def test_labels_frames_and_bones(labelled):
    clips, total = shown_clips(labelled)
    assert total == 2 and [clip.name for clip in clips] == ["a.npz[0]: wave", "a.npz[1]: throw"]
    assert [clip.places.shape for clip in clips] == [(1, 8, 20, 3), (1, 5, 20, 3)]
    assert clips[0].skeleton.name == "kinect20" and not clips[0].filled.any()
    np.testing.assert_allclose(clips[0].places, figure_clip("wave", 8), atol=1e-6)
    assert clips[0].notes == ("8 frames", "1 person", "20 joints (kinect20)", "3 coordinates", "recorded as: wave")


def test_chosen_clips(labelled):
    assert [clip.name for clip in shown_clips(labelled, numbers=(1,))[0]] == ["a.npz[1]: throw"]
    assert shown_clips(labelled, first=1)[0][0].name == "a.npz[0]: wave"
    with pytest.raises(ValueError, match=r"--clips must be in 0..1 for .*a.npz, not 2"):
        shown_clips(labelled, numbers=(0, 2))


def test_missing_joints_are_marked_where_they_are_filled(tmp_path):
    clip = figure_clip("wave", 10)
    whole = clip.copy()
    clip[0, 4, 6] = clip[0, 2:4, 11] = 0
    shown, = shown_clips(save(tmp_path / "a.npz", [np.pad(clip, ((0, 0), (2, 3), (0, 0), (0, 0)))]))[0]
    assert shown.places.shape[1] == 10, "frames without a body are cut off"
    assert sorted(map(tuple, np.argwhere(shown.filled))) == [(0, 2, 11), (0, 3, 11), (0, 4, 6)]
    assert np.abs(shown.places[0, 4, 6] - whole[0, 4, 6]).max() < 0.2
    assert "3 joints of single frames are missing or outlying; their places are guesses" in shown.notes


def test_outlying_joints_are_marked(tmp_path):
    clip = figure_clip("wave", 30)
    clip[0, 10, 11] += 40
    shown, = shown_clips(save(tmp_path / "a.npz", [clip]))[0]
    assert list(map(tuple, np.argwhere(shown.filled))) == [(0, 10, 11)]


def test_scores_say_what_is_missing(tmp_path):
    frames = []
    for frame in range(6):
        points = []
        for joint in range(18):
            score = 0.0 if (frame, joint) == (3, 4) else 0.9
            points += [100 + 10 * joint + frame if score else 0, 200 + 5 * joint if score else 0, score]
        frames.append({"frame_index": frame, "skeleton": [{"pose": [v for k, v in enumerate(points) if k % 3 < 2],
                                                           "score": points[2::3]}]})
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"data": frames, "label": "x", "label_index": 0}), encoding="utf-8", newline="\n")
    shown, = shown_clips(path)[0]
    assert shown.places.shape[3] == 2 and shown.skeleton.name == "openpose18"
    assert list(map(tuple, np.argwhere(shown.filled[0]))) == [(3, 4)]


def test_nobody(tmp_path):
    shown, = shown_clips(save(tmp_path / "a.npz", [np.zeros((1, 3, 20, 3))]))[0]
    assert "nobody is there" in shown.notes and not shown.filled.any()


@pytest.mark.parametrize(("turn", "up"), [
    (lambda x, y, z: (x, -y, -z), "-y"), (lambda x, y, z: (x, -z, y), "z"), (lambda x, y, z: (x, z, -y), "-z"),
    (lambda x, y, z: (y, -x, z), "x"), (lambda x, y, z: (-y, x, z), "-x")])
def test_upwards_is_from_the_ankles_to_the_head(tmp_path, turn, up):
    clip = figure_clip("wave", 6)
    turned = np.stack(turn(*np.moveaxis(clip, 3, 0)), axis=3)
    path = save(tmp_path / "a.npz", [turned])
    shown, = shown_clips(path)[0]
    assert f"{up} is taken for upwards" in shown.notes
    np.testing.assert_allclose(shown.places, clip, atol=1e-6)
    np.testing.assert_allclose(shown_clips(path, up="y")[0][0].places, turned, atol=1e-6)


def test_joints_of_no_skeleton(tmp_path):
    shown, = shown_clips(save(tmp_path / "a.npz", [np.random.default_rng(1).normal(size=(2, 4, 7, 2))]))[0]
    assert shown.skeleton is None and "7 joints, no skeleton known: joints without bones" in shown.notes
    assert "2 persons" in shown.notes


@pytest.mark.parametrize(("clip", "message"), [
    (np.ones((1, 2, 20, 5)), "with 2 or 3 coordinates to be shown"),
    (np.full((1, 2, 20, 3), np.nan), "finite numbers only")])
def test_what_cannot_be_shown(tmp_path, clip, message):
    np.save(tmp_path / "a.npy", clip)
    with pytest.raises(ValueError, match=f"a.npy.*{message}"):
        shown_clips(tmp_path / "a.npy")


def test_a_skeleton_of_other_joints(labelled):
    with pytest.raises(ValueError, match=r"--skeleton must have the 20 joints of .*a.npz, not 25 \(ntu25\)"):
        shown_clips(labelled, skeleton=BUILT_IN["ntu25"])
    assert shown_clips(labelled, skeleton=BUILT_IN["utdmhad20"])[0][0].skeleton.name == "utdmhad20"
