"""Rows of ``hypgcn accuracy``: accuracy on the held-out clips at every step from float to int8, of each stream
and of their sums."""

import hashlib
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from hypgcn.cli import main as hypgcn
from hypgcn.design import Design
from hypgcn.design.class_names import class_order

from ..config import STREAMS
from ..network.cost import graph_skip
from ..recordings.readers import Source
from ..recordings.scratch import Rows, let_go
from ..training.record import content
from .class_figures import confusion_matrix, mean_class_accuracy, top_k
from .class_files import save_classes
from .measure import Measured, measure, summed_scores
from .report_config import ACCURACY, RESULTS, STEPS, AccuracyConfig
from .rows import check_place, relative, source_options, update_rows
from .streams import check_pairs, check_weighted, sorted_place, stream_of, stream_weights, sums, weights_text

__all__ = ["Difference", "accuracy_step", "figures", "top1"]


class Difference(Exception):
    """The golden model and ``integer.py`` do not agree."""


def figures(parts: Sequence[Measured]) -> dict:
    """Costs of one network, or of those of a sum, over the network before pruning and without the data-dependent
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


def summed(parts: Sequence[Measured], weights: Sequence[Fraction] | None = None) -> np.ndarray:
    """Sum of the logits of ``parts`` times ``weights``, 1 each where left out, up to a positive factor."""
    return summed_scores([(part.scores, Fraction(part.scale) * weight)
                          for part, weight in zip(parts, weights or [Fraction(1)] * len(parts), strict=True)])


def top1(parts: Sequence[Measured], weights: Sequence[Fraction] | None = None) -> float:
    """Share of clips whose highest sum of scores is the label; the lowest index wins a tie."""
    return round(float((summed(parts, weights).argmax(1) == parts[0].label).mean()), 4)


def top1_unseen(votes: np.ndarray, first: Measured) -> float | None:
    """Share of right ``votes`` among the clips that are not training clips as well.

    None where no clip is, or where all are.
    """
    unseen = ~first.seen
    if not unseen.any() or unseen.all():
        return None
    return round(float((votes == first.label)[unseen].mean()), 4)


def in_class_order(part: Measured, names: Sequence[str], what: str) -> Measured:
    """``part`` with its classes in the order of ``names``, which are the same; as it is where one has no names."""
    if not names or not part.class_names or tuple(names) == part.class_names:
        return part
    order = class_order(part.class_names, names, what)
    return replace(part, scores=part.scores[:, order], label=np.argsort(order)[part.label], class_names=tuple(names))


def _key_of(design: Design, clips: np.ndarray) -> str:
    """Short hash of a design and int8 clips, read one at a time: they may be in a file."""
    found = hashlib.sha256(design.hash.encode())
    rows = Rows(clips)
    for index in range(len(clips)):
        found.update(rows[index].tobytes())
    return found.hexdigest()[:24]


def golden(measured: Measured, path: str, cache: Path, jobs: int):
    """Run the golden model on the clips of ``measured``, the design at ``path``, unless ``cache`` has the result, and
    raise :exc:`Difference` unless it gives the same logits and overflow counts to the last bit.

    The golden model belongs to the simulation, which nothing here imports: it runs as the command ``hypgcn golden``.
    """
    design, clips = measured.network, measured.clips
    key = _key_of(design, clips)
    found = cache / f"golden-{key}.npz"
    if not found.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        given = cache / f"clips-{key}.npz"
        np.savez(given, clips=clips)  # piece by piece, and uncompressed, so that golden can map it
        let_go(clips)
        with redirect_stdout(sys.stderr):  # what another command says is a note here
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


def _order(row: dict):
    return (row.get("dataset", ""), row.get("protocol", ""), row.get("network", ""), *sorted_place(row["stream"]),
            STEPS.index(row["step"]), row.get("weights", ""))


def _key(row: dict):
    return tuple(row.get(name) for name in ("dataset", "protocol", "network", "stream", "step", "weights"))


def _measure(stream: str, step: str, path: str, data, config: AccuracyConfig) -> Measured:
    found = measure(path, data, validate=config.validate)
    where = f"{stream} {step}={path}"
    if isinstance(found.network, Design) != (step == "int8"):
        raise ValueError(f"{where} must be {'a design' if step == 'int8' else 'a checkpoint'}")
    if stream_of(found.preparation) != stream:
        raise ValueError(f"{where} must be a network of the {stream} stream, but is one of the "
                         f"{stream_of(found.preparation)} stream")
    if step != "int8" and found.network.config.dynamic_graph != (step == "dense_c"):
        raise ValueError(f"{where} must be a network {'with' if step == 'dense_c' else 'without'} the data-dependent "
                         f"graph")
    if step == "int8":
        golden(found, path, Path(config.cache), config.jobs)
    return found


def _named(networks: Mapping[str, Mapping[str, str | Sequence[str]]]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Paths by stream and step, after the checks that need no measurement."""
    named = {(stream, step): (paths,) if isinstance(paths, str) else tuple(map(str, paths))
             for stream, steps in networks.items() for step, paths in steps.items()}
    if not named:
        raise ValueError("networks must hold at least one network")
    for (stream, step), paths in named.items():
        if stream not in STREAMS or step not in STEPS:
            raise ValueError(f"networks must be of a stream of {', '.join(STREAMS)} and a step of {', '.join(STEPS)}, "
                             f"not {stream!r} and {step!r}")
        first: dict[str, str] = {}
        for path in paths:
            same = first.setdefault(content(relative(f"{stream} {step}", path)), path)
            if same != path or paths.count(path) > 1:
                raise ValueError(f"{stream} {step} must be networks of different seeds, but {same} and {path} are the "
                                 f"same")
    check_pairs({key: len(paths) for key, paths in named.items()})
    return named


