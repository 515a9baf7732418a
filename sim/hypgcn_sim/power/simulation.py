"""The emitted core in Verilator, with its switching activity written as SAIF."""

import os
import subprocess
from pathlib import Path

import numpy as np

from hypgcn.emission.emit import Emission
from hypgcn.shell.registers import REGISTERS

from ..verilator import build as verilator

__all__ = ["MAIN", "build_tracer", "half_period", "record"]

MAIN = Path(__file__).with_name("main.cpp")
ARGUMENTS = [
    "--cc", "--exe", "--prefix", "Vcore", "--trace-saif", "--trace-max-array", "1", "--trace-max-width", "4096", "-O3",
    "--no-timing", "-Wno-fatal", "-Wno-WIDTH", "--output-split", "8000", "--output-split-cfuncs", "2000",
]
"""The contents of memories are not recorded: no net of a netlist stands for them. Nor are the values within
expressions, whose names begin with an underscore: Verilator leaves such nets out, and synthesis keeps none of them."""
OPTIMISE = ["OPT_FAST=-O0", "OPT_SLOW=-O0", "CFG_CXXFLAGS_PCH_I=-include"]
"""A few clips run in seconds; compiling with optimisation would take minutes more."""


def half_period(mhz: float) -> int:
    """Half a clock period in picoseconds."""
    return round(5e5 / mhz)


def build_tracer(emission: Emission, folder: Path, bus_width: int, *, jobs: int | None = None) -> Path:
    """Simulator of an emitted core; :exc:`RuntimeError` when a tool fails.

    Parameters
    ----------
    emission : Emission
        Of a core with its buses.
    folder : Path
        Where it was written; the simulator goes beside it.
    bus_width : int
        Bits of the input stream.
    jobs : int or None
        Compilers at the same time; ``None`` for the number of processors.
    """
    folder = folder.resolve()
    target = folder.parent / "tracer"
    target.mkdir(parents=True, exist_ok=True)
    verilator.tools(target)
    sources = [str(folder / name) for name in sorted(emission.files) if name.endswith(".sv")]
    _run(["verilator", *ARGUMENTS, "--top-module", emission.name, "--Mdir", str(target), "-CFLAGS",
          f"-DHYPGCN_BUS_BYTES={bus_width // 8}", *sources, str(MAIN)], target / "verilate.log")
    _run(["make", "-j", str(jobs or os.cpu_count() or 1), "-C", str(target), "-f", "Vcore.mk", *OPTIMISE, "Vcore"],
         target / "make.log")
    return target / "Vcore"


def _run(command: list[str], log: Path):
    with open(log, "w", encoding="utf-8", newline="\n") as out:
        status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT).returncode
    if status:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        errors = [line for line in lines if "rror" in line] or ["no output"]
        raise RuntimeError(f"{command[0]} failed, see {log}: {errors[0].strip()}")


def record(program: Path, rtl: Path, clips: np.ndarray, scores: int, mhz: float, saif: Path) -> np.ndarray:
    """Send clips through the core, back to back, and record from the first beat to the last result.

    Parameters
    ----------
    program : Path
        Of :func:`build_tracer`.
    rtl : Path
        Folder of the memory images.
    clips : int8 or int16 (N, M, T, V, C)
        The clips.
    scores : int
        Of a clip; of an ensemble those of the sum, and behind them those of each network.
    mhz : float
        Clock.
    saif : Path
        File of the activity; made whole or not at all.

    Returns
    -------
    int32 (N, scores)
    """
    control = next(register for register in REGISTERS if register.name == "CONTROL")
    auto_restart = next(field for field in control.fields if field.name == "auto_restart")
    folder = program.parent
    stimuli, raw = folder / "clips.bin", saif.resolve().with_suffix(".part")
    stimuli.write_bytes(np.ascontiguousarray(clips).tobytes())
    done = subprocess.run([str(program), str(stimuli), str(clips[0].nbytes), str(len(clips)), str(raw),
                           str(half_period(mhz)), str(control.offset), str(1 << auto_restart.low)],
                          cwd=rtl, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"the simulation failed with status {done.returncode}: {(done.stdout + done.stderr)[-200:]}")
    words = np.array([[int(word, 16) for word in line.split()] for line in done.stdout.splitlines()], np.uint32)
    os.replace(raw, saif)
    return words[:, :scores].view(np.int32)
