"""What a test costs, and which tests the everyday loop (``make test-quick``) runs.

Of each test function the loop runs the first case, unless ``test_costs.json`` says that this one takes more than
``LIMIT`` seconds of CPU; of a file of which nothing would be left it runs the cheapest. So every file has its say, and
the same tests run everywhere. ``make test ARGS=--record-costs`` writes the file anew.
"""

import json
import resource
from pathlib import Path

import pytest

LIMIT = 2.0
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


def _cpu() -> float:
    """Seconds of CPU of this process and of those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="one case of every test that is not long")
    parser.addoption("--record-costs", action="store_true", help=f"write {COSTS.name} anew; for a run of make test")


def pytest_configure(config):
    # Workers of pytest-xdist send their reports to the process that has the recorder.
    if config.getoption("record_costs") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder())


@pytest.hookimpl(trylast=True)  # after -m: the first case of those that it leaves
def pytest_collection_modifyitems(config, items):
    if config.getoption("quick"):
        kept = quick([item.nodeid for item in items], json.loads(COSTS.read_text()))
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
        COSTS.write_text(json.dumps({name: mean for name, mean in means.items() if mean > LIMIT}, indent=1) + "\n")
