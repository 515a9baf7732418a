"""What the front page says: the figures of the files, with what is assumed."""

import pytest

from hypgcn_sim.benchmark.front import headline, short_accuracy, short_table
from hypgcn_sim.benchmark.table import markdown

ROW = {"device": "XCKU115", "design": "some", "variant": "", "cycles": "simulated", "resources": "synthesised",
       "clip": "20 clips, 20 of them recorded, of 2 x 150 frames x 25 joints", "cycles_per_clip": 46_488,
       "cycles_of_each": [1] * 18, "fps_at_172mhz": 2712.5, "dsp": 3498, "bram36": 899.0, "lut": 175_603}
OTHER = {**ROW, "device": "XCKU040", "fps_at_172mhz": 5.0}


def test_the_sentence_says_against_what_and_what_is_assumed():
    text = " ".join(headline([OTHER, ROW]).split())
    assert "2,712.5 clips a second (2 people, 150 frames, 25 joints; design `some`) on an XCKU115" in text
    assert "RFC-HyPGCN reports 271.2: 10.0 times as many, with 3,498 DSPs for its 3,544" in text
    assert "the clock, 172 MHz as in the paper, is assumed: this design has not been placed and routed." in text
    assert "counted in RTL simulation, resources those that Yosys maps it to" in text
    text = " ".join(headline([{**ROW, "cycles": "estimated", "resources": "estimated"}]).split())
    assert "Cycles are estimated, resources estimated" in text


def test_no_row_of_the_paper_s_device():
    with pytest.raises(ValueError, match="not enough values"):
        headline([OTHER])


def test_a_row_that_does_not_say_its_clips():
    with pytest.raises(ValueError, match="clip must say persons, frames and joints, as in .*, not 'some clips'"):
        headline([{**ROW, "clip": "some clips"}])


def test_the_table_says_that_the_clock_is_assumed():
    text = short_table([ROW])
    assert "assumed clock of 172 MHz, not routed" in text.replace("\n", " ")
    assert "| XCKU115 | some | 2,712.5 | 3,498 | 899 | 175,603 | simulated | synthesised |" in text
    assert "| XCKU115 | RFC-HyPGCN | 271.2 |" in text


def test_the_long_table_says_of_how_many_clips():
    text = " ".join(markdown([ROW]).split())
    assert "20 of them recorded, of 2 x 150 frames x 25 joints; the mean of 18, without the first two" in text
    assert "At an assumed clock of 172 MHz, not routed" in text
    assert "; their mean)" in " ".join(markdown([{**ROW, "cycles_of_each": []}]).split())


def test_accuracy_is_that_of_quantised_networks():
    def row(network, stream, step, top1, seen=0):
        return {"network": network, "dataset": "NW-UCLA", "stream": stream, "step": step, "top1": top1,
                "clips_seen": seen}

    rows = [row("a", "joint", "dense", 0.5), row("a", "joint", "int8", 0.4), row("a", "joint+bone", "dense", 0.6, 95),
            row("a", "joint+bone", "int8", 0.55), row("b", "joint", "dense", 0.9)]
    text = short_accuracy(rows)
    assert "| a | NW-UCLA | joint+bone | 60.0 % |  | 55.0 % |" in text and "| b |" not in text and "40.0" not in text
    assert "Up to 95 test clips are training clips as well" in text.replace("\n", " ")
    assert short_accuracy([rows[-1]]) == short_accuracy([]) == ""
    assert "training clips" not in short_accuracy([rows[1]])
