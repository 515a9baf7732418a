"""Resources of emitted RTL, counted by Yosys ``synth_xilinx`` for UltraScale.

Yosys has no unisim models of the DSP48E2 but knows it as a primitive, so an explicit one counts as one; the carry
chains are the 7-series CARRY4 (half as many CARRY8). Memories follow the ``ram_style`` of the emitted modules or Yosys'
own choice.
"""

import json
import re
from pathlib import Path

from .levels.paths import logic_levels
from .lint import yosys

__all__ = ["CELLS", "count_cells", "resources", "synthesise"]

CELLS = {
    "lut": re.compile(r"LUT[1-6]|INV"),
    "lutram": re.compile(r"RAM\d+[A-Z]\d*(_D|_1)?|SRL.*"),
    "ff": re.compile(r"FD[A-Z]+(_1)?"),
    "carry4": re.compile(r"CARRY4"),
    "dsp": re.compile(r"DSP48E2"),
    "ramb36": re.compile(r"RAMB36E[12]"),
    "ramb18": re.compile(r"RAMB18E[12]"),
}
"""Classes of cells by name. A LUT RAM primitive is made of several LUTs: :func:`resources` counts those too."""

_LUTS_OF_RAM = {"RAM32M": 4, "RAM64M": 4, "RAM32M16": 8, "RAM64M8": 8, "RAM32X1S": 1, "RAM32X1D": 2, "RAM64X1S": 1,
                "RAM64X1D": 2, "RAM128X1S": 2, "RAM128X1D": 4, "RAM256X1S": 4, "RAM256X1D": 8, "RAM512X1S": 8}


def count_cells(stat: dict) -> dict[str, int]:
    """Cells by type of the whole design of a ``stat -json``."""
    return dict(stat["design"]["num_cells_by_type"])


def resources(cells: dict[str, int]) -> dict[str, float | list[str]]:
    """``lut`` (with LUT RAM), ``ff``, ``carry4``, ``dsp``, ``bram36`` (an 18 counts as half), and ``other``: the cell
    types that are none of these.

    Buffers and constants are left out of ``other``.
    """
    found = {
        name: sum(count for cell, count in cells.items() if pattern.fullmatch(cell)) for name, pattern in CELLS.items()
    }
    known = {cell for cell in cells for pattern in CELLS.values() if pattern.fullmatch(cell)}
    other = sorted(set(cells) - known - {"BUFG", "IBUF", "OBUF", "VCC", "GND", "MUXF7", "MUXF8", "MUXF9", "$scopeinfo"})
    ram_luts = sum(
        _LUTS_OF_RAM.get(cell, 1) * count for cell, count in cells.items() if CELLS["lutram"].fullmatch(cell)
    )
    return {"lut": found["lut"] + ram_luts, "ff": found["ff"], "carry4": found["carry4"], "dsp": found["dsp"],
            "bram36": found["ramb36"] + found["ramb18"] / 2, "other": other}


def synthesise(folder: Path, top: str, *, timeout: float = 1800) -> dict:
    """Map the emitted files in ``folder`` with ``synth_xilinx -family xcu`` and return :func:`resources`, with the
    depth of its logic: :meth:`~.levels.paths.Levels.classes`, the ``deepest`` path, and what is ``unregistered``.

    Raises :exc:`RuntimeError` with the end of Yosys' output when it fails. The full log is ``folder/synth.log``.
    """
    folder = Path(folder)
    sources = " ".join(sorted(path.name for path in folder.glob("*.sv")))
    script = (f"read_verilog -sv {sources}; synth_xilinx -family xcu -top {top} -noiopad -noclkbuf -flatten; "
              f"tee -q -o synth.json stat -json; write_json netlist.json")
    for name in ("synth.json", "netlist.json"):
        (folder / name).unlink(missing_ok=True)
    yosys(folder, script, log="synth.log", timeout=timeout)
    levels = logic_levels(json.loads((folder / "netlist.json").read_text()), top)
    (folder / "netlist.json").unlink()      # tens of megabytes
    deepest = levels.registers
    return {**resources(count_cells(json.loads((folder / "synth.json").read_text()))), **levels.classes(),
            "deepest": deepest and deepest.as_dict(), "unregistered": levels.unregistered}
