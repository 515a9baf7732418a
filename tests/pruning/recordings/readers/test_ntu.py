import numpy as np
import pytest

from hypgcn_pruning.recordings.readers import Source, read_clips
from hypgcn_pruning.recordings.readers.ntu import NtuName, read_ntu, read_skeleton


def skeleton_text(bodies, names=None):
    """The text of a recording; ``bodies`` is one list of (25, 3) arrays per frame, ``names`` their tracking numbers."""
    lines = [str(len(bodies))]
    for frame, chosen in zip(bodies, names or [range(len(frame)) for frame in bodies], strict=True):
        lines.append(str(len(frame)))
        for number, body in zip(chosen, frame, strict=True):
            lines += [f"7205759403792{number} 0 1 1 0 0 0 0.02 -0.3 2", "25"]
            lines += [" ".join([*(repr(float(x)) for x in place), "254.1", "199.9", "961", "540.5", "0.1", "0.2", "0.3",
                                "0.9", "2"]) for place in body]
    return "\n".join(lines) + "\n"


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def random_bodies(rng, frames, persons=1):
    return [list(rng.normal(size=(persons, 25, 3)) + (0, 0, 3)) for _ in range(frames)]


def write(folder, name, bodies):
    path = folder / f"{name}.skeleton"
    path.write_text(skeleton_text(bodies), encoding="utf-8")
    return path


def test_bodies_keep_their_place(tmp_path, rng):
    bodies = random_bodies(rng, 4, 2)
    bodies[2] = []
    bodies[3] = random_bodies(rng, 1, 5)[0]
    found = read_skeleton(write(tmp_path, "any", bodies))
    assert found.shape == (4, 4, 25, 3)
    np.testing.assert_array_equal(found[:2, 0], bodies[0])
    assert not found[2:, 0].any()
    assert not found[:, 2].any()
    np.testing.assert_array_equal(found[:, 3], bodies[3][:4])


@pytest.mark.parametrize(("names", "places"), [
    ([[7, 8], [8, 7], [8], [7, 8]], [[0, 1], [1, 0], [1], [0, 1]]),
    ([[7, 8], [8, 9], [7, 8, 9]], [[0, 1], [1, 0], [2, 1, 0]]),
    ([[7], [8], [7, 8]], [[0], [0], [1, 0]]), ([[7, 7], [7, 7], [7]], [[0, 1], [0, 1], [0]]),
    ([[7, 8, 9], [9, 8], [5, 9, 8, 7]], [[0, 1, 2], [2, 1], [3, 2, 1, 0]])])
def test_bodies_are_followed(tmp_path, rng, names, places):
    """Case 33: two change their places in the file, the first leaves, a tracking number is lost and another comes."""
    bodies = [list(rng.normal(size=(len(frame), 25, 3))) for frame in names]
    path = tmp_path / "any.skeleton"
    path.write_text(skeleton_text(bodies, names), encoding="utf-8")
    found = read_skeleton(path)
    for frame, (here, right) in enumerate(zip(bodies, places)):
        for body, place in zip(here, right):
            np.testing.assert_array_equal(found[place, frame], body)
        assert found[:, frame].any(axis=(1, 2)).sum() == len(here)


def line(number, text):
    return lambda lines: [*lines[:number - 1], *([] if text is None else [text]), *lines[number:]]


@pytest.mark.parametrize(("change", "match"), [
    (lambda lines: lines[:20], "line 21: must be the 12 fields of joint 16 of body 0 in frame 0, not the end"),
    (lambda lines: lines[:2], "line 3: must be the 10 fields of body 0 in frame 0, not the end"),
    (lambda lines: lines[:29], "line 30: must be the number of bodies in frame 1, not the end"),
    (lambda lines: [], "line 1: must be the number of frames, not the end"),
    (line(1, "two"), "line 1: must be the number of frames, not 'two'"),
    (line(1, "-2"), "line 1: must be the number of frames, not '-2'"),
    (line(2, "1 2"), "line 2: must be the number of bodies in frame 0, not 2 fields"),
    (line(3, "1 2 3"), "line 3: must be the 10 fields of body 0 in frame 0, not 3 fields"),
    (line(4, "24"), "line 4: must be 25, the number of joints of body 0 in frame 0, not '24'"),
    (line(4, "26"), "line 4: must be 25, the number of joints of body 0 in frame 0, not '26'"),
    (line(9, "1 2 3"), "line 9: must be the 12 fields of joint 4 of body 0 in frame 0, not 3 fields"),
    (line(9, "1 x 3 0 0 0 0 0 0 0 0 2"), "line 9: must be the 12 fields of joint 4 .*, not '1 x 3'"),
    (line(9, "1 nan 3 0 0 0 0 0 0 0 0 2"), "line 9: .* joint 4 .* with finite x, y, z, not '1 nan 3'"),
    (line(9, None), "must be the 12 fields of joint 24 of body 0 in frame 0, not 1 fields"),
    (lambda lines: [*lines, "", "1"], "line 59: must be the end of the file after the last frame, not '1'")])
def test_damaged_files(tmp_path, rng, change, match):
    path = write(tmp_path, "S001C002P003R002A013", random_bodies(rng, 2))
    path.write_text("".join(text + "\n" for text in change(path.read_text(encoding="utf-8").splitlines())),
                    encoding="utf-8")
    with pytest.raises(ValueError, match=rf"S001C002P003R002A013\.skeleton, {match}" if match.startswith("line")
                       else match):
        read_clips(tmp_path)


