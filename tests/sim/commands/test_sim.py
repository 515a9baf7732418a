import json
import types

import pytest

from hypgcn import cli
from hypgcn_sim.commands import register
from hypgcn_sim.commands import sim as command
from hypgcn_sim.unit_tests import runner
from hypgcn_sim.unit_tests.cases import TEST_CASES


@pytest.fixture(autouse=True)
def _plugged_in(monkeypatch, tmp_path):
    entry = types.SimpleNamespace(name="sim", load=lambda: register)
    monkeypatch.setattr(cli.importlib.metadata, "entry_points", lambda group: [entry])
    monkeypatch.setattr(command, "DEFAULT_DESIGN", "tiny")


def run(monkeypatch, tmp_path, *argv, failing=()):
    """Status of the command, with test cases that do nothing but pass or fail; and their arguments."""
    called = {}

    def run_cases(context, units, folder, *, progress):
        called.update(context=context, units=units, folder=folder)
        return [runner.Result(unit=name, design=context.design.name, passed=name not in failing) for name in units]
    monkeypatch.setattr(runner, "run_cases", run_cases)
    (tmp_path / "out").mkdir(exist_ok=True)
    return cli.main(["sim", *argv, "--out", str(tmp_path / "out")]), called


def test_all_units_of_the_default_design(monkeypatch, tmp_path, capsys):
    status, called = run(monkeypatch, tmp_path, "--clips", "4")
    assert status == 0
    assert list(called["units"]) == list(TEST_CASES)
    assert called["context"].design.name == "tiny-seeded"
    assert len(called["context"].clips) == 6
    assert len(json.loads((tmp_path / "out/summary.json").read_text(encoding="utf-8"))) == len(TEST_CASES)
    printed = capsys.readouterr().out
    assert "6 clips, 0 of them recorded" in printed
    assert called["context"].design.hash[:16] in printed
    assert printed.splitlines()[0].endswith("; folding: the fastest with at most 256 multipliers (--multipliers)")
    assert printed.splitlines()[-2:] == [f"written: {tmp_path / 'out/summary.json'}", "next: hypgcn fullscale tiny"]
    assert run(monkeypatch, tmp_path, "--clips", "4", "--json")[0] == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows == json.loads((tmp_path / "out/summary.json").read_text(encoding="utf-8"))
    assert [line.split()[0] for line in printed.splitlines() if line.endswith("equal")] == [row["unit"] for row in rows]


def test_a_difference_gives_status_1(monkeypatch, tmp_path, capsys):
    assert run(monkeypatch, tmp_path, "tiny", "--unit", "head", "--unit", "requant", failing=["head"])[0] == 1
    assert "DIFFERENT" in capsys.readouterr().out


def test_folding_of_a_file(monkeypatch, tmp_path):
    path = tmp_path / "folding.json"
    path.write_text('{"blocks": [{}, {"lanes": 3}], "mac": "single"}', encoding="utf-8")
    _, called = run(monkeypatch, tmp_path, "tiny", "--folding", str(path))
    assert called["context"].folding.blocks[1].lanes == 3


def test_list(capsys):
    assert cli.main(["sim", "--list"]) == 0
    assert capsys.readouterr().out.split() == list(TEST_CASES)


@pytest.mark.parametrize(("argv", "text"), [
    (["--unit", "nothing"], "--unit must be one of packed_mac_dsp48e2"),
    (["--clips", "0"], "--clips must be at least 1, not 0"),
    (["--stall", "1"], "--stall must be at least 0 and below 1, not 1.0"),
    (["--idle", "-0.1"], "--idle must be at least 0 and below 1, not -0.1"),
    (["nowhere"], "'nowhere'"), (["--recordings", "none.npz"], "none.npz"), (["--folding", "none.json"], "none.json"),
])
def test_bad_input(argv, text, capsys, tmp_path):
    assert cli.main(["sim", *argv, "--out", str(tmp_path)]) == 2
    assert text in capsys.readouterr().err
