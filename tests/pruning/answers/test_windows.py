import pytest

from hypgcn_pruning.answers.windows import spans, windows


@pytest.mark.parametrize(("frames", "window", "hop", "expected"), [
    (10, 0, 1, [(0, 10)]),
    (10, 10, 5, [(0, 10)]),
    (3, 10, 5, [(0, 3)]),
    (1, 1, 1, [(0, 1)]),
    (12, 4, 4, [(0, 4), (4, 8), (8, 12)]),
    (11, 4, 4, [(0, 4), (4, 8), (7, 11)]),
    (9, 4, 2, [(0, 4), (2, 6), (4, 8), (5, 9)])])
def test_every_frame_is_in_a_window(frames, window, hop, expected):
    found = windows(frames, window, hop)
    assert found == expected
    assert {frame for first, end in found for frame in range(first, end)} == set(range(frames))


def test_spans():
    places = windows(12, 4, 2)
    assert list(spans(places, [1, 1, None, 1, 0])) == [(0, 6, 1, 2), (4, 8, None, 1), (6, 10, 1, 1), (8, 12, 0, 1)]
