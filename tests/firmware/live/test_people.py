"""People take places, keep them while they are there, and give them back."""

import pytest

from hypgcn_host.live.people import People


def test_one_place_a_clip():
    people = People(persons=1, limit=9, patience=1.0)
    people.seen(0.0, ["a", "b"])
    assert people.groups() == [("a",), ("b",)]


def test_groups_fill_in_the_order_of_appearance():
    people = People(persons=2, limit=9, patience=1.0)
    people.seen(0.0, [7, 3, 5])
    assert people.groups() == [(7, 3), (5,)]


def test_a_free_place_is_taken_first():
    people = People(persons=2, limit=9, patience=1.0)
    people.seen(0.0, [1, 2, 3, 4, 5])
    people.seen(1.2, [2, 3, 4, 5])
    assert people.leave(1.2) == [1]
    assert people.groups() == [(2,), (3, 4), (5,)]
    people.seen(1.3, [6])
    assert people.groups() == [(6, 2), (3, 4), (5,)]


def test_patience():
    people = People(persons=1, limit=9, patience=1.0)
    people.seen(0.0, [1])
    assert people.leave(1.0) == [] and people.leave(1.01) == [1]
    assert people.groups() == [] and len(people) == 0


def test_a_late_frame_does_not_make_anybody_older():
    people = People(persons=1, limit=9, patience=1.0)
    people.seen(2.0, [1])
    people.seen(1.0, [1])
    assert people.leave(2.9) == []


def test_more_people_than_the_limit():
    people = People(persons=1, limit=32, patience=1.0)
    assert people.seen(0.0, range(40)) == list(range(32, 40))
    assert len(people.groups()) == 32
    assert people.seen(0.1, [35, 3]) == [35]


def test_who_comes_and_goes_leaves_nothing_behind():
    people = People(persons=2, limit=9, patience=0.5)
    for n in range(10_000):
        people.seen(n, [n, -n - 1])
        people.leave(n)
        assert len(people) <= 4 and len(people._places) <= 4


@pytest.mark.parametrize("persons", [1, 2])
def test_forget(persons):
    people = People(persons=persons, limit=9, patience=1.0)
    people.seen(0.0, [1, 2])
    assert people.forget() == [1, 2] and people.groups() == []
