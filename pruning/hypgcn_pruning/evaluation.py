"""The last step of the offline path: accuracies over the test clips."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from hypgcn.design import Design
from hypgcn.design.ensemble import Ensemble
from hypgcn.design.files import write_json
from hypgcn.design.raw_conversion import whole_preparation

from .inputs import design_clips
from .messages import say
from .network.checkpoint import load_checkpoint
from .network.class_order import order_classes
from .recordings.class_counts import check_test_clips
from .recordings.prepared import PreparedClips
from .recordings.readers import Source
from .reports.confusion import save_confusion
from .reports.ensemble import SUM, evaluate_ensemble
from .reports.evaluate import evaluate, losses
from .training.record import content

__all__ = ["evaluate_ensemble_step", "evaluate_step"]


def evaluate_step(out, *, data: str | Source, design: str, pruned: str | None = None, checkpoint: str | None = None,
                  record: bool = False, count: int = 0) -> dict:
    """Accuracies over the test clips of a design and, where given, of the pruned and the float network.

    They are written to ``out``, with the design's confusion matrix as a picture beside it (``.png``), and, with
    ``record``, into the design's meta, which leaves its hash as it is. It is measured anew each time; ``measured`` in
    the report has the contents of what was measured. With ``count`` at most so many test clips, at even steps; the
    report has ``clips_of``, the number of all.
    """
    start = time.monotonic()
    _check_evaluation(out, count)
    if count and record:
        raise ValueError(f"record must be off with clips {count}: a design's meta has the accuracy of all test clips")
    loaded = Design.load(design)
    clips, preparation = design_clips(loaded, data)
    every = clips.part(1)
    check_test_clips(clips, data)
    held = every.evenly(count) if count else every
    models, measured = {}, {"design": loaded.hash, **clips.identity}
    for name, path in (("pruned", pruned), ("model", checkpoint)):
        if path:
            model, info = load_checkpoint(path)
            models[name] = order_classes(model, info.get("class_names", ()), loaded.class_names, path)
            measured["float" if name == "model" else name] = content(path)
    given = PreparedClips(held, preparation, loaded.persons)
    whole = given if loaded.raw is None else PreparedClips(held, whole_preparation(loaded), loaded.persons)
    report = evaluate(whole, held.label, design=loaded, given=given,
                      class_names=loaded.class_names or held.class_names, **models)
    if len(held) < len(every):
        report["clips_of"] = len(every)
    report["measured"] = measured
    report["seconds"] = round(time.monotonic() - start, 1)
    if record:
        test = {"clips": report["clips"], "accuracy": report["accuracy"]}
        replace(loaded, meta={**loaded.meta, "test": test}).save(design)
    _save_evaluation(out, report, f"{loaded.name}, int8", "int8")
    for text in losses(report["accuracy"]):
        say(text)
    return report


def evaluate_ensemble_step(out, *, data: str | Source, ensemble: str, count: int = 0) -> dict:
    """Accuracies over the test clips of an ensemble's integers, of the sum and of each network.

    They are written to ``out`` as by :func:`evaluate_step`.
    """
    start = time.monotonic()
    _check_evaluation(out, count)
    loaded = Ensemble.load(ensemble)
    first = loaded.designs[0]
    clips, preparation = design_clips(first, data)
    every = clips.part(1)
    check_test_clips(clips, data)
    held = every.evenly(count) if count else every
    report = evaluate_ensemble(PreparedClips(held, preparation, first.persons), held.label, loaded,
                               first.class_names or held.class_names)
    if len(held) < len(every):
        report["clips_of"] = len(every)
    report["measured"] = {"ensemble": loaded.hash, **clips.identity}
    report["seconds"] = round(time.monotonic() - start, 1)
    _save_evaluation(out, report, f"{loaded.name}, sum of int8 networks", SUM)
    return report


def _check_evaluation(out, count):
    """Raise :exc:`ValueError` for arguments of an evaluation that are out of their ranges."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise ValueError(f"clips must be an integer of at least 0, not {count!r}")
    if Path(out).suffix == ".png":
        raise ValueError(f"out must be a file for JSON, such as metrics.json, beside which the picture is written, not "
                         f"{str(out)!r}")


def _save_evaluation(out, report: dict, what: str, name: str):
    """Write a report, and beside it the confusion matrix of ``name``."""
    write_json(Path(out), report)
    save_confusion(Path(out).with_suffix(".png"), np.array(report["confusion"][name]),
                   [row["name"] for row in report["classes"]],
                   f"{what}: top-1 {100 * report['accuracy'][name]:.2f} % of {report['clips']} clips"
                   + (f", chosen of {report['clips_of']}" if "clips_of" in report else ""))
