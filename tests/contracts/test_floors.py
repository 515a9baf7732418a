"""Inside a package imports go from higher floors to lower ones, and the docs show them as they are."""

import importlib.util
import re
from itertools import combinations

import pytest
from importlinter import cli as import_linter

from contracts.tree import ROOT

_spec = importlib.util.spec_from_file_location("import_picture", ROOT / "docs/site/import_picture.py")
import_picture = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(import_picture)


def test_imports_go_down(capsys):
    code = import_linter.lint_imports(str(ROOT / "pyproject.toml"), no_cache=True)
    assert code == 0, capsys.readouterr().out


def test_an_import_that_goes_up_is_noticed(tmp_path, monkeypatch, capsys):
    package = tmp_path / "two_floors"
    package.mkdir()
    for name, text in {"__init__": "", "low": "from two_floors import high\n", "high": ""}.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.importlinter]\nroot_package = "two_floors"\n[[tool.importlinter.contracts]]\nname = "floors"\n'
        'type = "layers"\nlayers = ["two_floors.high", "two_floors.low"]\n', encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert import_linter.lint_imports(str(tmp_path / "pyproject.toml"), no_cache=True) == 1
    assert "two_floors.low -> two_floors.high" in capsys.readouterr().out


@pytest.mark.parametrize("package", import_picture.PLACES)
def test_pictures_show_the_imports(package):
    text = import_picture.picture(package)
    path = import_picture.path_of(package)
    assert path.read_text(encoding="utf-8") == text, "write it again: python docs/site/import_picture.py"


@pytest.mark.parametrize("package", import_picture.PLACES)
def test_pictures_can_be_read_at_page_width(package):
    """Shown 800 pixels wide: boxes and arrows inside, no box over another, text of 9 pixels, one screen high."""
    text = import_picture.picture(package)
    wide, high, font = (float(re.search(rf'{name}="(\d+)"', text)[1]) for name in ("width", "height", "font-size"))
    assert font * 800 / wide >= 9 and high * 800 / wide <= 950
    boxes = [tuple(map(float, found)) for found in re.findall(
        r'<rect x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)" rx', text)]
    assert len(boxes) > 5 and all(x >= 0 and x + width <= wide for x, _, width, _ in boxes)
    assert not [(one, other) for one, other in combinations(boxes, 2) if abs(one[1] - other[1]) < one[3]
                and one[0] < other[0] + other[2] and other[0] < one[0] + one[2]]
    for path in re.findall(r'<path d="(M[^"]+)" fill="none"', text):
        across = [float(x) for x in re.findall(r"(-?\d+) -?\d+", path)]
        assert min(across) >= 0 and max(across) <= wide


def test_arrows_keep_the_order():
    direct = {"a": {"b", "c", "d"}, "b": {"c"}, "c": set(), "d": set()}
    assert import_picture.without_detours(direct) == {"a": {"b", "d"}, "b": {"c"}, "c": set(), "d": set()}


def test_a_file_without_a_floor_is_named():
    with pytest.raises(ValueError, match="must have a floor for b$"):
        import_picture.lanes([["a"]], {"a": {"b"}, "b": set()})
