"""README and pages say what the measured files say, and nothing else."""

import json
import re
from pathlib import Path

import pytest

from hypgcn_sim.benchmark.readme import (
    ACCURACY,
    BEGIN,
    DEVICES_BEGIN,
    DEVICES_END,
    END,
    PICTURE,
    SOURCES,
    SPEED_BEGIN,
    SPEED_END,
    STREAMS_BEGIN,
    STREAMS_END,
    TARGETS_BEGIN,
    TARGETS_END,
    TRADEOFF,
    accuracy_tables,
    devices_table,
    ensembles_text,
    front_text,
    main,
    performance_table,
    results_table,
    results_text,
    speed_text,
    targets_table,
)

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("page", "begin", "end", "section"), [
    ("README.md", SPEED_BEGIN, SPEED_END, speed_text), ("README.md", BEGIN, END, front_text),
    ("docs/results.md", BEGIN, END, results_text)])
def test_the_front_and_the_page_of_results_are_up_to_date(page, begin, end, section):
    text = (ROOT / page).read_text(encoding="utf-8").split(begin)[1].split(end)[0].strip()
    assert text == section(ROOT) and len(text) > 300, "run python -m hypgcn_sim.benchmark.readme"
    assert (ROOT / PICTURE).is_file() == (ROOT / TRADEOFF).is_file()


def test_pictures_of_the_page_are_there():
    text = (ROOT / "docs/results.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert len(pictures) >= 3 and all((ROOT / "docs" / name).is_file() for name in pictures)


def test_the_page_of_devices_is_up_to_date():
    text = (ROOT / "docs" / "devices.md").read_text(encoding="utf-8")
    section = text.split(DEVICES_BEGIN)[1].split(DEVICES_END)[0].strip()
    assert section == devices_table(ROOT) and section.count("\n") > 30, "run python -m hypgcn_sim.benchmark.readme"


def test_the_page_of_ensembles_is_up_to_date():
    text = (ROOT / "docs" / "ensembles.md").read_text(encoding="utf-8")
    section = text.split(STREAMS_BEGIN)[1].split(STREAMS_END)[0].strip()
    assert section == ensembles_text(ROOT), "run python -m hypgcn_sim.benchmark.readme"


def test_every_figure_has_a_command_beside_it():
    for line in results_table(ROOT).splitlines()[2:]:
        assert re.search(r"\d", line.split("|")[2]) and len(line.split("|")[3].strip()) > 5


def test_the_page_of_the_benchmark_is_up_to_date():
    text = (ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8")
    section = text.split(TARGETS_BEGIN)[1].split(TARGETS_END)[0].strip()
    assert section == targets_table(ROOT) and "| clips/s at an assumed 172 MHz, not routed |" in section, \
        "run python -m hypgcn_sim.benchmark.readme"


@pytest.mark.parametrize(("device", "cycles", "budget"), [
    ("XCKU115", 52_841, {"dsp": 3544, "bram36": 900, "lut": 176_776}),
    ("XCKU040", 105_683, {"dsp": 1920, "bram36": 600, "lut": 242_400})])
def test_the_shipped_benchmark_keeps_what_the_project_promises(device, cycles, budget):
    """Twelve times RFC-HyPGCN on its device with half its block RAMs, six times on half of the device.

    From results that are replaced now and then.
    """
    rows = json.loads((ROOT / "results" / "performance.json").read_text(encoding="utf-8"))
    row, = (row for row in rows if row["device"] == device and not row["variant"])
    assert row["cycles"] == "simulated" and row["resources"] == "synthesised" and row["weights"] == "trained"
    assert row["cycles_per_clip"] <= cycles and len(row["cycles_of_each"]) >= 18
    assert all(row[name] <= limit for name, limit in budget.items())
    assert row["cycles_per_clip_estimated"] == pytest.approx(row["cycles_per_clip"], rel=0.03)


@pytest.mark.parametrize(("device", "kept"), [
    pytest.param("XCKU115", lambda row: row["max_logic_levels"] <= 6, id="levels-XCKU115"),
    *(pytest.param(device, kept, id=f"{name}-{device}", marks=pytest.mark.xfail(
        strict=True, reason="missed, see the targets in docs/benchmark.md: 7 levels, 67 and 69 % useful"))
      for name, device, kept in (
          ("levels", "XCKU040", lambda row: row["max_logic_levels"] <= 6),
          ("utilisation", "XCKU115", lambda row: row["dsp_utilisation"] >= 0.85),
          ("utilisation", "XCKU040", lambda row: row["dsp_utilisation"] >= 0.85)))])
def test_what_the_project_promises_and_does_not_all_keep_yet(device, kept):
    rows = json.loads((ROOT / "results" / "performance.json").read_text(encoding="utf-8"))
    row, = (row for row in rows if row["device"] == device and not row["variant"])
    assert kept(row)


def test_no_shift_register_feeds_logic():
    """Its output comes late in a cycle; see decision 38. The outputs that are left are those of memories."""
    units = json.loads((ROOT / "results" / "synth.json").read_text(encoding="utf-8"))
    rows = json.loads((ROOT / "results" / "performance.json").read_text(encoding="utf-8"))
    found = [name for unit in units for name in unit["unregistered"]]
    found += [name for row in rows for names in row["logic_levels"]["unregistered"].values() for name in names]
    assert found and not [name for name in found if ".memory." not in name]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "README.md").write_text(f"before\n{SPEED_BEGIN}\n{SPEED_END}\n{BEGIN}\noutdated\n{END}\nafter\n",
                                        encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/results.md").write_text(f"before\n{BEGIN}\noutdated\n{END}\nafter\n", encoding="utf-8")
    source = tmp_path / SOURCES["synth.json"][0]
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps([{"unit": "row_store", "mapped": True, "dsp": 0, "lut": 11, "ff": 12, "bram36": 1.5},
                                  {"unit": "lane", "mapped": False}]), encoding="utf-8")
    return tmp_path


def test_collects_what_is_there(project, capsys):
    assert main(project) == 0
    text = (project / "docs/results.md").read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "outdated" not in text
    assert "1 of 2" in text and "0 DSP48E2, 11 LUT, 12 FF, 1.5 BRAM36" in text
    assert "results/sim.json stays as it is" in capsys.readouterr().out


def test_bitstream(project):
    source = project / SOURCES["ecp5.json"][0]
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps({
        "board": "ulx3s", "device": "lfe5u-85f", "design": "some", "clock_mhz": 31.25, "wanted_mhz": 25.0,
        "cpu_seconds": 1234, "utilisation": {"lut": {"used": 2345, "available": 83640}}}), encoding="utf-8")
    assert main(project) == 0
    text = (project / "docs/results.md").read_text(encoding="utf-8")
    assert "`some` on lfe5u-85f" in text
    assert "31.25 MHz, target 25 MHz; 2,345 of 83,640 LUT; 1,234 s of CPU" in text


