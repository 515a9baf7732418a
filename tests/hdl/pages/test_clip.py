"""A clip of a page: what is refused, and what the page gets."""

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN
from hypgcn.pages.clip import STEPS, Answer, BlockWork, PageClip, known_skeleton
from hypgcn.pages.figure import figure_clip


def unpacked(entry):
    """Coordinates (M, T, V, C) of the page, relative to the middle of the first body."""
    shape = tuple(entry["shape"][name] for name in ("frames", "joints", "channels"))
    return entry["step"] * np.stack([np.reshape(person["places"], shape) for person in entry["people"]])


def test_places_are_kept_to_a_step():
    places = figure_clip("throw") + (100, -50, 3000)
    entry = PageClip(name="a", places=places, skeleton=BUILT_IN["kinect20"]).as_dict()
    extent = places.max() - places.min()
    assert entry["step"] == pytest.approx(extent / STEPS, rel=0.01)
    expected = places - places[0, 0].mean(axis=0)
    assert np.abs(unpacked(entry) - expected).max() <= entry["step"] / 2 + 1e-9


def test_bones_sides_and_direction():
    entry = PageClip(name="a", places=figure_clip("wave"), skeleton=BUILT_IN["kinect20"]).as_dict()
    assert entry["bones"][0] == [0, 1] and len(entry["bones"]) == 19
    assert entry["sides"] == "mmmm" + "llll" + "rrrr" + "llll" + "rrrr"
    assert entry["up"] is True
    flat = PageClip(name="a", places=np.ones((1, 2, 3, 2))).as_dict()
    assert (flat["bones"], flat["sides"], flat["up"]) == ([], "mmm", False)


def test_absent_persons_and_guesses():
    places = np.ones((2, 3, 4, 3))
    places[1, 1] = 0
    filled = np.zeros((2, 3, 4), bool)
    filled[0, 2, 1] = True
    people = PageClip(name="a", places=places, filled=filled).as_dict()["people"]
    assert [person["absent"] for person in people] == [[], [1]]
    assert [person["filled"] for person in people] == [[9], []]


def test_nobody_and_one_point():
    for places in (np.zeros((1, 2, 3, 3)), np.full((1, 2, 3, 3), 5.0)):
        entry = PageClip(name="a", places=places).as_dict()
        assert not unpacked(entry).any() and entry["step"] > 0


@pytest.mark.parametrize(("changes", "message"), [
    ({"places": np.zeros((2, 3, 3))}, r"places must be \(person, frame, joint, channel\) with 2 or 3 channels"),
    ({"places": np.zeros((1, 2, 3, 4))}, "with 2 or 3 channels, not"),
    ({"places": np.zeros((1, 0, 3, 3))}, "not .*0"),
    ({"places": np.full((1, 2, 3, 3), np.nan)}, "places must be finite numbers, not as in a, which has NaN"),
    ({"filled": np.zeros((1, 2, 4), bool)}, r"filled must be of the shape \(1, 2, 3\) of places"),
    ({"skeleton": BUILT_IN["kinect20"]}, "skeleton must have the 3 joints of places, not 20"),
    ({"rate": 0}, "rate must be a positive number, not 0"),
    ({"rate": float("inf")}, "rate must be a positive number"),
])
def test_wrong_clips(changes, message):
    with pytest.raises(ValueError, match=message):
        PageClip(**{"name": "a", "places": np.zeros((1, 2, 3, 3)), **changes})


def test_answers():
    answer = Answer(scores=(("wave", 0.75, 12), ("sit", 0.25, 3)), blocks=(BlockWork(x=1, z=0.5, h=0.25),))
    assert answer.label == "wave"
    entry = answer.as_dict()
    assert entry["scores"] == [["wave", 0.75, 12], ["sit", 0.25, 3]]
    assert entry["blocks"] == [{"x": 1, "z": 0.5, "h": 0.25, "busy": None}]
    assert (entry["truth"], entry["source"], entry["equal"]) == (None, "class unknown", None)


@pytest.mark.parametrize(("joints", "name", "expected"), [
    (20, "kinect20", "kinect20"), (20, None, "kinect20"), (25, "body25", "body25"), (25, "nobody", "ntu25"),
    (20, "ntu25", "kinect20"), (5, None, None)])
def test_known_skeletons(joints, name, expected):
    found = known_skeleton(joints, name)
    assert (found and found.name) == expected
