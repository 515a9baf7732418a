"""Build a simulator without Python in it: emitted text, and a testbench in C++ with its own ``main``."""

import hashlib
import importlib.metadata
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from hypgcn.emission.emit import Emission

from . import build as verilator
from .lock import build_lock

__all__ = ["Compiling", "build_program"]

TOP = "top"
WORDS = Path(__file__).with_name("words.hpp")
ARGUMENTS = [
    "--cc", "--exe", "--top-module", TOP, "-O3", "--no-timing", "--x-assign", "unique", "--x-initial", "unique",
    "-Wno-fatal", "-Wno-WIDTH",
]
SPLIT = ["--output-split", "8000", "--output-split-cfuncs", "2000"]
OPTIMISE = ["OPT_FAST=-O1", "OPT_SLOW=-O0"]
"""-O1 compiles twice as fast as the default and runs as fast; code that runs once is not optimised."""
IN_PARTS = ["CFG_CXXFLAGS_PCH_I=-include"]
AT_ONCE = ["VM_PARALLEL_BUILDS=0", "OPT_GLOBAL=-O0"]
"""One file is compiled in less time than the precompiled headers of many."""
POLL = 0.5


def build_program(emission: Emission, folder: Path, main: Path, header: str, cache: Path, *, small: bool = False,
                  jobs: int | None = None,
                  report: Callable[[float], None] = lambda share: None) -> Path:
    """The simulator of an emission; it reads memory images from the folder in which it runs.

    Parameters
    ----------
    emission : Emission
        Of a component as module ``top``.
    folder : Path
        Where it was written.
    main : Path
        The testbench; it may include ``ports.h`` and ``words.hpp``.
    header : str
        Content of ``ports.h``, what the testbench knows of this component.
    cache : Path
        Keeps simulators by the hash of their text; one that is there is not built again.
    small : bool
        A single unit, which is compiled at once, not in parts.
    jobs : int or None
        Compilers at the same time; ``None`` for the number of processors.
    report : callable
        Called with the share that is done, 0..1.

    Raises
    ------
    RuntimeError
        When a tool fails, with the first error of its output.
    """
    verilator.tools(cache.resolve())
    sources = sorted(folder.resolve() / name for name in emission.files if name.endswith(".sv"))
    arguments = [*ARGUMENTS, *([] if small else SPLIT)]
    variables = [*OPTIMISE, *(AT_ONCE if small else IN_PARTS)]
    digest = hashlib.sha256()
    for part in (importlib.metadata.version("verilator"), *arguments, *variables, header):
        digest.update(part.encode() + b"\0")
    for source in (*sources, main, WORDS):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    target = cache.resolve() / digest.hexdigest()[:24]
    target.mkdir(parents=True, exist_ok=True)
    program = target / f"V{TOP}"
    with build_lock(target):
        if (target / "complete").exists():
            return program
        (target / "ports.h").write_text(header, encoding="utf-8", newline="\n")
        (target / WORDS.name).write_bytes(WORDS.read_bytes())
        # No flags that name the folder: the objects of Verilator's own sources are shared by all builds.
        _run(["verilator", *arguments, "--Mdir", str(target), *map(str, sources), str(main)], target / "verilate.log")
        report(0.15)
        with Compiling(target, f"V{TOP}", lambda share: report(0.15 + 0.85 * share)):
            _run(["make", "-j", str(jobs or os.cpu_count() or 1), "-C", str(target), "-f", f"V{TOP}.mk", *variables,
                  f"V{TOP}"], target / "make.log")
        for intermediate in (*target.glob("*.o"), *target.glob("*.gch")):
            intermediate.unlink()
        (target / "complete").touch()
    return program


def _run(command: list[str], log: Path):
    with open(log, "w", encoding="utf-8", newline="\n") as out:
        status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT).returncode
    if status:
        lines = log.read_text(errors="replace", encoding="utf-8").strip().splitlines()
        errors = [line for line in lines if "rror" in line] or lines or ["no output"]
        raise RuntimeError(f"{command[0]} failed, see {log}: {errors[0].strip()}")


class Compiling:
    """Reports the share of compiled sources in a folder while the compiler runs in the block.

    Parameters
    ----------
    folder : Path
        Of the sources that Verilator writes, and of their objects.
    prefix : str
        What their names begin with.
    report : callable
        Called with the share, 0..1, every half second.
    """

    def __init__(self, folder: Path, prefix: str, report: Callable[[float], None]):
        self.folder, self.prefix, self.report, self.stop = folder, prefix, report, threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)

    def _look(self):
        while not self.stop.wait(POLL):
            sources = sum(1 for _ in self.folder.glob(f"{self.prefix}*.cpp"))
            self.report(min(1.0, sum(1 for _ in self.folder.glob(f"{self.prefix}*.o")) / max(1, sources)))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
