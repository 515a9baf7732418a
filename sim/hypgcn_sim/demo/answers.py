"""What a network says of the clips of a demonstration, and what every clip makes of its blocks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypgcn.design import Design
from hypgcn.design.folding import Folding
from hypgcn.golden.network import run as golden
from hypgcn.pages import Answer, BlockWork, PageClip
from hypgcn.planning.device_table import CLOCK_MHZ

from .clips import DemoClip

__all__ = ["Measured", "answered", "golden_only", "simulated_core"]

_CYCLES_PER_MS = 1000
_TIMEOUT = 120.0
"""Seconds for a clip, at :data:`_CYCLES_PER_MS` cycles a millisecond."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a device says of one clip.

    Parameters
    ----------
    scores : np.ndarray int64 (classes,)
    cycles : int
        From the first element of the clip to its result.
    busy : tuple of int
        For each block the cycles in which it neither waits for input nor for the block behind it.
    """

    scores: np.ndarray
    cycles: int
    busy: tuple[int, ...]


@contextmanager
def golden_only() -> Iterator[Callable[[np.ndarray], None]]:
    """No device: the golden integers are all that there is."""
    yield lambda clip: None


@contextmanager
def simulated_core(design: Design, folding: Folding, cache: Path, progress=None) -> Iterator[Callable]:
    """The emitted core in Verilator behind the Python driver: a function from an int8 clip to :class:`Measured`.

    Parameters
    ----------
    design : Design
    folding : Folding
    cache : Path
        Folder that keeps what is compiled.
    progress : Progress or None
        Shows how far the compilation is.

    Raises
    ------
    OSError
        The core cannot be built, or breaks a rule of its buses.
    """
    from hypgcn.shell.top import Top
    from hypgcn_host import Core, CoreError
    from hypgcn_host.simulator import SimulatedBus

    from ..cosim.build import build_core

    library = build_core(Top.of(design, folding, 32), cache, progress=progress)
    if progress:
        progress.finish()
    with SimulatedBus(library, cycles_per_ms=_CYCLES_PER_MS) as bus:
        core = Core.open(bus, design.hash, timeout=_TIMEOUT)
        before = [0] * len(design.blocks)

        def classify(clip):
            try:
                result, counters = core.classify(clip), core.counters()
            except CoreError as error:
                raise OSError(f"the simulated core: {error}") from error
            total = [block.busy for block in counters.blocks]
            busy = tuple(now - then for now, then in zip(total, before, strict=True))
            before[:] = total
            return Measured(scores=result.scores, cycles=counters.clip_cycles, busy=busy)
        yield classify
        bus.finish()


def answered(design: Design, clips: list[DemoClip], device: Callable, progress) -> list[PageClip]:
    """``clips`` for a page, each with its answer.

    Parameters
    ----------
    design : Design
    clips : list of DemoClip
    device : callable
        Of :func:`golden_only` or :func:`simulated_core`.
    progress : callable
        Called as ``progress(done, total, text)``.
    """
    shown = []
    for number, clip in enumerate(clips):
        progress(number, len(clips), clip.name)
        tensors = golden(design, clip.clip)
        shown.append(PageClip(name=clip.name if clip.truth is None else f"{clip.name}: {clip.truth}",
                              places=clip.places, skeleton=clip.skeleton, notes=_notes(clip, tensors),
                              answer=_answer(design, clip, tensors, device(clip.clip))))
    return shown


def _notes(clip: DemoClip, tensors: dict) -> tuple[str, ...]:
    notes = [f"{clip.places.shape[1]} frames as they were {'recorded' if clip.truth is not None else 'made'}; the "
             f"network gets {clip.clip.shape[1]}"]
    if tensors["overflow"]:
        notes.append(f"{tensors['overflow_count']} vectors lost values in full stores: flagged with the scores")
    return tuple(notes)


def _answer(design: Design, clip: DemoClip, tensors: dict, measured: Measured | None) -> Answer:
    scores = tensors["logits"] if measured is None else measured.scores
    names = design.class_names or tuple(f"class {number}" for number in range(design.classes))
    exponentials = np.exp((scores - scores.max()) * design.logit_scale)
    probabilities = exponentials / exponentials.sum()
    best = sorted(range(len(names)), key=lambda number: (-int(scores[number]), number))
    equal = None if measured is None else measured.scores.tolist() == tensors["logits"].tolist()
    timing, check = "golden integers; cycles are counted with --device sim", ""
    if measured is not None:
        timing = (f"{measured.cycles:,} cycles from the first element to the result: "
                  f"{measured.cycles / CLOCK_MHZ / 1000:.2f} ms at an assumed {CLOCK_MHZ:g} MHz")
        check = f"the core's scores {'equal' if equal else 'DIFFER from'} the golden model's"
    return Answer(
        scores=tuple((names[number], float(f"{probabilities[number]:.4f}"), int(scores[number])) for number in best),
        truth=clip.truth, source=clip.source, timing=timing, check=check, equal=equal,
        blocks=tuple(_work(design, tensors, index, None if measured is None else measured.busy[index])
                     for index in range(len(design.blocks))))


def _work(design: Design, tensors: dict, index: int, busy: int | None) -> BlockWork:
    def share(values) -> float:
        return float(f"{np.count_nonzero(values) / max(1, values.size):.4f}")

    kept = design.blocks[index].kept.astype(bool)
    z = tensors[f"blocks.{index}.z"]
    return BlockWork(x=share(tensors[f"blocks.{index}.x_stored"]), z=share(z[..., kept]),
                     h=share(tensors[f"blocks.{index}.h_stored"]), busy=busy)
