"""Locale and encoding never matter: text is UTF-8 with line ends of one byte, on every system.

``read_text``, ``write_text``, ``open`` and ``subprocess`` take the encoding of the locale unless they are given one,
and write the line ends of the system.
"""

import ast
import json
import os
import subprocess
import sys

import pytest

from contracts.tree import PACKAGES, ROOT

FILES = sorted(path for top in ("hdl", "pruning", "sim", "firmware", "tests", "docs", "examples", "checkpoints")
               for path in (ROOT / top).rglob("*.py"))


def mode_of(call, position):
    """Mode of a call of ``open``; ``None`` when it is another function of that name."""
    found = [word.value for word in call.keywords if word.arg == "mode"] or call.args[position:position + 1]
    if not found:
        return "r"
    mode = getattr(found[0], "value", None)
    return mode if isinstance(mode, str) and set(mode) <= set("rwxab+t") else None


def missing(call, *, line_ends):
    """Keywords that a call lacks to be the same under every locale and on every system."""
    given = {word.arg for word in call.keywords}
    if None in given:
        return set()
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr if owner is not None else ""
    needed = set()
    if name in ("read_text", "write_text", "NamedTemporaryFile", "TextIOWrapper", "loadtxt", "savetxt", "genfromtxt"):
        needed = {"encoding"} | ({"newline"} if name == "write_text" else set())
    elif name in ("open", "fdopen") and getattr(owner, "id", None) not in ("os", "Core"):
        mode = mode_of(call, 0 if owner is not None else 1)
        if mode is not None and "b" not in mode and (owner is None or call.args):
            needed = {"encoding"} | ({"newline"} if set(mode) & set("wax") else set())
    elif given & {"text", "universal_newlines"} and name in ("run", "Popen", "check_output", "check_call"):
        needed = {"encoding"}
    return needed - given - (set() if line_ends else {"newline"})


def problems(text, *, line_ends=True):
    return [f"{node.lineno}: {', '.join(sorted(words))}" for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Call) and (words := missing(node, line_ends=line_ends))]


def test_files_are_read_and_written_as_utf8():
    found = [f"{path.relative_to(ROOT)}:{problem}" for path in FILES
             for problem in problems(path.read_text(encoding="utf-8"), line_ends="tests" not in path.parts)]
    assert not found, "these calls lack keywords:\n" + "\n".join(found)


@pytest.mark.parametrize("line", [
    "path.read_text()", "path.read_text(errors='replace')", "path.write_text(text, newline='\\n')", "open(path)",
    "open(path, 'w', encoding='utf-8')", "path.open('a')", "f'{path.read_text()}'", "subprocess.run([], text=True)",
])
def test_a_call_without_is_noticed(line):
    assert problems(line)


@pytest.mark.parametrize("line", [
    "path.read_text(encoding='utf-8')", "open(path, 'rb')", "path.open('wb')", "os.open(path, os.O_RDWR)", "tb.open()",
    "path.write_text(text, encoding='utf-8', newline='\\n')", "Core.open(bus, hash)", "subprocess.run([])",
])
def test_other_calls_are_not(line):
    assert not problems(line)


SCRIPT = """
import locale, sys
from pathlib import Path
assert sys.getfilesystemencoding() == "ascii" == locale.getencoding().replace("ANSI_X3.4-1968", "ascii").lower()
from hypgcn import cli
assert cli.main(["estimate", sys.argv[1], "--folding", sys.argv[2]]) == 0
assert cli.main(["allocate", sys.argv[1], "--dsp", "120", "-o", sys.argv[4]]) == 0
assert cli.main(["estimate", sys.argv[1], "--folding", sys.argv[4] + "none"]) == 2
assert cli.main(["estimate", "\\u00dcbung", "--folding", sys.argv[4]]) == 2
print("Gel\\u00e4nde")
"""


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the locale C means ASCII on Linux only")
def test_umlauts_in_an_ascii_locale(tmp_path):
    """Path, text of the design and text of the console; the same files as in any other locale."""
    from hypgcn.cli import main
    from hypgcn.design.presets import preset

    folder = tmp_path / "Prüfung"
    design = preset("tiny")
    design.meta["note"] = "Gelände, 骨格"
    design.save(folder)
    written = json.loads((folder / "design.json").read_text(encoding="utf-8"))  # as an editor writes it: no escapes
    (folder / "design.json").write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
    paths = [str(folder / name) for name in ("folding.json", "estimate.json", "allocated.json")]
    assert main(["allocate", str(folder), "--dsp", "120", "-o", paths[0]]) == 0
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))}
    environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0",
                    "PYTHONPATH": os.pathsep.join(str(PACKAGES[name].parent) for name in PACKAGES)}
    found = subprocess.run([sys.executable, "-c", SCRIPT, str(folder), *paths], env=environment, capture_output=True,
                           timeout=120)
    assert found.returncode == 0, found.stderr.decode()
    assert found.stdout.endswith(b"Gel\\xe4nde\n") and b"\\xdcbung" in found.stderr
    assert (folder / "allocated.json").read_bytes() == (folder / "folding.json").read_bytes()
    assert design.load(folder).meta["note"] == design.meta["note"]
