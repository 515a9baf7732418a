"""mypy's configuration covers what it says: every module has its section, and no section speaks of what is gone."""

import tomllib

import pytest

from contracts.tree import PACKAGES, ROOT, modules

SECTIONS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["overrides"]
PATTERNS = [pattern for section in SECTIONS for pattern in section["module"] if pattern.partition(".")[0] in PACKAGES]


def names():
    """Dotted names of all modules of the packages."""
    for package, folder in PACKAGES.items():
        for path in modules(package):
            parts = path.relative_to(folder).with_suffix("").parts
            yield ".".join([package, *parts]).removesuffix(".__init__")


def matches(pattern: str, name: str) -> bool:
    """As mypy does it: ``a.b.*`` is ``a.b`` and all below."""
    return name == pattern or pattern.endswith(".*") and f"{name}.".startswith(pattern.removesuffix("*"))


def test_every_module_has_a_section():
    missing = [name for name in names() if not any(matches(pattern, name) for pattern in PATTERNS)]
    assert not missing, "name them in a section of tool.mypy.overrides in pyproject.toml"


def test_every_pattern_matches_a_module():
    every = list(names())
    assert not [pattern for pattern in PATTERNS if not any(matches(pattern, name) for name in every)]


def test_no_pattern_stands_twice():
    assert len(set(PATTERNS)) == len(PATTERNS)


@pytest.mark.parametrize(("pattern", "name", "expected"), [
    ("hypgcn.design.*", "hypgcn.design", True), ("hypgcn.design.*", "hypgcn.design.block", True),
    ("hypgcn.design.*", "hypgcn.designs", False), ("hypgcn.head", "hypgcn.head", True),
    ("hypgcn.head", "hypgcn.head.unit", False), ("hypgcn", "hypgcn.head", False)])
def test_patterns_match_as_in_mypy(pattern, name, expected):
    assert matches(pattern, name) is expected

