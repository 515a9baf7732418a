"""Pages and drivers name the cells of a PYNQ overlay as our own block design names them."""

import re

from contracts.tree import ROOT, modules
from hypgcn.vivado import VivadoSettings
from hypgcn.vivado.block_design_tcl import block_design_tcl

PATTERN = re.compile(r"""ip_dict\["([^"]+)"\]|\boverlay\.(?!ip_dict|block)(\w+)""")
FILES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", *modules("hypgcn_host"),
         *sorted((ROOT / "examples").glob("*.py"))]


def test_names():
    """The example of the driver ends in a KeyError when the block design calls its cells otherwise."""
    cells = set(re.findall(r"^\s*create_bd_cell .* (\w+)$", block_design_tcl(VivadoSettings()), re.M))
    used = {"".join(match): str(path.relative_to(ROOT)) for path in FILES
            for match in PATTERN.findall(path.read_text(encoding="utf-8"))}
    assert set(used) >= {"hypgcn", "dma"}
    assert {name: used[name] for name in used.keys() - cells} == {}, f"the cells are called {', '.join(sorted(cells))}"