def test_rejects_readme_without_markers(project):
    (project / "README.md").write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="README.md must hold the lines"):
        main(project)


def accuracy_row(stream, step, top1, **changes):
    return {"dataset": "NW-UCLA", "protocol": "cross-view", "network": "2s-agcn", "stream": stream, "step": step,
            "top1": top1, "clips": 464, "graph_skip": 0.7321, "mac_reduction": 6.04, "effective_reduction": 11.25,
            "param_reduction": 7.0, "bit_reduction": 25.96, "density_h": 0.334, "density_x": 0.339,
            "command": "hypgcn accuracy", **changes}


def test_accuracy_table(project):
    (project / ACCURACY).parent.mkdir(exist_ok=True)
    rows = [accuracy_row("joint", "dense", 0.9353, graph_skip=0.0, mac_reduction=1.0),
            accuracy_row("joint", "int8", 0.9246), accuracy_row("joint+bone", "dense_c", 0.95),
            accuracy_row("joint", "dense", 0.9, dataset="other")]
    (project / ACCURACY).write_text(json.dumps(rows), encoding="utf-8")
    text = accuracy_tables(project)
    assert "| joint |  | 93.5 % |  | 92.5 % | 73.2 % | 6.0 x | 11.2 x | 7.0 x | 26.0 x | 0.33 | 0.34 |" in text
    assert "| joint+bone | 95.0 % |  |  |  |" in text and "all 464 test clips" in text
    assert text.index("on NW-UCLA") < text.index("on other") and text.count("| stream |") == 2 and "bone |" in text
    assert "| bone |" not in text and PICTURE not in text and "of Z" not in text
    (project / ACCURACY).write_text(json.dumps([{**row, "density_z": 0.147} for row in rows]), encoding="utf-8")
    assert "| density of H | of X | of Z |" in accuracy_tables(project)
    assert "| 26.0 x | 0.33 | 0.34 | 0.15 |" in accuracy_tables(project)
    (project / ACCURACY).write_text(json.dumps(rows), encoding="utf-8")
    (project / TRADEOFF).write_text(json.dumps([{}, {}]), encoding="utf-8")
    assert f"2 networks](../{PICTURE})" in accuracy_tables(project)
    assert main(project) == 0
    assert text in (project / "docs/results.md").read_text(encoding="utf-8") and text in results_text(project)


