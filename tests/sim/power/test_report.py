"""The report of ``hypgcn power``: rows of units, of the networks of an ensemble, and of all."""

import numpy as np
import pytest
from ensembles import small_ensemble
from raw_designs import raw_clip
from sim.power.test_accesses import PERIOD, memory

from hypgcn.design.folding import BlockFolding, Folding
from hypgcn_sim.fullscale.golden import golden_clips
from hypgcn_sim.power import report as module
from hypgcn_sim.power.accesses import Accesses
from hypgcn_sim.power.energy import estimate_energy
from hypgcn_sim.power.products import products_by_unit
from hypgcn_sim.power.report import power_report, table
from hypgcn_sim.power.saif import Instance

ENSEMBLE, FOLDING = small_ensemble(frames=2, joints=5, persons=1), Folding(blocks=(BlockFolding(),))
CLIPS = np.stack([raw_clip(ENSEMBLE.designs[0], seed) for seed in range(2)])


def reported(network, folding, tmp_path, monkeypatch, instances):
    """The report of a core whose memories did what ``instances`` say, in 50 cycles."""
    top = Instance(("TOP", "hypgcn"), {"aclk": (0, 100)})
    (tmp_path / "x.saif").write_text("", encoding="utf-8")
    monkeypatch.setattr(module, "instances", lambda lines: [top, *instances])
    designs = getattr(network, "designs", (network,))
    expected = [golden_clips(design, CLIPS, tmp_path / "golden", jobs=1) for design in designs]
    monkeypatch.setattr(module, "half_period", lambda mhz: PERIOD // 2)
    return power_report(network, folding, expected, tmp_path / "x.saif", "hypgcn", 172.0, 2), expected


def test_each_network_of_an_ensemble_what_they_share_and_all(tmp_path, monkeypatch):
    report, expected = reported(ENSEMBLE, (FOLDING, FOLDING), tmp_path, monkeypatch, [
        memory("core/network0/head/rom", 8, en=6), memory("core/network1/head/rom", 8, en=10),
        memory("result_output/stream0/ram", 16, w_en=4)])
    assert (report["ensemble"], report["hash"], report["cycles"]) == ("small", ENSEMBLE.hash, 50)
    joint, motion, shared = report["streams"]
    assert [row["stream"] for row in report["streams"]] == ["joint", "bone-motion", "shared"]
    for row, design, paths in zip((joint, motion), ENSEMBLE.designs, expected):
        assert row["multiplications"] == pytest.approx(sum(products_by_unit(design, FOLDING, paths).values()))
    assert (joint["read_bits"], motion["read_bits"], shared["written_bits"]) == (24, 40, 32)
    assert shared["multiplications"] == sum(6 * np.ceil(width / 8) for width in ENSEMBLE.logit_widths)
    for name in ("low", "high"):
        assert sum(row["estimate_nj"][name] for row in report["streams"]) == pytest.approx(
            report["total"]["estimate_nj"][name])
    lines = [line.split("|")[1].strip() for line in table(report, rows=1).splitlines()[3:]]
    assert lines == ["all of joint", "all of bone-motion", "all of shared", f"all {len(report['units'])} units"]


def test_one_network_has_no_streams(tmp_path, monkeypatch):
    report, expected = reported(ENSEMBLE.designs[0], FOLDING, tmp_path, monkeypatch, [memory("core/head/rom", 8, en=6)])
    assert report["design"] == ENSEMBLE.designs[0].name and "streams" not in report
    assert report["total"]["multiplications"] == pytest.approx(
        sum(products_by_unit(ENSEMBLE.designs[0], FOLDING, expected[0]).values()))


def test_table_has_the_largest_and_the_total():
    report = estimate_energy({f"unit{n}": 1000.0 * n for n in range(5)}, {"unit9": Accesses(rom_reads=40)}, 2)
    lines = table(report, rows=2).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["unit4", "unit3", "all 6 units"]
    assert "estimate" in lines[0]
    assert lines[-1].startswith("| all 6 units | 10,000 | 20 | 0 | 5.56 | 1.49 to ")
