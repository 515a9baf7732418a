"""Every kind of clip file becomes the int8 clips of a design; what is wrong is said with the file's name."""

import importlib.metadata
import types

import numpy as np
import pytest

from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip
from hypgcn.design.presets import random_design
from hypgcn.testbench import clip_files
from hypgcn.testbench.clip_files import GROUP, read_clips
from hypgcn_pruning.recordings.clip_file import map_joints, read_clip_file
from hypgcn_pruning.recordings.readers.ntu import read_ntu

PREPARATION = Preparation(frames=6, centre=1)


@pytest.fixture(scope="module")
def design():
    found = random_design(name="t", frames=6, joints=5, persons=2, classes=3, widths=(16,), strides=(1,))
    found.meta["preparation"] = PREPARATION.to_dict()
    return found


@pytest.fixture(autouse=True)
def _plugged_in(monkeypatch):
    """The reader of the offline path, whether it is installed or not."""
    entry = types.SimpleNamespace(name="pruning", load=lambda: read_clip_file)
    monkeypatch.setattr(clip_files.importlib.metadata, "entry_points", lambda group: [entry] if group == GROUP else [])


def recorded(design, clip):
    """What becomes of a recorded clip (M, T, V, C)."""
    people = np.zeros((design.persons, *clip.shape[1:]))
    people[:len(clip)] = clip[:design.persons]
    return quantise_clip(design, prepare_clip(people, PREPARATION))


def test_int8_clips_are_taken_as_they_are(design, tmp_path):
    clips = np.random.default_rng(1).integers(-128, 128, (3, 2, 6, 5, 3)).astype(np.int8)
    np.savez(tmp_path / "a.npz", clips=clips)
    np.save(tmp_path / "b.npy", clips[1])
    np.save(tmp_path / "c.npy", clips)
    found, count = read_clips(tmp_path / "a.npz", design, 2)
    assert (len(found), count) == (2, 3)
    assert [clip.name for clip in found] == ["a.npz[0]", "a.npz[1]"]
    assert np.array_equal(np.stack([clip.clip for clip in found]), clips[:2])
    (single,), _ = read_clips(tmp_path / "b.npy", design, 9)
    assert single.name == "b.npy" and np.array_equal(single.clip, clips[1])
    assert len(read_clips(tmp_path / "c.npy", design, 9)[0]) == 3


def test_recordings_are_prepared(design, tmp_path):
    rng = np.random.default_rng(2)
    data = rng.normal(size=(2, 3, 9, 5, 1))  # (N, C, T, V, M)
    data[1, :, 7:] = 0
    for name, arrays in (("a.npz", dict(data=data)), ("b.npz", dict(data=data, length=np.array([9, 7])))):
        np.savez(tmp_path / name, **arrays)
        found, _ = read_clips(tmp_path / name, design, 9)
        for clip, expected in zip(found, (data[0], data[1, :, :7]), strict=True):
            assert np.array_equal(clip.clip, recorded(design, expected.transpose(3, 1, 2, 0)))
            assert clip.label is None
    for array in (data[0, ..., 0].transpose(1, 2, 0), data[0].transpose(3, 1, 2, 0), data[:1]):
        np.save(tmp_path / "c.npy", array)
        (clip,), _ = read_clips(tmp_path / "c.npy", design, 9)
        assert np.array_equal(clip.clip, recorded(design, data[0].transpose(3, 1, 2, 0))), array.shape


def test_test_clips_with_their_labels(design, tmp_path):
    data = np.random.default_rng(3).normal(size=(4, 3, 6, 5, 2)).astype(np.float32)
    np.savez(tmp_path / "a.npz", data=data, label=[0, 1, 2, 0], split=[0, 1, 0, 1])
    found, count = read_clips(tmp_path / "a.npz", design, 9)
    assert count == 2
    assert [(clip.name, clip.label) for clip in found] == [("a.npz[1]", 1), ("a.npz[3]", 0)]
    np.savez(tmp_path / "b.npz", data=data, label=[0, 1, 2, 0])
    assert read_clips(tmp_path / "b.npz", design, 9)[1] == 4


def skeleton_text(bodies):
    """A .skeleton file of (M, T, 25, 3)."""
    lines = [str(bodies.shape[1])]
    for frame in bodies.transpose(1, 0, 2, 3):
        lines.append(str(len(frame)))
        for body in frame:
            lines += ["72057594037931101 0 1 1 1 1 0 0.1 0.2 2", "25"]
            lines += [" ".join(f"{x:.6f}" for x in joint) + " 0" * 9 for joint in body]
    return "\n".join(lines) + "\n"


