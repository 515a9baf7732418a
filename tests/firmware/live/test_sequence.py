"""Sequences made of clips: who does what when."""

import importlib.metadata
from types import SimpleNamespace

import numpy as np
import pytest
from firmware.live.bodies import design_for, moving

from hypgcn_host.live.sequence import RecordedClip, Segment, join_clips, read_recording


def clip(frames, label, persons=1):
    return RecordedClip(name=label, clip=moving(frames, 20, persons=persons), label=label)


def test_clips_one_behind_the_other():
    clips = [clip(3, "sit"), clip(2, "wave"), clip(2, "wave")]
    frames, segments = join_clips(clips, rate=10)
    assert [frame.time for frame in frames] == [n / 10 for n in range(7)]
    assert segments == [Segment(begin=0, end=0.3, label="sit"), Segment(begin=0.3, end=0.5, label="wave"),
                        Segment(begin=0.5, end=0.7, label="wave")]
    assert [frame.labels[1] for frame in frames] == ["sit"] * 3 + ["wave"] * 4
    np.testing.assert_array_equal(frames[4].people[1][:, :3], clips[1].clip[0, 1])


def test_pauses_hold_the_last_pose():
    clips = [clip(3, "sit"), clip(2, "wave")]
    frames, segments = join_clips(clips, rate=10, pause=0.2)
    assert [segment.label for segment in segments] == ["sit", None, "wave"]
    assert [frame.labels for frame in frames[3:5]] == [{}, {}]
    for frame in frames[3:5]:
        np.testing.assert_array_equal(frame.people[1][:, :3], clips[0].clip[0, 2])


def test_people_are_there_when_they_are_in_the_clip():
    recorded = clip(3, "sit", persons=2)
    recorded.clip[1, :2] = 0
    frames, _ = join_clips([recorded])
    assert [list(frame.people) for frame in frames] == [[1], [1], [1, 2]]


def test_recordings_are_read_by_an_installed_package(monkeypatch):
    design = design_for()
    found = [SimpleNamespace(name=f"x[{n}]", clip=moving(2, 20), label=n, class_name=name, test=n != 1)
             for n, name in enumerate(("sit", "stand", None))]

    def read(path, *, joints, skeleton):
        assert (path, joints, skeleton) == ("x.npz", 20, "kinect20")
        return found

    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [SimpleNamespace(load=lambda: read)])
    assert [(one.name, one.label) for one in read_recording("x.npz", design)] == [("x[0]", "sit"), ("x[2]", "wave")]
    assert [one.label for one in read_recording("x.npz", design, part="train")] == ["stand"]
    del found[1]
    with pytest.raises(ValueError, match="x.npz must hold train clips, but has none"):
        read_recording("x.npz", design, part="train")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [])
    with pytest.raises(ValueError, match="recordings need a package that reads them"):
        read_recording("x.npz", design)


@pytest.mark.parametrize(("settings", "text"), [
    ({"clips": []}, "clips must hold at least one clip"),
    ({"rate": 0}, "rate must be above 0 frames a second, not 0"),
    ({"pause": -1}, "pause must be at least 0 seconds, not -1"),
])
def test_sequences_that_cannot_be_made(settings, text):
    with pytest.raises(ValueError, match=text):
        join_clips(**{"clips": [clip(2, "sit")], **settings})


def test_unseen_clips_are_no_training_clips(monkeypatch):
    """A test clip with the coordinates of a training clip is left out, whatever its name; a longer one is not."""
    seen, longer, other = moving(2, 20), moving(3, 20), moving(2, 20) + 1
    found = [SimpleNamespace(name=name, clip=part, label=0, class_name="sit", test=test)
             for name, part, test in (("a", seen, True), ("b", seen.copy(), False), ("c", longer, True),
                                      ("d", other, True), ("e", other[:, ::-1].copy(), False))]
    monkeypatch.setattr(importlib.metadata, "entry_points",
                        lambda group: [SimpleNamespace(load=lambda: lambda path, *, joints, skeleton: found)])
    assert [one.name for one in read_recording("x.npz", design_for(), part="unseen")] == ["c", "d"]
    assert [one.name for one in read_recording("x.npz", design_for())] == ["a", "c", "d"]
    del found[2:4]
    with pytest.raises(ValueError, match="x.npz must hold unseen clips, but has none"):
        read_recording("x.npz", design_for(), part="unseen")


def test_parts_that_are_none():
    with pytest.raises(ValueError, match="part must be one of test, train, unseen, not 'all'"):
        read_recording("x.npz", design_for(), part="all")
