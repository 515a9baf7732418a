"""The table of devices: who fits, how fast, and what limits."""

import json
from dataclasses import replace

import pytest
from ensembles import small_ensemble

from contracts.tree import ROOT
from hypgcn.cli import main
from hypgcn.design.clip import Preparation
from hypgcn.design.presets import preset, random_design
from hypgcn.design.raw_conversion import RawSettings, with_raw_input
from hypgcn.design.shipped import SHIPPED
from hypgcn.planning import device_table
from hypgcn.planning.allocator.allocate import Allocator, Budget
from hypgcn.planning.allocator.streams import StreamAllocator
from hypgcn.planning.device import Device
from hypgcn.planning.device_table import NETWORKS, ON_THE_PAGE, Entry, fit, table

DEVICE = Device(name="D", mac="dsp48e2", multiplier=27, dsp=200, bram36=60, lut=60_000, ff=1000)


def prepared(persons=2):
    """A small design for int8 clips that says how they are prepared."""
    design = random_design(2, name="made", frames=7, joints=5, persons=persons, channels=3, classes=3, widths=(4,),
                           strides=(1,))
    return replace(design, meta={"preparation": Preparation(frames=7, scale="none").to_dict()})


def test_one_network_gets_the_whole_device():
    design = preset("tiny")
    entry = fit([design], DEVICE)
    found = Allocator(design, few_multipliers=True).solve(Budget(dsp=200, bram36=60, lut=60_000))
    assert entry.cycles == found.cycles and entry.network == "tiny-seeded" and entry.device == "D"
    assert entry.used == {**found.used, "uram": 0}
    assert entry.clips_per_second == pytest.approx(172e6 / found.cycles)


def test_several_networks_are_an_ensemble_with_one_budget():
    """What they share is counted once, and the networks need not take the same."""
    ensemble = small_ensemble()
    entry = fit(list(ensemble.designs), DEVICE)
    found = StreamAllocator(ensemble).solve(Budget(dsp=200, bram36=60, lut=60_000))
    total = found.resources
    assert entry.network == "+".join(design.name for design in ensemble.designs)
    assert entry.cycles == found.cycles
    assert entry.used == {"dsp": total.dsp, "bram36": total.bram36, "lut": round(total.lut), "uram": 0}
    assert found.estimates[0].resources != found.estimates[1].resources and found.shared_resources.lut > 0


def test_networks_for_int8_clips_take_raw_joints_together():
    design = prepared()
    raw = with_raw_input(design, RawSettings())
    assert fit([design, design], DEVICE) == fit([raw, raw], DEVICE)


def test_networks_of_different_clips_cannot_be_on_one_device_together():
    with pytest.raises(ValueError, match="network1: design made must have the persons of network0, 2, not 1"):
        fit([prepared(), prepared(persons=1)], DEVICE)


def test_requantisers_share_multipliers_where_a_device_has_few():
    """By its LUTs for each; that is what fits it."""
    scarce = replace(DEVICE, dsp=12)
    assert scarce.few_multipliers and fit([preset("tiny")], scarce).cycles
    with pytest.raises(ValueError, match="needs 16 dsp, 4 more"):
        Allocator(preset("tiny"))._solve(Budget(dsp=12, bram36=60, lut=60_000), None)


def test_what_limits():
    assert fit([preset("tiny")], replace(DEVICE, dsp=40)).limit == "dsp"
    missing = fit([preset("tiny")], replace(DEVICE, lut=5000))
    assert missing.cycles is None and missing.clips_per_second is None and not missing.used
    assert missing.limit.startswith("needs ") and "more than the budget of 5000" in missing.limit
    free = fit([preset("tiny")], replace(DEVICE, dsp=10_000, bram36=10_000, lut=10_000_000))
    assert free.limit.startswith("blocks[")


def test_table_has_a_line_for_each():
    entries = [Entry(network="n", device="d", cycles=1000.0, used={"dsp": 1200, "bram36": 3.5, "lut": 9, "uram": 0},
                     limit="lut", boards=("A", "B")),
               Entry(network="n", device="e", cycles=None, used={}, limit="needs 9 dsp")]
    assert table(entries).splitlines()[2:] == [
        "| `n` | d | A, B | 172,000 | 1,200 | 3.5 | 9 | 0 | lut |",
        "| `n` | e |  | does not fit |  |  |  |  | needs 9 dsp |"]
    assert [Entry.of(json.loads(json.dumps(entry.as_dict()))) for entry in entries] == entries


def test_boards_are_those_of_the_device():
    boards = ("Ours", "Another")
    assert fit([preset("tiny")], replace(DEVICE, boards=boards)).boards == boards
    assert fit([preset("tiny")], replace(DEVICE, boards=boards, lut=5000)).boards == boards


def test_every_board_that_is_asked_for_most_has_a_line():
    shown = {board for name in ON_THE_PAGE for board in Device.load(name).boards}
    assert {"KV260", "ZCU104", "ZCU102", "KCU105", "VCU118", "Arty A7-100T", "PYNQ-Z2", "ULX3S-85F", "Alveo U50",
            "Alveo U250"} <= shown


def test_networks_when_none_are_given(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    assert device_table._default() == NETWORKS
    monkeypatch.chdir(tmp_path)
    assert device_table._default() == (SHIPPED,)


def test_command(tmp_path, capsys):
    out = tmp_path / "devices.json"
    prepared().save(tmp_path / "d")
    pair = f"{tmp_path / 'd'}+{tmp_path / 'd'}"
    main(["devices", "tiny", pair, "--device", "xczu3eg", "-o", str(out)])
    rows = json.loads(out.read_text(encoding="utf-8"))
    assert [(row["network"], row["device"], row["fits"]) for row in rows] == [
        ("tiny-seeded", "XCZU3EG", True), ("made+made", "XCZU3EG", True)]
    assert "| `made+made` | XCZU3EG |" in capsys.readouterr().out