def test_binary_file(tmp_path):
    path = tmp_path / "S001C002P003R002A013.skeleton"
    path.write_bytes(b"\x93NUMPY\xff\xfe")
    with pytest.raises(ValueError, match="must be text"):
        read_clips(path)


@pytest.mark.parametrize(("name", "xsub", "xview", "xset"), [
    ("S001C001P001R001A001", 0, 1, 1), ("S002C002P003R001A060", 1, 0, 0), ("S017C003P038R002A049", 0, 0, 1),
    ("S018C001P045R002A120", 0, 1, 0), ("S032C003P106R002A061", 1, 0, 0)])
def test_splits(name, xsub, xview, xset):
    parsed = NtuName.parse(name + ".skeleton")
    assert (parsed.split("xsub"), parsed.split("xview"), parsed.split("xset")) == (xsub, xview, xset)


def test_names():
    assert NtuName.parse("S001C002P003R004A005") == NtuName(setup=1, camera=2, subject=3, repetition=4, action=5)
    for name in ("walk.skeleton", "S001C002P003R004A05", "S001C002P003R004A0051"):
        with pytest.raises(ValueError, match="name must begin with SsssCcccPpppRrrrAaaa"):
            NtuName.parse(name)
    for action in (0, 121):
        with pytest.raises(ValueError, match=rf"action in the name must be in 1\.\.120, not {action} "):
            NtuName.parse(f"S001C002P003R004A{action:03}")
    with pytest.raises(ValueError, match="protocol must be one of xsub, xview, xset, not 'x'"):
        NtuName.parse("S001C002P003R004A005").split("x")


def test_folder(tmp_path, rng):
    for name, frames, persons in (("S001C001P001R001A001", 7, 1), ("S001C002P003R001A060", 1, 2)):
        write(tmp_path, name, random_bodies(rng, frames, persons))
    clips = read_clips(tmp_path)
    assert clips.data.shape == (2, 3, 300, 25, 2)
    assert clips.classes == 60
    np.testing.assert_array_equal(clips.label, [0, 59])
    np.testing.assert_array_equal(clips.split, [0, 1])
    np.testing.assert_array_equal(clips.length, [300, 300])
    assert not clips.data[0, ..., 1].any(), "an absent second person stays zero"
    np.testing.assert_array_equal(clips.data[0, :, 7:14], clips.data[0, :, :7])
    np.testing.assert_array_equal(read_clips(Source(path=str(tmp_path), protocol="xview")).split, [1, 0])

    short = read_clips(Source(path=str(tmp_path), replay=False, every=2))
    np.testing.assert_array_equal(short.length, [4, 1])
    np.testing.assert_array_equal(short.data[0, :, 1], clips.data[0, :, 2])


def test_recordings_without_a_body_are_left_out(tmp_path, rng):
    write(tmp_path, "S001C001P001R001A061", random_bodies(rng, 3))
    write(tmp_path, "S001C001P001R001A062", [[], []])
    write(tmp_path, "S001C001P001R001A063", [])
    write(tmp_path, "S001C001P001R001A064", random_bodies(rng, 3))
    (tmp_path / "samples_with_missing_skeletons.txt").write_text("S001C001P001R001A064\n", encoding="utf-8")
    with pytest.warns(UserWarning, match="3 recordings without a body were left out: S001C001P001R001A062, "):
        clips = read_ntu(tmp_path)
    np.testing.assert_array_equal(clips.label, [60])
    assert clips.classes == 120


def test_nobody_and_too_long(tmp_path, rng):
    with pytest.raises(ValueError, match="must hold at least one recording with a body"):
        read_clips(Source(path=str(tmp_path), format="ntu"))
    path = write(tmp_path, "S001C001P001R001A001", random_bodies(rng, 301))
    with pytest.raises(ValueError, match="A001.skeleton: recording must have at most the 300 frames"):
        read_clips(tmp_path)
    assert read_ntu(path, replayed=False).length[0] == 301


def test_source():
    with pytest.raises(ValueError, match="format must be one of clips, .*, not 'bvh'"):
        Source(path="x", format="bvh")
    with pytest.raises(ValueError, match="every must be an integer of at least 1, not 0"):
        Source(path="x", every=0)
    with pytest.raises(FileNotFoundError, match="x not found: a dataset is"):
        read_clips("x")


def test_missing_joints_are_filled_before_centring(tmp_path, capsys):
    """Case 20: the spine, on which bodies are centred, is missing in two frames; and gaps and an outlier."""
    start, speed = np.random.default_rng(1).normal(0, 0.4, (2, 25, 3))
    bodies = [start + (0, 0, 3) + 0.02 * speed * time for time in range(12)]
    whole = read_ntu(write(tmp_path, "S001C001P001R001A001", [[body] for body in bodies]), replayed=False)
    holes = [body.copy() for body in bodies]
    for frame in (4, 7):
        holes[frame][1] = 0
    holes[9][11] += 5
    frames = [[], [], *[[body] for body in holes]]
    frames[8] = []
    capsys.readouterr()
    found = read_ntu(write(tmp_path, "S001C001P001R001A001", frames), replayed=False)
    assert capsys.readouterr().err.startswith(
        f"hypgcn: {tmp_path / 'S001C001P001R001A001.skeleton'}: in 1 of 1 clips 27 missing joints of single frames "
        f"filled, 1 outlying ones filled, 2 frames without a body cut off at the ends")
    np.testing.assert_allclose(found.clip(0), whole.clip(0), atol=1e-5)
