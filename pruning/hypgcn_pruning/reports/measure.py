"""One network on test clips: its scores, the zeros in its activations, and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from hypgcn.design import Design
from hypgcn.design.clip import Preparation, quantise_clip
from hypgcn.design.raw_conversion import whole_preparation

from ..inputs import design_clips, network_clips, preparation_in
from ..integers.integer import IntegerNetwork, clips_at_a_time
from ..network.checkpoint import load_checkpoint
from ..network.cost import cost_of
from ..network.model import Network
from ..network.temporal_conv import threshold
from ..recordings.class_counts import check_test_clips, seen_in_training
from ..recordings.passes import passing
from ..recordings.prepared import PreparedClips
from ..recordings.scratch import MAPPED, let_go, scratch_array
from ..recordings.validation import validation_split
from .activation_tally import ActivationTally

__all__ = ["Measured", "measure", "summed_scores"]

_PIECE = 256
"""Clips or batches after which the memory of a mapped array is given back."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """A network on all test clips.

    Parameters
    ----------
    network : Network or Design
        Float network or design.
    scores : np.ndarray
        Float64 or int64 (N, classes); times ``scale`` they are logits.
    label : np.ndarray int64 (N,)
    seen : np.ndarray bool (N,)
        Clips that are training clips as well.
    tally : ActivationTally
        Zeros of its activations.
    overflow : np.ndarray
        Clips that were truncated in a store, always 0 for a float network.
    clips : np.ndarray or None
        Of a design, the clips that it was given; many of them in a mapped file.
    preparation : Preparation
        How the clips were prepared, by the hardware too.
    class_names : tuple of str
        Of the columns of ``scores``, or empty.
    """

    network: Network | Design
    scores: np.ndarray
    scale: float
    label: np.ndarray
    seen: np.ndarray
    tally: ActivationTally
    overflow: np.ndarray
    clips: np.ndarray | None
    preparation: Preparation
    class_names: tuple[str, ...] = ()


def summed_scores(parts: Sequence[tuple[np.ndarray, float | Fraction]]) -> np.ndarray:
    """Sum of ``scores * scale`` (N, classes) over ``parts``, up to a positive factor. Sums of integers are exact:
    scales are fractions, which a common denominator makes integers of any size."""
    if any(scores.dtype.kind == "f" for scores, _ in parts):
        return np.sum([scores * float(scale) for scores, scale in parts], axis=0)
    scales = [Fraction(scale) for _, scale in parts]
    common = lcm(*(scale.denominator for scale in scales))
    return np.sum([scores.astype(object) * int(scale * common) for (scores, _), scale in zip(parts, scales)], axis=0)


def _run_network(model: Network, clips: PreparedClips, tally: ActivationTally, size: int, title: str) -> np.ndarray:
    """Logits of prepared clips; X is what a block is given, Z and H what its graph product and its graph convolution
    give behind the thresholds."""
    seen: dict[int, list[torch.Tensor]] = {}
    hooks = []
    for index, block in enumerate(model.blocks):
        hooks.append(block.register_forward_pre_hook(lambda _, args, i=index: seen.update({i: [args[0]]})))
        hooks.append(block.gcn1.register_forward_hook(
            lambda gcn, args, out, i=index, b=block: seen[i].extend(
                (gcn.graph_products(*args), *(() if b.scales is not None else (threshold(out, b.theta_h),))))))
        if block.scales is not None:    # H, P, Q and Y, of which the last is not counted
            block.observer = lambda tensor, i=index: seen[i].append(tensor)
    logits = []
    try:
        with torch.inference_mode():
            for start in tqdm(range(0, len(clips), size), title, disable=None, leave=False):
                batch = torch.from_numpy(clips[start:start + size])
                logits.append(model.eval()(batch))
                tally.add(len(batch), [tuple(t.movedim(1, -1) for t in seen[i][:5]) for i in range(len(seen))])
    finally:
        for hook in hooks:
            hook.remove()
        for block in model.blocks:
            block.observer = None
    return torch.cat(logits).double().numpy()


def _run_design(design: Design, clips: np.ndarray, tally: ActivationTally, title: str):
    """Logits and overflow counts of clips; X and H are what the stores hold."""
    def see(index, made):
        tally.add_block(index, len(made["x"]) // design.persons, made["x_stored"], made["z"], made["h_stored"],
                        [made[name] for name in ("p_stored", "q_stored") if name in made])

    network, size, found = IntegerNetwork(design), clips_at_a_time(design), []
    for start in tqdm(range(0, len(clips), size), title, disable=None, leave=False):
        found.append(network.run(clips[start:start + size], see=see))
        if start // size % _PIECE == 0:
            let_go(clips)
    tally.clips += len(clips)
    return tuple(torch.cat(parts).numpy() for parts in zip(*found))


def _integer_clips(design: Design, clips: PreparedClips, title: str) -> np.ndarray:
    """All clips as ``design`` takes them, prepared one at a time; many of them in a temporary file."""
    shape = len(clips), *design.clip_shape
    large = np.prod(shape, dtype=np.int64) >= MAPPED
    whole = (scratch_array(shape, design.clip_type, f"the {design.clip_type} clips of {design.name}") if large
             else np.empty(shape, design.clip_type))
    for index in passing(range(len(clips)), len(clips), title):
        whole[index] = quantise_clip(design, clips[index:index + 1][0])
        if large and index % _PIECE == 0:
            let_go(whole)
    return whole


def measure(path, data, *, validate: str = "", size: int = 8) -> Measured:
    """The checkpoint or the design at ``path`` on the test clips of ``data`` (recordings, or ``motion``), ``size`` of
    a float network at a time; with ``validate`` on the training clips that :func:`~.validation.validation_split` holds
    out. A design runs in ``integer.py``.
    """
    if Path(path).is_dir() or Path(path).name == "design.json":
        design = Design.load(path)
        clips, preparation = design_clips(design, data)
        clips = validation_split(clips, validate)
        check_test_clips(clips, data)
        held = clips.part(1)
        whole = _integer_clips(design, PreparedClips(held, preparation, design.persons), f"{path}: clips")
        tally = ActivationTally(cost_of(design))
        scores, overflow = _run_design(design, whole, tally, str(path))
        return Measured(network=design, scores=scores, scale=design.logit_scale, label=held.label,
                        seen=seen_in_training(clips), tally=tally, overflow=overflow, clips=whole,
                        preparation=whole_preparation(design), class_names=held.class_names)
    model, info = load_checkpoint(path)
    preparation = preparation_in(info, path)
    every = validation_split(network_clips(model, info, data), validate)
    check_test_clips(every, data)
    held = every.part(1)
    tally = ActivationTally(cost_of(model))
    scores = _run_network(model, PreparedClips(held, preparation, model.config.persons), tally, size, str(path))
    return Measured(network=model, scores=scores, scale=1.0, label=held.label, seen=seen_in_training(every),
                    tally=tally, overflow=np.zeros(len(held), np.int64), clips=None, preparation=preparation,
                    class_names=held.class_names)
