import os
from pathlib import Path

import numpy as np
import pytest

from hypgcn_pruning.recordings.readers.ntu_preparation import (
    body_energy,
    centre_on_spine,
    choose_bodies,
    prepare_ntu,
    replay,
)

RECORDED = Path(os.environ.get("HYPGCN_DATA", Path(__file__).parents[5] / "shared/data")) / "kinect25.npz"


@pytest.fixture
def bodies():
    return np.random.default_rng(5).normal(size=(4, 6, 25, 3)) + (0.3, -0.2, 3)


def direction(vector):
    return vector / np.linalg.norm(vector)


def test_energy_ignores_absent_frames(bodies):
    body = bodies[0]
    with_gap = np.concatenate([body[:3], np.zeros((4, 25, 3)), body[3:]])
    expected = sum(body[..., axis].std() for axis in range(3))
    assert body_energy(body) == pytest.approx(expected)
    assert body_energy(with_gap) == pytest.approx(expected)
    assert body_energy(np.zeros((3, 25, 3))) == 0


def test_the_two_liveliest_bodies_are_kept(bodies):
    bodies[0] = bodies[0, :1]
    bodies[1] *= 0.1
    bodies[2] *= 3
    np.testing.assert_array_equal(choose_bodies(bodies), bodies[[2, 3]])
    bodies[:] = bodies[0]
    np.testing.assert_array_equal(choose_bodies(bodies), bodies[:2])


def test_replay_fills_the_empty_end_of_each_body(bodies):
    two = bodies[:2].copy()
    two[0, 4:] = 0
    two[1] = 0
    filled = replay(two, 11)
    np.testing.assert_array_equal(filled[0], two[0, [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2]])
    assert not filled[1].any()


def test_a_gap_inside_stays_and_a_late_start_moves_up(bodies):
    alone = np.zeros((1, 6, 25, 3))
    alone[0, [0, 3]] = bodies[0, [0, 3]]
    assert not prepare_ntu(alone, 8)[0, [1, 2, 5, 6]].any()
    late = np.zeros((1, 6, 25, 3))
    late[0, [2, 5]] = bodies[0, [2, 5]]
    found = prepare_ntu(late, 8)
    assert found[0].any(axis=(1, 2)).all()
    np.testing.assert_array_equal(found[0, 2:4], found[0, :2])


def test_every_frame_is_centred_on_the_first_body(bodies):
    bodies[1, 2, 7] = 0
    centred = centre_on_spine(bodies[:2])
    assert not centred[0, :, 1].any()
    np.testing.assert_allclose(centred[1, 4, 9], bodies[1, 4, 9] - bodies[0, 4, 1])
    assert not centred[1, 2, 7].any(), "a missing joint is not moved"


def test_the_first_body_looks_to_the_front(bodies):
    found = prepare_ntu(bodies[:2], 10)
    assert found.shape == (2, 10, 25, 3)
    kept = choose_bodies(bodies[:2])
    np.testing.assert_allclose(direction(found[0, 0, 8] - found[0, 0, 4]), [1, 0, 0], atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(found[1, 3] - found[0, 3], axis=-1),
                               np.linalg.norm(kept[1, 3] - kept[0, 3], axis=-1))
    assert np.linalg.det(np.linalg.lstsq(centre_on_spine(kept)[0, 0], found[0, 0], rcond=None)[0]) > 0.999


def test_the_spine_of_an_upright_body_is_along_z():
    body = np.zeros((1, 1, 25, 3))
    body[0, 0, [0, 1, 4, 8]] = [1, 1, 3], [1, 2, 3], [0.5, 2.4, 3], [1.5, 2.4, 3]
    found = prepare_ntu(body)
    np.testing.assert_allclose(found[0, 0, [0, 1, 4, 8]], [[0, 0, -1], [0, 0, 0], [-0.5, 0, 0.4], [0.5, 0, 0.4]],
                               atol=1e-12)


@pytest.mark.parametrize("spine", [(0, 0, 0), (0, 0, 1), (0, 0, -1)])
def test_directions_without_a_turn(spine):
    """No length, already there, or exactly opposite (where 2s-AGCN does not turn either)."""
    body = np.zeros((1, 1, 25, 3))
    body[0, 0, 2:] = 4
    body[0, 0, 0] = 1, 1, 1
    body[0, 0, 1] = body[0, 0, 0] + spine
    found = prepare_ntu(body)
    np.testing.assert_allclose(found[0, 0], body[0, 0] - body[0, 0, 1])


@pytest.mark.skipif(not RECORDED.is_file(), reason="recordings are not at hand")
def test_on_recorded_kinect_joints():
    with np.load(RECORDED, allow_pickle=False) as file:
        data, length = file["data"], file["length"]
    for clip, frames in zip(data, length):
        body = clip[:, :frames].transpose(3, 1, 2, 0)
        found = prepare_ntu(body, 400)
        upright = direction(found[0, 0, 1] - found[0, 0, 0])
        assert upright[2] > 0.9
        assert abs(found[0, :frames, :, 1]).mean() < abs(found[0, :frames, :, 2]).mean(), "a body is taller than deep"