def _check_alike(seeds: Sequence[Measured], paths: Sequence[str]):
    """Raise :exc:`ValueError` unless the networks differ in their weights alone, as those of several seeds do."""
    def shape(part: Measured):
        dense = part.tally.cost.dense()
        return part.preparation, dense.macs(), dense.parameters()

    for part, path in zip(seeds, paths):
        if shape(part) != shape(seeds[0]):
            raise ValueError(f"{path} must be a network of the shape and the preparation of {paths[0]}, as those of "
                             f"several seeds are")


def _spread(values: Sequence[float]) -> dict:
    """Entries of a row for the accuracies of several seeds; none for one."""
    if len(values) == 1:
        return {}
    return {"seeds": len(values), "top1_mean": round(sum(values) / len(values), 4), "top1_low": min(values),
            "top1_high": max(values)}


def accuracy_step(out, *, data: str | Source, networks: Mapping[str, Mapping[str, str | Sequence[str]]],
                  config: AccuracyConfig | None = None) -> list[dict]:
    """Measure networks on all test clips and put a row for each into the list at ``out``; the rows are returned.

    What each does with every class goes into a folder beside ``out`` (:mod:`~.class_files`).

    Parameters
    ----------
    data : str or Source
        Recordings, or ``motion``.
    networks : Mapping[str, Mapping[str, str or sequence of str]]
        ``{stream: {step: path or paths}}``, streams of ``STREAMS`` and steps of ``STEPS``; ``int8`` is a design, the
        others are checkpoints. Several paths are networks of several seeds: the row is that of the first one, with the
        mean, the lowest and the highest top-1 of all. Steps of several streams also give rows of the sum of their
        scores: of all of them, and of joint and bone. Steps that are not given keep their rows.
    config : AccuracyConfig or None
        What the rows are called.

    Returns
    -------
    list of dict
        Each row has the command that measures it again. Rows of ``int8`` are the golden model's integers.

    Raises
    ------
    Difference
        ``integer.py`` does not give the integers of the golden model on every clip.
    ValueError
        A network is not of its stream or its step, seeds differ in more than their weights, or streams of a step have
        different numbers of seeds.
    """
    config = config or AccuracyConfig()
    check_place("out", out, config.validate, (ACCURACY, RESULTS[ACCURACY]))
    base = ["hypgcn", "accuracy", *source_options(data)]
    protocol = config.split or (data.protocol if isinstance(data, Source) and data.protocol else "as in the file")
    if config.validate:
        protocol += f", {config.validate} of its training clips"
    dataset = config.dataset or Path(str(data)).stem
    for option in ("dataset", "split", "network", "validate", "weights"):
        if (value := getattr(config, option)) != getattr(AccuracyConfig(), option):
            base += [f"--{option}", value]
    base += ["-o", relative("out", out)]
    named = _named(networks)
    weighted = stream_weights(config.weights)
    check_weighted(weighted, (stream for stream, _ in named))
    measured = {key: [_measure(*key, path, data, config) for path in paths] for key, paths in named.items()}
    for key, seeds in measured.items():
        _check_alike(seeds, named[key])

    def summands(keys, seed) -> list[Measured]:
        parts = [measured[key][seed] for key in keys]
        parts = [in_class_order(part, parts[0].class_names, " ".join(key)) for part, key in zip(parts, keys)]
        if any((part.label != parts[0].label).any() for part in parts):
            raise ValueError("all streams must have the same test clips")
        return parts

    def row(keys) -> dict:
        seeds = [summands(keys, seed) for seed in range(len(named[keys[0]]))]
        parts, streams = seeds[0], [stream for stream, _ in keys]
        weights = [weighted.get(stream, Fraction(1)) for stream in streams]
        scores = summed(parts, weights)
        votes = scores.argmax(1)
        confusion = confusion_matrix(votes, parts[0].label, scores.shape[1])
        options = [word for key in keys for word in (f"--{key[0]}", f"{key[1]}={','.join(named[key])}")]
        found = {"dataset": dataset, "protocol": protocol, "network": config.network,
                "stream": "+".join(streams), "step": keys[0][1], **weights_text(weighted, streams),
                "top1": top1(parts, weights), **_spread([top1(each, weights) for each in seeds]),
                "class_accuracy": mean_class_accuracy(confusion), "top5": top_k(scores, parts[0].label),
                "clips": len(parts[0].label), "clips_seen": int(parts[0].seen.sum()),
                "top1_unseen": top1_unseen(votes, parts[0]), **figures(parts),
                "clips_with_overflow": int(sum(part.overflow > 0 for part in parts).astype(bool).sum()),
                "command": shlex.join([*base, *options])}
        details.append((found, confusion, parts[0].class_names))
        return found

    details: list[tuple[dict, np.ndarray, Sequence[str]]] = []
    rows = [row([key]) for key in named]
    for step in STEPS:
        for streams in sums(stream for stream, given in named if given == step):
            rows.append(row([(stream, step) for stream in streams]))
    update_rows(Path(out), rows, _key, _order)
    for details_of_row in details:
        save_classes(Path(out), *details_of_row)
    return sorted(rows, key=_order)
