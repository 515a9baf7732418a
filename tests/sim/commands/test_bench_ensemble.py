"""``hypgcn bench`` of an ensemble: what it refuses, which rows its file keeps, and one whole run."""

import json

import pytest
from ensembles import small_ensemble

from hypgcn import cli
from hypgcn.design.ensemble_folding import foldings_to_json, load_foldings
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.planning.allocator.streams import StreamAllocator
from hypgcn.planning.budget import Budget
from hypgcn.planning.device import Device
from hypgcn_sim.benchmark import ensemble as ensemble_rows
from hypgcn_sim.commands import bench_ensemble
from hypgcn_sim.commands.bench import CHOICE, LUT_RESERVE
from hypgcn_sim.commands.bench_ensemble import ROWS

FOLDING = Folding(blocks=(BlockFolding(conv_pairs=4),))
ROW = {"hash": "0", "device": "XCKU115", "clip": "3 clips"}


def saved(tmp_path, frames):
    """An ensemble and its folder."""
    made = small_ensemble(frames=frames, joints=5, persons=1)
    folders = [tmp_path / "two" / stream for stream in made.streams]
    for design, folder in zip(made.designs, folders):
        design.save(folder)
    made.save(tmp_path / "two/ensemble.json", folders)
    return tmp_path / "two", made


@pytest.fixture
def ensemble(tmp_path):
    return saved(tmp_path, frames=4)


@pytest.fixture
def measured(monkeypatch):
    """Points that were measured; their rows are short ones."""
    points = []

    def measure(ensemble, point, clips, real, folder, *, synthesis, jobs):
        points.append((point, len(clips), synthesis))
        return {"hash": ensemble.hash, "device": point.device.name, "clips": len(clips)}
    monkeypatch.setattr(ensemble_rows, "measure_ensemble", measure)
    monkeypatch.setattr("hypgcn_sim.benchmark.ensemble_table.streams_table", lambda rows: f"{len(rows)} rows")
    monkeypatch.setattr(bench_ensemble, "generation", lambda ensemble, folding, out: {"text": folding})
    return points


def bench(folder, out, *words):
    return cli.main(["bench", *map(str, folder if isinstance(folder, list) else [folder]), *words, "--jobs", "1",
                     "--out", str(out)])


@pytest.mark.parametrize("words,text", [
    (["--input", "raw"], "--input must be left out for"),
    (["--weight", "joint=2"], "--weight must be left out without --stream"),
    (["--stream", "joint=tiny"], "DESIGN must be left out with --stream"),
    (["--quick", "--dsp", "60"], "--dsp must be left out with --quick, whose foldings have at most 256 multipliers"),
    (["--dsp", "200%"], "dsp must be a count, or a share of at most 100% such as 80%, not '200%'"),
    (["--dsp", "9", "--device", "xcku115"], "more than the budget of 9"),
    (["--clips", "0"], "--clips must be at least 1, not 0"),
    (["--device", "none"], "device must be one of"),
    (["--folding", "x"], "--folding must be DEVICE=FILE, not 'x'"),
    (["--device", "xcku115", "--folding", "xcku040=x"], "--folding must be for one of xcku115, not xcku040"),
])
def test_what_does_not_fit(ensemble, tmp_path, capsys, measured, words, text):
    assert bench(ensemble[0], tmp_path / "out", *words) == 2
    assert text in capsys.readouterr().err and not measured


def test_streams_must_take_raw_joints(tmp_path, capsys):
    assert bench(["--stream", "joint=tiny", "--stream", "bone=tiny"], tmp_path / "out") == 2
    assert "--stream joint: design tiny-seeded takes prepared int8 clips" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["variants", "scaling"])
def test_other_benchmarks_are_of_one_network(ensemble, tmp_path, capsys, command):
    assert cli.main([command, str(ensemble[0]), "--out", str(tmp_path / "out")]) == 2
    assert f"{ensemble[0]} is an ensemble, which this command does not take" in capsys.readouterr().err


def test_foldings_of_a_file(ensemble, tmp_path, capsys, measured):
    folder, made = ensemble
    file = tmp_path / "f.json"
    file.write_text(foldings_to_json(made, (FOLDING, FOLDING)), encoding="utf-8")
    words = ["--device", "xcku115", "--folding", f"XCKU115={file}", "--clips", "3"]
    assert bench(folder, tmp_path / "out", *words) == 0
    (point, clips, synthesis), = measured
    assert point.foldings == (FOLDING, FOLDING) and clips == 3 and synthesis
    assert point.budget == Budget.of(Device.load("xcku115")), "all of it, not the paper's"
    entries = json.loads(file.read_text(encoding="utf-8"))
    del entries["streams"]["bone-motion"]
    file.write_text(json.dumps(entries), encoding="utf-8")
    assert bench(folder, tmp_path / "out", *words) == 2
    assert "streams must be joint, bone-motion, not joint" in capsys.readouterr().err
    file.write_text(FOLDING.to_json(), encoding="utf-8")
    assert bench(folder, tmp_path / "out", *words) == 2
    assert f"{file} is not a file of foldings" in capsys.readouterr().err and len(measured) == 1


