import numpy as np
import pytest

from hypgcn_pruning.network.branches import MULTI_SCALE, branch_widths, branches_of, kernel_of, max_range, structure


@pytest.mark.parametrize(("outputs", "share", "widths"), [
    (64, 0, (14, 10, 10, 10, 10, 10)), (16, 0, (6, 2, 2, 2, 2, 2)), (6, 0, (1,) * 6), (16, 0.25, (4,) * 6),
    (10, 0.19, (1,) * 6)])
def test_widths(outputs, share, widths):
    assert branch_widths(outputs, 6, share) == widths


def test_a_window_of_nine_holds_the_taps():
    kinds = branches_of(MULTI_SCALE)
    assert kernel_of(kinds) == 9 and kernel_of(branches_of(("1x1",))) == 3
    mask = structure(kinds, (2, 1, 1, 1, 1, 1), 9)
    assert mask.shape == (7, 7, 9)
    read = {output: [np.flatnonzero(mask[output, channel]).tolist() for channel in np.flatnonzero(mask[output].any(1))]
            for output in range(7)}
    assert read == {0: [[3, 4, 5]] * 2, 1: [[3, 4, 5]] * 2, 2: [[2, 4, 6]], 3: [[1, 4, 7]], 4: [[0, 4, 8]], 5: [[4]],
                    6: [[4]]}
    assert [np.flatnonzero(mask[output].any(1)).tolist() for output in range(7)] == [[0, 1], [0, 1], [2], [3], [4], [5],
                                                                                     [6]]


@pytest.mark.parametrize(("names", "widths", "expected"), [
    (MULTI_SCALE, (4, 2, 2, 2, 2, 2), (10, 2)), (("3@1", "1x1"), (4, 4), (0, 0)), (("max", "max"), (3, 2), (0, 5))])
def test_channels_with_a_maximum(names, widths, expected):
    assert max_range(branches_of(names), widths) == expected


@pytest.mark.parametrize(("names", "match"), [
    (("4@1",), "an odd number of taps and their distance such as 3@2, not '4@1'"), (("3@0",), "not '3@0'"),
    (("min",), "not 'min'"), ((3,), "not 3"), (("max", "3@1", "max"), "beside each other, not at the places 0, 2")])
def test_rejects(names, match):
    with pytest.raises(ValueError, match=match):
        branches_of(names)
