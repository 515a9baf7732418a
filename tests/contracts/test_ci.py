"""The hosted CI runs what ``.ci/run`` runs; templates of issues ask for what an answer needs."""

import re

import pytest

from contracts.tree import ROOT
from hypgcn.needs import EXTRAS

WORKFLOW = ROOT / ".github/workflows/ci.yml"
TEMPLATES = ROOT / ".github/ISSUE_TEMPLATE"


def commands_of_script() -> list[str]:
    """Commands of ``.ci/run`` behind the line that changes into the project."""
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    start, = (number for number, line in enumerate(lines) if line.startswith("cd "))
    return [line for line in lines[start + 1:] if line and not line.startswith("#")]


def load(path):
    # Comes with the docs' Markdown parser.
    yaml = pytest.importorskip("yaml", reason="no YAML parser: it comes with the extra docs")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_both_run_the_same_commands():
    lines = re.findall(r"^ +run: (.+)$", WORKFLOW.read_text(encoding="utf-8"), re.M)
    assert lines == commands_of_script()
    assert lines[:2] == ["make lint", "make test"]


def test_the_workflow_is_one():
    job, = load(WORKFLOW)["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == commands_of_script()
    uses = [step["uses"] for step in job["steps"] if "uses" in step]
    assert uses and all(re.fullmatch(r"actions/[\w-]+@v\d+", name) for name in uses)
    assert load(WORKFLOW)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("name", ["bug_report", "feature_request"])
def test_templates_of_issues(name):
    form = load(TEMPLATES / f"{name}.yml")
    assert form["name"] and form["description"]
    identities = [part["id"] for part in form["body"]]
    assert len(set(identities)) == len(identities) > 2
    assert all(part["attributes"]["label"] for part in form["body"])


def test_a_report_of_a_bug_says_what_is_installed():
    text = (TEMPLATES / "bug_report.yml").read_text(encoding="utf-8")
    assert "hypgcn doctor" in text and "hypgcn --version" in text and "base" in EXTRAS
