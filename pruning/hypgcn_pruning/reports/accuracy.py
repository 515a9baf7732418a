"""Rows of ``results/accuracy.json``: accuracy on the held-out clips at every step from float to int8, in both
streams and in their sum."""

import hashlib
import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from hypgcn.cli import main as hypgcn
from hypgcn.design import Design
from hypgcn.design.class_names import class_order
from hypgcn.design.files import write_json

from ..network.cost import graph_skip
from ..network.predict import class_accuracy
from ..recordings.readers import Source
from .measure import Measured, measure, summed_scores
from .report_config import ACCURACY, STEPS, STREAMS, AccuracyConfig

__all__ = ["Difference", "accuracy_step", "figures", "source_options", "update_rows"]


class Difference(Exception):
    """The golden model and ``integer.py`` do not agree."""


def relative(name: str, path) -> str:
    """``path`` as text; :exc:`ValueError` when it is absolute, because rows must not depend on where a checkout is."""
    if Path(path).is_absolute():
        raise ValueError(f"{name} must be a path relative to the checkout, because it becomes part of the results, "
                         f"not {str(path)!r}")
    return str(path)


def source_options(data: str | Source) -> list[str]:
    """The options of the command line for ``data``."""
    if not isinstance(data, Source):
        return ["--data", relative("data", data)]
    words = ["--data", relative("data", data.path)]
    for option, value, default in (("--data-format", data.format, None), ("--protocol", data.protocol, None),
                                   ("--every", data.every, 1)):
        if value != default:
            words += [option, str(value)]
    return words if data.replay else [*words, "--no-replay"]


def figures(parts: Sequence[Measured]) -> dict:
    """Costs of one network, or of the two of a sum, over the network before pruning and without the data-dependent
    graph.

    ``mac_reduction`` and ``param_reduction`` count weights; ``effective_reduction`` counts the multiplications that
    zeros among the activations leave, per clip; ``bit_reduction`` compares stored bits with dense float32, and
    ``bit_reduction_int8`` with dense int8. The rules are those of ``network/cost.py``. """
    costs = [part.tally.cost for part in parts]
    dense = [cost.dense() for cost in costs]
    dense_macs = sum(cost.macs()["all"] for cost in dense)
    executed = sum(part.tally.executed / part.tally.clips for part in parts)
    integers = [isinstance(part.network, Design) for part in parts]
    bits = sum(cost.bits(8 if integer else 32, masks=cost.parameters() < full.parameters())
               for cost, full, integer in zip(costs, dense, integers))
    densities = np.mean([part.tally.density() for part in parts], axis=0)
    skipped, skipped_channels = graph_skip(*costs)
    return {
        "graph_skip": round(skipped, 4), "graph_skip_channels": round(skipped_channels, 4),
        "mac_reduction": round(dense_macs / sum(cost.macs()["all"] for cost in costs), 3),
        "effective_reduction": round(dense_macs / executed, 3),
        "param_reduction": round(sum(cost.parameters() for cost in dense)
                                 / sum(cost.parameters() for cost in costs), 3),
        "bit_reduction": round(sum(cost.bits(32, masks=False) for cost in dense) / bits, 3),
        "bit_reduction_int8": round(sum(cost.bits(8, masks=False) for cost in dense) / bits, 3) if all(integers)
        else None,
        "density_h": round(float(densities[2]), 4), "density_x": round(float(densities[0]), 4),
        "density_z": round(float(densities[1]), 4),
    }


def votes(parts: Sequence[Measured]) -> np.ndarray:
    """For each clip the class of the highest sum of scores; the lowest index wins a tie."""
    return summed_scores([(part.scores, part.scale) for part in parts]).argmax(1)


def top1(parts: Sequence[Measured]) -> float:
    """Share of clips whose highest sum of scores is the label."""
    return round(float((votes(parts) == parts[0].label).mean()), 4)


def top1_of_classes(parts: Sequence[Measured]) -> float:
    """Mean over the classes of :func:`top1`."""
    return round(class_accuracy(votes(parts), parts[0].label, parts[0].scores.shape[1]), 4)


def in_class_order(part: Measured, names: Sequence[str], what: str) -> Measured:
    """``part`` with its classes in the order of ``names``, which are the same; as it is where one has no names."""
    if not names or not part.class_names or tuple(names) == part.class_names:
        return part
    order = class_order(part.class_names, names, what)
    return replace(part, scores=part.scores[:, order], label=np.argsort(order)[part.label], class_names=tuple(names))


def golden(measured: Measured, path: str, cache: Path, jobs: int):
    """Run the golden model on the clips of ``measured``, the design at ``path``, unless ``cache`` has the result, and
    raise :exc:`Difference` unless it gives the same logits and overflow counts to the last bit.

    The golden model belongs to the simulation, which nothing here imports: it runs as the command ``hypgcn golden``.
    """
    design, clips = measured.network, measured.clips
    key = hashlib.sha256(design.hash.encode() + clips.tobytes()).hexdigest()[:24]
    found = cache / f"golden-{key}.npz"
    if not found.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        given = cache / f"clips-{key}.npz"
        np.savez(given, clips=clips)
        status = hypgcn(["golden", path, str(given), "-o", str(found), "--jobs", str(jobs or os.cpu_count() or 1)])
        given.unlink()
        if status:
            raise ValueError(f"{path}: the golden model gave no logits")
    with np.load(found, allow_pickle=False) as file:
        logits, overflow = file["logits"], file["overflow"]
    wrong = (logits != measured.scores).any(axis=1) | (overflow != measured.overflow)
    if wrong.any():
        raise Difference(f"{path}: golden model and integer.py differ on {int(wrong.sum())} of {len(wrong)} clips, "
                         f"first on clip {int(wrong.argmax())}")


