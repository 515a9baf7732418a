"""Resources of emitted RTL, counted by Yosys ``synth_xilinx`` for UltraScale.

Yosys has no unisim models of the DSP48E2 but knows it as a primitive, so an explicit one counts as one; the carry
chains are the 7-series CARRY4 (half as many CARRY8). Memories follow the ``ram_style`` of the emitted modules or Yosys'
own choice.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

from .levels.paths import Levels, logic_levels
from .lint import yosys

__all__ = ["CELLS", "count_cells", "map_rtl", "resources", "synthesise"]

XILINX = "synth_xilinx -family xcu -noiopad -noclkbuf -flatten"
MEMORIES = ("memory_libmap -logic-cost-rom 0.015625 -lib +/xilinx/lutrams_xcu.txt -lib +/xilinx/brams_xc4v.txt "
            "-D HAS_SIZE_36 -D HAS_MIXWIDTH_SDP -D HAS_ADDRCE -lib +/xilinx/urams.txt -no-auto-huge; "
            "setparam -unset INIT t:$__XILINX_BLOCKRAM_*; "
            "techmap -map +/xilinx/lutrams_xc5v_map.v; techmap -map +/xilinx/brams_xcu_map.v; "
            "techmap -map +/xilinx/urams_map.v")
"""The step ``map_memory`` of ``synth_xilinx`` in Yosys 0.70, but without the contents of block RAMs: Yosys makes a
template for each content, which takes one or two seconds, and neither counts nor levels depend on it. UltraRAM, which
UltraScale+ has and UltraScale has not, is there for memories that ask for it; the rest of both is alike."""

CELLS = {
    "lut": re.compile(r"LUT[1-6]|INV"),
    "lutram": re.compile(r"RAM\d+[A-Z]\d*(_D|_1)?|SRL.*"),
    "ff": re.compile(r"FD[A-Z]+(_1)?"),
    "carry4": re.compile(r"CARRY4"),
    "dsp": re.compile(r"DSP48E[12]"),
    "ramb36": re.compile(r"RAMB36E[12]"),
    "ramb18": re.compile(r"RAMB18E[12]"),
    "uram": re.compile(r"URAM288(_BASE)?"),
}
"""Classes of cells by name. :func:`resources` counts the LUTs of LUT RAM primitives, too."""

_LUTS_OF_RAM = {"RAM32M": 4, "RAM64M": 4, "RAM32M16": 8, "RAM64M8": 8, "RAM32X1S": 1, "RAM32X1D": 2, "RAM64X1S": 1,
                "RAM64X1D": 2, "RAM128X1S": 2, "RAM128X1D": 4, "RAM256X1S": 4, "RAM256X1D": 8, "RAM512X1S": 8}


def count_cells(stat: dict) -> dict[str, int]:
    """Cells by type of the whole design of a ``stat -json``."""
    return dict(stat["design"]["num_cells_by_type"])


def resources(cells: dict[str, int]) -> dict[str, float | list[str]]:
    """Resources of cells.

    Parameters
    ----------
    cells : dict of str to int
        Number of cells by type.

    Returns
    -------
    dict
        ``lut`` (with LUT RAM), ``ff``, ``carry4``, ``dsp``, ``bram36`` (a RAMB18 counts as half), ``uram``, and
        ``other``: cell types that are none of these, without buffers and constants.
    """
    counts = {
        name: sum(count for cell, count in cells.items() if pattern.fullmatch(cell)) for name, pattern in CELLS.items()
    }
    known = {cell for cell in cells for pattern in CELLS.values() if pattern.fullmatch(cell)}
    other = sorted(set(cells) - known - {"BUFG", "IBUF", "OBUF", "VCC", "GND", "MUXF7", "MUXF8", "MUXF9", "$scopeinfo"})
    ram_luts = sum(
        _LUTS_OF_RAM.get(cell, 1) * count for cell, count in cells.items() if CELLS["lutram"].fullmatch(cell)
    )
    return {"lut": counts["lut"] + ram_luts, "ff": counts["ff"], "carry4": counts["carry4"], "dsp": counts["dsp"],
            "bram36": counts["ramb36"] + counts["ramb18"] / 2, "uram": counts["uram"], "other": other}


def map_rtl(folder: Path, top: str, *, before: str = "", unit_of: Callable[[str], str] | None = None,
            timeout: float = 1800) -> tuple[dict, Levels]:
    """Map emitted files for UltraScale.

    It is ``synth_xilinx -family xcu`` with :data:`MEMORIES` in place of its step, and with nets split to bits before
    the LUTs are mapped: where a net of many bits and another one of the name of such a bit, as arrays have them, are
    both there, ABC9 ends in a failed assertion (`Yosys issue 4349 <https://github.com/YosysHQ/yosys/issues/4349>`_).

    Parameters
    ----------
    folder : Path
        Holds the emitted text; the log is ``synth.log`` there.
    top : str
        The top module.
    before : str
        Yosys commands to run before the mapping.
    unit_of : callable or None
        Unit of the name of a register.
    timeout : float
        Seconds for Yosys.

    Returns
    -------
    stat : dict
        Of ``stat -json``.
    levels : Levels
        Depth of the logic.

    Raises
    ------
    RuntimeError
        With the end of Yosys' output when it fails.
    """
    stat, netlist = folder / "synth.json", folder / "netlist.json"
    for path in (stat, netlist):
        path.unlink(missing_ok=True)
    sources = " ".join(sorted(path.name for path in folder.glob("*.sv")))
    steps = f"{XILINX} -top {top} -run"
    yosys(folder, f"read_verilog -sv {sources}; hierarchy -top {top}; {before}{steps} begin:map_memory; {MEMORIES}; "
                  f"{steps} map_ffram:map_luts; splitnets; {steps} map_luts:edif; "
                  f"tee -q -o {stat.name} stat -json; write_json {netlist.name}", log="synth.log", timeout=timeout)
    levels = logic_levels(json.loads(netlist.read_text(encoding="utf-8")), top, unit_of=unit_of)
    netlist.unlink()    # tens of megabytes
    return json.loads(stat.read_text(encoding="utf-8")), levels


def synthesise(folder: Path, top: str, *, timeout: float = 1800) -> dict:
    """Map emitted files by :func:`map_rtl`.

    Parameters
    ----------
    folder : Path
        Holds the emitted text.
    top : str
        The top module.
    timeout : float
        Seconds for Yosys.

    Returns
    -------
    dict
        :func:`resources`, :meth:`~.levels.paths.Levels.classes`, the ``deepest`` path, and ``unregistered`` outputs.
    """
    stat, levels = map_rtl(Path(folder), top, timeout=timeout)
    deepest = levels.registers
    return {**resources(count_cells(stat)), **levels.classes(), "deepest": deepest and deepest.as_dict(),
            "unregistered": levels.unregistered}
