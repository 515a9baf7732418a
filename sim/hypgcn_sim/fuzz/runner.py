"""Run chunks of random vectors through units."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..unit_tests.faults import plant
from .chunk import CHUNK
from .simulator import Simulator
from .units import UNITS

__all__ = ["Result", "fuzz", "table"]

BUILD_WEIGHT = 30
"""Time of a build relative to that of a chunk, for the progress."""


@dataclass(kw_only=True)
class Result:
    """Outcome of one unit.

    Attributes
    ----------
    unit : str
        The unit.
    chunks, vectors, cycles : int
        What passed through, up to the first failure.
    error : str
        The first mismatch and how to repeat its chunk; empty when all was equal.
    seconds : float
        Time of the chunks.
    cpu : float
        Seconds of CPU of the chunks: stimuli, golden model and simulation.
    build_cpu : float
        Seconds of CPU of emission and compilation; near 0 when the simulators were there.
    """

    unit: str
    chunks: int = 0
    vectors: int = 0
    cycles: int = 0
    error: str = ""
    seconds: float = 0.0
    cpu: float = 0.0
    build_cpu: float = 0.0


def _cpu() -> float:
    """Seconds of CPU of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def fuzz(units: Sequence[str], vectors: int, seed: int, folder: Path, *, only: int | None = None, fault: str = "",
         workers: int | None = None, cache: Path | None = None,
         progress: Callable[[float, float, str], None] = lambda *_: None) -> list[Result]:
    """Send random vectors through units, one unit after the other, each up to its first failure.

    Parameters
    ----------
    units : sequence of str
        Keys of :data:`~hypgcn_sim.fuzz.units.UNITS`.
    vectors : int
        At least these through each unit, in whole chunks.
    seed : int
        A chunk depends on it, on the unit and on the chunk's number, and on nothing else.
    folder : Path
        For everything that is made; the folder of a failed chunk stays.
    only : int or None
        Only the chunk of this number.
    fault : str
        Key of :data:`hypgcn_sim.unit_tests.faults.FAULTS`; empty for none.
    workers : int or None
        Chunks at the same time; ``None`` for the number of processors.
    cache : Path or None
        Keeps simulators; ``None`` for ``folder/cache``.
    progress : callable
        Called with done, total and a text.

    Returns
    -------
    list of Result
        In the order of ``units``.
    """
    numbers = range(-(-vectors // CHUNK)) if only is None else range(only, only + 1)
    used = {unit: sorted({number % len(UNITS[unit]) for number in numbers}) for unit in units}
    total = sum(BUILD_WEIGHT * len(variants) + len(numbers) for variants in used.values())
    done, results = 0, []
    for unit in units:
        start, simulators = _cpu(), {}
        for index in used[unit]:
            progress(done, total, f"{unit}: building, {UNITS[unit][index].name}")
            with plant(fault):
                simulators[index] = Simulator(UNITS[unit][index], folder / unit / f"rtl{index}",
                                               cache or folder / "cache")
            done += BUILD_WEIGHT
        result = Result(unit=unit, build_cpu=_cpu() - start)
        results.append(result)
        start, begin = _cpu(), time.monotonic()
        for number, (chunk, cycles, error) in _in_order(unit, simulators, numbers, seed, folder, workers):
            done += 1
            progress(done, total, f"{unit}: chunk {number}")
            if error:
                result.error = (f"{unit} ({UNITS[unit][number % len(UNITS[unit])].name}), seed {seed}, chunk {number}: "
                                f"{error}; repeat with: hypgcn fuzz {unit} --seed {seed} --chunk {number}")
                break
            result.chunks += 1
            result.vectors += chunk.vectors
            result.cycles += cycles
        result.seconds, result.cpu = time.monotonic() - begin, _cpu() - start
    return results


def _in_order(unit: str, simulators: dict[int, Simulator], numbers: Iterable[int], seed: int, folder: Path,
              workers: int | None):
    """Number and outcome of each chunk; what has not begun when the caller stops is left out."""
    def run(number: int):
        rng = np.random.default_rng([seed, *unit.encode(), number])
        return simulators[number % len(UNITS[unit])].run(rng, CHUNK, folder / unit / f"chunk{number}")

    pool = ThreadPoolExecutor(workers or os.cpu_count())
    try:
        yield from zip(numbers, pool.map(run, numbers))
    finally:
        pool.shutdown(cancel_futures=True)


def table(results: Sequence[Result]) -> str:
    """A line for each unit: vectors, cycles, time, CPU, and vectors per second of CPU."""
    lines = [f"{'unit':16} {'vectors':>10} {'cycles':>12} {'seconds':>8} {'CPU s':>8} {'build':>7} {'per CPU s':>10}"]
    for result in results:
        speed = result.vectors / result.cpu if result.cpu else 0
        lines.append(f"{result.unit:16} {result.vectors:>10,} {result.cycles:>12,} {result.seconds:>8.1f} "
                     f"{result.cpu:>8.1f} {result.build_cpu:>7.1f} {speed:>10,.0f}  "
                     f"{'FAILED' if result.error else 'equal'}")
    return "\n".join(lines)
