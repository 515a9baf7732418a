"""Points, rows and picture of the scaling of one network."""

import pytest

from hypgcn.cli import main
from hypgcn.design.presets import random_design
from hypgcn.planning.budget import Budget
from hypgcn.planning.device import Device
from hypgcn.planning.estimate import estimate
from hypgcn_sim.benchmark.pictures import save_scaling_picture
from hypgcn_sim.benchmark.scaling import STEP, measure_scaling, scaling_points

DESIGN = random_design(7, name="two", frames=4, joints=3, widths=(24, 32), strides=(1, 2), classes=3)


def _points(count):
    return scaling_points(DESIGN, Device.load("xcku115"), Budget(dsp=400, bram36=100, lut=80_000), [], count)


def _measured(design, point, *_, label, **__):
    found = estimate(design, point.folding)
    return {"cycles_per_clip": round(found.cycles), "dsp": found.resources.dsp, "bram36": found.resources.bram36,
            "lut": round(found.resources.lut), "dsp_utilisation": 0.5, "variant": label,
            "fps_at_172mhz": round(172e6 / found.cycles, 2)}


def test_points_get_slower_and_smaller():
    points = _points(3)
    found = [estimate(DESIGN, point.folding) for point in points]
    assert [each.cycles for each in found] == sorted(each.cycles for each in found)
    assert found[0].resources.dsp > found[1].resources.dsp > found[2].resources.dsp
    assert found[0].cycles <= found[1].cycles <= STEP * found[0].cycles
    assert found[2].cycles <= STEP**2 * found[0].cycles


def test_rows_and_picture(tmp_path):
    rows = list(measure_scaling(DESIGN, _points(2), None, 0, tmp_path, jobs=1, measure=_measured))
    assert [row["variant"] for row in rows] == ["", "3 times the cycles"]
    for row in rows:
        assert row["ideal_fps_at_172mhz"] == pytest.approx(2 * 172e6 / row["cycles_per_clip"], abs=0.01)
    rows = [{**row, "resources": "estimated"} for row in rows]
    for name in "ab":
        save_scaling_picture(rows, tmp_path / f"{name}.png", "some")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(("words", "text"), [
    (["--points", "0"], "--points must be at least 1, not 0"), (["--clips", "0"], "--clips must be at least 1"),
    (["--device", "none"], "device must be one of"), (["--share", "0%"], "must be")])
def test_bad_requests_in_one_line(words, text, capsys):
    assert main(["scaling", "tiny", *words]) == 2
    assert text in capsys.readouterr().err


@pytest.mark.slow
def test_scaling_of_the_smallest_network(tmp_path):
    assert main(["scaling", "tiny", "--points", "2", "--clips", "3", "--jobs", "1", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "scaling.json").is_file() and (tmp_path / "scaling.png").is_file()
