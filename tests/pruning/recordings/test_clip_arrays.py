"""Clips in NumPy files: what is read, and what is never guessed."""

import pickle
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from hypgcn.design.skeleton import load_skeleton
from hypgcn_pruning.recordings import array_files, clip_arrays
from hypgcn_pruning.recordings.clip_arrays import Meaning, load_clips, load_npy, load_npz
from hypgcn_pruning.recordings.motion import MotionConfig, generate_motion


def write_npz(path, clips, **changes):
    entries = {"data": clips.data, "label": clips.label, "length": clips.length, "split": clips.split,
               "class_names": np.array(clips.class_names), **changes}
    np.savez(path, **{name: entry for name, entry in entries.items() if entry is not None})
    return path


def test_npz_round_trip(tmp_path, clips):
    found = load_clips(write_npz(tmp_path / "a.npz", clips))
    np.testing.assert_array_equal(found.data, clips.data)
    assert found.class_names == clips.class_names
    assert found.classes == 3


def test_lengths_are_found_where_they_are_missing(tmp_path, clips):
    found = load_npz(write_npz(tmp_path / "a.npz", clips, length=None, split=None, class_names=None))
    np.testing.assert_array_equal(found.length, clips.length)
    assert not found.split.any()


def test_all_zero_clip_has_length_one(tmp_path, clips):
    data = clips.data.copy()
    data[0] = 0
    assert load_npz(write_npz(tmp_path / "a.npz", clips, data=data, length=None)).length[0] == 1


def test_2s_agcn_folder(tmp_path, clips):
    for split, name in enumerate(("train", "val")):
        part = clips.part(split)
        np.save(tmp_path / f"{name}_data_joint.npy", part.data)
        (tmp_path / f"{name}_label.pkl").write_bytes(pickle.dumps(([f"clip{i}" for i in range(len(part))],
                                                                   part.label.tolist())))
    found = load_clips(tmp_path)
    assert (found.split == 0).sum() == len(clips.part(0))
    assert (found.split == 1).sum() == len(clips.part(1))


class Evil:
    def __reduce__(self):
        return print, ("executed",)


def test_label_pickles_cannot_run_code(tmp_path, clips, capsys):
    np.save(tmp_path / "d.npy", clips.data)
    (tmp_path / "l.pkl").write_bytes(pickle.dumps(([], [Evil()])))
    with pytest.raises(ValueError, match=r"plain lists.*builtins.print"):
        load_npy(tmp_path / "d.npy", tmp_path / "l.pkl")
    assert "executed" not in capsys.readouterr().out


@pytest.mark.parametrize(("changes", "match"), [
    ({"data": None}, "data is missing"), ({"label": np.full(72, 5)}, "label must be in 0..2, not 5..5"),
    ({"label": np.full(72, -1)}, "label must be in 0..2"),
    ({"label": np.zeros(3, int)}, "one entry for each of the 72"),
    ({"data": np.zeros((72, 3, 4), np.float32)}, "five dimensions"), ({"data": np.zeros((0, 3, 9, 7, 1), np.float32),
     "label": np.zeros(0, int), "length": np.zeros(0, int), "split": np.zeros(0, int)}, "at least one clip"),
    ({"length": np.full(72, 99)}, r"length must be in 1..30")])
def test_bad_npz(tmp_path, clips, changes, match):
    with pytest.raises(ValueError, match=match):
        load_npz(write_npz(tmp_path / "a.npz", clips, **changes))


def test_damaged_and_missing_files(tmp_path, clips):
    path = write_npz(tmp_path / "a.npz", clips)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match="damaged"):
        load_npz(path)
    with pytest.raises(FileNotFoundError, match="a dataset is"):
        load_clips(tmp_path / "nowhere.npz")
    with pytest.raises(FileNotFoundError, match="train_data_joint"):
        load_clips(tmp_path)


