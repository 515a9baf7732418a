"""Resources of the networks of an ensemble, and of what they share, from Yosys: part by part, as one network is."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from hypgcn.design.ensemble import Ensemble
from hypgcn.design.folding import Folding
from hypgcn.ensemble import EnsembleSum, Fork
from hypgcn.shell.config import ShellConfig
from hypgcn.shell.result_output import ResultOutput
from hypgcn.stream.layouts import joint_layout

from .synthesis import KEYS, Part, map_parts, network_parts

__all__ = ["SHARED", "of_shared", "of_stream", "resources_of", "synthesise_ensemble"]

SHARED = ("fork", "sum", "scores")
"""What the networks share, as :func:`hypgcn.io_cost.ensemble_units` calls it."""
_WITH, _WITHOUT = "result_output", "result_output_of_one"
"""The shell's result output with the memory of the networks' own scores, and without."""


def synthesise_ensemble(ensemble: Ensemble, foldings: Sequence[Folding], folder: Path, *, mapped: Path | None = None,
                        jobs: int = 1, progress: Callable[[float, float, str], None] = lambda *_: None
                        ) -> dict[str, dict]:
    """Map the networks of an ensemble and what they share.

    Parameters
    ----------
    ensemble : Ensemble
    foldings : sequence of Folding
        Of each network.
    folder, mapped, jobs, progress
        See :func:`~.synthesis.map_parts`.

    Returns
    -------
    dict
        By part, as of :func:`~.synthesis.map_parts`: those of :func:`~.synthesis.network_parts` of each network behind
        the name of its stream, such as ``joint.blocks[0]``, and :data:`SHARED`. ``scores`` is what the result output of
        the shell takes more with the networks' own scores than without; the rest of the shell is no part.
    """
    first, shell = ensemble.designs[0], ShellConfig.of_ensemble(ensemble)
    parts: dict[str, Part] = {
        f"{stream}.{name}": part for stream, design, folding in zip(ensemble.streams, ensemble.designs, foldings)
        for name, part in network_parts(design, folding).items()}
    parts |= {
        "fork": (lambda: Fork(joint_layout(first.channels, first.element_width), len(ensemble.designs)), 1),
        "sum": (lambda: EnsembleSum(ensemble), 1),
        _WITH: (lambda: ResultOutput(shell), 1),
        _WITHOUT: (lambda: ResultOutput(replace(shell, stream_widths=(), stream_blocks=())), 1),
    }
    found = map_parts(parts, folder, mapped=mapped, jobs=jobs, progress=progress)
    whole, one = found.pop(_WITH), found.pop(_WITHOUT)
    return {**found, "scores": {**whole, **{key: whole[key] - one[key] for key in KEYS}}}


def of_stream(parts: dict[str, dict], stream: str) -> dict[str, dict]:
    """The parts of one network, by their names in it."""
    start = f"{stream}."
    return {name.removeprefix(start): part for name, part in parts.items() if name.startswith(start)}


def of_shared(parts: dict[str, dict]) -> dict[str, dict]:
    """The parts that the networks share."""
    return {name: parts[name] for name in SHARED if name in parts}


def resources_of(parts: dict[str, dict], keys: Sequence[str] = ("dsp", "bram36", "lut")) -> dict[str, float]:
    """Sum over parts, each as often as it is there."""
    return {key: sum(part[key] * part["times"] for part in parts.values()) for key in keys}