def test_one_budget_and_training_clips_of_each_network(ensemble, tmp_path, monkeypatch, measured):
    """The foldings are those of one search by as many clips for each network; the budget is the whole device."""
    given = []

    class Allocator(StreamAllocator):
        def __init__(self, *args, clips, **of_device):
            assert of_device in [Device.load(name).options for name in ("xcku115", "xcku040")]
            given.append([len(of_network) for of_network in clips])
            super().__init__(*args, clips=clips, **of_device)

        def solve(self, budget):
            given.append(budget)
            return super().solve(Budget(dsp=60, bram36=budget.bram36, lut=budget.lut))
    monkeypatch.setattr("hypgcn_sim.commands.bench.CHOICE", 2)
    monkeypatch.setattr("hypgcn_sim.commands.bench_ensemble.CHOICE", 2)
    monkeypatch.setattr("hypgcn.planning.allocator.streams.StreamAllocator", Allocator)
    assert CHOICE == 16 and bench(ensemble[0], tmp_path, "--clips", "2", "--dsp", "50%", "--no-synthesis") == 0
    assert given[0] == given[2] == [2, 2]
    for budget, (point, _, synthesis), name in zip(given[1::2], measured, ("xcku115", "xcku040"), strict=True):
        device = Device.load(name)
        assert point.budget == Budget.of(device, dsp="50%") and point.device == device and not synthesis
        assert budget == Budget(dsp=device.dsp // 2, bram36=device.bram36, lut=int(device.lut * (1 - LUT_RESERVE)))
    rows = json.loads((tmp_path / ROWS).read_text(encoding="utf-8"))
    assert [row["command"] for row in rows] == [
        f"hypgcn bench {ensemble[0]} --device {name} --clips 2 --dsp 50% --no-synthesis"
        for name in ("xcku115", "xcku040")]
    assert load_foldings_text(rows[0], ensemble[1], tmp_path) == measured[0][0].foldings


def load_foldings_text(row, made, folder):
    """Foldings of which the Verilog was written."""
    (folder / "written.json").write_text(row["generation"]["text"], encoding="utf-8")
    return load_foldings(folder / "written.json", made)


def test_the_file_keeps_rows_of_others(ensemble, tmp_path, measured, capsys):
    folder, made = ensemble
    others = [ROW, {**ROW, "hash": made.hash, "device": "XCKU040"}, {**ROW, "hash": made.hash, "clips": 99}]
    (tmp_path / ROWS).write_text(json.dumps(others), encoding="utf-8")
    file = tmp_path / "f.json"
    file.write_text(foldings_to_json(made, (FOLDING, FOLDING)), encoding="utf-8")
    words = ["--device", "xcku115", "--folding", f"xcku115={file}", "--clips", "3"]
    assert bench(folder, tmp_path, *words) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == ["1 rows", f"written: {tmp_path / ROWS}"]
    rows = json.loads((tmp_path / ROWS).read_text(encoding="utf-8"))
    assert rows[:2] == others[:2] and len(rows) == 3 and rows[2]["clips"] == 3
    assert bench(folder, tmp_path, *words, "--json") == 0
    assert json.loads(capsys.readouterr().out) == rows[2:]
    assert bench(folder, tmp_path, "--quick", "--folding", f"xcku115={file}") == 0
    assert (tmp_path / f"quick_{ROWS}").is_file() and measured[-1][1:] == (4, False)


@pytest.mark.parametrize("text", ["{", "3", '[{"hash": "1"}]'])
def test_a_file_of_something_else_is_not_replaced(ensemble, tmp_path, measured, capsys, text):
    (tmp_path / ROWS).write_text(text, encoding="utf-8")
    assert bench(ensemble[0], tmp_path, "--device", "xcku115") == 2
    assert f"{tmp_path / ROWS} must hold the rows of ensembles that hypgcn bench wrote" in capsys.readouterr().err
    assert not measured and (tmp_path / ROWS).read_text(encoding="utf-8") == text


def test_a_difference_ends_the_benchmark(ensemble, tmp_path, monkeypatch, capsys, measured):
    def differs(*_, **__):
        raise AssertionError("clip 1: expected 3, got 4")
    monkeypatch.setattr(ensemble_rows, "measure_ensemble", differs)
    assert bench(ensemble[0], tmp_path, "--device", "xcku115", "--clips", "1", "--dsp", "60") == 1
    assert "small on xcku115: the RTL differs from golden: clip 1: expected 3, got 4" in capsys.readouterr().out
    assert not (tmp_path / ROWS).exists()


@pytest.mark.slow
def test_a_whole_run(tmp_path, capsys):
    """Choice, golden, Verilator, generation: a row with cycles close to the estimate, all scores compared."""
    folder, made = saved(tmp_path, frames=30)
    words = [word for stream in made.streams for word in ("--stream", f"{stream}={folder / stream}")]
    assert bench(words, tmp_path / "out", "--device", "xcku115", "--dsp", "40", "--no-synthesis", "--clips", "8") == 0
    row, = json.loads((tmp_path / "out" / ROWS).read_text(encoding="utf-8"))
    assert (row["cycles"], row["resources"], row["budget"]["dsp"]) == ("simulated", "estimated", 40)
    assert row["dsp"] <= 40 and row["sums_and_scores_compared"] == 8 * 3 * 3 and len(row["cycles_of_each"]) == 6
    mean = sum(row["cycles_of_each_estimated"]) / 6
    assert row["cycles_per_clip"] == pytest.approx(mean, rel=0.3)
    for part in row["streams"]:
        assert 0 < part["lanes_utilisation"] < 1 and {"input", "head"} <= {unit["unit"] for unit in part["units"]}
    assert row["generation"]["files"] > 10 and row["generation"]["megabytes"] > 0
    assert row["command"].startswith(f"hypgcn bench {' '.join(words)} --device xcku115 --clips 8 --dsp 40")
    assert "72 sums and scores equal to golden" in capsys.readouterr().out
