"""Accuracy against the share of missing joints, filled as recordings are and left at zero."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from hypgcn.design.clip import Preparation
from hypgcn.design.files import write_json
from hypgcn.design.filling import complete_clip

from ..inputs import network_clips, preparation_in
from ..network.checkpoint import load_checkpoint
from ..network.model import Network
from ..network.predict import predict
from ..recordings.class_counts import check_test_clips
from ..recordings.data import Clips, prepared
from ..recordings.dropping import choose_dropped
from ..recordings.missing import origins_of
from ..recordings.readers import Source
from ..recordings.validation import validation_split
from ..training.record import content
from .report_config import MissingConfig

__all__ = ["missing_step", "with_dropped"]

_AT_ONCE = 256
"""Clips that are prepared together, so that memory does not grow with the test set."""


def with_dropped(clip: np.ndarray, share: float, rng: np.random.Generator, gap: int) -> np.ndarray:
    """``clip`` (M, T, V, C) with a share of its joints at zero in all channels, as trackers write missing ones.

    Parameters
    ----------
    clip : np.ndarray (M, T, V, C)
    share : float
        0..1, of the joints times frames of the persons who are there.
    rng : np.random.Generator
        In the same state it drops for a larger share what it drops for a smaller one, and more.
    gap : int
        1.., frames in a row for which a joint is missing.
    """
    return np.where(choose_dropped(clip, share, rng, gap)[..., None], np.float32(0), clip)


def _hits(model: Network, clips: Clips, preparation: Preparation,
          change: Callable[[np.ndarray, int], np.ndarray]) -> int:
    """Number of ``clips`` that ``model`` votes for rightly, each changed by ``change``, which takes clip and index."""
    right = 0
    for start in range(0, len(clips), _AT_ONCE):
        part = clips.take(np.arange(start, min(start + _AT_ONCE, len(clips))))
        data, length = np.zeros_like(part.data), part.length.copy()
        for index in range(len(part)):
            clip = change(part.clip(index), start + index)
            length[index] = clip.shape[1]
            data[index, :, :length[index]] = clip.transpose(3, 1, 2, 0)
        changed = prepared(Clips(data=data, length=length, label=part.label, classes=part.classes, split=part.split),
                           preparation, model.config.persons)
        right += int((predict(model, torch.from_numpy(changed)).argmax(1).numpy() == part.label).sum())
    return right


def _spread(values: list[float]) -> dict[str, float]:
    return {"top1": round(sum(values) / len(values), 4), "low": round(min(values), 4), "high": round(max(values), 4)}


def missing_step(out, *, checkpoint, data: str | Source, config: MissingConfig | None = None,
                 progress: bool = True) -> dict:
    """Measure a float network on all test clips with joints dropped at random, and write the table to ``out`` (JSON).

    Each share is dropped with each seed, once filled by :func:`~hypgcn.design.filling.complete_clip`, as recordings
    are, and once left at zero, as without filling. Joints are dropped of clips that were completed and mapped to the
    network's joints.

    Parameters
    ----------
    out : path
    checkpoint : path
        Float or pruned network.
    data : str or Source
        Recordings, or ``motion``.
    config : MissingConfig or None
    progress : bool
        Show a bar.

    Returns
    -------
    dict
        ``clips``, ``gap``, ``seeds``, ``measured`` (contents of the checkpoint and the recordings) and ``rows``: for
        each ``share`` ``filled`` and ``zero``, each with the mean ``top1`` of the seeds, the lowest (``low``) and
        the highest (``high``), 0..1.
    """
    config = config or MissingConfig()
    model, info = load_checkpoint(checkpoint)
    preparation = preparation_in(info, checkpoint)
    every = validation_split(network_clips(model, info, data), config.validate)
    check_test_clips(every, data)
    held, origins = every.part(1), origins_of(every)
    parents, rows = model.config.skeleton.parents, []
    shares, seeds = config.share_list, config.seed_list
    with tqdm(total=len(shares) * len(seeds), desc="missing", disable=not progress, leave=False) as bar:
        for share in shares:
            found: dict[str, list[float]] = {"filled": [], "zero": []}
            for seed in seeds if share else seeds[:1]:
                def drop(clip, index, share=share, seed=seed):
                    return with_dropped(clip, share, np.random.default_rng((seed, index)), config.gap)

                def fill(clip, index, drop=drop):
                    return complete_clip(drop(clip, index), scored=held.scored, parents=parents, origins=origins).clip

                for name, change in (("filled", fill), ("zero", drop)):
                    found[name].append(_hits(model, held, preparation, change) / len(held))
                bar.update()
            rows.append({"share": share, **{name: _spread(values) for name, values in found.items()}})
    report = {"clips": len(held), "gap": config.gap, "seeds": list(seeds),
              "measured": {"checkpoint": content(checkpoint), **every.identity}, "rows": rows}
    write_json(Path(out), report)
    return report
