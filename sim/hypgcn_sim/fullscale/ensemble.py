"""Whole clips through the emitted networks of an ensemble, back to back: sums and scores against the golden model."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hypgcn.design.ensemble import Ensemble
from hypgcn.design.folding import Folding
from hypgcn.emission.emit import emit
from hypgcn.ensemble import EnsembleNetwork
from hypgcn.golden.ensemble import ensemble_scores
from hypgcn.network import counted_units

from ..stimuli.payload import pack
from .build import build
from .exchange import read_results, write_stimuli
from .golden import golden_clips
from .ports import Shape
from .result import Run
from .simulation import TOP, simulate

__all__ = ["EnsembleSimulation", "StreamResults", "golden_streams", "run_of_stream", "units_of"]


@dataclass(frozen=True, kw_only=True)
class StreamResults:
    """What the golden model says of clips.

    Attributes
    ----------
    sums : int64 (N, classes)
        Scores of the weighted sum.
    streams : int64 (streams, N, classes)
        Logits of each network.
    overflow : bool (N,)
        A store of a network lost values.
    lost : int64 (blocks,)
        Vectors that lost values, of all clips, by block; those of the networks one after another.
    """

    sums: np.ndarray
    streams: np.ndarray
    overflow: np.ndarray
    lost: np.ndarray


def golden_streams(ensemble: Ensemble, clips: np.ndarray, folder: Path, *, jobs: int | None = None,
                   progress: Callable[[float, float, str], None] = lambda *_: None) -> StreamResults:
    """Golden results of int16 ``clips`` (N, M, T, V, C), with files of :func:`~.golden.golden_clips` in ``folder``."""
    logits, overflow, lost = [], [], []
    for number, (stream, design) in enumerate(zip(ensemble.streams, ensemble.designs)):
        def report(done, total, text, number=number, stream=stream):
            progress(number + done / total, len(ensemble.designs), f"{stream}: {text}")
        parts = [dict(np.load(path)) for path in golden_clips(design, clips, folder, jobs=jobs, progress=report)]
        logits.append(np.stack([part["logits"] for part in parts]))
        overflow.append([bool(part["overflow"]) for part in parts])
        lost.append(sum(part["lost"] for part in parts))
    streams = np.stack(logits)
    return StreamResults(sums=ensemble_scores(ensemble, streams), streams=streams, lost=np.concatenate(lost),
                         overflow=np.logical_or.reduce(overflow))


def units_of(ensemble: Ensemble) -> list[str]:
    """Names of the counted units of all networks, such as ``joint.blocks[0].conv``, in their order."""
    return [f"{stream}.{unit}" for stream, design in zip(ensemble.streams, ensemble.designs)
            for unit in counted_units(design)]


def run_of_stream(run: Run, stream: str) -> Run:
    """``run`` with the performance counters of the units of one network alone, by their names in it."""
    start = f"{stream}."
    own = [index for index, unit in enumerate(run.units) if unit.startswith(start)]
    return replace(run, counts=run.counts[:, own], units=[run.units[index].removeprefix(start) for index in own])


class EnsembleSimulation:
    """Simulator of the emitted networks of an ensemble, without the shell.

    Parameters
    ----------
    ensemble : Ensemble
    foldings : sequence of Folding
        Of each network.
    folder : Path
        Folder for everything that is made.
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

    def __init__(self, ensemble: Ensemble, foldings: Sequence[Folding], folder: Path, *, counters: bool = False,
                 cache: Path | None = None,
                 progress: Callable[[float, float, str], None] = lambda *_: None):
        self.ensemble, self.foldings, self.folder = ensemble, tuple(foldings), Path(folder)
        self.shape = Shape.of_ensemble(ensemble)
        self.seconds: dict[str, float] = {}
        start = time.monotonic()
        rtl = self.folder / "rtl"
        emission = emit(EnsembleNetwork(ensemble, foldings, counters=counters), TOP, rtl,
                        progress=lambda done, total, text: progress(0.25 * done / total, 1.0, text))
        self.seconds["emission"] = time.monotonic() - start
        start = time.monotonic()
        self.program = build(emission, rtl, cache or self.folder / "cache",
                             report=lambda share: progress(0.25 + 0.75 * share, 1.0, "Verilator and the C++ compiler"))
        self.seconds["build"] = time.monotonic() - start

    @property
    def content(self) -> str:
        """What results depend on: the hash of the ensemble, and its foldings."""
        return "/".join([self.ensemble.hash, *(folding.to_json() for folding in self.foldings)])

    def run(self, clips: np.ndarray, expected: StreamResults | None = None, *, name: str = "run", seed: int = 1,
            progress: Callable[[float, float, str], None] = lambda *_: None) -> Run:
        """Send clips through the networks.

        Parameters
        ----------
        clips : int16 (N, M, T, V, C)
            The clips.
        expected : StreamResults or None
            To compare every score with; ``None`` to measure only.
        name, seed, progress
            See :meth:`~.simulation.FullSimulation.run`.

        Raises
        ------
        AssertionError
            When a sum, a score, a flag or a count of lost vectors differs: names the place, expected and got.
        """
        folder = (self.folder / name).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        write_stimuli(folder, self.shape, clips)
        if expected is not None:
            self._write_expected(folder, expected)
        start = time.monotonic()
        output, status = simulate(self.program, folder, self.folder / "rtl", seed, lambda done: progress(
            done, len(clips), f"{name}: clips through the networks"))
        if status or output:
            raise AssertionError(self.shape.explain(output, len(clips), status))
        run = read_results(folder, self.shape, len(clips))
        run.seconds = time.monotonic() - start
        run.units = units_of(self.ensemble) if run.counts.shape[1] else []
        if expected is None:
            return run
        if list(expected.lost) != run.lost:
            raise AssertionError(f"overflow_counts: expected {list(map(int, expected.lost))}, got {run.lost}, at the "
                                 f"end")
        run.compared = expected.sums.size + expected.streams.size
        return run

    def _write_expected(self, folder: Path, expected: StreamResults):
        """Every beat of the output; all of its bits are compared."""
        classes = self.shape.classes
        words = -(-self.shape.result["width"] // 32)
        with open(folder / "o.bin", "wb") as file:
            for clip, overflow in enumerate(expected.overflow.tolist()):
                for index in range(classes):
                    word = pack(self.shape.result, {
                        "index": index, "score": int(expected.sums[clip, index]), "last": int(index == classes - 1),
                        "overflow": int(overflow), **{f"stream{number}": int(logits[clip, index])
                                                      for number, logits in enumerate(expected.streams)}})
                    file.write(word.to_bytes(4 * words, "little"))
        np.full(words, 0xFFFFFFFF, "<u4").tofile(folder / "o.mask.bin")