def test_skeleton_file_on_other_joints(tmp_path):
    design = random_design(name="t", frames=6, joints=20, persons=1, classes=3, widths=(16,), strides=(1,))
    design.meta.update(preparation=PREPARATION.to_dict(), skeleton={"name": "kinect20"})
    bodies = np.round(np.random.default_rng(4).normal(size=(1, 8, 25, 3)), 6)
    path = tmp_path / "any.skeleton"
    path.write_text(skeleton_text(bodies), encoding="utf-8")
    (clip,), _ = read_clips(path, design, 9)
    joints = [0, 1, 20, *range(3, 20)]
    assert np.array_equal(clip.clip, recorded(design, bodies[:, :, joints]))
    design.meta["skeleton"] = {"name": "other"}
    with pytest.raises(ValueError, match=r"any\.skeleton: clips must have the 20 joints of the design \(other\)"):
        read_clips(path, design, 9)


def test_skeleton_file_as_training_reads_it(tmp_path):
    bodies = np.round(np.random.default_rng(5).normal(size=(2, 8, 25, 3)), 6)
    path = tmp_path / "S001C001P001R001A001.skeleton"
    path.write_text(skeleton_text(bodies), encoding="utf-8")
    (found,) = read_clip_file(path, joints=25, skeleton="ntu25")
    assert np.allclose(found.clip, read_ntu(path).clip(0), atol=1e-5)
    path.write_text("0\n", encoding="utf-8")
    with pytest.raises(ValueError, match="holds no body"):
        read_clip_file(path, joints=25)


def test_maps_to_ntu25():
    clip = np.random.default_rng(6).normal(size=(1, 4, 20, 3))
    found = map_joints(clip, 25, "ntu25")
    assert found.shape == (1, 4, 25, 3)
    assert np.array_equal(found[:, :, 20], clip[:, :, 2])
    assert np.allclose(map_joints(found, 20, "kinect20"), clip)


@pytest.mark.parametrize(("name", "arrays", "text"), [
    ("a.npz", dict(clips=np.zeros((1, 2, 6, 5, 4), np.int8)), r"must have the design's shape \(2, 6, 5, 3\)"),
    ("b.npz", dict(other=np.zeros(3)), "must hold data, but has other"),
    ("c.npz", dict(data=np.zeros((3, 4))), "data must have the five dimensions"),
    ("d.npz", dict(data=np.ones((1, 3, 4, 5, 1)), length=np.array([9])), r"length must be in 1\.\.4"),
    ("e.npz", dict(data=np.ones((1, 2, 4, 5, 1))), "clips must have 3 channels, not 2"),
    ("f.npz", dict(data=np.ones((1, 3, 4, 7, 1))), "clips must have the 5 joints of the design or"),
    ("g.npz", dict(data=np.full((1, 3, 4, 5, 1), np.nan)), "finite numbers only"),
    ("h.npy", np.zeros((2, 2)), r"not of 2 dimensions"),
])
def test_wrong_files(design, tmp_path, name, arrays, text):
    if isinstance(arrays, dict):
        np.savez(tmp_path / name, **arrays)
    else:
        np.save(tmp_path / name, arrays)
    with pytest.raises(ValueError, match=text) as error:
        read_clips(tmp_path / name, design, 9)
    assert name in str(error.value)


def test_damaged_and_missing_files(design, tmp_path):
    for name in ("a.npz", "b.npy"):
        (tmp_path / name).write_bytes(b"nothing")
        with pytest.raises(ValueError, match=f"{name} must be a recording, or an .npy or .npz file of") as error:
            read_clips(tmp_path / name, design, 9)
        assert "pickle" not in str(error.value)     # NumPy's advice would be to load it unsafely
    with pytest.raises(FileNotFoundError):
        read_clips(tmp_path / "none.npz", design, 9)
    with pytest.raises(FileNotFoundError, match="none.skeleton not found"):
        read_clips(tmp_path / "none.skeleton", design, 9)


def test_without_a_reader(design, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [])
    np.savez(tmp_path / "a.npz", data=np.ones((1, 3, 4, 5, 1)))
    with pytest.raises(ValueError, match="recordings need a package that reads them"):
        read_clips(tmp_path / "a.npz", design, 9)


def test_missing_joints_are_filled(design, tmp_path, capsys):
    """Cases 18 and 19 for `hypgcn run`: labelled or not, in npz and npy."""
    rng = np.random.default_rng(2)
    clip = (rng.normal(0, 0.4, (1, 1, 5, 3)) + (0, 0, 3) + 0.02 * np.arange(9)[:, None, None]).astype(np.float32)
    holes = np.concatenate([np.zeros((1, 4, 5, 3), np.float32), clip], axis=1)
    holes[0, 8, 2] = 0
    data = holes.transpose(3, 1, 2, 0)[None]
    np.save(tmp_path / "a.npy", holes)
    np.savez(tmp_path / "b.npz", data=data)
    np.savez(tmp_path / "c.npz", data=data, label=np.array([1]))
    expected = recorded(design, clip)
    for name in ("a.npy", "b.npz", "c.npz"):
        (found,), _ = read_clips(tmp_path / name, design, 9)
        assert np.abs(found.clip.astype(int) - expected).max() <= 1  # rounding to float32 of what is filled
        assert f"{name}: in 1 of 1 clips 1 missing joints of single frames filled, 4 frames without a body cut off" \
            in capsys.readouterr().err
