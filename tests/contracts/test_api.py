"""The public API: docs/api.md, ``__all__`` and ``help(hypgcn)`` agree, and what we show to others uses nothing else."""

import ast
import importlib
import json
import pydoc
import re
import subprocess
import sys

import pytest

import hypgcn
from contracts.tree import PACKAGES, ROOT

PAGE = (ROOT / "docs/api.md").read_text(encoding="utf-8")
PUBLIC = {module: (kind, re.findall(r"`(\w+)`", names))
          for module, kind, names in re.findall(r"^\| `([\w.]+)` \| (\w+) \| (.*) \|$", PAGE, re.M)}
"""Kind and names of each module of the page."""
SHOWN = [*sorted((ROOT / "examples").rglob("*.py")), *sorted((ROOT / "examples").rglob("*.ipynb")),
         *sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]


def python_of(path) -> list[str]:
    """Pieces of Python in a script, a notebook or a page."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return [text]
    if path.suffix == ".ipynb":
        return ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return re.findall(r"^```python\n(.*?)^```$", text, re.S | re.M)


def used(source: str) -> set[tuple[str, str]]:
    """(module, name) of everything that is imported from our packages; of a whole module the name is empty."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in PACKAGES:
            found |= {(node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names if alias.name.partition(".")[0] in PACKAGES}
    return found


def internal(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of :func:`used` that the page does not list."""
    return {(module, name) for module, name in found
            if not (module in PUBLIC and (not name or name in PUBLIC[module][1])) and f"{module}.{name}" not in PUBLIC}


@pytest.mark.parametrize("module", PUBLIC)
def test_the_page_lists_what_the_module_exports(module):
    kind, names = PUBLIC[module]
    exported = importlib.import_module(module)
    assert kind in ("stable", "unit")
    assert names == sorted(set(exported.__all__) - {"__version__"})
    assert all(hasattr(exported, name) for name in exported.__all__)


def test_every_stable_package_is_on_the_page():
    assert len(PUBLIC) > 15 and set(PACKAGES) <= set(PUBLIC)


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_shown_uses_the_public_api(path):
    assert internal(set().union(*map(used, python_of(path)))) == set()


def test_an_internal_name_is_noticed():
    source = ("import hypgcn.needs\nfrom hypgcn import Design, rfc, needs\nfrom hypgcn.rfc import RowStore\n"
              "from hypgcn.rfc.store import RowStore\nfrom hypgcn.design import Block, missing\n")
    assert internal(used(source)) == {("hypgcn.needs", ""), ("hypgcn", "needs"), ("hypgcn.rfc.store", "RowStore"),
                                      ("hypgcn.design", "missing")}


def test_something_is_shown():
    assert len(set().union(*(used(source) for path in SHOWN for source in python_of(path)))) > 15


def test_help_begins_with_the_public_api():
    """The first screen; the list of all modules, which pydoc makes of the folder, comes behind it."""
    text = pydoc.plain(pydoc.render_doc(hypgcn))
    first = text.partition("PACKAGE CONTENTS")[0]
    assert len(first.splitlines()) < 40
    for module in PUBLIC:
        assert re.search(rf"\b{module}\b".replace(r".shell.top", ".shell"), first) \
            or module.startswith("hypgcn_host."), module
    for name in PUBLIC["hypgcn"][1]:
        assert name in first or name == "PRESETS", name
    assert "All other modules" in first and "are internal" in first.replace("\n    ", " ")
    # Below the list, only what is public is described.
    described = set(re.findall(r"^    class (\w+)\(", text, re.M))
    assert described == {name for name in PUBLIC["hypgcn"][1] if isinstance(getattr(hypgcn, name), type)}


def test_no_name_is_also_a_module():
    """``hypgcn.generate`` is what was imported last, if a function had the name of its module."""
    for package in ("hypgcn", "hypgcn_pruning", "hypgcn_sim"):
        modules = {path.stem for path in PACKAGES[package].iterdir()}
        assert modules.isdisjoint(importlib.import_module(package).__all__)


@pytest.mark.parametrize("package", ["hypgcn", "hypgcn_pruning", "hypgcn_sim"])
def test_importing_a_package_loads_nothing_else(package):
    code = f"import sys, {package}; print(*[name for name in sys.modules if name.startswith({package!r} + '.') " \
           f"or name in ('numpy', 'amaranth', 'torch')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("package", ["hypgcn", "hypgcn_pruning", "hypgcn_sim"])
def test_unknown_names(package):
    module = importlib.import_module(package)
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nothing'"):
        module.nothing  # noqa: B018
