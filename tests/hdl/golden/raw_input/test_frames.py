"""Golden preparation of raw joints: the rules of docs/numbers.md, by hand on small clips."""

import numpy as np
import pytest

from hypgcn.design.raw_input import MARKER, RawInput
from hypgcn.golden.raw_input import prepared

M = MARKER


def values(frames, **fields):
    """Values of one person of one channel."""
    clip = np.array(frames, np.int16)[None, ..., None]
    return prepared(clip, RawInput(unit="mm", **fields))[0, ..., 0].tolist()


def test_centring():
    frames = [[10, 13, 20], [11, 12, 31]]
    assert values(frames, centre=1) == [[-3, 0, 7], [-1, 0, 19]]
    assert values(frames, centre=1, centring="first") == [[-3, 0, 7], [-2, -1, 18]]
    assert values(frames) == frames


def test_bones_and_motion():
    frames = [[10, 13, 20], [11, 12, 31]]
    assert values(frames, parents=(1, 1, 0)) == [[-3, 0, 10], [-1, 0, 20]]
    assert values(frames, motion=True) == [[1, -1, 11], [0, 0, 0]]
    assert values(frames, parents=(1, 1, 0), motion=True) == [[2, 0, 10], [0, 0, 0]]
    assert values(frames[:1], motion=True) == [[0, 0, 0]]


def test_a_missing_joint_is_held_or_zero():
    frames = [[10, 13, M], [M, 12, 31], [9, M, M]]
    assert values(frames, patience=3) == [[10, 13, 0], [10, 12, 31], [9, 12, 31]]
    assert values(frames, missing="zero") == [[10, 13, 0], [0, 12, 31], [9, 0, 0]]
    assert values(frames, centre=1) == [[-3, 0, 0], [-2, 0, 19], [-3, 0, 19]]


def test_the_centre_is_held_always():
    """And before it is seen, the lowest joint that is known stands for it."""
    frames = [[M, M, 20], [5, M, 22], [6, 4, 23], [7, M, 24]]
    assert values(frames, centre=1, missing="zero") == [[0, 0, 0], [0, 0, 17], [2, 0, 19], [3, 0, 20]]
    assert values(frames, centre=1) == [[0, 0, 0], [0, 0, 17], [2, 0, 19], [3, 0, 20]]


def test_a_bone_needs_both_ends():
    frames = [[M, 13, 20], [11, M, 31]]
    assert values(frames, parents=(1, 1, 0)) == [[0, 0, 0], [-2, 0, 20]]
    assert values(frames, parents=(1, 1, 0), missing="zero") == [[0, 0, 0], [0, 0, 20]]


@pytest.mark.parametrize("patience", [0, 1, 2, 5])
def test_patience(patience):
    """An unseen person is held for so many frames; what was known of it is forgotten then."""
    frames = [[M, M], [5, 6], [M, M], [M, M], [M, M], [M, 7], [8, M]]
    held = [[5, 6] if n < patience else [0, 0] for n in range(3)]
    back = [[5, 7], [8, 7]] if patience >= 3 else [[0, 7], [8, 7]]
    assert values(frames, patience=patience) == [[0, 0], [5, 6], *held, *back]


def test_a_body_of_zeros_is_absent_at_once():
    frames = [[5, 6], [0, 0], [M, M], [M, 0], [M, 9], [0, 9]]
    assert values(frames, patience=10) == [[5, 6], [0, 0], [0, 0], [0, 0], [0, 9], [0, 9]]
    assert values(frames, patience=10, motion=True) == [[-5, -6], [0, 0], [0, 0], [0, 9], [0, 0], [0, 0]]


def test_differences_are_exact():
    frames = [[-32767, 32767], [32767, -32767]]
    assert values(frames, centre=0, motion=True) == [[0, -131068], [0, 0]]
    assert values(frames, centre=0) == [[0, 65534], [0, -65534]]
    clip = np.array([[[[0, -32768], [1, 32767]]]], np.int16)    # -32768 marks in the first channel alone
    assert prepared(clip, RawInput(unit="mm", centre=0))[0, 0].tolist() == [[0, 0], [1, 65535]]


def people(frames, **fields):
    """Values of several persons of one channel: (person, frame, joint)."""
    return prepared(np.array(frames, np.int16)[..., None], RawInput(unit="mm", **fields))[..., 0].tolist()


def test_one_origin_for_all():
    first, second = [[0, 0], [10, 12], [11, 13]], [[20, 25], [21, 26], [0, 0]]
    assert people([first, second], centre=0) == [[[0, 0], [0, 2], [0, 2]], [[0, 5], [11, 16], [0, 0]]]
    assert people([second, first], centre=0) == [[[0, 5], [0, 5], [0, 0]], [[0, 0], [-11, -9], [0, 2]]]


def test_the_first_frame_of_the_first_person_who_is_there():
    first, second, nobody = [[10, 12], [11, 13]], [[20, 25], [21, 26]], [[0, 0], [0, 0]]
    late = [[0, 0], [30, 31]]
    centred = dict(centre=0, centring="first")
    assert people([first, second], **centred) == [[[0, 2], [1, 3]], [[10, 15], [11, 16]]]
    assert people([nobody, second, first], **centred) == [nobody, [[0, 5], [1, 6]], [[-10, -8], [-9, -7]]]
    assert people([late, second], **centred) == [[[0, 0], [30, 31]], second]