def test_numbers_of_the_recordings_are_read(tmp_path, clips):
    view = np.arange(72) % 3
    path = write_npz(tmp_path / "a.npz", clips, view=view, name=np.array(["clip"] * 72), scores=np.zeros(72),
                     matrix=np.zeros((72, 2), int))
    found = load_npz(path)
    assert list(found.numbers) == ["view"]
    np.testing.assert_array_equal(found.part(1).numbers["view"], view[clips.split == 1])
    with pytest.raises(ValueError, match=r"view must have one entry for each of the 72 clips, not shape \(71,\)"):
        replace(found, numbers={"view": view[1:]})


def body(name="kinect20", persons=1, clips=4):
    return generate_motion(load_skeleton(name), MotionConfig(classes=2, clips=clips, frames=(8, 12), persons=persons))


def saved(path, clips, data=None, **changes):
    arrays = {"data": clips.data if data is None else data, "label": clips.label, "split": clips.split, **changes}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def test_axes_in_the_order_of_pyskl_are_recognised(tmp_path, capsys):
    """Case 12: (N, M, T, V, C) under data was read as 1 channel and 3 persons."""
    clips = body()
    path = saved(tmp_path / "a.npz", clips, clips.data.transpose(0, 4, 2, 3, 1))
    found = load_npz(path)
    np.testing.assert_array_equal(found.data, clips.data)
    assert "a.npz: data of shape (8, 1, 12, 20, 3) is read as NMTVC (8 clips, 1 persons, 12 frames, 20 joints, 3 " \
        "channels), the only reading that fits" in capsys.readouterr().err


def test_axes_that_could_be_two_things_are_asked_for(tmp_path, capsys):
    clips = body(persons=2)
    path = saved(tmp_path / "a.npz", clips, clips.data.transpose(0, 4, 2, 3, 1))
    with pytest.raises(ValueError, match=r"a\.npz: data must have the axes NCTVM .* --axes NCTVM: 8 clips, 2 channels, "
                                         r"12 frames, 20 joints, 3 persons; --axes NMTVC: 8 clips, 2 persons"):
        load_npz(path)
    np.testing.assert_array_equal(load_npz(path, Meaning(axes="NMTVC")).data, clips.data)
    assert not capsys.readouterr().err


@pytest.mark.parametrize(("scale", "joints", "text"), [
    (np.array([1920, 1080, 1]), "kinect20", "the other two are pixels"),
    (np.array([1, 1, 1]), "coco17", "17 joints are those of pictures"),
    (np.array([1, 1, 1]), "openpose18", "18 joints are those of pictures")])
def test_scores_are_no_depth(tmp_path, capsys, scale, joints, text):
    """Case 11: (x, y, score) was turned as three coordinates."""
    clips = body(joints)
    data = clips.data / np.abs(clips.data).max()
    data[:, 2] = np.abs(data[:, 2])
    path = saved(tmp_path / "a.npz", clips, data * scale[:, None, None, None])
    found = load_npz(path)
    assert found.scored
    err = capsys.readouterr().err
    assert "a.npz: data: the third channel is taken as a score" in err and text in err
    assert not load_npz(path, Meaning(third="z")).scored
    np.testing.assert_array_equal(found.score(1), found.clip(1)[..., 2])


def test_a_third_channel_that_may_be_either_is_asked_for(tmp_path):
    clips = body()
    data = clips.data - clips.data.min()
    path = saved(tmp_path / "a.npz", clips, data / data.max())
    with pytest.raises(ValueError, match=r"a\.npz: data: the third channel is in 0.*\.\..* may be a score or a depth: "
                                         "--third score or --third z"):
        load_npz(path)
    assert load_npz(path, Meaning(third="score")).scored
    with pytest.raises(ValueError, match=r"a score must be in 0\.\.1, but the third channel is in -?\d.*--third z"):
        load_npz(saved(tmp_path / "b.npz", clips), Meaning(third="score"))
    with pytest.raises(ValueError, match="third must be left out for .*, which has 2 channels"):
        load_npz(saved(tmp_path / "b.npz", clips, clips.data[:, :2]), Meaning(third="score"))


