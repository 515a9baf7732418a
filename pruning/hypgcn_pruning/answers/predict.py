"""``hypgcn predict``: what networks answer about recordings, clip by clip or window by window."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from hypgcn.design.files import write_json
from hypgcn.progress import Progress

from ..messages import say
from ..recordings.class_subset import class_numbers, number_names
from ..recordings.clip_file import FileClip, read_clip_file
from ..reports.measure import summed_scores
from ..reports.streams import check_weighted, stream_weights
from ..training.record import content
from .networks import Answering, in_one_order, open_answering
from .picture import check_panels, save_picture
from .predict_config import PredictConfig
from .windows import windows

__all__ = ["ClipAnswer", "predict_step"]

BATCH = 16
"""Clips or windows that are prepared and computed at a time."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipAnswer:
    """What the networks answer about one clip.

    Parameters
    ----------
    name : str
        Of file and clip.
    frames : int
        Of the recording.
    recorded : str or None
        Name of its class in the recording, where known.
    windows : list of (int, int)
        First frame and frame behind the last one; one for the whole clip.
    order : np.ndarray int (W, classes)
        Classes of each window, the highest sum of scores first; the lower number wins a tie, as in ``accuracy``.
    probabilities : np.ndarray float64 (W, classes)
        NaN in windows in which nobody is there.
    """

    name: str
    frames: int
    recorded: str | None
    windows: list[tuple[int, int]]
    order: np.ndarray
    probabilities: np.ndarray

    @property
    def seen(self) -> np.ndarray:
        """Windows in which somebody is there, bool (W,)."""
        return ~np.isnan(self.probabilities[:, 0])

    @property
    def mean(self) -> np.ndarray | None:
        """Probabilities (classes,), the mean of the windows in which somebody is there; None where nobody ever is."""
        return self.probabilities[self.seen].mean(axis=0) if self.seen.any() else None

    def best(self, count: int) -> list[int]:
        """The ``count`` most probable classes, the first one first; of one window by its sums, which are exact."""
        mean = self.mean
        if mean is None:
            return []
        order = self.order[0] if len(self.windows) == 1 else np.argsort(-mean, kind="stable")
        return order[:count].tolist()


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _summed(networks: Sequence[Answering], weights: Sequence[Fraction],
            bodies: Sequence[Sequence[np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Order of the classes and their probabilities, (N, classes) each, of ``bodies``, a list for each network.

    Probabilities are those of the weighted mean of the logits: of one network, of its own.
    """
    scores = [network.scores(clips) for network, clips in zip(networks, bodies)]
    scales = [Fraction(network.scale) * weight for network, weight in zip(networks, weights)]
    total = summed_scores(list(zip(scores, scales)))
    logits = np.sum([found.astype(np.float64) * float(scale / sum(weights)) for found, scale in zip(scores, scales)],
                    axis=0)
    # A stable sort of whole numbers of any size: rounding cannot change the votes.
    order = np.argsort(-total, axis=1, kind="stable")
    return order, _softmax(logits)


def _read(networks: Sequence[Answering], data: Sequence[str], test_only: bool) -> list[list[FileClip]]:
    """Clips of all files, a list for each network, whose joints they have."""
    kinds = {(network.joints, network.skeleton): network for network in networks}
    read = {kind: [clip for path in data for clip in read_clip_file(path, joints=kind[0], skeleton=kind[1],
                                                                    what=f"network {network.path}")
                   if clip.test or not test_only] for kind, network in kinds.items()}
    found = [read[network.joints, network.skeleton] for network in networks]
    if not found[0]:
        raise ValueError(f"{', '.join(data)} must hold at least one {'test ' if test_only else ''}clip, but has none")
    for network, clips in zip(networks, found):
        for clip in clips:
            if clip.clip.shape[3] != network.shape.channels:
                raise ValueError(f"{clip.name}: clips must have the {network.shape.channels} channels of "
                                 f"{network.path}, not {clip.clip.shape[3]}")
            if not np.isfinite(clip.clip).all():
                frame = int(np.argwhere(~np.isfinite(clip.clip))[0][1])
                raise ValueError(f"{clip.name}: joints must be finite, but frame {frame} has NaN or infinity; a joint "
                                 f"that is missing is 0 in all channels")
    return found


def _say_persons(networks: Sequence[Answering], clips: Sequence[FileClip]):
    fewest = min(network.shape.persons for network in networks)
    crowded = sum(int(clip.clip.any(axis=(1, 2, 3)).sum()) > fewest for clip in clips)
    if crowded:
        say(f"{crowded} of {len(clips)} clips have more than the network's {fewest} "
            f"{'persons' if fewest > 1 else 'person'}, and those who are there the longest count")


def _answers(networks: Sequence[Answering], weights: Sequence[Fraction], every: Sequence[Sequence[FileClip]],
             config: PredictConfig) -> Iterator[ClipAnswer]:
    places = [windows(clip.clip.shape[1], config.window, config.step) for clip in every[0]]
    total, done = sum(map(len, places)), 0
    progress = Progress("predict")
    for index, (clip, spans) in enumerate(zip(every[0], places)):
        order = np.zeros((len(spans), len(networks[0].order)), np.int64)
        probabilities = np.full(order.shape, np.nan)
        there = [k for k, (first, end) in enumerate(spans) if clip.clip[:, first:end].any()]
        for start in range(0, len(there), BATCH):
            progress(done + start, total)
            chosen = there[start:start + BATCH]
            bodies = [[clips[index].clip[:, slice(*spans[k])] for k in chosen] for clips in every]
            order[chosen], probabilities[chosen] = _summed(networks, weights, bodies)
        done += len(spans)
        yield ClipAnswer(name=clip.name, frames=clip.clip.shape[1], recorded=clip.class_name, windows=spans,
                         order=order, probabilities=probabilities)
    progress.finish(f"{len(every[0])} clips, {total} windows" if config.window else f"{total} clips")


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 6) for value in values]


def _entry(answer: ClipAnswer, names: Sequence[str], config: PredictConfig) -> dict:
    mean = answer.mean
    entry = {"name": answer.name, "frames": answer.frames, "recorded_as": answer.recorded, "anybody": mean is not None,
             "best": [{"class": k, "name": names[k], "probability": round(float(mean[k]), 6)}
                      for k in answer.best(config.top)] if mean is not None else [],
             "probabilities": None if mean is None else _rounded(mean)}
    if config.window:
        entry["windows"] = [{"first_frame": first, "frames": end - first,
                             "class": int(order[0]) if seen else None, "name": names[order[0]] if seen else None,
                             "probabilities": _rounded(values) if seen else None}
                            for (first, end), order, values, seen in zip(answer.windows, answer.order,
                                                                         answer.probabilities, answer.seen)]
    return entry


def predict_step(paths: Sequence[str], data: Sequence[str],
                 config: PredictConfig | None = None) -> tuple[list[ClipAnswer], list[str]]:
    """The answers and the names of the classes of :func:`predicted`."""
    return predicted(paths, data, config)[:2]


def predicted(paths: Sequence[str], data: Sequence[str],
              config: PredictConfig | None = None) -> tuple[list[ClipAnswer], list[str], dict]:
    """What the networks at ``paths`` together answer about all clips of the files ``data``.

    Parameters
    ----------
    paths : sequence of str
        Checkpoints and designs; scores of several are summed, as in the rows of ``hypgcn accuracy``.
    data : sequence of str
        Recordings in any format that is read, labels or not.
    config : PredictConfig or None
        Files that it names are written.

    Returns
    -------
    list of ClipAnswer
        In the order of the recordings.
    list of str
        Names of the classes; ``class N`` where the networks have none.
    dict
        All of it as plain data, with the contents of the networks.

    Raises
    ------
    ValueError
        Networks of other classes, recordings that do not fit them, weights of other streams.
    """
    config = config or PredictConfig()
    weighted = stream_weights(config.weights)
    networks = in_one_order([open_answering(path) for path in paths])
    check_weighted(weighted, (network.stream for network in networks))
    weights = [weighted.get(network.stream, Fraction(1)) for network in networks]
    names = list(networks[0].class_names) or list(number_names(range(len(networks[0].order))))
    if config.classes:
        chosen = class_numbers(config.classes, networks[0].class_names, len(names))
        names = [names[k] for k in chosen]
        networks = [replace(network, order=tuple(network.order[k] for k in chosen)) for network in networks]
    every = _read(networks, data, config.test_only)
    if config.picture:
        check_panels(len(every[0]))
    _say_persons(networks, every[0])
    answers = list(_answers(networks, weights, every, config))
    rows = [{"path": network.path, "content": content(network.path), "kind": network.kind,
             "stream": network.stream, "weight": float(weight)} for network, weight in zip(networks, weights)]
    report = {"networks": rows, "class_names": names, "classes": config.classes or "all",
              "window": config.window or None, "hop": config.step if config.window else None,
              "clips": [_entry(answer, names, config) for answer in answers]}
    if config.json:
        write_json(config.json, report)
    if config.picture:
        save_picture(config.picture, answers, names)
    return answers, names, report
