"""The checkout as the contract tests see it."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"hypgcn": ROOT / "hdl/hypgcn", "hypgcn_pruning": ROOT / "pruning/hypgcn_pruning",
            "hypgcn_sim": ROOT / "sim/hypgcn_sim", "hypgcn_host": ROOT / "firmware/hypgcn_host"}


def modules(package: str) -> list[Path]:
    """All Python files of a package."""
    return sorted(PACKAGES[package].rglob("*.py"))


def imports(path: Path, package: str) -> list[tuple[int, str]]:
    """(line, dotted name) of everything that the file imports, also inside functions; relative names made absolute."""
    inside = path.relative_to(PACKAGES[package]).with_suffix("").parts
    here = [package, *inside]
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[:len(here) - node.level]) if node.level else ""
            found.append((node.lineno, ".".join(part for part in (base, node.module) if part)))
    return found
