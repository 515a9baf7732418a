"""The table of faults in docs/simulation.md names tests that are there."""

import re

from contracts.tree import ROOT

FILES = {"Amaranth": ["tests/hdl/shell/test_top.py"],
         "drivers": ["tests/sim/cosim/test_device.py", "tests/sim/cosim/test_drivers.py"]}


def test_every_named_test_exists():
    page = (ROOT / "docs/simulation.md").read_text(encoding="utf-8")
    part = page.partition("## Faults at the pins")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    heading, _, *faults = rows
    assert heading[1:] == list(FILES) and len(faults) >= 8
    for fault, *cells in faults:
        assert any(cells), fault
        for column, cell in zip(FILES, cells):
            text = "".join((ROOT / name).read_text(encoding="utf-8") for name in FILES[column])
            for name in re.findall(r"`(\w+)`", cell):
                assert re.search(rf"^def test_\w*{name}", text, re.MULTILINE), f"{fault}: no test {name}"
