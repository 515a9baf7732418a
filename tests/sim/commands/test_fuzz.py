import types

import pytest

from hypgcn import cli
from hypgcn_sim.commands import register
from hypgcn_sim.fuzz import runner
from hypgcn_sim.fuzz.units import UNITS


@pytest.fixture(autouse=True)
def _plugged_in(monkeypatch):
    entry = types.SimpleNamespace(name="sim", load=lambda: register)
    monkeypatch.setattr(cli.importlib.metadata, "entry_points", lambda group: [entry])


def run(monkeypatch, tmp_path, *argv, error=""):
    """Status of the command with units that pass or fail without a run, and what it called."""
    called = {}

    def fuzz(units, vectors, seed, folder, *, only, progress):
        called.update(units=units, vectors=vectors, seed=seed, folder=folder, only=only)
        return [runner.Result(unit=unit, chunks=1, vectors=10, cpu=0.5, error=error) for unit in units]
    monkeypatch.setattr(runner, "fuzz", fuzz)
    return cli.main(["fuzz", *argv, "--out", str(tmp_path)]), called


def test_all_units(monkeypatch, tmp_path, capsys):
    status, called = run(monkeypatch, tmp_path, "--seed", "7")
    assert status == 0
    assert called == {"units": list(UNITS), "vectors": 1_000_000, "seed": 7, "folder": tmp_path, "only": None}
    printed = capsys.readouterr().out
    assert "seed 7" in printed and printed.count("equal") == len(UNITS)


def test_a_failure_gives_status_1(monkeypatch, tmp_path, capsys):
    status, called = run(monkeypatch, tmp_path, "lane", "lane", "--chunk", "4", error="lane: job 3")
    assert (status, called["units"], called["only"]) == (1, ["lane"], 4)
    printed = capsys.readouterr().out
    assert "FAILED" in printed and printed.endswith("\nlane: job 3\n")


def test_list(capsys):
    assert cli.main(["fuzz", "--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(UNITS)


@pytest.mark.parametrize(("argv", "text"), [
    (["head"], "UNIT must be one of encoder, "), (["--vectors", "0"], "--vectors must be at least 1, not 0"),
    (["--seed", "-1"], "--seed must be at least 0, not -1"), (["--chunk", "-1"], "--chunk must be at least 0, not -1"),
    (["--out", "a b"], "--out must be a folder without"),
])
def test_bad_input(argv, text, capsys, tmp_path):
    assert cli.main(["fuzz", *argv]) == 2
    assert text in capsys.readouterr().err
