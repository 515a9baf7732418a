"""Run benches, each in a process and a folder of its own, as many at once as there are processors."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hypgcn.emission.emit import emit

from .case import Case
from .context import Context

__all__ = ["Result", "prepare", "run_bench", "run_benches", "simulate"]

TOP = "top"
POLL = 0.2
LOGS = ("run.log", "build.log", "process.log")


@dataclass(kw_only=True)
class Result:
    """Outcome of a bench; ``error`` says what differs where, or what failed."""

    bench: str
    design: str
    clips: int = 0
    real_clips: int = 0
    cycles: int = 0
    passed: bool = False
    error: str = ""
    seconds: float = 0.0


def prepare(case: Case, folder: Path):
    """Emit the component of ``case`` and write its stimuli into ``folder``."""
    component = case.component()
    case.write(folder, component)
    emission = emit(component, TOP, folder)
    known = {port["name"] for port in emission.sidecar["ports"]}
    build = {"sources": sorted(name for name in emission.files if name.endswith(".sv")), "seed": case.seed,
             "module": case.module,
             "ports": [port for port in case.ports() if port in known]}
    (folder / "build.json").write_text(json.dumps(build))


def simulate(folder: Path, cache: Path) -> dict:
    """Build and run a prepared bench; the content of its ``result.json``."""
    return _process(folder, ["hypgcn_sim.verilator.build", str(folder), str(cache)])


def run_bench(bench: str, context: Path, folder: Path, cache: Path, *, fault: str = "",
              report: Callable[[float], None] = lambda share: None) -> dict:
    """Prepare, build and run the bench of that name for the saved context; the content of its ``result.json``."""
    words = ["hypgcn_sim.unit_tests.worker", bench, str(context), str(folder), str(cache), fault]
    return _process(folder, words, report)


def _process(folder: Path, module: list[str], report: Callable[[float], None] = lambda share: None) -> dict:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("result.json", "building", "progress", *LOGS):
        (folder / name).unlink(missing_ok=True)
    with open(folder / "process.log", "w") as log:
        process = subprocess.Popen([sys.executable, "-m", *module], stdout=log, stderr=subprocess.STDOUT,
                                   env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)})
        try:
            while process.poll() is None:
                time.sleep(POLL)
                report(_share_done(folder))
        finally:
            process.kill()
    try:
        return json.loads((folder / "result.json").read_text())
    except FileNotFoundError:
        return {"passed": False, "cycles": 0, "error": _failure(folder)}


def _share_done(folder: Path) -> float:
    """How far a bench is: a tenth for emission and Verilator, half of the rest for the C++ compiler, by its objects."""
    try:
        done, total = (folder / "progress").read_text().split()
        return 0.55 + 0.45 * int(done) / int(total)
    except (OSError, ValueError):
        pass
    try:
        build = Path((folder / "building").read_text())
        objects, sources = len([*build.glob("Vtop*.o")]), len([*build.glob("Vtop*.cpp")])
        return 0.1 + 0.45 * min(1.0, objects / sources) if sources else 0.05
    except OSError:
        return 0.0


def _failure(folder: Path) -> str:
    """What the last log says when there is no result."""
    for name in LOGS:
        path = folder / name
        lines = path.read_text(errors="replace").strip().splitlines() if path.exists() else []
        if lines:
            return f"{path}: {([line for line in lines if 'rror' in line] or lines)[-1].strip()}"
    return f"the simulator left no result in {folder}"


def run_benches(
    context: Context,
    benches: dict[str, float],
    folder: Path,
    *,
    workers: int | None = None,
    fault: str = "",
    cache: Path | None = None,
    progress: Callable[[float, float, str], None] | None = None,
) -> list[Result]:
    """Run benches, given by name with a guess of their time, in ``folder``; the results in that order.

    The longest go first. ``fault`` is the name of a planted fault, see :mod:`hypgcn_sim.unit_tests.faults`; ``cache``
    keeps the simulators that were built (default: in ``folder``).
    """
    context.save(folder / "context")
    share = dict.fromkeys(benches, 0.0)
    active: set[str] = set()

    def show():
        if progress:
            done = sum(share[name] * weight for name, weight in benches.items())
            progress(done, sum(benches.values()), ", ".join(sorted(active)))

    def one(bench: str) -> Result:
        def report(part: float):
            share[bench] = part
            show()
        start = time.monotonic()
        active.add(bench)
        found = run_bench(bench, folder / "context", folder / bench, cache or folder / "cache", fault=fault,
                          report=report)
        active.discard(bench)
        share[bench] = 1.0
        show()
        return Result(bench=bench, design=context.design.name, seconds=time.monotonic() - start, **found)

    order: Sequence[str] = sorted(benches, key=lambda name: -benches[name])
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        results = dict(zip(order, pool.map(one, order)))
    return [results[name] for name in benches]
