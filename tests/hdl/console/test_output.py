"""What commands print: figures as a table or as JSON, and their last lines."""

import argparse
import ast
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from ensembles import small_ensemble

from contracts.tree import PACKAGES, modules
from hypgcn import __version__, cli
from hypgcn.console import Commands, add_json, finished, introduce, json_alone, show
from hypgcn.design.presets import preset


def options(*words) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_json(parser)
    return parser.parse_args(list(words))


def test_figures_are_a_table_or_json(capsys):
    figures = {"count": np.int64(3), "share": np.float32(0.5), "each": np.arange(2), "path": Path("a/b"), "none": None}
    for args in (options(), argparse.Namespace()):
        with json_alone(args):
            print("a note")
            show(args, figures, "the table")
            finished("a.json")
        assert capsys.readouterr() == ("a note\nthe table\nwritten: a.json\n", "")
    args = options("--json")
    with json_alone(args):
        print("a note")
        show(args, figures, lambda: pytest.fail("the table is not needed"))
        finished("a.json")
        print("progress", file=sys.stderr)
    found = capsys.readouterr()
    assert json.loads(found.out) == {"count": 3, "share": 0.5, "each": [0, 1], "path": "a/b", "none": None}
    assert found.err == "a note\nwritten: a.json\nprogress\n"


def test_a_number_that_is_none_is_no_json(capsys):
    """NaN is no JSON; a value that is not known is null, and a mistake here is not passed on."""
    with pytest.raises(ValueError, match="Out of range float"):
        show(options("--json"), {"share": float("nan")}, "")


def test_the_table_may_be_made_when_it_is_shown(capsys):
    show(options(), {}, lambda: "made")
    assert capsys.readouterr().out == "made\n"


@pytest.mark.parametrize(("written", "note", "then", "text"), [
    ((), "", (), ""), (("a",), "", (), "written: a\n"), ((None, "a", ""), "", (), "written: a\n"),
    (("a", Path("b"), "c"), "3 files", (), "written: a, b and c; 3 files\n"),
    ((), "", ("view", Path("my clip.npz")), "next: hypgcn view 'my clip.npz'\n"),
    (("a",), "", ("lint", "a"), "written: a\nnext: hypgcn lint a\n"),
])
def test_last_lines(capsys, written, note, then, text):
    finished(*written, note=note, then=then)
    assert capsys.readouterr().out == text


def test_first_line(capsys):
    introduce(preset("tiny"), "2 clips", "folding x")
    assert capsys.readouterr().out == (f"hypgcn {__version__}: design tiny-seeded, hash {preset('tiny').hash[:16]}; "
                                       f"2 clips; folding x\n")


def test_first_line_of_an_ensemble(capsys):
    ensemble = small_ensemble()
    introduce(ensemble, "2 clips")
    assert capsys.readouterr().out == f"hypgcn {__version__}: ensemble small, hash {ensemble.hash[:16]}; 2 clips\n"


def test_json_is_all_that_main_prints(capsys, tmp_path):
    assert cli.main(["devices", "tiny", "--device", "xc7a100t", "-o", str(tmp_path / "d.json"), "--json"]) == 0
    found = capsys.readouterr()
    rows = json.loads(found.out)
    assert rows == json.loads((tmp_path / "d.json").read_text(encoding="utf-8")) and "written: " in found.err
    assert cli.main(["devices", "tiny", "--device", "xc7a100t", "-o", str(tmp_path / "d.json")]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if "tiny-seeded" in line)
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    used = [f"{count:,g}" for count in rows[0]["used"].values()]
    assert cells[1:] == [rows[0]["device"], ", ".join(rows[0]["boards"]),
                         f"{rows[0]['clips_per_second_at_172mhz']:,.0f}", *used, rows[0]["limit"]]


def test_an_error_leaves_the_standard_output_empty(capsys):
    assert cli.main(["estimate", "nowhere", "--folding", "x", "--json"]) == 2
    found = capsys.readouterr()
    assert not found.out and found.err.startswith("hypgcn: error: design 'nowhere'")


def test_every_command_with_figures_has_json():
    """The others print no figures: they write files or pages, pass a stream on, or list findings."""
    commands, = (action for action in cli.whole_parser()._actions if isinstance(action, Commands))
    without = {name for name, parser in commands.choices.items() if "--json" not in parser.format_usage()}
    assert without == {"activity", "board", "compile", "completion", "demo", "golden", "import", "lint", "live",
                       "motion", "prune", "quantise", "report", "train", "verilog", "view", "vivado"}


def test_last_lines_are_printed_here_alone():
    """``written:`` and ``next:`` look the same after every command."""
    wrong = [f"{path}:{node.lineno}" for package in PACKAGES for path in modules(package)
             if path.name != "output.py" for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
             and any(isinstance(part, ast.Constant) and str(part.value).lstrip("\n").startswith(("written", "next: "))
                     for part in ast.walk(node))]
    assert not wrong
