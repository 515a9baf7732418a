"""The benchmark's tables of ensembles: every figure of a row, and what stands in for what."""

import json

from hypgcn_sim.benchmark.ensemble_table import streams_markdown, streams_table
from hypgcn_sim.benchmark.readme import ENSEMBLE_ROWS, ensembles_text, results_text

JOINT = {"stream": "joint", "design": "some_joint", "design_hash": "1", "weight": "1", "weights": "trained",
         "same_design_as": None, "cycles_per_clip_estimated": 6900, "slowest_estimated": "blocks[0].conv", "dsp": 2000,
         "bram36": 800.5, "lut": 170_000, "dsp_utilisation": 0.6543, "lanes_utilisation": 0.81,
         "arrays_utilisation": None, "vectors_that_lost_values": 0, "max_logic_levels": 7, "units": []}
BONE = {**JOINT, "stream": "bone", "design": "some_bone", "design_hash": "2", "dsp": 2100, "bram36": 700}
ROW = {"device": "XCKU115", "budget": {"dsp": 5520, "bram36": 2160, "lut": 663_360}, "ensemble": "joint+bone",
       "hash": "12", "cycles": "simulated", "resources": "synthesised",
       "clip": "20 clips, 20 of them recorded, of 1 x 40 frames x 20 joints", "cycles_per_clip": 7000,
       "cycles_per_clip_estimated": 6950, "cycles_of_each": [6900, 7100], "cycles_of_each_estimated": [6860, 6860],
       "fps_at_172mhz": 24571.43, "dsp": 4104, "bram36": 1500.5, "lut": 340_200, "dsp_utilisation": 0.61,
       "latency_last_frame_cycles": 31_234, "max_logic_levels": 7, "sums_and_scores_compared": 600,
       "vectors_that_lost_values": 3, "clips_that_lost_values": 2, "streams": [JOINT, BONE],
       "shared": {"dsp": 4, "bram36": 0, "lut": 179}}
FOUR = {**ROW, "hash": "1212", "ensemble": "joint+bone+joint2+bone2", "streams": [
    JOINT, BONE, {**JOINT, "stream": "joint2", "same_design_as": "joint"},
    {**BONE, "stream": "bone2", "same_design_as": "bone"}]}


def test_lines_for_a_terminal():
    text = streams_table([ROW])
    first, *lines = text.splitlines()
    assert first == ("joint+bone on XCKU115: 20 clips, 20 of them recorded, of 1 x 40 frames x 20 joints; 600 sums and "
                     "scores equal to golden")
    for line in ("cycles/clip: 7,000", "estimated: 6,860 (-2.0%)", "clips/s: 24,571.4", "DSP: 4,104", "BRAM36: 1,500.5",
                 "LUT: 340,200", "of: 5,520 / 2,160 / 663,360", "DSP use: 61.0%", "latency: 31,234", "levels: 7",
                 "clips that lost values: 2", "cycles by: simulated", "resources by: synthesised",
                 "joint: 6,900 cycles/clip, estimated, 2,000 DSP, 800.5 BRAM36, 170,000 LUT, 65.4% DSP use, "
                 "81.0% lanes", "shared: 4 DSP, 0 BRAM36, 179 LUT"):
        assert f"  {line}" in lines, line
    assert "once more" not in text


def test_markdown():
    text = streams_markdown([ROW])
    assert ("| XCKU115 | joint some_joint, bone some_bone | 7,000 | 6,860 (-2.0%) | 24,571.4 | 4,104 | 1,500.5 | "
            "340,200 | 5,520 / 2,160 / 663,360 | 61.0% | 31,234 | 7 | 2 | simulated | synthesised |") in text
    assert "| XCKU115 | joint+bone | joint | 6,900 | 2,000 | 800.5 | 170,000 | 65.4% | 81.0% |  |" in text
    assert "| XCKU115 | joint+bone | bone | 6,900 | 2,100 | 700 |" in text
    assert "| XCKU115 | joint+bone | shared |  | 4 | 0 | 179 |" in text
    words = " ".join(text.split())
    assert "assumed clock of 172 MHz, not routed" in words and "600 sums and scores equal to golden" in words
    assert "20 clips, 20 of them recorded" in words and "once more" not in words


def test_a_network_that_stands_in_for_another_stream_is_named():
    other = {**FOUR, "device": "XCKU040"}
    for text in (streams_markdown([ROW, FOUR, other]), streams_table([ROW, FOUR, other])):
        words = " ".join(text.split())
        assert words.count("In joint+bone+joint2+bone2, joint2 is the network of joint once more.") == 1
        assert "bone2 is the network of bone once more" in words


def test_few_clips_have_no_steady_state():
    """Without one there is no estimate to hold against the cycles."""
    row = {**ROW, "cycles_of_each": [], "cycles_of_each_estimated": [], "max_logic_levels": None}
    text = streams_table([row])
    assert "  estimated:" not in text and "  levels:" not in text and "  cycles/clip: 7,000" in text
    assert "| 7,000 |  | 24,571.4 |" in streams_markdown([row])


def test_the_pages_take_the_rows(tmp_path):
    assert ensembles_text(tmp_path) == "" and "Ensembles" not in results_text(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / ENSEMBLE_ROWS).write_text(json.dumps([ROW, FOUR]), encoding="utf-8")
    text = ensembles_text(tmp_path)
    assert streams_markdown([ROW, FOUR]) in text and f"`{ENSEMBLE_ROWS}`" in text
    assert f"## Ensembles\n\n{text}" in results_text(tmp_path)
