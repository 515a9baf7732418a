"""Run test cases, each in a process and a folder of its own, as many at once as there are processors."""

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

__all__ = ["Result", "prepare", "run_case", "run_cases", "simulate"]

TOP = "top"
POLL = 0.2
LOGS = ("run.log", "build.log", "process.log")


@dataclass(kw_only=True)
class Result:
    """Outcome of a test case.

    Attributes
    ----------
    unit : str
        The unit under test.
    design : str
        Name of the design that it belongs to.
    clips, real_clips : int
        Whole clips that passed through, and recorded ones among them.
    cycles : int
        Simulated cycles.
    passed : bool
        Whether all beats were equal.
    error : str
        The first difference and its place, or what failed; empty when passed.
    seconds : float
        Time of build and run.
    """

    unit: str
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
    (folder / "build.json").write_text(json.dumps(build), encoding="utf-8", newline="\n")


def simulate(folder: Path, cache: Path) -> dict:
    """Build and run a prepared test case.

    Parameters
    ----------
    folder : Path
        Where :func:`prepare` wrote it.
    cache : Path
        Keeps simulators that were built.

    Returns
    -------
    dict
        ``passed``, ``cycles`` and ``error``, as in :class:`Result`.
    """
    return _process(folder, ["hypgcn_sim.verilator.build", str(folder), str(cache)])


def run_case(unit: str, context: Path, folder: Path, cache: Path, *, fault: str = "",
             report: Callable[[float], None] = lambda share: None) -> dict:
    """Prepare, build and run the test case of a unit.

    Parameters
    ----------
    unit : str
        Key of :data:`hypgcn_sim.unit_tests.cases.TEST_CASES`.
    context : Path
        Folder of the saved context.
    folder : Path
        Folder of this run.
    cache : Path
        Keeps simulators that were built.
    fault : str
        Key of :data:`hypgcn_sim.unit_tests.faults.FAULTS`; empty for none.
    report : callable
        Called with the share that is done, 0..1.

    Returns
    -------
    dict
        As :func:`simulate`, with ``clips`` and ``real_clips``.
    """
    words = ["hypgcn_sim.unit_tests.worker", unit, str(context), str(folder), str(cache), fault]
    return _process(folder, words, report)


def _process(folder: Path, module: list[str], report: Callable[[float], None] = lambda share: None) -> dict:
    """Run a module in a process of its own; the content of the ``result.json`` that it leaves in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("result.json", "building", "progress", *LOGS):
        (folder / name).unlink(missing_ok=True)
    with open(folder / "process.log", "w", encoding="utf-8", newline="\n") as log:
        process = subprocess.Popen([sys.executable, "-m", *module], stdout=log, stderr=subprocess.STDOUT,
                                   env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)})
        try:
            while process.poll() is None:
                time.sleep(POLL)
                report(_share_done(folder))
        finally:
            process.kill()
    try:
        return json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"passed": False, "cycles": 0, "error": _failure(folder)}


def _share_done(folder: Path) -> float:
    """Share of a test case that is done: a tenth is emission and Verilator, the C++ compiler half of the remainder."""
    try:
        done, total = (folder / "progress").read_text(encoding="utf-8").split()
        return 0.55 + 0.45 * int(done) / int(total)
    except (OSError, ValueError):
        pass
    try:
        build = Path(os.fsdecode((folder / "building").read_bytes()))
        objects, sources = len([*build.glob("Vtop*.o")]), len([*build.glob("Vtop*.cpp")])
        return 0.1 + 0.45 * min(1.0, objects / sources) if sources else 0.05
    except OSError:
        return 0.0


def _failure(folder: Path) -> str:
    """The first error of the last log, when there is no result."""
    for name in LOGS:
        path = folder / name
        lines = path.read_text(errors="replace", encoding="utf-8").strip().splitlines() if path.exists() else []
        if lines:
            return f"{path}: {([line for line in lines if 'rror' in line] or lines)[-1].strip()}"
    return f"the simulator left no result in {folder}"


def run_cases(
    context: Context,
    units: dict[str, float],
    folder: Path,
    *,
    workers: int | None = None,
    fault: str = "",
    cache: Path | None = None,
    progress: Callable[[float, float, str], None] | None = None,
) -> list[Result]:
    """Run test cases, the longest first.

    Parameters
    ----------
    context : Context
        Design, folding and clips.
    units : dict of str to float
        Units under test, keys of :data:`hypgcn_sim.unit_tests.cases.TEST_CASES`, with a guess of their relative time.
    folder : Path
        Folder of the run, with one for each unit.
    workers : int or None
        Test cases at the same time; ``None`` for the number of processors.
    fault : str
        Key of :data:`hypgcn_sim.unit_tests.faults.FAULTS`; empty for none.
    cache : Path or None
        Keeps simulators that were built; ``None`` for ``folder/cache``.
    progress : callable or None
        Called with done, total and a text.

    Returns
    -------
    list of Result
        In the order of ``units``.
    """
    context.save(folder / "context")
    shares = dict.fromkeys(units, 0.0)
    active: set[str] = set()

    def show():
        if progress:
            done = sum(shares[unit] * weight for unit, weight in units.items())
            progress(done, sum(units.values()), ", ".join(sorted(active)))

    def run(unit: str) -> Result:
        def report(share: float):
            shares[unit] = share
            show()
        start = time.monotonic()
        active.add(unit)
        outcome = run_case(unit, folder / "context", folder / unit, cache or folder / "cache", fault=fault,
                           report=report)
        active.discard(unit)
        shares[unit] = 1.0
        show()
        return Result(unit=unit, design=context.design.name, seconds=time.monotonic() - start, **outcome)

    order: Sequence[str] = sorted(units, key=lambda unit: -units[unit])
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        results = dict(zip(order, pool.map(run, order)))
    return [results[unit] for unit in units]
