"""What ``hypgcn quantise`` reports of its result: accuracy beside the pruned network, every layer, and what helps."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch

from hypgcn.design.clip import Preparation

from ..config import QuantiseConfig
from ..network.model import Network
from ..recordings.data import Clips, prepared
from .diagnosis import Remedy, compare, layer_costs, message, try_remedies
from .fold_bn import Folded
from .layers import layer_report
from .mixed import MixedNetwork
from .remedies import calibrated, equalised_channels

__all__ = ["HeldOut", "check_integers", "held_out"]

_MAX, _FEWEST = 256, 16
"""Clips that are compared at most, and below which the calibration clips are taken."""
_RANKED, _RANKED_FRAMES = 48, 4096
"""Clips on which layers are ranked, and frames of all persons in them: of long clips there are fewer, at least 4."""
_LOW, _HIGH = 0.15, 1.0
"""Ranges that are tried beside the one of the settings."""


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Clips on which integers are compared with the float network, never test clips.

    Parameters
    ----------
    clips : torch.Tensor (N, M, T, V, C)
        Prepared.
    labels : torch.Tensor int64 (N,)
    text : str
        Which clips these are.
    """

    clips: torch.Tensor
    labels: torch.Tensor
    text: str


def held_out(clips: Clips, preparation: Preparation, persons: int, calibration: int, validation: bool) -> HeldOut:
    """Clips for the comparison: of validation, or training clips that do not calibrate; where none are left, all.

    Parameters
    ----------
    clips : Clips
    preparation : Preparation
    persons : int
    calibration : int
        Number of calibration clips.
    validation : bool
        Split 1 of ``clips`` are held-out training clips (``--validate``), and not test clips.
    """
    training = clips.part(0)
    used = np.linspace(0, len(training) - 1, min(calibration, len(training))).round().astype(np.int64)
    unused = np.setdiff1d(np.arange(len(training)), used)
    if validation:
        chosen, text = clips.part(1), "held-out clips (--validate)"
    elif len(unused) >= _FEWEST:
        chosen, text = training.take(unused), "training clips that do not calibrate"
    else:
        chosen, text = training, "training clips (none are left that do not calibrate)"
    chosen = chosen.evenly(_MAX)
    return HeldOut(clips=torch.from_numpy(prepared(chosen, preparation, persons)),
                   labels=torch.from_numpy(chosen.label), text=f"{len(chosen)} {text}")


def _ranked(clips: torch.Tensor) -> torch.Tensor:
    """Some of prepared ``clips`` (N, M, T, V, C), at even steps."""
    limit = min(_RANKED, max(4, _RANKED_FRAMES // (clips.shape[1] * clips.shape[2])))
    return clips[torch.linspace(0, len(clips) - 1, min(len(clips), limit)).round().long()]


def _remedies(model: Network, folded: Folded, sample: torch.Tensor, config: QuantiseConfig) -> list[Remedy]:
    """What ``config`` does not do yet."""
    found = []

    def add(option: str, **changes):
        changed = dataclasses.replace(config, epochs=0, **changes)
        found.append(Remedy(option=option, make=lambda: calibrated(model, sample, changed)))

    if not config.equalise and any(map(equalised_channels, folded.blocks)):
        add("--equalise", equalise=True)
    if not config.correct_bias:
        add("--correct-bias", correct_bias=True)
    for lowest in (_LOW, _HIGH):
        if lowest != config.lowest:
            add(f"--lowest {lowest:g}", lowest=lowest)
    return found


def check_integers(model: Network, folded: Folded, scales: dict[str, float], sample: torch.Tensor, held: HeldOut,
                   config: QuantiseConfig, *, trained: bool, progress: bool = True) -> tuple[dict, str]:
    """Report on the integers of ``folded``, and what a user has to read of it, or nothing.

    Parameters
    ----------
    model : Network
        The float network; after QAT that which was trained.
    folded : Folded
        What is on the grids of ``scales``.
    scales : dict of float
    sample : torch.Tensor (N, M, T, V, C)
        Calibration clips.
    held : HeldOut
    config : QuantiseConfig
    trained : bool
        Weights were trained with the integers in place: other ranges would undo that, and are not tried.
    progress : bool
        Show the time left.

    Returns
    -------
    dict
        ``clips`` (which), ``quality`` (:class:`~.diagnosis.Quality`), ``layers`` (:func:`~.layers.layer_report` on
        calibration clips) and, where layers were ranked, ``costs``, ``tried`` and ``message``.
    str
        The message, or empty.
    """
    shape = model.config
    mixed = MixedNetwork(folded, scales, shape)
    real = mixed.predict(held.clips, ())
    quality = compare(real, mixed.predict(held.clips, mixed.sites), held.labels)
    layers = layer_report(mixed, _ranked(sample))
    report: dict = {"clips": held.text, "quality": vars(quality), "layers": layers}
    if config.report == "never" or config.report == "auto" and not quality.lossy:
        return report, ""
    costs = layer_costs(mixed, _ranked(held.clips), progress)
    remedies = [] if trained else _remedies(model, folded, sample, config)
    tried = try_remedies(remedies, real, held.clips, held.labels, shape, progress)
    text = message(quality, layers, costs, tried, held.text)
    return {**report, "costs": costs, "tried": tried, "message": text}, text
