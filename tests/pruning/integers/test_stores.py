"""Row stores in torch against a loop that is written from the text of docs/numbers.md."""

import itertools

import numpy as np
import pytest
import torch

from hypgcn_pruning.integers.stores import store


def store_loop(rows, depths, window):
    """One sequence (T, V, C) as the text of docs/numbers.md has it."""
    used, lost, out = [[0] * 4 for _ in rows], [0] * len(rows), rows.copy()
    for t, v, start in itertools.product(*(range(size) for size in rows.shape[:2]), range(0, rows.shape[2], 16)):
        vector = out[t, v, start:start + 16]
        n = int((vector != 0).sum())
        for j in range(-(-n // 4)):
            if sum(used[s][j] for s in range(max(0, t - window + 1), t + 1)) >= depths[j]:
                vector[np.flatnonzero(vector)[4 * j:]] = 0
                lost[t] += 1
                break
            used[t][j] += 1
    return out, lost


@pytest.mark.parametrize("channels", [1, 16, 20, 48])
@pytest.mark.parametrize("density", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("depths,window", [((4, 3, 2, 1), 1), ((1, 1, 1, 1), 1), ((15, 15, 15, 15), 1),
                                           ((9, 7, 5, 1), 3), ((3, 3, 3, 3), 2), ((20, 12, 9, 5), 4)])
def test_store_against_a_loop(channels, density, depths, window):
    """Two sequences at once, the first of which is sparse and may need no look at its vectors."""
    rng = np.random.default_rng(channels)
    shape = (2, 6, 5, channels)
    rows = rng.integers(1, 128, shape) * (rng.random(shape) < density * rng.random((2, 6, 1, 1)) * [[[[0.3]]], [[[1]]]])
    found, lost = store(torch.from_numpy(rows).float(), depths, window)
    for n in range(2):
        expected, counts = store_loop(rows[n], depths, window)
        np.testing.assert_array_equal(found[n], expected)
        assert lost[n].tolist() == counts


@pytest.mark.parametrize(("spare", "lost"), [(0, 0), (-1, 1)])
def test_a_store_for_every_vector_loses_nothing(spare, lost):
    """With an entry for each vector of a window; with one less the last vector of the second row is cut."""
    rows = torch.ones(1, 3, 4, 20)
    depth = 2 * 4 * 2 + spare
    found, counts = store(rows, (depth,) * 4, 2)
    assert counts.tolist() == [[0, lost, 0]]
    assert (found == rows).all() == (not lost)
