"""The choice of the everyday loop, on made-up tests."""

import json

from conftest import COSTS, LIMIT, Recorder, crossed, function, quick

NAMES = ["a.py::test_one[0]", "a.py::test_one[1]", "a.py::test_long[x[1]-y]", "a.py::test_long[z]", "a.py::test_two",
         "b.py::test_longer", "b.py::test_long", "c.py::Group::test_three[1]"]
COST = {"a.py::test_long": LIMIT + 0.1, "b.py::test_longer": 9.0, "b.py::test_long": 8.0, "gone.py::test": 3.0}


def test_first_case_of_each_function_that_is_not_long():
    kept = quick(NAMES, COST)
    assert kept == {"a.py::test_one[0]", "a.py::test_two", "b.py::test_long", "c.py::Group::test_three[1]"}
    assert quick(NAMES, COST) == kept


def test_every_file_has_a_test_left():
    """Also when all are long: its cheapest."""
    everything = dict.fromkeys(map(function, NAMES), 5.0)
    assert {name.partition("::")[0] for name in quick(NAMES, everything)} == {"a.py", "b.py", "c.py"}
    assert len(quick(NAMES, everything)) == 3


def test_first_case_meets_every_pattern_and_every_case_one():
    pairs = [(case, pattern) for pattern in range(4) for case in "abcdef"]
    kept = [pair for pair, runs in zip(pairs, crossed(*zip(*pairs))) if runs]
    assert [pattern for case, pattern in kept if case == "a"] == [0, 1, 2, 3]
    assert sorted(kept)[4:] == [("b", 1), ("c", 2), ("d", 3), ("e", 0), ("f", 1)]


def test_nothing_recorded():
    assert len(quick(NAMES, {})) == 6


class Report:
    when = "teardown"

    def __init__(self, nodeid, seconds):
        self.nodeid, self.user_properties = nodeid, [("cpu", seconds)]


def test_recorder_keeps_what_is_long_on_average(tmp_path, monkeypatch):
    monkeypatch.setattr("conftest.COSTS", tmp_path / "costs.json")
    recorder = Recorder()
    for name, seconds in (("a.py::test_one[0]", 6.0), ("a.py::test_one[1]", 0.5), ("a.py::test_two[0]", 1.5 * LIMIT),
                          ("a.py::test_two[1]", 0.25 * LIMIT), ("a.py::test_three", LIMIT)):
        recorder.pytest_runtest_logreport(Report(name, seconds))
    recorder.pytest_sessionfinish()
    assert json.loads((tmp_path / "costs.json").read_text(encoding="utf-8")) == {"a.py::test_one": 3.2}


def test_what_is_recorded_is_there():
    """Names of tests that are gone say nothing, so that the file shows what is long now."""
    files = {name.partition("::")[0] for name in json.loads(COSTS.read_text(encoding="utf-8"))}
    missing = sorted(file for file in files if not (COSTS.parents[1] / file).is_file())
    assert not missing, "make test ARGS=--record-costs"