def update_rows(path: Path, rows: Sequence[dict], key, order) -> list[dict]:
    """Write ``rows`` into the JSON list at ``path``, each in the place of the one with the same ``key``, sorted by
    ``order``; the file is left alone when nothing changes. Returns all rows."""
    old = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    if not isinstance(old, list) or not all(isinstance(row, dict) for row in old):
        raise ValueError(f"{path} must hold a list of rows")
    merged = {key(row): row for row in [*old, *rows]}
    new = sorted(merged.values(), key=order)
    if new != old:
        write_json(path, new)
    return new


def _order(row: dict):
    return (row.get("dataset", ""), row.get("protocol", ""), row.get("network", ""),
            (*STREAMS, "joint+bone").index(row["stream"]), STEPS.index(row["step"]))


def _key(row: dict):
    return tuple(row.get(name) for name in ("dataset", "protocol", "network", "stream", "step"))


def _measure(stream: str, step: str, path: str, data, config: AccuracyConfig) -> Measured:
    found = measure(path, data)
    where = f"{stream} {step}={path}"
    if isinstance(found.network, Design) != (step == "int8"):
        raise ValueError(f"{where} must be {'a design' if step == 'int8' else 'a checkpoint'}")
    if bool(found.preparation.parents) != (stream == "bone"):
        raise ValueError(f"{where} must be a network of the {stream} stream, but is one of the other")
    if step != "int8" and found.network.config.dynamic_graph != (step == "dense_c"):
        raise ValueError(f"{where} must be a network {'with' if step == 'dense_c' else 'without'} the data-dependent "
                         f"graph")
    if step == "int8":
        golden(found, path, Path(config.cache), config.jobs)
    return found


def accuracy_step(out, *, data: str | Source, networks: Mapping[str, Mapping[str, str]],
                  config: AccuracyConfig | None = None) -> list[dict]:
    """Measure networks on all test clips and put a row for each into the list at ``out``; the rows are returned.

    Parameters
    ----------
    data : str or Source
        Recordings, or ``motion``.
    networks : Mapping[str, Mapping[str, str]]
        ``{stream: {step: path}}``, streams of ``STREAMS`` and steps of ``STEPS``; ``int8`` is a design, the others are
        checkpoints. Steps that both streams have also give a row of the sum of their scores. Steps that are not given
        keep their rows.
    config : AccuracyConfig or None
        What the rows are called.

    Rows of ``int8`` are the golden model's integers, and those of ``integer.py`` are compared with them on every clip;
    :exc:`Difference` when they are not the same. Each row has the command that measures it again. """
    config = config or AccuracyConfig()
    base = ["hypgcn", "accuracy", *source_options(data)]
    protocol = config.split or (data.protocol if isinstance(data, Source) and data.protocol else "as in the file")
    dataset = config.dataset or Path(str(data)).stem
    for option in ("dataset", "split", "network"):
        if (value := getattr(config, option)) != getattr(AccuracyConfig(), option):
            base += [f"--{option}", value]
    if str(out) != ACCURACY:
        base += ["-o", relative("out", out)]
    named = {(stream, step): relative(f"{stream} {step}", path)
             for stream, steps in networks.items() for step, path in steps.items()}
    if not named:
        raise ValueError("networks must hold at least one network")
    for stream, step in named:
        if stream not in STREAMS or step not in STEPS:
            raise ValueError(f"networks must be of a stream of {', '.join(STREAMS)} and a step of {', '.join(STEPS)}, "
                             f"not {stream!r} and {step!r}")
    measured = {key: _measure(*key, path, data, config) for key, path in named.items()}

    def row(stream, step, keys) -> dict:
        parts = [measured[key] for key in keys]
        parts = [in_class_order(part, parts[0].class_names, " ".join(key)) for part, key in zip(parts, keys)]
        if any((part.label != parts[0].label).any() for part in parts):
            raise ValueError("both streams must have the same test clips")
        options = [word for key in keys for word in (f"--{key[0]}", f"{key[1]}={named[key]}")]
        return {"dataset": dataset, "protocol": protocol, "network": config.network, "stream": stream, "step": step,
                "top1": top1(parts), "class_accuracy": top1_of_classes(parts), "clips": len(parts[0].label),
                **figures(parts),
                "clips_with_overflow": int(sum(part.overflow > 0 for part in parts).astype(bool).sum()),
                "command": shlex.join([*base, *options])}

    rows = [row(stream, step, [(stream, step)]) for stream, step in measured]
    rows += [row("joint+bone", step, [(stream, step) for stream in STREAMS]) for step in STEPS
             if all((stream, step) in measured for stream in STREAMS)]
    update_rows(Path(out), rows, _key, _order)
    return sorted(rows, key=_order)
