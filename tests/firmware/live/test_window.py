"""Frames in order, whatever order they come in, and never more than fit the window."""

import numpy as np
import pytest
from firmware.live.bodies import body, moving

from hypgcn_host.live.frame import Frame
from hypgcn_host.live.window import MAX_FRAMES, Window, evenly_timed


def frame(time, *people):
    return Frame(time=time, people={person: body(3, seed=int(1000 * time)) for person in people})


def times(window):
    return [one.time for one in window.frames]


def test_frames_leave_behind_the_window():
    window = Window(4 / 30)
    assert {window.add(frame(n / 30, 1)) for n in range(100)} == {"new"}
    assert times(window) == [n / 30 for n in range(96, 100)]


def test_late_frames_take_their_place():
    window = Window(1.0)
    kinds = [window.add(frame(time, 1)) for time in (5.0, 5.2, 5.1, 5.2, 5.3, 4.3)]
    assert kinds == ["new", "new", "late", "double", "new", "late"]
    assert times(window) == [5.0, 5.1, 5.2, 5.3]  # 4.3 is within a window of the latest, but at its border


def test_a_clock_that_starts_again_begins_anew():
    window = Window(1.0)
    window.add(frame(100.0, 1))
    assert window.add(frame(98.9, 1)) == "restart"
    assert times(window) == [98.9]


def test_a_jump_into_the_future_heals():
    window = Window(1.0)
    assert [window.add(frame(time, 1)) for time in (1.0, 1e12, 1.1, 1.2)] == ["new", "new", "restart", "new"]
    assert times(window) == [1.1, 1.2]


def test_any_rate_is_bounded():
    window = Window(10.0)
    for n in range(MAX_FRAMES + 50):
        window.add(Frame(time=n * 1e-6, people={}))
    assert len(window.frames) == MAX_FRAMES


def test_span_has_the_frames_of_the_people():
    window = Window(10.0)
    for time, people in ((0.0, [2]), (0.1, [1]), (0.2, [1, 2]), (0.3, []), (0.4, [1])):
        window.add(frame(time, *people))
    span = window.span([1])
    assert span.times.tolist() == [0.1, 0.2, 0.4] and span.clip.shape == (1, 3, 3, 4)
    np.testing.assert_array_equal(span.clip[0, 1], window.frames[2].people[1])
    pair = window.span([1, 2], 0.35)
    assert pair.times.tolist() == [0.1, 0.2, 0.4]
    assert pair.clip.any(axis=(2, 3)).tolist() == [[True] * 3, [False, True, False]]
    assert window.span([3]) is None


def test_even_times_keep_every_bit():
    clip = moving(12, 3)
    for rate in (30, 29.97, 10):
        assert evenly_timed(clip, np.arange(12) / rate) is clip
    assert evenly_timed(clip[:, :1], np.zeros(1)) is not None


def test_lost_frames_are_interpolated():
    clip = np.arange(10.0)[None, :, None, None] * np.ones((1, 10, 2, 3))
    kept = [0, 1, 2, 3, 6, 7, 9]
    np.testing.assert_allclose(evenly_timed(clip[:, kept], np.array(kept) / 30), clip, atol=1e-12)


def test_frames_at_other_times_are_moved():
    at = np.array([0, 1, 2.2, 3, 4, 5])
    clip = at[None, :, None, None] * np.ones((1, 6, 2, 3))
    np.testing.assert_allclose(evenly_timed(clip, at / 30)[0, :, 0, 0], np.arange(6), atol=1e-12)


def test_times_that_almost_agree_are_bounded():
    clip = moving(5, 3)
    found = evenly_timed(clip, np.array([0, 1e-5, 2e-5, 3e-5, 1e6]))
    assert found.shape[1] == MAX_FRAMES
    assert np.isfinite(found).all()


@pytest.mark.parametrize("count", [1, 2])
def test_short_clips(count):
    clip = moving(count, 3)
    np.testing.assert_array_equal(evenly_timed(clip, np.arange(count) * 0.5), clip)
