"""Build the simulator of whole clips: emitted text of a network and the testbench in ``main.cpp``.

No Python runs in the simulator: a clip of the paper's network has some 300,000 vectors to compare.
"""

import hashlib
import importlib.metadata
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from hypgcn.emission.emit import Emission

from ..verilator import build as verilator
from ..verilator.lock import build_lock

__all__ = ["MAIN", "build", "ports_header"]

MAIN = Path(__file__).with_name("main.cpp")
TOP = "top"
ARGUMENTS = [
    "--cc", "--exe", "--top-module", TOP, "-O3", "--no-timing", "--x-assign", "unique", "--x-initial", "unique",
    "-Wno-fatal", "-Wno-WIDTH", "--output-split", "8000", "--output-split-cfuncs", "2000",
]
OPTIMISE = ["OPT_FAST=-O1", "OPT_SLOW=-O0", "CFG_CXXFLAGS_PCH_I=-include"]
"""-O1 compiles twice as fast as the default and runs as fast; code that runs once is not optimised."""
POLL = 0.5


def ports_header(ports: list[dict]) -> str:
    """C++ functions that read the ports ``observe_*``, ``counts`` and ``overflow_counts``.

    Parameters
    ----------
    ports : list of dict
        Ports of the sidecar of an emission.
    """
    widths = {port["name"]: port["width"] for port in ports}
    observed = [name for name in widths if name.startswith("observe_")]
    observed.sort(key=lambda name: int(name.removeprefix("observe_")))

    def words(name: str) -> int:
        return -(-widths.get(name, 0) // 32)

    lines = [f"static const unsigned OBSERVED = {len(observed)};",
             f"static const unsigned OBSERVE_WORDS = {max([1, *map(words, observed)])};",
             f"static const unsigned COUNTS = {words('counts')};",
             f"static const unsigned OVERFLOWS = {words('overflow_counts')};",
             "static bool observe(Vtop& top, unsigned n, uint32_t* out) {", "    switch (n) {"]
    for index, name in enumerate(observed):
        # Bit 0 is valid.
        first = f"top.{name}[0]" if widths[name] > 64 else f"top.{name}"
        lines.append(f"    case {index}: if (!({first} & 1)) return false; words_of(top.{name}, {words(name)}, out); "
                     f"return true;")
    lines += ["    }", "    (void)top; (void)out;", "    return false;", "}"]
    for function, name in (("counts", "counts"), ("overflows", "overflow_counts")):
        body = f"words_of(top.{name}, {words(name)}, out);" if name in widths else "(void)top; (void)out;"
        lines.append(f"static void {function}(Vtop& top, uint32_t* out) {{ {body} }}")
    return "\n".join(lines) + "\n"


def build(emission: Emission, folder: Path, cache: Path, *, jobs: int | None = None,
          report: Callable[[float], None] = lambda share: None) -> Path:
    """The simulator of an emission; it reads memory images from the folder in which it runs.

    Parameters
    ----------
    emission : Emission
        Of the network.
    folder : Path
        Where it was written.
    cache : Path
        Keeps simulators by the hash of their text; one that is there is not built again.
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
    header = ports_header(emission.sidecar["ports"])
    digest = hashlib.sha256()
    for part in (importlib.metadata.version("verilator"), *ARGUMENTS, *OPTIMISE, header):
        digest.update(part.encode() + b"\0")
    for source in (*sources, MAIN):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    target = cache.resolve() / digest.hexdigest()[:24]
    target.mkdir(parents=True, exist_ok=True)
    program = target / f"V{TOP}"
    with build_lock(target):
        if (target / "complete").exists():
            return program
        (target / "ports.h").write_text(header, encoding="utf-8", newline="\n")
        _run(["verilator", *ARGUMENTS, "--Mdir", str(target), "-CFLAGS", f"-I{target}", *map(str, sources), str(MAIN)],
             target / "verilate.log")
        report(0.15)
        with _Reporter(target, report):
            _run(["make", "-j", str(jobs or os.cpu_count() or 1), "-C", str(target), "-f", f"V{TOP}.mk", *OPTIMISE,
                  f"V{TOP}"], target / "make.log")
        for intermediate in target.glob("*.o"):
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


class _Reporter:
    """Reports the share of compiled sources in a folder while the compiler runs."""

    def __init__(self, folder: Path, report: Callable[[float], None]):
        self.folder, self.report, self.stop = folder, report, threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)

    def _look(self):
        while not self.stop.wait(POLL):
            sources = sum(1 for _ in self.folder.glob(f"V{TOP}*.cpp"))
            self.report(0.15 + 0.85 * min(1.0, sum(1 for _ in self.folder.glob(f"V{TOP}*.o")) / max(1, sources)))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
