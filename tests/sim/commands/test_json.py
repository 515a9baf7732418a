"""``--json`` of commands that simulate or synthesise: the figures of the table, with stand-ins for the long work."""

import json

import numpy as np
import pytest

from hypgcn import cli
from hypgcn_sim.commands import bench as bench_command
from hypgcn_sim.commands import scaling as scaling_command
from hypgcn_sim.commands.synth import COLUMNS

ROW = {"device": "XCKU115", "design": "tiny-seeded", "variant": "", "cycles": "simulated", "resources": "estimated",
       "clip": "2 clips, 0 of them recorded", "cycles_per_clip": 123456, "fps_at_172mhz": 1393.2, "dsp": 3000,
       "bram36": 512.5, "lut": 170000, "dsp_utilisation": 0.8712, "lanes_utilisation": 0.9, "arrays_utilisation": None,
       "idle_products": [["blocks[1].conv", 30], ["blocks[0].lanes", 10]]}


def both(capsys, *words, status=0) -> tuple[str, list | dict]:
    """What a command prints for people, and for programs."""
    assert cli.main(list(words)) == status
    text = capsys.readouterr().out
    assert cli.main([*words, "--json"]) == status
    return text, json.loads(capsys.readouterr().out)


def test_fuzz(monkeypatch, tmp_path, capsys):
    from hypgcn_sim.fuzz import runner

    monkeypatch.setattr(runner, "fuzz", lambda units, *_, **__: [
        runner.Result(unit=unit, chunks=1, vectors=10, cycles=1234, cpu=0.5) for unit in units])
    text, rows = both(capsys, "fuzz", "lane", "encoder", "--out", str(tmp_path))
    lines = [line.split() for line in text.splitlines()[2:]]
    assert [line[:3] for line in lines] == [[row["unit"], str(row["vectors"]), f"{row['cycles']:,}"] for row in rows]


def test_formal(monkeypatch, tmp_path, capsys):
    from hypgcn_sim.formal import runner

    monkeypatch.setattr(runner, "run_proofs", lambda names, *_, **__: [
        runner.Result(name=name, method="induction", depth=7, passed=name != "skid", error="no") for name in names])
    text, rows = both(capsys, "formal", "skid", "half_skid", "--out", str(tmp_path), status=1)
    assert [(row["name"], row["passed"], row["depth"]) for row in rows] == [("skid", False, 7), ("half_skid", True, 7)]
    assert all(any(row["name"] in line and "7" in line for line in text.splitlines()) for row in rows)


def test_synth(monkeypatch, tmp_path, capsys):
    import hypgcn.emission.emit
    from hypgcn_sim.synthesis import units

    def synthesise(folder, top):
        if folder.name == "head":
            raise RuntimeError("yosys gave up")
        return {name: 3 + number for number, name in enumerate(COLUMNS)}

    monkeypatch.setattr(units, "synthesise", synthesise)
    # What is emitted is never elaborated.
    monkeypatch.setattr(hypgcn.emission.emit, "emit", lambda top, *_: setattr(top, "_MustUse__used", True))
    text, rows = both(capsys, "synth", "tiny", "--unit", "requant", "--unit", "head", "--out", str(tmp_path), status=1)
    lines = text.splitlines()
    assert lines[0].endswith("; folding: the fastest with at most 256 multipliers (--multipliers)")
    assert lines[2].split() == ["requant", *(str(rows[0][name]) for name in COLUMNS)]
    assert lines[3].split() == ["head", "FAILED"] and rows[1] == {
        "unit": "head", "design": "tiny-seeded", "mapped": False, "error": "yosys gave up"}
    assert lines[-1] == f"written: {tmp_path / 'summary.json'}"


def check_rows(text: str, rows: list):
    """The table of the benchmark and its rows."""
    for row in rows:
        assert any(f"{row['cycles_per_clip']:,}" in line and f"{row['dsp']:,}" in line for line in text.splitlines())


def test_bench(monkeypatch, tmp_path, capsys):
    from hypgcn_sim.benchmark import measure

    def measured(design, point, *_, **__):
        folder = tmp_path / f"{design.hash[:12]}_{point.device.name.lower()}"
        folder.mkdir(exist_ok=True)
        for name in ("utilisation.png", "memory.png"):
            (folder / name).write_bytes(b"")
        return ROW

    monkeypatch.setattr(measure, "measure", measured)
    monkeypatch.setattr(bench_command, "choice", lambda *_: [])
    text, rows = both(capsys, "bench", "tiny", "--quick", "--clips", "1", "--out", str(tmp_path))
    assert rows == [ROW]
    check_rows(text, rows)
    assert text.splitlines()[0].endswith("; foldings: the fastest with at most 256 multipliers")
    assert text.splitlines()[-1] == f"written: {tmp_path / 'quick.json'}"


def test_variants(monkeypatch, tmp_path, capsys):
    from hypgcn_sim.benchmark import measure

    monkeypatch.setattr(measure, "measure_variants", lambda *_, **__: iter([ROW]))
    text, rows = both(capsys, "variants", "tiny", "--clips", "1", "--out", str(tmp_path))
    assert rows == [ROW]
    check_rows(text, rows)
    assert text.splitlines()[0].endswith("; foldings: the fastest with at most 384 multipliers (--multipliers)")


def test_scaling(monkeypatch, tmp_path, capsys):
    from hypgcn_sim.benchmark import pictures, scaling

    monkeypatch.setattr(scaling, "measure_scaling", lambda *_, **__: iter([ROW]))
    monkeypatch.setattr(scaling, "scaling_points", lambda *_: [])
    monkeypatch.setattr(pictures, "save_scaling_picture", lambda *_: None)
    monkeypatch.setattr(scaling_command, "choice", lambda *_: [])
    text, rows = both(capsys, "scaling", "tiny", "--clips", "1", "--out", str(tmp_path))
    assert rows == [ROW]
    check_rows(text, rows)


def test_testset(monkeypatch, tmp_path, capsys):
    import types

    from hypgcn.testbench.clips import generated_clips
    from hypgcn_sim.fullscale import simulation, testset
    from hypgcn_sim.stimuli import recordings

    design = cli.load_design("tiny")
    clips = generated_clips(design, 3)
    monkeypatch.setattr(recordings.Recordings, "load", lambda *_, **__: types.SimpleNamespace(
        clips=clips, labels_of=lambda design: np.array([0, 1, 1])))
    monkeypatch.setattr(simulation, "FullSimulation", lambda *_, **__: None)
    scores = np.zeros((3, design.classes), np.int64)
    scores[:, 1] = 5
    monkeypatch.setattr(testset, "run_parts", lambda *_, **__: types.SimpleNamespace(
        scores=scores, cycles=77, overflow=np.array([0, 1, 0])))
    (tmp_path / "x.npz").write_bytes(b"")
    text, found = both(capsys, "testset", "tiny", "--recordings", str(tmp_path / "x.npz"), "--no-golden", "--out",
                       str(tmp_path / "out"))
    assert (found["right"], found["clips"], found["overflow"]) == (2, 3, 1) and found["top1"] == pytest.approx(2 / 3)
    assert "top-1 of the RTL: 66.7 %, 2 of 3 clips; 1 clips with overflow\n" in text
    assert found == json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))
