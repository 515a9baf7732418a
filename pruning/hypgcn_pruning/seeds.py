"""One step with several seeds: a run in a folder for each, and the spread of their accuracies."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, stdev

from hypgcn.console import finished
from hypgcn.design.files import write_json

__all__ = ["SPREAD", "accuracy_spread", "parse_seeds", "repeat"]

SPREAD = "seeds.json"
"""Where the accuracies of all seeds are kept, in the folder that has theirs."""
_SOURCES = ("checkpoint", "init", "teachers")
"""Options that may name a file of each seed."""


def parse_seeds(text: str) -> tuple[int, ...]:
    """Seeds of ``text``, numbers of at least 0 between commas, each once.

    Raises
    ------
    argparse.ArgumentTypeError
        ``text`` is something else.
    """
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdecimal() for word in words) or len(set(map(int, words))) < len(words):
        raise argparse.ArgumentTypeError(f"must be a number of at least 0, or several between commas, each once, not "
                                         f"{text!r}")
    return tuple(map(int, words))


def accuracy_spread(values: Sequence[float]) -> dict:
    """What is reported of the accuracies of at least two seeds.

    Parameters
    ----------
    values : sequence of float
        0..1, one for each seed.

    Returns
    -------
    dict
        ``values``, their ``mean``, ``low`` and ``high``, the smallest and the largest, and their sample standard
        ``deviation``.
    """
    found = {"mean": fmean(values), "low": min(values), "high": max(values), "deviation": stdev(values)}
    return {"values": list(values), **{name: round(value, 6) for name, value in found.items()}}


def _of_seed(args: argparse.Namespace, seed: int, out: Path) -> argparse.Namespace:
    """``args`` for one seed: ``{seed}`` in the names of the files that it starts from is its number."""
    names = {name: text.replace("{seed}", str(seed)) for name in _SOURCES if (text := getattr(args, name, None))}
    return argparse.Namespace(**{**vars(args), **names, "seed": seed, "out": str(out)})


def _check_sources(args: argparse.Namespace):
    """Raise :exc:`FileNotFoundError` where a file that the seed of ``args`` starts from is missing."""
    for name in _SOURCES:
        text = getattr(args, name, None) or ""
        for path in text.split(",") if name == "teachers" else [text]:
            if path.strip() and not Path(path.strip()).exists():
                raise FileNotFoundError(f"{name} of seed {args.seed}: {path.strip()} not found")


def repeat(args: argparse.Namespace, step: str, run: Callable[[argparse.Namespace], Path], trained: str):
    """Call ``run`` with every seed of ``args``: one seed works in ``args.out``, several in ``seedN`` in it.

    Parameters
    ----------
    args : argparse.Namespace
        Parsed options; ``seed`` is a tuple of int.
    step : str
        Name of the command.
    run : callable
        Takes options with one seed, returns the path of its result.
    trained : str
        In the folder of a run the checkpoint that its last epoch wrote.

    Raises
    ------
    FileNotFoundError
        A file that one of several seeds starts from is missing; before any of them runs.
    """
    from .training.train import last_epoch  # torch, which commands load when they run

    out = Path(args.out)
    if len(args.seed) == 1:
        finished(run(_of_seed(args, args.seed[0], out)))
        return
    rows, every = [], [_of_seed(args, seed, out / f"seed{seed}") for seed in args.seed]
    for one in every:
        _check_sources(one)
    for one in every:
        finished(run(one))
        rows.append(last_epoch(Path(one.out) / trained))
    trained_on = bool(rows[0].get("measured"))
    names = [f"{'training_' * trained_on}{name}" for name in ("accuracy", "class_accuracy")]
    found = {name: accuracy_spread([row[name.removeprefix("training_")] for row in rows]) for name in names}
    path = out / SPREAD
    steps = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    write_json(path, {**steps, step: {"seeds": list(args.seed), **found}})
    top1 = found[names[0]]
    where = " on the training clips" if trained_on else ""
    print(f"{step}, {len(rows)} seeds: last epoch's top-1{where} is {100 * top1['mean']:.2f} % in the mean, "
          f"{100 * top1['low']:.2f} to {100 * top1['high']:.2f} %, sample standard deviation "
          f"{100 * top1['deviation']:.2f} points")
    finished(path)
