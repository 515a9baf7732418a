"""Cases 18 to 20, 34: recordings are completed once, when they are read, and what was done is said."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN
from hypgcn_pruning.recordings.clip_arrays import load_npz
from hypgcn_pruning.recordings.data import Clips
from hypgcn_pruning.recordings.missing import Tally, complete_clips, recorded_parents
from hypgcn_pruning.recordings.stores import Padded

RECORDED = Path(os.environ.get("HYPGCN_DATA", Path(__file__).parents[4] / "shared/data")) / "nwucla.npz"


def damaged(clips, **places):
    """``clips`` with other coordinates: ``{"name": (index, value)}`` of data (N, C, T, V, M)."""
    data = clips.data.copy()
    for index, value in places.values():
        data[index] = value
    return replace(clips, data=data)


def test_whole_recordings_stay_as_they_are(clips, skeleton, capsys):
    assert complete_clips(clips, skeleton) is clips
    assert not capsys.readouterr().err


def test_what_is_done_is_said_in_one_line(clips, skeleton, capsys):
    found = complete_clips(damaged(clips, joint=(np.s_[3, :, 4, 2], 0), empty=(np.s_[5, :, :3], 0),
                                   never=(np.s_[8, :, :, 6], 0), far=(np.s_[9, :, 5, 1], 90), nobody=(np.s_[7], 0)),
                           skeleton, "film")
    said = capsys.readouterr().err
    assert said == (f"hypgcn: film: in 4 of 72 clips {1 + clips.length[8]} missing joints of single frames filled "
                    f"(1 joints are never seen in their clip and take the place of a neighbour), 1 outlying ones "
                    f"filled, 3 frames without a body cut off at the ends; nobody is there in 1 of 72 clips, which "
                    f"stay as they are (clip 7)\n")
    np.testing.assert_allclose(found.data[3, :, 4, 2], clips.data[3, :, [3, 5], 2].mean(axis=0), rtol=1e-5)
    assert found.length[5] == clips.length[5] - 3
    np.testing.assert_array_equal(found.clip(5), clips.clip(5)[:, 3:])
    assert not found.data[5, :, found.length[5]:].any(), "what is behind the end is padding"
    np.testing.assert_array_equal(found.clip(8)[:, :, 6], clips.clip(8)[:, :, 0])
    untouched = np.setdiff1d(np.arange(72), (3, 5, 7, 8, 9))
    assert found.data[untouched].tobytes() == clips.data[untouched].tobytes()


def test_many_names_are_shortened():
    assert Tally(clips=9, empty=[f"clip {n}" for n in range(7)]).text() == (
        "nobody is there in 7 of 9 clips, which stay as they are (clip 0, clip 1, clip 2, clip 3, clip 4, ...)")
    assert not Tally(clips=9).text()


def test_what_recordings_are_centred_on_is_said(clips, skeleton, capsys):
    centred = replace(clips, data=clips.data - clips.data[:, :, :, :1])
    assert complete_clips(centred, skeleton, "film") is centred
    assert capsys.readouterr().err == ("hypgcn: film: zero is taken for the place of joint 0, on which the recordings "
                                       "are centred\n")


def test_a_run_depends_on_what_filling_changes(clips, skeleton):
    """So that a run on unfilled recordings does not pass for one on filled ones, and all others stay what they are."""
    holes = damaged(clips, joint=(np.s_[3, :, 4, 2], 0))
    assert complete_clips(holes, skeleton).identity["recordings"] != holes.identity["recordings"]
    assert complete_clips(clips, skeleton).identity == clips.identity


def test_scores_say_what_is_missing(clips, skeleton, capsys):
    data = np.concatenate([clips.data[:, :2], np.ones_like(clips.data[:, :1])], axis=1)
    data[3, 2, 4, 2] = 0
    data[4, :2, 5, 1] = 0
    found = complete_clips(replace(clips, data=data, scored=True), skeleton, "film")
    assert "in 1 of 72 clips 1 missing joints of single frames filled" in capsys.readouterr().err
    np.testing.assert_allclose(found.data[3, :2, 4, 2], clips.data[3, :2, [3, 5], 2].mean(axis=0), rtol=1e-5)
    assert found.data[3, 2, 4, 2] == 0 and not found.data[4, :2, 5, 1].any()


def test_scores_beside_the_coordinates_stay(clips, skeleton):
    """They are those of the clips as they are filled and trimmed, and part of what a run depends on."""
    scores = np.full((len(clips), 1, *clips.data.shape[2:]), 0.5, np.float32)
    scores[3, 0, 4, 2] = 0
    scores[5, 0, :2] = 0
    beside = replace(clips, scores=Padded(scores))
    found = complete_clips(beside, skeleton)
    assert (found.score(3)[0] == 0).sum() == 1 and found.score(3)[0, 4, 2] == 0 and (found.score(4) == 0.5).all()
    assert found.score(5).shape[1] == clips.length[5] - 2 == found.clip(5).shape[1]
    assert not np.array_equal(found.clip(3)[0, 4, 2], clips.clip(3)[0, 4, 2])
    assert "scores" in found.identity and "scores" not in clips.identity
    scores[4] = 0.25
    other = complete_clips(replace(clips, scores=Padded(scores)), skeleton).identity
    assert {name for name in other if other[name] != found.identity[name]} == {"scores"}


def test_parents_of_recorded_joints(skeleton):
    assert recorded_parents(7, skeleton) == skeleton.parents
    assert recorded_parents(17, BUILT_IN["ntu25"]) == BUILT_IN["coco17"].parents, "recordings that are mapped later"
    assert recorded_parents(20, None) == BUILT_IN["kinect20"].parents
    assert recorded_parents(9, None) == ()


@pytest.mark.skipif(not RECORDED.is_file(), reason=f"there are no recordings in {RECORDED}")
def test_recorded_clips_keep_their_bytes():
    """All but two training clips of NW-UCLA, neither of them for calibration: designs that were made before repeat."""
    clips = load_npz(RECORDED)
    found = complete_clips(clips, None)
    changed = [index for index in range(len(clips)) if found.clip(index).tobytes() != clips.clip(index).tobytes()]
    assert changed == [446, 510] and not clips.split[changed].any()
    for count in (64, 128, 256):
        assert found.part(0).evenly(count).identity == clips.part(0).evenly(count).identity
    assert found.part(1).identity == clips.part(1).identity


def test_person_places_are_kept(skeleton):
    """An empty place stays empty in all clips, and the ends are those of all persons."""
    data = np.random.default_rng(0).normal(0, 0.4, (2, 3, 8, 7, 2)).astype(np.float32) + 3
    data[0, ..., 1] = data[1, :, :4, :, 0] = data[1, :, 6:] = 0
    clips = Clips(data=data, length=np.array([8, 8]), label=np.zeros(2, np.int64), classes=1,
                  split=np.zeros(2, np.uint8))
    found = complete_clips(clips, skeleton)
    assert found.length.tolist() == [8, 6]
    np.testing.assert_array_equal(found.clip(1), clips.clip(1)[:, :6])
    np.testing.assert_array_equal(found.clip(0), clips.clip(0))
