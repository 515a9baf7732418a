"""A whole test set through the emitted network, in parts that stay when a run is broken off."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..files import save_json
from .simulation import FullSimulation

__all__ = ["PART", "Outcome", "run_parts"]

PART = 16
"""Clips of one simulation; what is finished stays when a run is broken off."""


@dataclass(kw_only=True)
class Outcome:
    """Of all clips: ``scores`` int64 (N, classes), ``overflow`` (N,), and ``cycles`` in all."""

    scores: np.ndarray
    overflow: np.ndarray
    cycles: int


def run_parts(simulation: FullSimulation, clips: np.ndarray, folder: Path, *, jobs: int = 1,
              progress=lambda *_: None) -> Outcome:
    """All ``clips`` through the network, ``PART`` at a time, in ``jobs`` processes; parts whose result is in ``folder``
    are not run again."""
    folder.mkdir(parents=True, exist_ok=True)
    start = f"{simulation.design.hash}/{simulation.folding.to_json()}/".encode()
    parts = [clips[first:first + PART] for first in range(0, len(clips), PART)]
    done: dict[int, float] = {}

    def one(number: int) -> dict:
        part = parts[number]
        path = folder / (hashlib.sha256(start + part.tobytes()).hexdigest()[:32] + ".json")

        def report(finished: float, *_):
            done[number] = finished
            progress(sum(done.values()), len(clips), "clips through the network")

        if not path.exists():
            found = simulation.run(part, name=f"part{number}", progress=report)
            save_json({"scores": found.scores.tolist(), "overflow": found.overflow.tolist(), "cycles": found.cycles},
                      path)
        report(len(part))
        return json.loads(path.read_text())

    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(one, range(len(parts))))
    return Outcome(scores=np.concatenate([np.array(each["scores"], np.int64) for each in results]),
                   overflow=np.concatenate([np.array(each["overflow"], bool) for each in results]),
                   cycles=sum(each["cycles"] for each in results))
