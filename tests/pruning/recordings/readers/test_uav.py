"""UAV-Human: names as its repository describes them, P (person), A (action), and text as NTU's with 17 joints."""

import numpy as np
import pytest

from hypgcn_pruning.recordings.readers import Source, read_clips, recognise
from hypgcn_pruning.recordings.readers.uav import _TESTED


def text(places):
    lines = [len(places)]
    for bodies in places:
        lines.append(len(bodies))
        for body in bodies:
            lines += [" ".join(["7"] + ["0"] * 9), len(body)]
            lines += [" ".join(map(str, [*joint, *[0] * 9])) for joint in body]
    return "\n".join(map(str, lines)) + "\n"


def write(tmp_path, person, action, places):
    path = tmp_path / f"P{person:03}S00G10B10H10UC022000LC021000A{action:03}R0_08241716.txt"
    path.write_text(places if isinstance(places, str) else text(places), encoding="utf-8")
    return path


def bodies(frames, seed=0, joints=17):
    return np.random.default_rng(seed).normal(size=(frames, 1, joints, 3)).round(3)


def test_folder(tmp_path):
    for person, action, frames in ((0, 5, 3), (1, 154, 2), (2, 0, 4)):
        write(tmp_path, person, action, bodies(frames, person))
    write(tmp_path, 5, 3, [[], []])
    assert recognise(tmp_path) == "uav"
    with pytest.warns(UserWarning, match="1 recordings without a body were left out: P005"):
        clips = read_clips(tmp_path)
    assert (clips.classes, clips.joint_order) == (155, "coco17")
    assert clips.label.tolist() == [5, 154, 0] and clips.split.tolist() == [0, 1, 0]
    np.testing.assert_allclose(clips.clip(0)[0], bodies(3, 0)[:, 0], rtol=1e-6)
    with pytest.warns(UserWarning, match="left out"):
        assert read_clips(Source(path=str(tmp_path), protocol="xsub2")).split.tolist() == [0, 1, 1]
    with pytest.warns(UserWarning, match="left out"):
        assert read_clips(Source(path=str(tmp_path), protocol="subject=0")).split.tolist() == [1, 0, 0]


def test_published_splits():
    """89 of 119 subjects train in both."""
    assert all(len(tested) == 30 and max(tested) < 119 for tested in _TESTED.values())


def test_bad_files(tmp_path):
    path = write(tmp_path, 0, 0, text(bodies(3))[:-40])
    with pytest.raises(ValueError, match=r"line \d+: must be the 12 fields of joint 1[56] of body 0 in frame 2"):
        read_clips(path)
    write(tmp_path, 0, 0, text(bodies(1, joints=16)))
    with pytest.raises(ValueError, match="must be 17, the number of joints of body 0 in frame 0, not '16'"):
        read_clips(path)
    write(tmp_path, 0, 0, text(bodies(1)).replace(str(bodies(1)[0, 0, 3, 1]), "nan"))
    with pytest.raises(ValueError, match="joint 3 of body 0 in frame 0 with finite x, y, z"):
        read_clips(path)
    path.unlink()
    write(tmp_path, 119, 0, bodies(1))
    with pytest.raises(ValueError, match=r"person must be in 0\.\.118 and action in 0\.\.154, not 119 and 0"):
        read_clips(tmp_path)
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ValueError, match="must be named as P000S00"):
        read_clips(Source(path=str(tmp_path / "notes.txt"), format="uav"))
    with pytest.raises(ValueError, match="protocol must be one of xsub1, xsub2 for .*, not 'xview'"):
        read_clips(Source(path=str(tmp_path), protocol="xview"))
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ValueError, match="at least one recording with a body"):
        read_clips(Source(path=str(tmp_path / "nothing"), format="uav"))


def test_scores_are_seen_by_their_range(tmp_path, capsys):
    places = bodies(3) * 100
    places[..., 2] = 0.25
    write(tmp_path, 0, 5, places)
    assert read_clips(tmp_path).scored
    assert "the third channel is taken as a score" in capsys.readouterr().err
    assert not read_clips(Source(path=str(tmp_path), third="z")).scored