def test_joints_in_the_order_of_another_dataset_are_recognised(tmp_path, capsys):
    """Case 17; and read as asked for, with a warning, where the user says otherwise."""
    clips = body("utdmhad20")
    path = saved(tmp_path / "a.npz", clips)
    assert load_npz(path).joint_order == "utdmhad20"
    assert "joints are taken in the order of utdmhad20, whose bones are" in capsys.readouterr().err
    with pytest.warns(UserWarning, match="in the order of kinect20, as asked for, but the bones of utdmhad20"):
        assert load_npz(path, Meaning(joints="kinect20")).joint_order == "kinect20"
    with pytest.raises(ValueError, match="joints must be a skeleton with the 20 joints of .*, not 'coco17'"):
        load_npz(path, Meaning(joints="coco17"))


def test_labels_from_one_and_gaps_are_said(tmp_path):
    """Case 14."""
    clips = body()
    path = saved(tmp_path / "a.npz", clips, label=clips.label + 1)
    with pytest.warns(UserWarning, match=r"a\.npz: label: labels are 1\.\.2 and none is 0: they seem to count from 1"):
        assert load_npz(path).classes == 3
    assert load_npz(path, Meaning(first_label=1)).classes == 2
    with pytest.warns(UserWarning, match="of the classes 0..200 only 3 have clips: 0, 100, 200"):
        load_npz(saved(path, clips, label=np.arange(8) % 3 * 100))
    with pytest.raises(ValueError, match=r"a\.npz: label must be whole numbers from 0, but clip 1 has 0.5"):
        load_npz(saved(path, clips, label=np.arange(8) / 2))


def test_labels_that_are_names(tmp_path, capsys):
    """Case 15: they were an invalid literal."""
    clips = body()
    found = load_npz(saved(tmp_path / "a.npz", clips, label=np.where(clips.label == 0, "walk", "run")))
    assert found.class_names == ("run", "walk")
    np.testing.assert_array_equal(found.label, 1 - clips.label)
    assert "a.npz: label: names of classes, numbered in alphabetical order: run, walk" in capsys.readouterr().err


@pytest.mark.parametrize(("changes", "match"), [
    ({"split": np.array([0, 2] * 4)}, r"a\.npz: split must be 0 \(training\) or 1 \(test\), .* not 0, 2"),
    ({"label": np.array([{"a": 1}] * 8)}, r"a\.npz: label must hold numbers or text in one array, not Python objects"),
    ({"data": np.array([np.zeros(2), np.zeros(3)], dtype=object)}, r"a\.npz: data must hold numbers .* not Python obj"),
    ({"data": np.full((8, 3, 12, 20, 1), "x")}, r"a\.npz: data must hold numbers, not <U1"),
    ({"label": None, "y": np.zeros(8)}, r"a\.npz must hold data and label, but label is missing \(it has data, "),
    ({"length": np.full(8, 2.5)}, r"a\.npz: length must be whole numbers")])
def test_what_is_refused_names_file_and_key(tmp_path, changes, match):
    """Cases 13 and 15; never with NumPy's advice to load a file unsafely."""
    with pytest.raises(ValueError, match=match) as caught:
        load_npz(saved(tmp_path / "a.npz", body(), **changes))
    assert "allow_pickle" not in str(caught.value)


@pytest.mark.parametrize(("name", "content", "match"), [
    ("a.mat", b"MATLAB 5.0 MAT-file", "not a MATLAB file; read it with scipy.io.loadmat"),
    ("a.h5", b"\x89HDF\r\n\x1a\n", "not an HDF5 file; read it with h5py"),
    ("a.npz", b"\x80\x04N.", "not a pickle; give it the suffix .pkl"),
    ("a.npz", b"PK\x03\x04", "text, damaged or truncated"), ("a.npz", b"", "text, damaged or truncated"),
    ("a.npz", b"{}", "not a JSON file")])
