import json

import pytest
from ensembles import saved, small_ensemble

from hypgcn.cli import main
from hypgcn.design.presets import random_design
from hypgcn_sim.power.saif import instances
from hypgcn_sim.power.simulation import half_period


@pytest.mark.parametrize(("mhz", "expected"), [(100, 5000), (172, 2907), (1000, 500)])
def test_half_a_period_in_picoseconds(mhz, expected):
    assert half_period(mhz) == expected


@pytest.mark.slow  # as below
def test_activity_of_an_ensemble(tmp_path, capsys):
    """Sums and scores are golden, and every unit is of a network or of what they share."""
    made, out = small_ensemble(frames=2, joints=5, persons=1), tmp_path / "out"
    assert main(["power", saved(made, tmp_path / "two"), "--clips", "2", "--jobs", "1", "--multipliers", "60", "-o",
                 str(out)]) == 0
    report = json.loads((out / "power.json").read_text(encoding="utf-8"))
    joint, motion, shared = report["streams"]
    assert min(row["estimate_nj"]["low"] for row in (joint, motion, shared)) > 0 and shared["written_bits"] > 0
    places = {row["unit"].partition(".")[0] for row in report["units"]}
    assert {"joint", "bone-motion", "sum", "shell"} <= places <= {"joint", "bone-motion", "sum", "shell", "fork"}
    units = {row["unit"]: row for row in report["units"]}
    for stream in made.streams:
        assert units[f"{stream}.blocks[0].temporal.lane"]["read_bits"] > 0


@pytest.mark.slow  # verilates and compiles a core with its buses, with all its nets: minutes
def test_activity_of_a_core(tmp_path, capsys):
    design = random_design(1, name="smallest", frames=2, joints=2, classes=2, widths=(3,), strides=(1,), kernel=3,
                           subsets=1)
    design.save(tmp_path / "design")
    out = tmp_path / "out"
    # Exit status 0: the scores of the recorded simulation are those of the golden model.
    assert main(["power", str(tmp_path / "design"), "--clips", "3", "--jobs", "1", "-o", str(out)]) == 0
    report = json.loads((out / "power.json").read_text(encoding="utf-8"))
    assert report["clips"] == 3
    assert "| all " in capsys.readouterr().out
    # The cycle counter toggles as a counter does, and the clock twice a cycle.
    (saif,) = out.glob("hypgcn_*_power.saif")
    with open(saif, encoding="utf-8") as lines:
        activity = {instance.path: instance.nets for instance in instances(lines)}
    cycles = report["cycles"]
    counter = activity["TOP", saif.name.removesuffix("_power.saif"), "counters"]
    for bit in range(5):
        assert abs(counter[f"now[{bit}]"][1] - cycles / (1 << bit)) <= 2
    # Every weight that the lanes multiply was read: at least as many bits as products, 8 each, of one filter a token.
    rows = {row["unit"]: row for row in report["units"]}
    assert rows["blocks[0].temporal.lane"]["read_bits"] >= 8 * rows["blocks[0].temporal.lane"]["multiplications"] > 0
    assert rows["blocks[0].x_store"]["written_bits"] > 0
    assert sum(row["read_bits"] for row in report["units"]) == pytest.approx(report["total"]["read_bits"])
