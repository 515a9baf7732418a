"""Which published networks load, and what they cost: the shapes, what is assumed, and that the page has the results."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hypgcn.cli import main
from hypgcn.design import Design
from hypgcn_pruning.network.foreign.unmapped import UNMAPPED
from hypgcn_pruning.network.model import PAPER_BLOCKS
from hypgcn_pruning.reports import architectures, report_config
from hypgcn_pruning.reports.architectures import (
    ARCHITECTURES,
    ASSUMED,
    Architecture,
    design_of,
    measure_architectures,
)

ROOT = Path(__file__).parents[3]
DEVICE = """name = "D"
mac = "dsp48e2"
multiplier = 27
dsp = 300
bram36 = 100
lut = 90000
ff = 1000
"""
TINY = DEVICE.replace('"D"', '"E"').replace("90000", "5000")
SMALL = Architecture(model="small", framework="ours", frames=16, joints="coco17", classes=4, kernel=5)


@pytest.fixture
def few_blocks(monkeypatch):
    monkeypatch.setattr(architectures, "PAPER_BLOCKS", ((16, 1), (32, 2), (32, 1)))


def test_published_shapes():
    """As the frameworks' own configurations have them."""
    shapes = {(a.model, a.framework): a.shape for a in ARCHITECTURES}
    assert len(shapes) == len(ARCHITECTURES)
    assert all(shape.persons == 2 and shape.blocks == PAPER_BLOCKS for shape in shapes.values())
    for (model, framework), (frames, joints, classes, taps) in {
            ("2s-AGCN", "its repository"): (300, 25, 60, 9), ("ST-GCN, Kinetics", "its repository"): (150, 18, 400, 9),
            ("AAGCN without attention", "PYSKL, mmaction2"): (100, 25, 60, 9),
            ("baseline of CTR-GCN", "its repository"): (64, 25, 60, 5)}.items():
        shape = shapes[model, framework]
        assert (shape.frames, shape.skeleton.joints, shape.classes, shape.kernel) == (frames, joints, classes, taps)
    for (model, _), shape in shapes.items():
        inside = model.startswith("ST-GCN") and "post" not in model and model != "ST-GCN++"
        assert shape.joint_bias is inside and shape.shortcut_h is not inside, model


def test_designs_are_dense_and_pruned_as_by_default():
    """46 % of the channels, four taps, and the assumed densities."""
    shape = ARCHITECTURES[0].shape
    dense, pruned = (design_of(shape, form, form) for form in architectures.FORMS)
    for design, form in ((dense, "dense"), (pruned, "pruned")):
        assert (design.frames, design.persons, design.joints, design.classes) == (300, 2, 25, 60)
        assert {block.density_h for block in design.blocks} == {ASSUMED[form]["h"]}
        assert [block.density_z for block in design.blocks] == [1.0] + [ASSUMED[form]["z"]] * 9
    assert all(block.kept.all() and block.filters.all() and block.taps.all() for block in dense.blocks)
    assert {block.density_x for block in dense.blocks[1:]} == {0.5}
    assert [int(block.kept.sum()) for block in pruned.blocks] == [3, 29, 29, 29, 29, 58, 58, 58, 117, 117]
    assert all((block.taps.sum(axis=1) == 4).all() for block in pruned.blocks)
    assert pruned.blocks[1].in_channels == 32 and pruned.blocks[1].density_x == round(0.4 * 29 / 32, 4)
    assert design_of(shape, "pruned", "pruned").hash == pruned.hash, "random weights are seeded"


def test_biases_of_joints():
    shape = replace(next(a for a in ARCHITECTURES if a.joint_bias).shape, blocks=((16, 1), (16, 2)), frames=16)
    assert all(block.h_bias.shape == (25, 16) for block in design_of(shape, "dense", "d").blocks)


@pytest.mark.parametrize("form", architectures.FORMS)
def test_branches_have_stores_of_the_density_of_h(form):
    """Of a block of 32 channels two vectors of 25 joints, in nine rows of P and one of Q."""
    (published,) = [a.shape for a in ARCHITECTURES if a.branches]
    assert published.branches == ("3@1", "3@2", "3@3", "3@4", "max", "1x1") and published.kernel == 9
    design = design_of(replace(published, blocks=((32, 1), (32, 2)), frames=16), form, form)
    for block in design.blocks:
        scales = block.branched
        assert (scales.density_p, scales.density_q) == (ASSUMED[form]["h"],) * 2
        assert (scales.p_depths[0], scales.q_depths[0]) == (9 * 25 * 2, 25 * 2)
        assert scales.p_depths[3] < scales.p_depths[0] / 4 and scales.p_entries == scales.q_entries
        assert scales.p_entries[1] == pytest.approx(50 * architectures._exceeding(16, ASSUMED[form]["h"])[1], abs=0.01)
    changed = replace(design, blocks=tuple(replace(block, scales=replace(block.branched, density_p=0.1))
                                           for block in design.blocks))
    assert architectures._of_scales(changed.blocks[0]) != architectures._of_scales(design.blocks[0])


