"""Run Tcl of the project in a Tcl interpreter against ``vivado_stub.tcl``, and check every call that it makes."""

import shutil
import subprocess
import sys
from pathlib import Path

from tcl_words import commands
from vivado_commands import COMMANDS, check_call

from hypgcn.vivado.tcl import tcl_word

__all__ = ["TIMING", "UTILISATION", "interpreter", "run_tcl"]

STUB = Path(__file__).with_name("vivado_stub.tcl")
_TKINTER = "import sys, tkinter; tkinter.Tcl().call('source', sys.argv[1])"

TIMING = """\
Timing Summary Report

------------------------------------------------------------------------------------------------
| Design Timing Summary
| ---------------------
------------------------------------------------------------------------------------------------

    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)      THS(ns)  THS Failing Endpoints  THS Total Endpoints
    -------      -------  ---------------------  -------------------      -------      -------  ---------------------  -------------------
     -0.186       -1.250                     12                 4711        0.032        0.000                      0                 4711


Timing constraints are not met.

------------------------------------------------------------------------------------------------
| Clock Summary
| -------------
------------------------------------------------------------------------------------------------

Clock  Waveform(ns)         Period(ns)      Frequency(MHz)
-----  ------------         ----------      --------------
aclk   {0.000 2.907}        5.814           171.999
"""  # noqa: E501
"""Excerpt of a report of ``report_timing_summary``, with made-up numbers."""

UTILISATION = """\
1. CLB Logic
------------

+----------------------------+-------+-------+------------+-----------+-------+
|          Site Type         |  Used | Fixed | Prohibited | Available | Util% |
+----------------------------+-------+-------+------------+-----------+-------+
| CLB LUTs*                  | 20321 |     0 |          0 |    663360 |  3.06 |
|   LUT as Logic             | 18000 |     0 |          0 |    663360 |  2.71 |
| CLB Registers              | 30567 |     0 |          0 |   1326720 |  2.30 |
+----------------------------+-------+-------+------------+-----------+-------+

2. CLB Logic Distribution
-------------------------

+--------------------------------------------+-------+-------+------------+-----------+-------+
|                  Site Type                 |  Used | Fixed | Prohibited | Available | Util% |
+--------------------------------------------+-------+-------+------------+-----------+-------+
| CLB Registers                              |     1 |     0 |          0 |         2 | 50.00 |
+--------------------------------------------+-------+-------+------------+-----------+-------+

3. BLOCKRAM
-----------

+-------------------+------+-------+------------+-----------+-------+
|     Site Type     | Used | Fixed | Prohibited | Available | Util% |
+-------------------+------+-------+------------+-----------+-------+
| Block RAM Tile    | 61.5 |     0 |          0 |      2160 |  2.85 |
|   RAMB36/FIFO*    |   50 |     0 |          0 |      2160 |  2.31 |
+-------------------+------+-------+------------+-----------+-------+

4. ARITHMETIC
-------------

+----------------+------+-------+------------+-----------+-------+
|    Site Type   | Used | Fixed | Prohibited | Available | Util% |
+----------------+------+-------+------------+-----------+-------+
| DSPs           |  256 |     0 |          0 |      5520 |  4.64 |
+----------------+------+-------+------------+-----------+-------+
"""
"""Excerpt of a report of ``report_utilization`` for an UltraScale device, with made-up numbers."""


def interpreter() -> list[str] | None:
    """Command line of a Tcl interpreter that runs a file: ``tclsh``, or the one inside Python; ``None`` without."""
    if program := shutil.which("tclsh"):
        return [program]
    try:
        import tkinter
        tkinter.Tcl()
    except Exception:  # no tkinter, or one whose library is missing
        return None
    return [sys.executable, "-c", _TKINTER]


def run_tcl(script: Path, *, arguments=(), ports=(), timing=TIMING, utilisation=UTILISATION, progress="100%",
            prelude="", catalogue=("xilinx.com:ip:xlconcat:2.1",), folder: Path) -> list[tuple[str, list[str]]]:
    """(command, words) of the calls that ``script`` makes; :exc:`ValueError` names the first mistake in it.

    Parameters
    ----------
    script : path; arguments : what ``-tclargs`` would give
    ports : names of the core's ports; timing, utilisation : what the reports say; progress : where runs end
    prelude : Tcl before the script
    catalogue : IPs that not every Vivado has, of those that it has
    folder : for files of the stub itself, empty
    """
    driver, record = folder / "driver.tcl", folder / "record.tcl"
    record.unlink(missing_ok=True)
    known = " ".join(f"{name} {{{{{command.flags}}} {{{command.options}}}}}" for name, command in COMMANDS.items())
    driver.write_text(
        f"namespace eval stub {{variable ports {{{' '.join(ports)}}}; variable folder {tcl_word(str(folder))}\n"
        f"variable iproot {tcl_word(str(script.parent / 'ip'))}; variable known {{{known}}}\n"
        f"variable catalogue {{{' '.join(catalogue)}}}\n"
        f"variable texts [dict create timing {{{timing}}} utilisation {{{utilisation}}} progress {{{progress}}}]}}\n"
        f"source {tcl_word(str(STUB))}\nset argv {{{' '.join(arguments)}}}\n{prelude}\n"
        f"set status [catch [list source {tcl_word(str(script))}] message]\n"
        f"set file [open {tcl_word(str(record))} w]\n"
        f"foreach call $stub::log {{puts $file $call}}\n"
        f"puts $file [list stub_end $status $message]\nclose $file\n", encoding="utf-8")
    program = interpreter()
    if program is None:
        raise RuntimeError("there is no Tcl interpreter")
    done = subprocess.run([*program, str(driver)], capture_output=True, encoding="utf-8", cwd=script.parent, timeout=60)
    if done.returncode or not record.exists():
        raise ValueError(f"the stub failed: {done.stdout}{done.stderr}")
    *made, end = [(words[0].text, [word.text for word in words[1:]])
                  for words in commands(record.read_text(encoding="utf-8"))]
    for name, words in made:
        check_call(name, words)
    if end[1][0] != "0":
        raise ValueError(f"{script.name}: {end[1][1]}")
    return made
