"""Run proofs, each with its cover and its mutant, as many at once as there are processors."""

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from .harness import Harness
from .proof import Proof
from .proofs import PROOFS
from .solver import search, write_model

__all__ = ["Result", "report", "run_proof", "run_proofs", "table"]


@dataclass(frozen=True, kw_only=True)
class Result:
    """Outcome of a proof.

    Attributes
    ----------
    name, method : str
        Of the proof.
    depth : int
        Cycles searched.
    passed : bool
        The claims hold, everything is reached, and the mutant is found.
    error : str
        What failed, and where; empty when passed.
    seconds : float
        Time of all searches.
    cpu_seconds : float
        Of the processor in them; 0 on a system without the count.
    """

    name: str
    method: str
    depth: int
    passed: bool
    error: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0


def run_proof(proof: Proof, folder: Path, *, deep: bool = False) -> Result:
    """Show the claims of ``proof``; it counts only when it is not vacuous and its mutant does not survive."""
    start, cpu = time.monotonic(), _cpu_seconds()
    depth = (deep and proof.deep) or proof.depth
    error = _failure(proof, folder, depth)
    return Result(name=proof.name, method=proof.method, depth=depth, passed=not error, error=error,
                  seconds=time.monotonic() - start, cpu_seconds=_cpu_seconds() - cpu)


def _cpu_seconds() -> float:
    """Of this process and of the solvers that have ended."""
    return sum(os.times()[:4])


def _failure(proof: Proof, folder: Path, depth: int) -> str:
    reachable = max(depth, proof.cover_depth or 0)
    _model(proof, folder)
    if not (cover := search(folder, "cover", proof.cover_depth or depth)).passed:
        return f"vacuous: not reached: {', '.join(cover.places) or 'see the log'}"
    # The base of an induction goes as far as the cover, so that it sees what the cover shows.
    if not (base := search(folder, "bmc", reachable)).passed:
        return f"counterexample: {', '.join(base.places)}"
    if proof.induction and not (step := search(folder, "step", depth)).passed:
        return f"not inductive at {depth} cycles: {', '.join(step.places)}"
    with proof.mutant.planted():
        _model(proof, folder / "mutant")
    if search(folder / "mutant", "bmc", reachable).passed:
        return f"the mutant passes: {proof.mutant.new} for {proof.mutant.old} in {proof.mutant.owner.__name__}"
    return ""


def _model(proof: Proof, folder: Path):
    harness = Harness()
    proof.build(harness)
    write_model(harness, folder)


def _run_named(name: str, folder: Path, deep: bool) -> Result:
    return run_proof(PROOFS[name], folder, deep=deep)


def run_proofs(names: Iterable[str], folder: Path, *, deep: bool = False, workers: int | None = None,
               progress: Callable[[float, float, str], None] | None = None) -> list[Result]:
    """Run proofs in processes of their own, the longest first.

    Parameters
    ----------
    names : iterable of str
        Keys of :data:`~hypgcn_sim.formal.proofs.PROOFS`.
    folder : Path
        Keeps a folder for each, with models and logs.
    deep : bool
        Use the larger depths.
    workers : int or None
        Proofs at the same time; ``None`` for the number of processors.
    progress : callable or None
        Called with done, total and a text.

    Returns
    -------
    list of Result
        In the order of ``names``.
    """
    names = list(names)
    total, done = sum(PROOFS[name].weight for name in names), 0.0
    results: dict[str, Result] = {}
    with ProcessPoolExecutor(workers or os.cpu_count(), get_context("spawn")) as pool:
        jobs = [pool.submit(_run_named, name, folder / name, deep)
                for name in sorted(names, key=lambda name: -PROOFS[name].weight)]
        for job in as_completed(jobs):
            result = job.result()
            results[result.name] = result
            done += PROOFS[result.name].weight
            if progress:
                progress(done, total, result.name)
    return [results[name] for name in names]


def table(results: Iterable[Result]) -> str:
    """Text of the outcomes, a line each."""
    lines = [f"{'proof':16} {'method':10} {'depth':>5} {'result':8} {'seconds':>7} {'CPU s':>7}"]
    for result in results:
        state = "proved" if result.passed else "FAILED"
        lines.append(f"{result.name:16} {result.method:10} {result.depth:5} {state:8} {result.seconds:7.1f} "
                     f"{result.cpu_seconds:7.1f}")
        if result.error:
            lines.append(f"    {result.error}")
    return "\n".join(lines)


def report(results: Iterable[Result]) -> list[dict]:
    """The outcomes with what each proof claims, for a JSON file."""
    return [{**asdict(result), "seconds": round(result.seconds, 1), "cpu_seconds": round(result.cpu_seconds, 1),
             "text": PROOFS[result.name].text} for result in results]
