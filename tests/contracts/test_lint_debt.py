import subprocess
import sys

import pytest

from contracts import lint_debt
from contracts.tree import ROOT


@pytest.fixture
def project(tmp_path):
    """A folder with the project's rules, one file and an empty list."""
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "lint-debt.toml").write_text(lint_debt.HEAD, encoding="utf-8")
    (tmp_path / "unit.py").write_text('"""One unit."""\n\n\ndef public(a):\n    return a\n', encoding="utf-8")
    return tmp_path


def _ruff(folder):
    return subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", "."], cwd=folder, capture_output=True,
                          encoding="utf-8")


def test_the_list_is_as_short_as_it_can_be():
    assert lint_debt.paid() == {}, "make lint-debt"


def test_nothing_is_found_that_is_not_listed():
    files, listed = lint_debt.findings(), lint_debt.listed()
    new = {name: more for name, codes in files.items() if (more := sorted(set(codes) - set(listed.get(name, ()))))}
    assert not new, new


def test_only_rules_that_came_later_are_on_the_list():
    assert all(lint_debt.is_debt(code) for codes in lint_debt.listed().values() for code in codes)
    assert not any(map(lint_debt.is_debt, ("F401", "NPY001", "E501", "PLE0101", "B006", "I001", "UP006")))


def test_a_new_file_keeps_all_rules(project):
    assert "D103" in _ruff(project).stdout
    (project / "unit.py").write_text('"""One unit."""\n\n\ndef public(a):\n    """Give it back."""\n    return a\n',
                                     encoding="utf-8")
    assert _ruff(project).returncode == 0


def test_what_is_listed_is_not_found_and_the_rest_is(project):
    assert lint_debt.debt(project) == {"unit.py": ["D103"]}
    (project / "lint-debt.toml").write_text(lint_debt.text(lint_debt.debt(project)), encoding="utf-8")
    assert _ruff(project).returncode == 0
    assert lint_debt.listed(project) == lint_debt.debt(project)
    (project / "other.py").write_text('def public(a):\n    return a\n', encoding="utf-8")
    assert "other.py" in (found := _ruff(project).stdout) and "unit.py" not in found


def test_other_rules_can_not_be_listed(project):
    (project / "unit.py").write_text('"""One unit."""\n\nimport os\n', encoding="utf-8")
    assert lint_debt.findings(project) == {"unit.py": ["F401"]}
    assert lint_debt.debt(project) == {}


def test_names_and_complexity_are_looked_at(project):
    body = "".join(f"    if a == {n}:\n        return {n}\n" for n in range(13))
    (project / "unit.py").write_text(f'"""One unit."""\n\n\ndef Public(a):\n    """Look."""\n{body}', encoding="utf-8")
    assert lint_debt.findings(project) == {"unit.py": ["C901", "N802", "PLR0912"]}


def test_projects_without_the_list_are_refused(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"^pyproject.toml must have the line extend = "):
        lint_debt.findings(tmp_path)


def test_what_is_kept_by_now_is_said(project, monkeypatch, capsys):
    (project / "lint-debt.toml").write_text(lint_debt.text({"unit.py": ["D103", "N802"], "gone.py": ["D100"]}),
                                            encoding="utf-8")
    assert lint_debt.paid(project) == {"unit.py": ["N802"], "gone.py": ["D100"]}
    monkeypatch.setattr(lint_debt, "paid", lambda: {"unit.py": ["D103", "N802"]})
    assert lint_debt.main(["--check"]) == 1
    assert capsys.readouterr().out.startswith("unit.py keeps D103, N802 by now: ")
    monkeypatch.setattr(lint_debt, "paid", dict)
    assert lint_debt.main(["--check"]) == 0
