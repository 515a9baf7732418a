"""Whole clips through the emitted network at full speed, back to back, compared with the golden model."""

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from hypgcn.design import Design
from hypgcn.design.folding import Folding
from hypgcn.emission.emit import Emission, emit
from hypgcn.network import Network, counted_units

from .build import build
from .exchange import read_results, results_so_far, write_expected, write_stimuli
from .ports import Shape
from .result import Run

__all__ = ["TOP", "FullSimulation", "simulate"]

TOP = "top"


class FullSimulation:
    """Simulator of the emitted network of a design.

    Parameters
    ----------
    design : Design
        The network.
    folding : Folding
        Its lanes, widths and units.
    folder : Path
        Folder for everything that is made.
    observe : bool
        With ports that show the output of every block.
    counters : bool
        With performance counters of the units.
    cache : Path or None
        Keeps simulators; ``None`` for ``folder/cache``.
    progress : callable
        Called with done, total and a text.

    Attributes
    ----------
    seconds : dict of str to float
        Time of ``emission`` and ``build``.
    """

    def __init__(self, design: Design, folding: Folding, folder: Path, *, observe: bool = True, counters: bool = True,
                 cache: Path | None = None, progress: Callable[[float, float, str], None] = lambda *_: None):
        self.design, self.folding, self.folder = design, folding, Path(folder)
        self.observe = observe
        self.shape = Shape.of(design)
        self.seconds: dict[str, float] = {}
        start = time.monotonic()
        rtl = self.folder / "rtl"
        self.emission: Emission = emit(
            Network(design, folding, observe=observe, counters=counters), TOP, rtl,
            progress=lambda done, total, text: progress(0.25 * done / total, 1.0, text))
        self.seconds["emission"] = time.monotonic() - start
        start = time.monotonic()
        self.program = build(self.emission, rtl, cache or self.folder / "cache",
                             report=lambda share: progress(0.25 + 0.75 * share, 1.0, "Verilator and the C++ compiler"))
        self.seconds["build"] = time.monotonic() - start

    @property
    def content(self) -> str:
        """What results depend on: the hash of the design, and its folding."""
        return f"{self.design.hash}/{self.folding.to_json()}"

    def run(self, clips: np.ndarray, expected: Sequence[Path] | None = None, *, name: str = "run", seed: int = 1,
            progress: Callable[[float, float, str], None] = lambda *_: None) -> Run:
        """Send clips through the network.

        Parameters
        ----------
        clips : int8 (N, M, T, V, C)
            The clips.
        expected : sequence of Path or None
            Files of :func:`~.golden.golden_clips` to compare with; ``None`` to measure only.
        name : str
            Folder of the run, in that of the simulation.
        seed : int
            Of the random contents of registers and memories without a reset.
        progress : callable
            Called with done, total and a text.

        Raises
        ------
        AssertionError
            When a beat differs: names the tensor, the place, expected and got.
        """
        folder = (self.folder / name).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        write_stimuli(folder, self.shape, clips)
        golden = None if expected is None else write_expected(
            folder, self.shape, expected, blocks=len(self.design.blocks) if self.observe else 0,
            skip_absent=self.folding.skip_absent)
        start = time.monotonic()
        output, status = simulate(self.program, folder, self.folder / "rtl", seed, lambda done: progress(
            done, len(clips), f"{name}: clips through the network"))
        if status or output:
            raise AssertionError(self.shape.explain(output, len(clips), status, golden.people if golden else None))
        run = read_results(folder, self.shape, len(clips))
        run.units = counted_units(self.design) if run.counts.shape[1] else []
        run.seconds, run.compared = time.monotonic() - start, golden.beats if golden else 0
        if expected is not None:
            lost = sum(np.load(path)["lost"] for path in expected)
            if list(lost) != run.lost:
                raise AssertionError(f"overflow_counts: expected {list(map(int, lost))}, got {run.lost}, at the end")
        return run


def simulate(program: Path, folder: Path, rtl: Path, seed: int, report: Callable[[int], None]) -> tuple[str, int]:
    """Run a simulator.

    Parameters
    ----------
    program : Path
        The simulator.
    folder : Path
        Stimuli, expected beats and results.
    rtl : Path
        Folder of the emitted text: it names its memory images relative to that.
    seed : int
        Of the random contents of registers and memories without a reset.
    report : callable
        Called with the results so far, once a second.

    Returns
    -------
    output : str
        What it printed.
    status : int
        Exit status.
    """
    with subprocess.Popen([program, str(folder), str(seed)], cwd=rtl, encoding="utf-8", errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            while True:
                try:
                    output, _ = process.communicate(timeout=1.0)
                    return output.strip(), process.returncode
                except subprocess.TimeoutExpired:
                    report(results_so_far(folder))
        except BaseException:
            process.kill()
            raise
