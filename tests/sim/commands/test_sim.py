import json
import types

import pytest

from hypgcn import cli
from hypgcn_sim.commands import register
from hypgcn_sim.commands import sim as command
from hypgcn_sim.unit_tests import runner
from hypgcn_sim.unit_tests.cases import BENCHES


@pytest.fixture(autouse=True)
def _plugged_in(monkeypatch, tmp_path):
    entry = types.SimpleNamespace(name="sim", load=lambda: register)
    monkeypatch.setattr(cli.importlib.metadata, "entry_points", lambda group: [entry])
    monkeypatch.setattr(command, "DEFAULT_DESIGN", tmp_path / "none")


def run(monkeypatch, tmp_path, *argv, failing=()):
    """Status of the command, with benches that do nothing but fail as told; and what they were called with."""
    called = {}

    def run_benches(context, benches, folder, *, progress):
        called.update(context=context, benches=benches, folder=folder)
        return [runner.Result(bench=name, design=context.design.name, passed=name not in failing) for name in benches]
    monkeypatch.setattr(runner, "run_benches", run_benches)
    (tmp_path / "out").mkdir()
    return cli.main(["sim", *argv, "--out", str(tmp_path / "out")]), called


def test_all_benches_of_the_default_design(monkeypatch, tmp_path, capsys):
    status, called = run(monkeypatch, tmp_path, "--clips", "4")
    assert status == 0
    assert list(called["benches"]) == list(BENCHES)
    assert called["context"].design.name == "tiny-seeded"
    assert len(called["context"].clips) == 6
    assert len(json.loads((tmp_path / "out/summary.json").read_text())) == len(BENCHES)
    printed = capsys.readouterr().out
    assert "6 clips, 0 of them recorded" in printed
    assert called["context"].design.hash[:16] in printed


def test_a_difference_gives_status_1(monkeypatch, tmp_path, capsys):
    assert run(monkeypatch, tmp_path, "tiny", "--bench", "head", "--bench", "requant", failing=["head"])[0] == 1
    assert "DIFFERENT" in capsys.readouterr().out


def test_folding_of_a_file(monkeypatch, tmp_path):
    path = tmp_path / "folding.json"
    path.write_text('{"blocks": [{}, {"lanes": 3}], "mac": "single"}')
    _, called = run(monkeypatch, tmp_path, "tiny", "--folding", str(path))
    assert called["context"].folding.blocks[1].lanes == 3


def test_list(capsys):
    assert cli.main(["sim", "--list"]) == 0
    assert capsys.readouterr().out.split() == list(BENCHES)


@pytest.mark.parametrize(("argv", "text"), [
    (["--bench", "nothing"], "--bench must be one of packed_mac_dsp48e2"),
    (["--clips", "0"], "--clips must be at least 1, not 0"),
    (["--stall", "1"], "--stall must be at least 0 and below 1, not 1.0"),
    (["--idle", "-0.1"], "--idle must be at least 0 and below 1, not -0.1"),
    (["nowhere"], "'nowhere'"), (["--recordings", "none.npz"], "none.npz"), (["--folding", "none.json"], "none.json"),
])
def test_bad_input(argv, text, capsys, tmp_path):
    assert cli.main(["sim", *argv, "--out", str(tmp_path)]) == 2
    assert text in capsys.readouterr().err
