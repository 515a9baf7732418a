"""The testbench that comes with a core: its words are those of golden, and its file list is whole."""

import numpy as np
import pytest
from ensembles import small_ensemble
from raw_designs import raw_design

from hypgcn.design.presets import preset
from hypgcn.design.raw_input import RawInput
from hypgcn.emission.emit import Emission
from hypgcn.golden.ensemble import run_ensemble
from hypgcn.golden.network import run
from hypgcn.shell.registers import MAGIC, RESULT_FLAGS
from hypgcn.testbench import files, files_of_testbench
from hypgcn.testbench.clips import generated_clips
from hypgcn.testbench.files import result_words

DESIGN = preset("tiny")
FLAG = {flag.name: 1 << flag.low for flag in RESULT_FLAGS}


def texts(clips, bus_width=32, name="core", design=DESIGN):
    return files_of_testbench(name, design, clips, bus_width=bus_width, rtl=["core.sv", "a.sv", "sim/DSP48E2.sv"],
                              clip_cycles=100)


@pytest.mark.parametrize("bus_width", [8, 32, 512])
def test_clips_are_bytes_of_the_bus_the_first_in_the_lowest(bus_width):
    clips = generated_clips(DESIGN, 2)
    lines = texts(clips, bus_width)["tb/core_tb_clips.mem"].split()
    data = b"".join(int(line, 16).to_bytes(bus_width // 8, "little") for line in lines)
    padded = len(data) // 2
    assert {len(line) for line in lines} == {bus_width // 4}
    assert [data[at:at + clips[0].size] for at in (0, padded)] == [clip.tobytes() for clip in clips]


@pytest.mark.parametrize("bus_width", [16, 32, 512])
def test_raw_joints_are_two_bytes_the_lower_first(bus_width):
    design = raw_design(RawInput(unit="mm", centre=0))
    clips = generated_clips(design, 2)
    written = texts(clips, bus_width, design=design)
    lines = written["tb/core_tb_clips.mem"].split()
    data = b"".join(int(line, 16).to_bytes(bus_width // 8, "little") for line in lines)
    padded = len(data) // 2
    assert [data[at:at + clips[0].nbytes] for at in (0, padded)] == [clip.astype("<i2").tobytes() for clip in clips]
    assert f"localparam BEATS = {-(-clips[0].nbytes * 8 // bus_width)};" in written["tb/core_tb.sv"]
    words = [int(word, 16) for word in written["tb/core_tb_results.mem"].split()]
    assert words[:3] == [int(score) % 2**32 for score in run(design, clips[0])["logits"]]


def test_results_are_scores_argmax_number_and_flags():
    clips = generated_clips(DESIGN, 2)
    words = [int(word, 16) for word in texts(clips)["tb/core_tb_results.mem"].split()]
    for number, clip in enumerate(clips):
        logits = run(DESIGN, clip)["logits"]
        assert words[number * 6:number * 6 + 6] == [*(int(score) % 2**32 for score in logits), np.argmax(logits),
                                                    number, 0]


def test_results_of_an_ensemble_have_the_scores_of_its_networks():
    ensemble = small_ensemble(frames=2, joints=5, persons=1)
    for number, clip in enumerate(generated_clips(ensemble.designs[0], 2)):
        sums = run_ensemble(ensemble, clip)["logits"]
        scores = [*sums, *(score for design in ensemble.designs for score in run(design, clip)["logits"])]
        assert result_words(ensemble, clip, number) == [*(int(score) % 2**32 for score in scores), np.argmax(sums),
                                                        number, 0]


def test_overflow_and_saturation_are_flags(monkeypatch):
    logits = np.array([2**31, -2**31 - 1, 5])
    monkeypatch.setattr(files, "run", lambda design, clip: {"logits": logits, "overflow": True})
    assert result_words(DESIGN, None, 7) == [0x7fffffff, 0x80000000, 5, 0, 7, FLAG["overflow"] | FLAG["saturated"]]


def test_parameters_and_the_list_of_sources():
    written = texts(generated_clips(DESIGN, 2), bus_width=512)
    bench = written["tb/core_tb.sv"]
    for line in ("localparam CLIPS = 2;", f"localparam [31:0] MAGIC = 32'h{MAGIC:08x};",
                 f"localparam [63:0] HASH = 64'h{DESIGN.hash[:16]};", "module core_tb;", "core dut ("):
        assert line in bench, line
    assert not any("@" in text.replace("@(posedge", "") for text in (bench, written["tb/README.md"]))
    assert written["tb/core.f"].split() == ["a.sv", "core.sv", "sim/DSP48E2.sv", "tb/core_tb.sv"]


def test_a_later_emission_without_testbench_removes_it(tmp_path):
    Emission("core", {"core.sv": "", **texts(generated_clips(DESIGN, 1))}, {"generator": "hypgcn"}).write(tmp_path)
    assert (tmp_path / "tb/Makefile").exists()
    Emission("core", {"core.sv": ""}, {"generator": "hypgcn"}).write(tmp_path)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"core.json", "core.sv"}
