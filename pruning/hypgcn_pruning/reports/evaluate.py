"""Accuracies and sizes of a network from float to design, as plain data for reports."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from tqdm import tqdm

from hypgcn.design import Design, Scales
from hypgcn.design.clip import quantise_clip

from ..integers.fold_bn import fold
from ..integers.integer import IntegerNetwork, predict_integer, run_integer
from ..network.cost import cost_of
from ..network.model import Network
from ..network.predict import BATCH, clips_at_a_time, predict
from ..recordings.prepared import PreparedClips
from .class_figures import class_rows, confusion_matrix, mean_class_accuracy, top_k

__all__ = ["count_macs", "design_figures", "layer_noise", "evaluate", "losses"]

_LOSS = 0.005
"""Share of the clips, from which on a loss is said."""
_ADVICE = {"pruned": "fine-tune longer (prune --weights-epochs, --threshold-epochs) or prune less",
           "int8": "hypgcn quantise --report always names the layer and what helps"}


def count_macs(design: Design, *, dense: bool = False) -> dict[str, int]:
    """Multiplications of one clip by unit, all persons: with the masks of ``design``, or as if nothing were pruned."""
    cost = cost_of(design)
    macs = (cost.dense() if dense else cost).macs()
    return {unit: count for unit, count in macs.items() if unit != "similarity"}  # no design has that graph


def design_figures(design: Design) -> dict:
    """Channels, filters, taps, multiplications, densities and store depths of a design."""
    widths = [design.channels, *(block.dense_channels for block in design.blocks)]     # before channels left

    def share(left, places) -> float:
        return round(1 - sum(int(mask.sum()) for mask in left) / max(1, sum(places)), 4)

    macs, dense = count_macs(design), count_macs(design, dense=True)
    return {
        "hash": design.hash,
        "channels_dropped": share((b.kept for b in design.blocks), widths[:-1]),
        "channels_dropped_after_block_1": share((b.kept for b in design.blocks[1:]), widths[1:-1]),
        "filters_dropped": share((b.filters for b in design.blocks), widths[1:]),
        "taps_cut": share((b.taps for b in design.blocks), (b.taps.size for b in design.blocks)),
        "macs_dense": dense, "macs_pruned": macs, "macs_share": round(macs["all"] / dense["all"], 4),
        "blocks": [{"in": b.in_channels, "h": b.h_channels, "out": b.out_channels, "stride": b.stride,
                    "kept": int(b.kept.sum()), "filters": int(b.filters.sum()), "taps": int(b.taps.sum()),
                    "density_x": b.density_x, "density_h": b.density_h, "density_z": b.density_z,
                    "threshold_z": b.threshold_z, "threshold_h": b.threshold_h, "threshold_y": b.threshold_y,
                    "x_depths": list(b.x_depths), "h_depths": list(b.h_depths),
                    **({} if b.scales is None else {"scales": _scales(b.scales)})} for b in design.blocks],
    }


def _scales(scales: Scales) -> dict:
    """What is reported of the stages of a multi-scale block."""
    return {"p": scales.p_channels, "q": scales.q_channels, "of": scales.dense[0], "density_p": scales.density_p,
            "density_q": scales.density_q, "threshold_p": scales.threshold_p, "threshold_q": scales.threshold_q,
            "p_depths": list(scales.p_depths), "q_depths": list(scales.q_depths)}


def _frames_apart(design: Design, tensor: str) -> int:
    """Frames of the float network from a row to the next of this tensor, such as ``blocks.3.h``."""
    if tensor == "x1":
        return 1
    _, index, name = tensor.split(".")
    before = design.blocks[:int(index) + (name in "qy")]
    return math.prod(block.stride for block in before) // math.prod(block.dense_stride for block in before)


def layer_noise(model: Network, design: Design, clips: np.ndarray,
                given: np.ndarray | None = None) -> dict[str, float]:
    """Signal over quantisation noise in dB of every tensor of ``design`` against the float ``model`` that it was made
    from.

    Errors add up from layer to layer; the layer at which the figure falls most is the one to look at. Each tensor is
    compared at the scale that fits it best, so that no scales need to be known; channels and frames that the design has
    no more are left out, and so are P and Q of multi-scale blocks that lost channels. ``given`` are the clips as
    ``design`` takes them before quantisation, if these are not ``clips``.
    """
    folded = fold(model)
    sums: dict[str, np.ndarray] = {}
    with torch.inference_mode():
        # One at a time, because all of its tensors are in memory.
        for clip, host in zip(clips, clips if given is None else given):
            integers = run_integer(design, quantise_clip(design, host)[None])
            for name, real in folded.tensors(torch.from_numpy(clip)[None]):
                integer, real = integers[name].double(), real.double()
                if name[-2:] in (".p", ".q") and integers[name].shape[-1] != real.shape[1]:
                    continue    # channels that nobody reads left the design one by one
                if name != "logits":
                    integer = integer.movedim(-1, -3)
                    real = real[..., :integer.shape[-3], ::_frames_apart(design, name), :]
                found = np.array([(integer * real).sum(), integer.square().sum(), real.square().sum()])
                sums[name] = sums[name] + found if name in sums else found
    return {name: _decibels(*found) for name, found in sums.items()}


def _decibels(products: float, integers: float, reals: float) -> float:
    """Signal over noise of ``integers`` at the scale that fits the floats best, from the sums of products and
    squares."""
    error = reals - products * products / max(integers, 1)
    return round(10 * math.log10(max(reals, 1e-30) / max(error, 1e-30)), 1)


def losses(accuracy: dict[str, float]) -> list[str]:
    """One text for every step from ``float`` over ``pruned`` to ``int8`` that loses more than half a point.

    Parameters
    ----------
    accuracy : dict of float
        Top-1 of those that were measured, 0..1.
    """
    names = [name for name in ("float", "pruned", "int8") if name in accuracy]
    return [f"{name} is {100 * (accuracy[before] - accuracy[name]):.1f} points below {before} "
            f"({100 * accuracy[name]:.1f} against {100 * accuracy[before]:.1f} %): {_ADVICE[name]}"
            for before, name in zip(names, names[1:]) if accuracy[before] - accuracy[name] > _LOSS]


def _scores(clips: PreparedClips | np.ndarray, networks: Mapping[str, Network | None], design: Design | None,
            given: PreparedClips | np.ndarray) -> tuple[dict[str, np.ndarray], int]:
    """Scores (N, classes) of each network and of the design (``int8``), and clips with overflow; batch by batch."""
    real = {name: network for name, network in networks.items() if network is not None}
    integers = None if design is None else IntegerNetwork(design)
    found: dict[str, list[np.ndarray]] = {name: [] for name in [*real, *(["int8"] if integers else [])]}
    size = min([clips_at_a_time(network) for network in real.values()], default=BATCH)
    crowded = 0
    for start in tqdm(range(0, len(clips), size), "evaluate", disable=None, leave=False):
        batch = clips[start:start + size]
        for name, network in real.items():
            found[name].append(predict(network, torch.from_numpy(batch)).numpy())
        if integers is not None:
            part = batch if given is clips else given[start:start + size]
            logits, overflow = predict_integer(integers, np.stack([quantise_clip(design, clip) for clip in part]))
            found["int8"].append(logits.numpy())
            crowded += int((overflow > 0).sum())
    return {name: np.concatenate(parts) for name, parts in found.items()}, crowded


def evaluate(clips: PreparedClips | np.ndarray, labels: np.ndarray, *, model: Network | None = None,
             pruned: Network | None = None, design: Design | None = None,
             given: PreparedClips | np.ndarray | None = None, class_names: Sequence[str] = ()) -> dict:
    """What networks make of clips.

    Parameters
    ----------
    clips : PreparedClips, or np.ndarray float32 (N, M, T, V, C)
        Read by slices of at most 64 clips, of which only scores are kept.
    labels : np.ndarray int (N,)
    model, pruned : Network or None
        Float networks.
    design : Design or None
    given : PreparedClips, or np.ndarray float32 (N, M, T, V, C), or None
        The clips as ``design`` takes them, if it prepares raw joints itself; ``None``: ``clips``.
    class_names : sequence of str
        Of the classes, or empty.

    Returns
    -------
    dict
        For each network (``float``, ``pruned``, ``int8``) its top-1 (``accuracy``), the mean of the classes
        (``class_accuracy``), ``top5`` (None of five classes or fewer) and its ``confusion``: a row for each class, with
        the clips that are taken for each class. ``classes``: a row for each, with clips and accuracies. How often int8
        and pruned network agree, and :func:`layer_noise` on the first clips.
    """
    if not len(clips):
        raise ValueError("clips must hold at least one clip, but are empty")
    report: dict = {"clips": len(clips)}
    scores, overflow = _scores(clips, {"float": model, "pruned": pruned}, design, clips if given is None else given)
    if design is not None:
        report["clips_with_overflow"] = overflow
        report["design"] = design_figures(design)
    votes = {name: found.argmax(1) for name, found in scores.items()}
    confusions = {name: confusion_matrix(votes[name], labels, found.shape[1]) for name, found in scores.items()}
    report["accuracy"] = {name: round(float((vote == labels).mean()), 4) for name, vote in votes.items()}
    report["class_accuracy"] = {name: mean_class_accuracy(found) for name, found in confusions.items()}
    report["top5"] = {name: top_k(found, labels) for name, found in scores.items()}
    if {"pruned", "int8"} <= votes.keys():
        report["noise_db"] = layer_noise(pruned, design, clips[:32], None if given is None else given[:32])
        report["agreement_pruned_int8"] = round(float((votes["pruned"] == votes["int8"]).mean()), 4)
    report["classes"] = class_rows(confusions, class_names)
    report["confusion"] = {name: found.tolist() for name, found in confusions.items()}
    return report
