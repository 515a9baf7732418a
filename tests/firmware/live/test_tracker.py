"""Identities by place."""

import numpy as np
from firmware.live.bodies import body

from hypgcn_host.live.tracker import Tracker


def at(x, seed=0):
    """A body of about a metre around ``x``."""
    joints = body(5, seed=seed)
    joints[:, :3] += [x - joints[:, 0].mean(), 0, 0]
    return joints


def test_people_keep_their_identities_in_any_order():
    tracker = Tracker()
    assert tracker.identities(0.0, [at(0), at(2, 1)]) == [1, 2]
    for n in range(1, 20):
        assert tracker.identities(n / 30, [at(2 - n * 0.05, 1), at(n * 0.01)]) == [2, 1]


def test_somebody_new_is_somebody_else():
    tracker = Tracker()
    tracker.identities(0.0, [at(0)])
    assert tracker.identities(0.1, [at(9, 1), at(0.1)]) == [2, 1]


def test_who_is_gone_for_a_second_is_another_one():
    tracker = Tracker()
    tracker.identities(0.0, [at(0)])
    tracker.identities(0.5, [])
    assert tracker.identities(0.9, [at(0)]) == [1]
    assert tracker.identities(2.0, [at(0)]) == [2]


def test_joints_that_are_missing_do_not_count():
    tracker = Tracker()
    joints = at(0)
    tracker.identities(0.0, [joints])
    hidden = joints.copy()
    hidden[2:] = 0
    assert tracker.identities(0.1, [hidden]) == [1]
    assert tracker.identities(0.2, [np.zeros_like(joints)]) == [2]


def test_nothing_is_kept_of_who_is_gone():
    tracker = Tracker()
    for n in range(500):
        tracker.identities(n * 2.0, [at(n)])
    assert len(tracker._last) == 1
