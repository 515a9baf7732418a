"""A whole test set through the emitted network, in parts: an interrupted run goes on where it stopped."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypgcn.design.files import write_json

from .ensemble import EnsembleSimulation
from .simulation import FullSimulation

__all__ = ["PART", "Outcome", "run_parts"]

PART = 16
"""Clips of one simulation."""


@dataclass(kw_only=True)
class Outcome:
    """Results of all clips.

    Attributes
    ----------
    scores : int64 (N, classes)
        The scores; of an ensemble those of the sum.
    streams : int64 (streams, N, classes)
        Scores of each network of an ensemble; without rows for one network.
    overflow : bool (N,)
        Overflow flags.
    cycles : int
        Simulated cycles of all parts.
    """

    scores: np.ndarray
    streams: np.ndarray
    overflow: np.ndarray
    cycles: int


def run_parts(simulation: FullSimulation | EnsembleSimulation, clips: np.ndarray, folder: Path, *, jobs: int = 1,
              progress=lambda *_: None) -> Outcome:
    """Send all clips through the network, ``PART`` at a time.

    Parameters
    ----------
    simulation : FullSimulation or EnsembleSimulation
        The network, or the networks.
    clips : int8 or int16 (N, M, T, V, C)
        The clips.
    folder : Path
        Keeps the results of parts: a part that is there is not run again.
    jobs : int
        Simulators at the same time.
    progress : callable
        Called with done, total and a text.
    """
    folder.mkdir(parents=True, exist_ok=True)
    start = f"{simulation.content}/".encode()
    parts = [clips[first:first + PART] for first in range(0, len(clips), PART)]
    done: dict[int, float] = {}

    def run_part(number: int) -> dict:
        part = parts[number]
        path = folder / (hashlib.sha256(start + part.tobytes()).hexdigest()[:32] + ".json")

        def report(finished: float, *_):
            done[number] = finished
            progress(sum(done.values()), len(clips), "clips through the network")

        if not path.exists():
            run = simulation.run(part, name=f"part{number}", progress=report)
            write_json(path, {"scores": run.scores.tolist(), "overflow": run.overflow.tolist(), "cycles": run.cycles,
                              "streams": run.streams.tolist()})
        report(len(part))
        return json.loads(path.read_text(encoding="utf-8"))

    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(run_part, range(len(parts))))
    streams = [np.array(result.get("streams", []), np.int64).reshape(-1, *np.shape(result["scores"]))
               for result in results]
    return Outcome(scores=np.concatenate([np.array(result["scores"], np.int64) for result in results]),
                   streams=np.concatenate(streams, axis=1),
                   overflow=np.concatenate([np.array(result["overflow"], bool) for result in results]),
                   cycles=sum(result["cycles"] for result in results))
