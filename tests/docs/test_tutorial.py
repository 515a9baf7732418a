"""The tutorial runs: its commands and its Python, in its order, in an empty folder."""

import argparse
import json
import os
import re
import shlex
from pathlib import Path

import pytest

from hypgcn.cli import main
from hypgcn_pruning import cli

PAGE = Path(__file__).parents[2] / "docs/tutorial.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.S | re.M)
COMMANDS = [shlex.split(line) for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]


def test_every_block_is_run():
    assert PAGE.read_text(encoding="utf-8").count("```") == 2 * len(BLOCKS) and {kind for kind,
                                                                                 _ in BLOCKS} == {"sh", "python"}
    assert {words[0] for words in COMMANDS} == {"hypgcn"}
    assert {words[1] for words in COMMANDS} == {"train", "prune", "quantise", "compile", "evaluate", "accuracy",
                                                "verilog"}


@pytest.mark.parametrize("words", [w for w in COMMANDS if w[1] != "verilog"], ids=lambda words: " ".join(words[1:3]))
def test_options_exist(words):
    """Every day; whether the commands also do what they say is the slow test below."""
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers(required=True))
    parser.parse_args(words[1:])


@pytest.mark.parametrize("kind", ["python"])
def test_python_compiles(kind):
    assert [compile(text, str(PAGE), "exec") for found, text in BLOCKS if found == kind]


@pytest.mark.slow
def test_the_page_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for kind, text in BLOCKS:
        if kind == "python":
            exec(compile(text, str(PAGE), "exec"), names)
        else:
            for line in text.splitlines():
                assert main(shlex.split(line)[1:]) == 0, line
    assert "multipliers" in capsys.readouterr().out
    rows = json.loads(Path("build/tutorial/accuracy.json").read_text(encoding="utf-8"))
    assert [(row["stream"], row["step"]) for row in rows] == [
        (stream, step) for stream in ("joint", "bone", "joint+bone") for step in ("dense", "pruned", "int8")]
    top1 = {(row["stream"], row["step"]): row["top1"] for row in rows}
    for stream in ("joint", "bone", "joint+bone"):  # the page says so: of 40 clips two say nothing
        assert top1[stream, "dense"] >= 0.9, top1
        assert min(top1[stream, "pruned"], top1[stream, "int8"]) >= top1[stream, "dense"] - 0.05, top1
    assert "hypgcn.sv" in os.listdir("build/tutorial/verilog") and "hypgcn.json" in os.listdir("build/tutorial/verilog")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["build"]
