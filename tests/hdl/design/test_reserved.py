"""The tables of reserved words, against what tools refuse."""

import shutil
import subprocess

import pytest

from hypgcn.design.reserved import KEYWORDS, PRIMITIVES


def test_keywords_are_those_of_the_standard():
    assert len(KEYWORDS) == 248  # Annex B of IEEE 1800-2017
    assert {"module", "wire", "logic", "checker", "s_until_with", "untyped"} <= KEYWORDS


def test_primitives_of_the_emitted_text_are_in_the_table():
    assert {"DSP48E2", "DSP48E1", "DSP58", "RAMB36E1", "RAMB36E2", "LUT6", "CARRY8", "FDRE", "MULT18X18D"} <= PRIMITIVES


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed")
def test_simulators_refuse_the_keywords(tmp_path):
    source = tmp_path / "names.sv"

    def is_read(name):
        source.write_text(f"module {name}; endmodule\n", encoding="utf-8")
        command = ["iverilog", "-g2012", "-o", tmp_path / "out", source]
        return subprocess.run(command, capture_output=True).returncode == 0

    assert is_read("core")
    assert not any(is_read(name) for name in ("module", "checker", "bit", "unique0", "wire", "nettype"))