def test_other_kinds_of_files(tmp_path, name, content, match):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} must be an npz file with data .*, .*{match}"):
        load_clips(tmp_path / name)


def test_one_array_alone(tmp_path):
    """An .npy is read where its labels lie beside it, as ST-GCN writes them."""
    clips = body()
    np.save(tmp_path / "val_data.npy", clips.data)
    with pytest.raises(FileNotFoundError, match=r"val_data.npy holds one array and no labels: val_label.*savez"):
        load_clips(tmp_path / "val_data.npy")
    names = np.array([f"clip{i}" for i in range(8)])
    (tmp_path / "val_label.pkl").write_bytes(pickle.dumps((list(names), clips.label.tolist())))
    found = load_clips(tmp_path / "val_data.npy")
    np.testing.assert_array_equal(found.label, clips.label)
    assert found.split.all()
    (tmp_path / "b.npy").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"b\.npy must be an npy file, not damaged or truncated"):
        load_clips(tmp_path / "b.npy")


def test_stgcn_folder_with_strings_of_numpy(tmp_path):
    """Case 16, and the names of ST-GCN's files: train_data.npy, train_label.pkl."""
    clips = body()
    for name, split in (("train", 0), ("val", 1)):
        part = clips.part(split)
        np.save(tmp_path / f"{name}_data.npy", part.data)
        names = list(np.array([f"S{i:03}" for i in range(len(part))]))
        (tmp_path / f"{name}_label.pkl").write_bytes(pickle.dumps((names, list(part.label))))
    found = load_clips(tmp_path)
    assert (len(found), found.classes, int(found.split.sum())) == (8, 2, 2)


def test_clips_that_are_listed_twice_are_said(tmp_path):
    """Case 35."""
    clips = body()
    np.save(tmp_path / "a_data.npy", clips.data)
    (tmp_path / "a_label.pkl").write_bytes(pickle.dumps((["x", "y", "x", *"abcde"], clips.label.tolist())))
    with pytest.warns(UserWarning, match=r"a_label\.pkl: 1 clips are listed more than once, and count as often: x"):
        load_clips(tmp_path / "a_data.npy")
    (tmp_path / "a_label.pkl").write_bytes(pickle.dumps((["x"], clips.label.tolist())))
    with pytest.raises(ValueError, match="must have as many labels as names, 1, not 8"):
        load_clips(tmp_path / "a_data.npy")


def test_ctrgcn(tmp_path):
    """By CTR-GCN's feeders/feeder_ntu.py x_train (N, T, 150) holds person, joint, coordinate; y_train is one-hot."""
    clips = body("ntu25", persons=2)
    arrays = {}
    for name, split in (("train", 0), ("test", 1)):
        part = clips.part(split)
        arrays[f"x_{name}"] = part.data.transpose(0, 2, 4, 3, 1).reshape(len(part), 12, 150)
        arrays[f"y_{name}"] = np.eye(60)[part.label]
    np.savez(tmp_path / "NTU60_CS.npz", **arrays)
    found = load_npz(tmp_path / "NTU60_CS.npz")
    order = np.argsort(clips.split, kind="stable")
    np.testing.assert_array_equal(found.data, clips.data[order])
    np.testing.assert_array_equal(found.label, clips.label[order])
    assert (found.classes, found.joint_order, found.scored) == (60, "ntu25", False)
    np.savez(tmp_path / "NTU60_CS.npz", **{**arrays, "x_test": arrays["x_test"][..., :149]})
    with pytest.raises(ValueError, match=r"x_test must be \(clip, frame, 150\).*not \(2, 12, 149\)"):
        load_npz(tmp_path / "NTU60_CS.npz")


