"""The benchmark's rows beside the targets: what is met, what is missed, and where products are lost."""

import pytest

from hypgcn_sim.benchmark.targets import losses_markdown, targets_markdown

ROW = {"device": "XCKU115", "variant": "", "fps_at_172mhz": 3300.0, "cycles_per_clip": 52_000,
       "cycles_of_each_estimated": [51_000, 52_000], "dsp": 3500, "bram36": 899.5, "lut": 170_000,
       "dsp_utilisation": 0.86, "max_logic_levels": 6, "latency_last_frame_cycles": 34_400,
       "vectors_that_lost_values": 0, "generation": {"seconds": 130.2, "cpu_seconds": 100.4},
       "idle_products": [["blocks[0].lanes", 30], ["blocks[1].lanes", 20], ["blocks[0].conv", 40], ["head", 10]]}


def test_what_is_met_says_nothing_else():
    text = targets_markdown([ROW, {**ROW, "device": "XCZU3EG"}, {**ROW, "variant": "without packing"}])
    assert "missed" not in text
    assert "| target | XCKU115 |" in text
    assert "| 3,300.0, 12.2 times the paper's (target 3,255, 12 times) |" in text
    assert "| 51,500, -1.0% |" in text
    assert "| 0.20 ms |" in text
    assert "| 3,500 of 3,544, 899.5 of 900, 170,000 of 176,776 |" in text


@pytest.mark.parametrize(("change", "text"), [
    ({"fps_at_172mhz": 3254.9}, "3,254.9, 12.0 times"), ({"cycles_of_each_estimated": [54_000]}, "54,000, +3.8%"),
    ({"lut": 176_777}, "176,777 of 176,776"), ({"bram36": 900.5}, "900.5 of 900"), ({"dsp_utilisation": 0.8}, "80.0%"),
    ({"max_logic_levels": 7}, "7"), ({"latency_last_frame_cycles": 90_000}, "0.52 ms"),
    ({"vectors_that_lost_values": 1}, "1"),
    ({"generation": {"seconds": 125, "cpu_seconds": 121}}, "121 s (125 s by the clock)")])
def test_what_is_missed_says_so(change, text):
    lines = [line for line in targets_markdown([{**ROW, **change}]).splitlines() if "missed" in line]
    assert len(lines) == 1
    assert f"**{text}" in lines[0] or f", {text}" in lines[0] or text in lines[0]


def test_what_was_not_mapped_is_not_called_met_or_missed():
    assert "| not mapped |" in targets_markdown([{**ROW, "max_logic_levels": None}])


def test_losses_by_kind():
    lines = losses_markdown([ROW, {**ROW, "device": "XCKU040", "idle_products": [["blocks[0].graph", 1]]}]).splitlines()
    assert lines[0] == "| share of the lost products | XCKU115 | XCKU040 |"
    assert lines[2] == "| lanes of the temporal convolution | 50% | 0% |"
    assert "| graph units | 0% | 100% |" in lines
    assert "| others | 10% | 0% |" in lines
