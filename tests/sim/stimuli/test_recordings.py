"""Recordings of other skeletons and with fewer persons, as a design takes them."""

from dataclasses import replace

import numpy as np
import pytest

from hypgcn.design.presets import random_design
from hypgcn.design.skeleton import BUILT_IN
from hypgcn_pruning.recordings.clip_arrays import load_npz
from hypgcn_pruning.recordings.data import crowded, map_to
from hypgcn_sim.stimuli.recordings import Recordings, clips_for

NTU = replace(random_design(1, name="ntu", frames=8, joints=25, persons=2, widths=(4,), strides=(1,), classes=2),
              meta={"skeleton": {"name": "ntu25"}, "preparation": {"frames": 8, "centre": 1, "scale": "axis",
                                                                   "parents": [], "period": 4}})


def record(path, joints=20, **change):
    rng = np.random.default_rng(0)
    arrays = {"data": rng.normal(0, 1, (6, 3, 9, joints, 1)).astype(np.float32), "length": np.arange(4, 10),
              "label": np.arange(6) % 2, "split": np.array([0, 1, 1, 0, 1, 1])}
    np.savez(path, **{name: array for name, array in {**arrays, **change}.items() if array is not None})
    return path


def test_the_same_clips_as_the_offline_path(tmp_path):
    """Mapping, companions and preparation are those that a design was calibrated with."""
    from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip

    path = record(tmp_path / "r.npz")
    found = Recordings.load(NTU, path)
    theirs = crowded(map_to(load_npz(path), BUILT_IN["ntu25"]).part(1), 2)
    preparation = Preparation.from_dict(NTU.meta["preparation"])
    expected = np.stack([quantise_clip(NTU, prepare_clip(theirs.clip(index), preparation)) for index in range(4)])
    np.testing.assert_array_equal(found.clips, expected)
    assert found.labels.tolist() == [1, 0, 0, 1] and found.places.tolist() == [0, 1, 2, 3]


def test_some_of_them_and_absent_persons(tmp_path):
    path = record(tmp_path / "r.npz")
    every, some = Recordings.load(NTU, path), Recordings.load(NTU, path, count=2, seed=3)
    assert (some.clips == every.clips[some.places]).all() and len(some.places) == 2
    assert not Recordings.load(NTU, path, crowded=False).clips[:, 1].any()


def test_training_clips(tmp_path):
    """Clips of the other part, with companions from that part."""
    path = record(tmp_path / "r.npz")
    found = Recordings.load(NTU, path, part="train")
    with np.load(path) as file:
        swapped = {name: 1 - file[name] if name == "split" else file[name] for name in file.files}
    np.testing.assert_array_equal(found.clips, Recordings.load(NTU, record(tmp_path / "s.npz", **swapped)).clips)
    assert len(found.clips) == 2 and found.labels.tolist() == [0, 1]
    assert (clips_for(NTU, 1, path, part="train")[0] != clips_for(NTU, 1, path)[0]).any()
    nothing = tmp_path / "none.npz"
    assert (clips_for(NTU, 1, nothing, part="train")[0] != clips_for(NTU, 1, nothing)[0]).any()


def test_labels_follow_their_names(tmp_path):
    """Case 30: the recording numbers the classes of the design in another order."""
    named = replace(NTU, class_names=("sit", "wave"))
    found = Recordings.load(named, record(tmp_path / "r.npz", class_names=np.array(["wave", "sit"])))
    assert found.labels.tolist() == [1, 0, 0, 1] and found.labels_of(named).tolist() == [0, 1, 1, 0]
    assert found.labels_of(NTU).tolist() == [1, 0, 0, 1]
    found = Recordings.load(named, record(tmp_path / "r.npz", class_names=np.array(["wave", "jump"])))
    with pytest.raises(ValueError, match="design ntu must have the same classes, but lacks 'jump'"):
        found.labels_of(named)


def test_persons_who_are_there(tmp_path):
    """Case 31: a body in the second place, and a network of one person."""
    one = random_design(1, name="one", frames=8, joints=25, widths=(4,), strides=(1,), classes=2)
    path = record(tmp_path / "r.npz", joints=25)
    with np.load(path) as file:
        data = file["data"]
    behind = record(tmp_path / "s.npz", joints=25, data=np.concatenate([np.zeros_like(data), data], axis=4))
    found = [Recordings.load(one, place).clips for place in (path, behind)]
    assert found[0].any() and (found[0] == found[1]).all()


def test_unknown_part(tmp_path):
    for read in (lambda: clips_for(NTU, 1, tmp_path / "none.npz", part="all"),
                 lambda: Recordings.load(NTU, record(tmp_path / "r.npz"), part="all")):
        with pytest.raises(ValueError, match="part must be one of train, test, not 'all'"):
            read()


@pytest.mark.parametrize(("change", "text"), [
    ({"label": None}, "it must hold data, length, label and split"),
    ({"data": np.zeros((6, 3, 9, 19, 1), np.float32)}, "data must have shape"),
])
def test_bad_files(tmp_path, change, text):
    path = record(tmp_path / "r.npz", **change)
    with pytest.raises(ValueError, match=text):
        Recordings.load(NTU, path)
    found, real = clips_for(NTU, 2, path)
    assert real == 0 and found.shape == (2, 2, 8, 25, 3)
    with pytest.raises(ValueError, match=text):
        clips_for(NTU, 2, path, explicit=True)


def test_too_few(tmp_path):
    with pytest.raises(ValueError, match="holds 4 test clips, fewer than the 5"):
        Recordings.load(NTU, record(tmp_path / "r.npz"), count=5)
    assert clips_for(NTU, 2, record(tmp_path / "r.npz"))[1] == 2
    assert clips_for(NTU, 2, tmp_path / "none.npz")[1] == 0