@pytest.mark.parametrize(("count", "density"), [(16, 0.4), (7, 0.1), (16, 1.0), (0, 0.5)])
def test_entries_of_mini_banks(count, density):
    """By drawing vectors of independent values."""
    drawn = (np.random.default_rng(0).random((200_000, count)) < density).sum(axis=1)
    expected = [(drawn > 4 * j).mean() for j in range(4)]
    np.testing.assert_allclose(architectures._exceeding(count, density), expected, atol=0.004)


def test_rows(few_blocks, tmp_path, monkeypatch):
    """Each shape is estimated once, what is refused has a row, and a second run takes the estimates of the first."""
    real, fitted = architectures._estimate, []
    monkeypatch.setattr(architectures, "_estimate", lambda design, device: fitted.append(device[8]) or real(
        design, device))
    other = replace(SMALL, model="the same shape")
    rows = measure_architectures([DEVICE, TINY], [SMALL, other], cache=tmp_path,
                                 progress=False)
    assert fitted == ["D", "E"] * 2 and [row["model"] for row in rows[:2]] == ["small", "the same shape"]
    assert [(row["model"], row["lost"], row["loads"]) for row in rows[2:]] == [(n, r, False) for _, n, r in UNMAPPED]
    assert rows[0]["forms"] == rows[1]["forms"]
    dense, pruned = (rows[0]["forms"][form] for form in ("dense", "pruned"))
    assert dense[0]["fits"] and pruned[0]["cycles"] < dense[0]["cycles"] and not dense[1]["fits"]
    assert measure_architectures([DEVICE, TINY], [SMALL, other], cache=tmp_path,
                                 progress=False) == rows
    assert len(fitted) == 4
    known = measure_architectures([DEVICE], [SMALL, replace(SMALL, frames=20)], cache=tmp_path, cached=True,
                                  progress=False)
    assert len(fitted) == 4 and list(known[0]["forms"]) == ["dense", "pruned"] and known[1]["forms"] == {}
    monkeypatch.setattr(architectures, "DENSEST", 3.0)
    measure_architectures([DEVICE], [SMALL], cache=tmp_path, progress=False)
    assert len(fitted) == 6, "other assumptions are estimated anew"


def test_command(few_blocks, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(architectures, "ARCHITECTURES", (SMALL,))
    monkeypatch.setattr(architectures.measure_architectures, "__defaults__", ((DEVICE,), (SMALL,)))
    (tmp_path / "page.md").write_text("a\n<!-- architectures -->\n<!-- end of architectures -->\nb\n", encoding="utf-8")
    assert main(["architectures", "--cache", str(tmp_path), "-o", str(tmp_path / "a.json"), "--page",
                 str(tmp_path / "page.md")]) == 0
    rows = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert rows[0]["model"] == "small" and rows[0]["assumed"] == ASSUMED
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert text.startswith("a\n<!-- architectures -->\n| model |")
    assert text.endswith("<!-- end of architectures -->\nb\n")
    assert "| small (16 frames, 17 joints, 5 taps) | ours | pruned | " in capsys.readouterr().out


def test_results_are_of_these_networks():
    """``results/architectures.json`` was made of these shapes and assumptions, for these devices."""
    rows = json.loads((ROOT / report_config.RESULTS[report_config.ARCHITECTURES]).read_text(encoding="utf-8"))
    loaded = [row for row in rows if row["loads"]]
    assert [(row["model"], row["framework"], row["lost"]) for row in loaded] == [
        (a.model, a.framework, a.lost) for a in ARCHITECTURES]
    for row, architecture in zip(loaded, ARCHITECTURES, strict=True):
        assert row["shape"] == json.loads(json.dumps(architectures._shape_row(architecture.shape)))
        assert row["assumed"] == ASSUMED
        assert set(row["forms"]) <= set(architectures.FORMS)
        for entries in row["forms"].values():
            assert [entry["device"] for entry in entries] == ["XCKU115 as the paper", "XCZU9EG"]
    assert [(row["model"], row["lost"]) for row in rows if not row["loads"]] == [(n, r) for _, n, r in UNMAPPED]


@pytest.mark.slow
def test_an_estimate_repeats(tmp_path):
    """Those of the first network, which take three minutes."""
    rows = json.loads((ROOT / report_config.RESULTS[report_config.ARCHITECTURES]).read_text(encoding="utf-8"))
    chosen = ARCHITECTURES[0]
    row, *_ = measure_architectures(architectures=[chosen], cache=tmp_path, progress=False)
    assert row == next(r for r in rows if r["model"] == chosen.model and r["framework"] == chosen.framework)


def test_a_design_of_random_weights_is_legal(few_blocks, tmp_path):
    design_of(SMALL.shape, "pruned", "small").save(tmp_path / "d")
    assert Design.load(tmp_path / "d").name == "small"