@pytest.mark.parametrize("kind", ["npz", "folder"])
def test_large_arrays_stay_in_their_file(tmp_path, monkeypatch, kind):
    """Case 37: reading, splitting, mapping and taking clips needs the memory of single clips."""
    monkeypatch.setattr(array_files, "MAPPED", 1 << 16)
    monkeypatch.setattr(clip_arrays, "_SAMPLE", 8)
    clips = generate_motion(load_skeleton("kinect20"), MotionConfig(classes=2, clips=200, frames=(80, 80)))
    if kind == "npz":
        path = saved(tmp_path / "a.npz", clips)
    else:
        path = tmp_path
        for split, name in enumerate(("train", "val")):
            np.save(tmp_path / f"{name}_data_joint.npy", clips.part(split).data)
            np.save(tmp_path / f"{name}_label.npy", clips.part(split).label)
    tracemalloc.start()
    found = load_clips(path)
    one = found.part(1)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < clips.data.nbytes / 20, used
    np.testing.assert_array_equal(one.clip(3), clips.part(1).clip(3))
    assert all(isinstance(part.array, np.memmap) for part in found.data.parts)


def test_a_large_compressed_array_is_unpacked_into_a_file(tmp_path, monkeypatch, capsys):
    """It cannot be mapped where it is, and is never in memory as a whole."""
    monkeypatch.setattr(array_files, "MAPPED", 1 << 16)
    monkeypatch.setattr(array_files, "_PIECE", 1 << 12)
    monkeypatch.setattr(clip_arrays, "_SAMPLE", 8)
    clips = generate_motion(load_skeleton("kinect20"), MotionConfig(classes=2, clips=200, frames=(80, 80)))
    np.savez_compressed(tmp_path / "a.npz", data=clips.data, label=clips.label, split=clips.split)
    tracemalloc.start()
    found = load_clips(tmp_path / "a.npz")
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < clips.data.nbytes / 8, used
    assert "a.npz: data is compressed: its 0.0 GB are unpacked into a temporary file" in capsys.readouterr().err
    for index in (0, 17, 399):
        np.testing.assert_array_equal(found.clip(index), clips.clip(index))
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(whole[:60000] + b"x" * 9000 + whole[69000:])
    with pytest.raises(ValueError, match=r"a\.npz must be an npz file .* damaged or truncated"):
        load_clips(tmp_path / "a.npz")


def test_a_mapped_file_that_ends_early(tmp_path, monkeypatch):
    monkeypatch.setattr(array_files, "MAPPED", 1 << 10)
    np.save(tmp_path / "a_data.npy", body().data)
    np.save(tmp_path / "a_label.npy", body().label)
    whole = (tmp_path / "a_data.npy").read_bytes()
    (tmp_path / "a_data.npy").write_bytes(whole[:-8])
    with pytest.raises(ValueError, match=r"a_data\.npy is truncated: the file ends before the 5760 numbers"):
        load_clips(tmp_path / "a_data.npy")
    monkeypatch.setattr(array_files, "MAPPED", 1 << 30)
    with pytest.raises(ValueError, match=r"a_data\.npy is truncated: it must hold the 5760 numbers .*, not 5758"):
        load_clips(tmp_path / "a_data.npy")
    (tmp_path / "a_data.npy").write_bytes(whole[:30])
    with pytest.raises(ValueError, match=r"a_data\.npy is not an array, or is damaged or truncated"):
        load_clips(tmp_path / "a_data.npy")


@pytest.mark.parametrize(("changes", "match"), [
    ({"axes": "NCTV?"}, "axes must be the letters"), ({"third": "depth"}, "third must be one of score, z, not 'depth'"),
    ({"joints": "horse"}, "joints must be one of ntu25, .*, not 'horse'"),
    ({"first_label": 2}, "first_label must be 0 or 1, not 2")])
def test_what_can_be_said(changes, match):
    with pytest.raises(ValueError, match=match):
        Meaning(**changes)
