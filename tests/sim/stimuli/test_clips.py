import numpy as np
import pytest

from hypgcn.design.presets import preset
from hypgcn.testbench.clips import generated_clip
from hypgcn_sim.stimuli import clips
from hypgcn_sim.stimuli.clips import make_clips, recorded_clips

DESIGN = preset("tiny")
SHAPE = (DESIGN.persons, DESIGN.frames, DESIGN.joints, DESIGN.channels)


@pytest.fixture(autouse=True)
def _nothing_recorded(monkeypatch, tmp_path):
    monkeypatch.setattr(clips, "RECORDINGS", tmp_path / "recordings.npz")


def record(path, *, count=5, joints=DESIGN.joints, persons=1, **change):
    rng = np.random.default_rng(0)
    arrays = {"data": rng.normal(0, 1, (count, DESIGN.channels, 9, joints, persons)).astype(np.float32),
              "length": np.arange(1, count + 1), "split": np.array([0] + [1] * (count - 1))}
    arrays = {name: array for name, array in {**arrays, **change}.items() if array is not None}
    np.savez(path, **arrays)
    return path


def test_recorded_clips_come_first(tmp_path):
    found, real = make_clips(DESIGN, 3, recordings=record(tmp_path / "mine.npz"))
    assert found.shape == (5, *SHAPE)
    assert found.dtype == np.int8
    assert real == 3
    assert found[:3, 0].any(axis=(1, 2, 3)).all()
    assert not found[:3, 1].any(), "the second person is absent"
    assert not found[3].any(), "the all-zero clip"
    assert found[4].min() < -100 and found[4].max() > 100, "noise over the whole range"


def test_recordings_beside_the_checkout_are_found(tmp_path):
    record(tmp_path / "recordings.npz")
    assert make_clips(DESIGN, 2)[1] == 2


def test_recordings_of_another_skeleton_are_passed_over(tmp_path):
    record(tmp_path / "recordings.npz", joints=DESIGN.joints + 1)
    assert make_clips(DESIGN, 2)[1] == 0


def test_generated_clips_move_and_repeat():
    found, real = make_clips(DESIGN, 2, seed=4)
    assert real == 0
    assert (found[0] != found[1]).any()
    assert (found[0][:, 0] != found[0][:, -1]).any()
    np.testing.assert_array_equal(found, make_clips(DESIGN, 2, seed=4)[0])
    np.testing.assert_array_equal(found[1], generated_clip(DESIGN, 4001))


def test_same_seed_same_choice(tmp_path):
    path = record(tmp_path / "mine.npz")
    np.testing.assert_array_equal(recorded_clips(DESIGN, path, 2, 7), recorded_clips(DESIGN, path, 2, 7))


@pytest.mark.parametrize(("change", "text"), [
    ({"joints": 7}, r"data must have shape \(clips, 3, frames, 5, persons\) for this design, not \(5, 3, 9, 7, 1\)"),
    ({"count": 2}, "holds 1 test clips, fewer than the 3 requested"),
    ({"split": None}, "must hold data, length and split"),
])
def test_rejects_recordings(tmp_path, change, text):
    with pytest.raises(ValueError, match=text):
        make_clips(DESIGN, 3, recordings=record(tmp_path / "mine.npz", **change))


def test_rejects_other_files(tmp_path):
    (tmp_path / "mine.npz").write_bytes(b"no zip")
    with pytest.raises(ValueError, match="is not a recording"):
        make_clips(DESIGN, 1, recordings=tmp_path / "mine.npz")
    with pytest.raises(FileNotFoundError):
        make_clips(DESIGN, 1, recordings=tmp_path / "none.npz")
