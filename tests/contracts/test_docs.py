"""Every file that the pages name is there: from the picture to the code without a dead end."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
PACKAGES = [ROOT / "hdl/hypgcn", ROOT / "sim/hypgcn_sim", ROOT / "pruning/hypgcn_pruning"]
# A page may name a file of a package by its last two names, as in `arith/requant.py`, or one of a stage by its own.
HOMES = [ROOT, ROOT / "docs", *PACKAGES, *(folder for package in PACKAGES for folder in package.glob("*/")),
         ROOT / "sim/hypgcn_sim/unit_tests/testbench"]
WRITTEN = {"steps.json", "seeds.json", "design.json", "bench.json", "case.json", "summary.json", "metrics.json",
           "project.json", "results/accuracy.json", "results/tradeoff.json", "ranges.json", "ratios.json",
           "layers.json", "ensemble.json"}
"""What commands write, not part of the project; so is everything under build/."""


def named_files(text):
    """Names with a suffix of ours; a placeholder such as NAME.json or NAME_core.sv, or a pattern, is not one."""
    for name in re.findall(r"(?<![\w*./{-])[\w./-]+\.(?:py|md|json|sv|vlt|toml)\b", text):
        if not re.search(r"[A-Z]{4,}[._]", name) or name.startswith("README"):
            yield name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_files_exist(page):
    for name in named_files(page.read_text(encoding="utf-8")):
        made = name in WRITTEN or name.startswith("build/")
        assert made or any((home / name).exists() for home in [page.parent, *HOMES]), f"{page.name} names {name}"


def test_every_stage_of_the_hardware_is_on_the_architecture_page():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    others = {"__init__.py", "processes.py", "progress.py", "usage.py", "layouts.py", "io_cost.py", "needs.py",
              "doctor.py", "choices.py"}
    for path in (ROOT / "hdl/hypgcn").glob("*.py"):
        assert path.name in others or path.name in text, path.name
    for folder in ("spatial", "sparse"):
        for path in (ROOT / "hdl/hypgcn" / folder).glob("*.py"):
            stage = path.name.replace("_config.py", ".py")      # the parameters of a stage are beside it
            assert path.name == "__init__.py" or stage in text, f"{folder}/{path.name}"