def test_accuracy_of_any_streams_and_seeds(project):
    (project / ACCURACY).parent.mkdir(exist_ok=True)
    rows = [accuracy_row("bone-motion", "dense", 0.9, seeds=3, top1_mean=0.89, top1_low=0.885, top1_high=0.9),
            accuracy_row("joint+bone-motion", "dense", 0.94),
            accuracy_row("joint+bone-motion", "dense", 0.95, weights="joint=1,bone-motion=0.5")]
    (project / ACCURACY).write_text(json.dumps(rows), encoding="utf-8")
    text = accuracy_tables(project)
    assert "| bone-motion |  | 90.0 % (88.5 to 90.0) |" in text and "| joint+bone-motion |  | 94.0 % |" in text
    assert "| joint+bone-motion (joint=1,bone-motion=0.5) |  | 95.0 % |" in text
    assert "In brackets the range of 3 seeds." in " ".join(text.split())


def test_clips_seen_in_training(project):
    (project / ACCURACY).parent.mkdir(exist_ok=True)
    rows = [accuracy_row("joint", "dense", 0.9, clips_seen=0, top1_unseen=None)]
    (project / ACCURACY).write_text(json.dumps(rows), encoding="utf-8")
    assert "seen in training" not in accuracy_tables(project)
    rows = [accuracy_row("joint", "dense", 0.9, clips_seen=5, top1_unseen=0.85),
            accuracy_row("joint", "int8", 0.89, clips_seen=5, top1_unseen=0.835), accuracy_row("bone", "dense", 0.8)]
    (project / ACCURACY).write_text(json.dumps(rows), encoding="utf-8")
    text = accuracy_tables(project)
    assert "5 of them are training clips as well" in " ".join(text.split())
    assert "| int8 | without clips seen in training |" in text
    assert "| joint |  | 90.0 % |  | 89.0 % | 83.5 % |" in text and "| bone |  | 80.0 % |  |  |  |" in text


def test_without_measured_accuracies_nothing_is_shown(project):
    assert accuracy_tables(project) == ""
    (project / ACCURACY).parent.mkdir(exist_ok=True)
    (project / ACCURACY).write_text("[]", encoding="utf-8")
    assert accuracy_tables(project) == "" and front_text(project) == ""
    assert results_text(project) == f"## Single figures\n\n{results_table(project)}"


def test_performance_comes_from_its_file(project):
    assert performance_table(project) == ""
    row = {"device": "XCKU115", "design": "some", "variant": "", "cycles": "simulated", "resources": "synthesised",
           "clip": "20 clips, 20 of them recorded, of 1 x 30 frames x 20 joints", "cycles_per_clip": 123456,
           "cycles_of_each": [1, 2, 3], "fps_at_172mhz": 1393.2, "dsp": 3000, "bram36": 512.5,
           "lut": 170000}
    (project / "results").mkdir(exist_ok=True)
    (project / "results/performance.json").write_text(json.dumps([row]), encoding="utf-8")
    text = performance_table(project)
    assert "| XCKU115 | some | 123,456 | 1,393.2 |" in text and "`make bench`" in text and "271.2" in text
    assert "utilisation.png" not in text
    (project / "results/utilisation.png").write_bytes(b"picture")
    (project / "results/testset.json").write_text(json.dumps(
        {"design": "some", "top1": 0.897, "right": 416, "clips": 464, "different": 0}), encoding="utf-8")
    (project / "results/testset_ensemble.json").write_text(json.dumps(
        {"ensemble": "two", "top1": 0.9332, "right": 433, "clips": 464, "different": 0, "streams": [
            {"stream": "joint", "design": "a", "top1": 0.8987}, {"stream": "bone", "design": "b", "top1": 0.9267}]}),
        encoding="utf-8")
    assert main(project) == 0
    shown = (project / "docs/results.md").read_text(encoding="utf-8")
    assert text in shown and "(../results/utilisation.png)" in shown
    front = (project / "README.md").read_text(encoding="utf-8")
    assert "1,393.2 clips a second" in front and "| XCKU115 | some | 1,393.2 | 3,000 |" in front
    assert "top-1 89.7 %, 416 of 464 clips, 0 of them different" in shown
    assert ("| the same through the ensemble `two`, raw joints, networks `a` and `b` | top-1 of the sum 93.3 %, 433 of "
            "464 clips, alone joint 89.9 %, bone 92.7 %; 0 clips with a sum or score different from golden | "
            "`hypgcn testset --stream joint=") in shown
