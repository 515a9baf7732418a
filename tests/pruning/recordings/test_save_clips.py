import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN
from hypgcn_pruning.recordings.clip_arrays import load_npz
from hypgcn_pruning.recordings.filmed import FilmedConfig, film
from hypgcn_pruning.recordings.save_clips import save_clips

CONFIG = FilmedConfig(classes=2, subjects=4, views=3, shortest=5, longest=9)


@pytest.mark.parametrize("picture", [False, True])
def test_what_is_written_is_read(tmp_path, picture, capsys):
    clips = film(BUILT_IN["coco17"], replace(CONFIG, picture=picture))
    save_clips(tmp_path / "a.npz", clips)
    found = load_npz(tmp_path / "a.npz")
    assert found.scored is picture and ("taken as a score" in capsys.readouterr().err) is picture
    for index in range(len(clips)):
        np.testing.assert_array_equal(found.clip(index), clips.clip(index))
    assert (found.label == clips.label).all() and (found.split == clips.split).all()
    assert found.class_names == clips.class_names and (found.numbers["view"] == clips.numbers["view"]).all()


def test_bytes_are_those_of_numpy(tmp_path):
    clips = film(BUILT_IN["ntu25"], CONFIG)
    save_clips(tmp_path / "a.npz", clips, progress=False)
    with open(tmp_path / "b.npz", "wb") as file:
        np.savez(file, data=np.asarray(clips.data), length=clips.length, label=clips.label, split=clips.split,
                 class_names=np.array(clips.class_names), **clips.numbers)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_memory_of_a_few_clips(tmp_path):
    clips = film(BUILT_IN["ntu25"], replace(CONFIG, subjects=50, longest=50, shortest=50))
    tracemalloc.start()
    save_clips(tmp_path / "a.npz", clips, progress=False)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < (tmp_path / "a.npz").stat().st_size / 5, used


def test_a_failure_leaves_the_file_of_before(tmp_path):
    clips = film(BUILT_IN["ntu25"], CONFIG)
    save_clips(tmp_path / "a.npz", clips, progress=False)
    before = (tmp_path / "a.npz").read_bytes()

    def broken(index):
        raise ValueError("no such clip")

    clips.data.make = broken
    with pytest.raises(ValueError, match="no such clip"):
        save_clips(tmp_path / "a.npz", clips, progress=False)
    assert (tmp_path / "a.npz").read_bytes() == before and len(list(tmp_path.iterdir())) == 1
