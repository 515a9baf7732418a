"""Examples of the commands' help: they parse, their files are there or were made by another, and the quick ones run."""

import shlex
from functools import cache
from pathlib import Path

import pytest

from hypgcn import cli
from hypgcn.console import Commands, texts
from hypgcn.console.groups import GROUPS
from hypgcn.design.presets import PRESETS
from hypgcn.design.shipped import SHIPPED

ROOT = Path(__file__).parents[3]
OUTPUTS = ("--out", "--gif", "--write")
"""Options that name what is written."""
THEIRS = ("YOURS.pth", "YOURS.npz")
"""Files that only the user has: a checkpoint of another framework, int8 clips."""

FILES = (".pth", ".pt", ".npz", ".npy", ".json", ".jsonl", ".safetensors", ".html")


@cache
def parsers() -> dict:
    commands, = (action for action in cli.whole_parser()._actions if isinstance(action, Commands))
    return {name: commands.choices[name] for name in texts(commands)}


@cache
def lines() -> dict[str, list[str]]:
    """Examples of every command, in the order of work."""
    return {name: [line.strip() for line in (parsers()[name].epilog or "").splitlines()[1:]]
            for names in GROUPS.values() for name in names}


def words_of(line: str) -> list[str]:
    words = shlex.split(line, comments=True)
    return words[1:words.index(">")] if ">" in words else words[1:]


def parsed(line: str):
    return cli.whole_parser().parse_args(words_of(line))


EVERY = [(name, line) for name, found in lines().items() for line in found]


def test_every_command_has_examples():
    assert {name: len(found) for name, found in lines().items() if not 1 <= len(found) <= 3} == {}


@pytest.mark.parametrize(("name", "line"), EVERY, ids=[f"{name}-{index}" for index, (name, _) in enumerate(EVERY)])
def test_an_example_parses(name, line):
    assert line.startswith(f"hypgcn {name}"), line
    assert len(line) <= 200 and parsed(line).run


def made() -> set[str]:
    """What the examples write, by their options and the defaults of these."""
    found = set()
    for _, line in EVERY:
        args = parsed(line)
        found |= {str(value) for option in OUTPUTS if (value := getattr(args, option[2:], None))}
    return found


def test_files_of_the_examples_are_there():
    """In the repository, or what another example writes."""
    places = made()
    for name, line in EVERY:
        words = words_of(line)
        used = [part.partition("=")[2] or part for before, word in zip(["", *words], words)
                for part in word.split(",") if before not in (*OUTPUTS, "-o")]
        for word in used:
            where = Path(word)
            if where.parts[:1] not in (("build",), ("checkpoints",)):
                assert where.suffix not in FILES or word in THEIRS, f"{name}: {word} in {line!r}"
                continue
            known = (ROOT / where).exists() if where.parts[0] != "build" else any(
                str(place) in places for place in (where, *where.parents))
            assert known, f"{name}: {word} in {line!r} is neither in the repository nor made by an example"


def test_designs_of_the_examples_are_there():
    for _, line in EVERY:
        design = getattr(parsed(line), "design", None)
        if design and not str(design).startswith("build/"):
            assert design in {*PRESETS, SHIPPED} or (ROOT / design / "design.json").is_file(), line


@pytest.mark.parametrize("names", [
    ("presets", "doctor", "completion"), ("allocate", "estimate"), ("devices",), ("activity",), ("motion", "view"),
], ids="-".join)
def test_quick_examples_run(names, tmp_path, monkeypatch, capsys):
    run_in_order(names, tmp_path, monkeypatch, capsys)


OFFLINE = ("motion", "train", "prune", "quantise", "compile", "evaluate", "predict", "accuracy", "tradeoff", "missing",
           "verilog", "ensemble", "report", "view", "live-measure", "live")


@pytest.mark.slow  # trains three small networks: minutes
def test_the_offline_examples_run_one_after_the_other(tmp_path, monkeypatch, capsys):
    run_in_order(OFFLINE, tmp_path, monkeypatch, capsys)


def run_in_order(names, place, monkeypatch, capsys):
    """Run the examples of ``names`` in an empty folder that has the repository's checkpoints."""
    (place / "build").mkdir()
    (place / "checkpoints").symlink_to(ROOT / "checkpoints", target_is_directory=True)
    monkeypatch.chdir(place)
    for name in names:
        for line in lines()[name]:
            words = words_of(line)
            if "--web" in words or words == ["doctor", "train", "sim"] or "build/tiny_folding.json" in line and (
                    "estimate" not in names):
                continue  # serves until it is stopped; asks for parts that may be missing; a file of another test
            assert cli.main(words) == 0, f"{line}\n{capsys.readouterr().err}"
    capsys.readouterr()
