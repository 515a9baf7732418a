"""Pictures of the benchmark can be read at page width, and have the figures of the results they are made of."""

import json
from pathlib import Path

import pytest
from legible import drawn, problems, words

from hypgcn_sim.benchmark.pictures import save_memory_picture, save_scaling_picture, save_utilisation_picture

RESULTS = Path(__file__).parents[3] / "results"


@pytest.fixture
def performance():
    return json.loads((RESULTS / "performance.json").read_text(encoding="utf-8"))


def test_memory(performance, tmp_path, monkeypatch):
    figures = drawn(monkeypatch)
    for row in performance:
        save_memory_picture(row["memory"], tmp_path / "m.png", "some network on some device: block RAMs of the stores")
        figure = figures.pop()
        assert problems(figure) == []
        said, totals = " ".join(words(figure)), row["memory"]["totals"]
        for name in ("stores", "uncompressed", "per_reader"):
            assert f" {totals[name]:g}" in said
        axes = figure.axes[0]
        for place, (store, name) in enumerate(zip(row["memory"]["stores"], axes.get_yticklabels(), strict=True)):
            block, _, letter = store["store"].partition(".")
            assert name.get_text().partition(",")[0] == f"{block} {letter[0].upper()}"
            # A store of two ports has its memories twice.
            assert sum(bar.get_width() for bar in axes.patches if bar.get_height() == 0.75 and abs(
                bar.get_y() + 0.375 - place) < 0.01) == pytest.approx(store["bram36"])


def test_utilisation(performance, tmp_path, monkeypatch):
    """Every unit with its share, and the multipliers of those that have some, on one screen."""
    figures = drawn(monkeypatch)
    for row in performance:
        save_utilisation_picture({"units": row["units"]}, tmp_path / "u.png", "some network on some device")
        figure = figures.pop()
        assert problems(figure) == []
        said = words(figure)
        numbers = [word.partition("\n")[0] for word in said if word[0].isdigit()]
        assert sorted(numbers) == sorted(f"{100 * unit['busy']:.0f}" for unit in row["units"])
        for unit in row["units"]:
            if unit.get("dsp"):
                assert any(f"\n{unit['dsp']} DSP" in word for word in said)
        assert figure.get_size_inches()[1] < 8


def test_utilisation_of_multi_scale_blocks(tmp_path, monkeypatch):
    """More kinds of units than others have; and a design of one block."""
    figures = drawn(monkeypatch)
    kinds = ("x_store", "x_reads", "loader", "graph", "conv", "h_requant", "p_lanes", "p_combine", "q_lanes",
             "q_combine", "lanes", "combine")
    units = [{"unit": f"blocks[{index}].{kind}", "busy": 1.0, "starved": 0.0, "blocked": 0.0, "dsp": 1024}
             for index in range(10) for kind in kinds]
    for chosen in (units, units[:1]):
        save_utilisation_picture({"units": chosen}, tmp_path / "u.png", "some")
        assert problems(figures.pop()) == []


def test_scaling(tmp_path, monkeypatch):
    figures, rows = drawn(monkeypatch), json.loads((RESULTS / "scaling.json").read_text(encoding="utf-8"))
    save_scaling_picture(rows, tmp_path / "s.png", "some network on some device, cycles by RTL simulation")
    figure = figures.pop()
    assert problems(figure) == []
    said = words(figure)
    for row in rows:
        assert any(f"{row['fps_at_172mhz']:,.0f} clips/s, {row['dsp']:,} DSP" in word for word in said)
    assert any("block RAMs and LUTs are estimated" in word for word in said)
    save_scaling_picture([{**row, "resources": "synthesised"} for row in rows], tmp_path / "s.png", "some")
    assert any("block RAMs and LUTs are synthesised" in word for word in words(figures.pop()))


def test_the_same_figures_give_the_same_bytes(performance, tmp_path):
    for name in "ab":
        save_memory_picture(performance[0]["memory"], tmp_path / f"{name}.png", "some")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
