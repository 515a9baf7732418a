"""What a test costs, which cases ``make test`` leaves to ``make test-all``, and which the everyday loop runs.

``make test`` crosses the idle and stall patterns of a test with the first of its cases; each further case has one
pattern, in turn. The rest is marked slow.

The everyday loop is ``make test-quick``.

Of each test function the loop runs the first case, unless ``test_costs.json`` says that this one takes more than
``LIMIT`` seconds of CPU; of a file of which nothing would be left it runs the cheapest. So every file has its say, and
the same tests run everywhere. ``make test ARGS=--record-costs`` writes the file anew.
"""

import gc
import json
import os
from pathlib import Path

import pytest

# Elaboration makes millions of objects that live until its end: collecting rarely saves a seventh of the time.
gc.set_threshold(200_000, 20, 20)
LIMIT = 0.6
"""Seconds of CPU that a test of the everyday loop may take."""
COSTS = Path(__file__).with_name("test_costs.json")
_START = pytest.StashKey[float]()


def function(name: str) -> str:
    """The node id without the case: ``tests/test_a.py::test_b[1-2]`` -> ``tests/test_a.py::test_b``."""
    return name.partition("[")[0]


def quick(names: list[str], costs: dict[str, float]) -> set[str]:
    """Those of the node ids ``names`` that the everyday loop runs; ``costs`` are seconds by :func:`function`."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(function(name), name)
    files: dict[str, list[str]] = {}
    for key in first:
        files.setdefault(key.partition("::")[0], []).append(key)
    kept = {key for key in first if costs.get(key, 0) <= LIMIT}
    kept |= {min(keys, key=lambda key: costs[key]) for keys in files.values() if kept.isdisjoint(keys)}
    return {first[key] for key in kept}


def crossed(cases: list[tuple], patterns: list[tuple]) -> list[bool]:
    """Whether ``make test`` runs each pair of a case and an (idle, stall) pattern, given in the order of collection."""
    order = {case: number for number, case in enumerate(dict.fromkeys(cases))}
    turn = {pattern: number for number, pattern in enumerate(dict.fromkeys(patterns))}
    return [order[case] == 0 or order[case] % len(turn) == turn[pattern]
            for case, pattern in zip(cases, patterns, strict=True)]


def _leave_crossings_to_test_all(items):
    """Mark slow what :func:`crossed` leaves out."""
    functions: dict[str, list] = {}
    for item in items:
        spec = getattr(item, "callspec", None)
        if spec is not None and {"idle", "stall"} <= set(spec.params) and len(spec.params) > 2:
            functions.setdefault(function(item.nodeid), []).append(item)
    for group in functions.values():
        cases = [tuple((name, repr(value)) for name, value in sorted(item.callspec.params.items())
                       if name not in ("idle", "stall")) for item in group]
        patterns = [(item.callspec.params["idle"], item.callspec.params["stall"]) for item in group]
        # Patterns that come with their case, in one list of parameters, are as their author chose them.
        if len(set(cases)) == len(group):
            continue
        for item, runs in zip(group, crossed(cases, patterns), strict=True):
            if not runs:
                item.add_marker(pytest.mark.slow)


def _cpu() -> float:
    """Seconds of CPU of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="one case of every test that is not long")
    parser.addoption("--record-costs", action="store_true", help=f"write {COSTS.name} anew; for a run of make test")


def pytest_configure(config):
    # Workers of pytest-xdist send their reports to the process that has the recorder.
    if config.getoption("record_costs") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder())


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config, items):
    _leave_crossings_to_test_all(items)     # before -m leaves out what is slow
    yield
    if config.getoption("quick"):
        kept = quick([item.nodeid for item in items], json.loads(COSTS.read_text(encoding="utf-8")))
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in kept])
        items[:] = [item for item in items if item.nodeid in kept]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    item.stash[_START] = _cpu()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "teardown" and _START in item.stash:
        # By way of the report it comes from the worker to the process that writes the file.
        report.user_properties.append(("cpu", _cpu() - item.stash[_START]))
    return report


class Recorder:
    """Writes what functions take whose cases take more than ``LIMIT`` seconds on average.

    The average, because who comes first also pays for what the cases share, and that is another one in another order.
    """

    def __init__(self):
        self.seconds: dict[str, list[float]] = {}

    def pytest_runtest_logreport(self, report):
        if report.when == "teardown":
            taken = dict(report.user_properties)["cpu"]
            self.seconds.setdefault(function(report.nodeid), []).append(taken)

    def pytest_sessionfinish(self):
        means = {name: round(sum(taken) / len(taken), 1) for name, taken in sorted(self.seconds.items())}
        COSTS.write_text(json.dumps({name: mean for name, mean in means.items() if mean > LIMIT}, indent=1) + "\n",
                         encoding="utf-8")
