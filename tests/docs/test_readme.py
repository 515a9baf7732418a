"""The three ways into hypgcn, as the README has them: each a few lines that run as they stand."""

import json
import re
import shlex
import shutil
import subprocess

import pytest

from contracts.tree import ROOT
from hypgcn.cli import main
from hypgcn.needs import EXTRAS

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
WAYS = dict(re.findall(r"^### (I \w+ \w+)\n\n```\w+\n(.*?)^```$", TEXT, re.S | re.M))
INSTALL = re.compile(r"pip install --editable ('\.\[[a-z,]+\]'|\.)")


def commands(way):
    """The lines of ``way`` behind the installation, as words."""
    first, *lines = WAYS[way].replace("\\\n", " ").splitlines()
    assert INSTALL.fullmatch(first)
    return [shlex.split(line) for line in lines]


def test_first_screen():
    """What it is, for whom, how fast against what, what it cannot do, a picture, two commands."""
    screen = TEXT.partition("## Three ways in")[0]
    places = [screen.index(part) for part in ("# hypgcn\n", "**For whom.**", "**How fast.**", "**What it cannot do.**",
                                              "docs/images/demo.gif", "$ make demo", "$ make verilog")]
    assert places == sorted(places) and len(screen.splitlines()) < 60
    for said in ("is assumed", "placed and routed", "run no Vivado", "no board", "attention"):
        assert said in " ".join(screen.split()), said


def test_three_ways_of_a_few_lines():
    assert list(WAYS) == ["I have Vivado", "I write Amaranth", "I train networks"]
    assert all(len(text.replace("\\\n", " ").strip().splitlines()) <= 6 for text in WAYS.values())


def test_amaranth(capsys):
    exec(compile(WAYS["I write Amaranth"], "README.md", "exec"), {})
    assert "module row_store(" in capsys.readouterr().out


def test_extras_that_are_named_exist():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    named = {name for names in re.findall(r"'\.\[([a-z,]+)\]'", TEXT) for name in names.split(",")}
    assert named and all(f"\n{name} = [" in text for name in named)


def test_make_setup_installs_all_that_is_used():
    if not shutil.which("make"):
        pytest.skip("make is not on the path")
    lines = subprocess.run(["make", "-n", "-B", "setup"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    extras, = re.findall(r"'\.\[([a-z,]+)\]'", lines.stdout)
    assert set(extras.split(",")) == EXTRAS.keys() - {"base", "docs", "dev"}
    assert ". .venv/bin/activate puts hypgcn on the path" in lines.stdout


def test_vivado_report(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report, vivado, folder, run = commands("I have Vivado")
    assert vivado[:2] == ["hypgcn", "vivado"] and folder == ["cd", vivado[vivado.index("-o") + 1]]
    assert run == ["vivado", "-mode", "batch", "-source", "build.tcl"]
    assert main(report[1:]) == 0
    assert "XCZU9EG" in (tmp_path / report[-1]).read_text(encoding="utf-8")


# Minutes: the core is emitted.
@pytest.mark.slow
def test_vivado_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, vivado, (_, folder), (*_, script) = commands("I have Vivado")
    assert main(vivado[1:]) == 0
    assert (tmp_path / folder / script).is_file()
    assert json.loads((tmp_path / folder / "project.json").read_text(encoding="utf-8"))["part"] == vivado[4]


# A minute of training, and more on a busy machine.
@pytest.mark.slow
def test_training(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in commands("I train networks"):
        assert words[0] == "hypgcn" and main(words[1:]) == 0, words
    design = tmp_path / "build/net/design"
    assert main(["evaluate", str(design), "--data", "build/motion.npz", "-o", "build/metrics.json"]) == 0
    measured = json.loads((tmp_path / "build/metrics.json").read_text(encoding="utf-8"))
    assert measured["accuracy"]["int8"] > 0.6, measured["accuracy"]
