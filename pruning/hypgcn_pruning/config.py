"""Settings of the steps: plain dataclasses, free of torch, so that the command line knows its options without loading
it."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

__all__ = ["FORMATS", "TrainConfig", "PruneConfig", "QuantiseConfig", "CompileConfig", "check_share"]

FORMATS = ("auto", "hypgcn", "2s-agcn", "pyskl")
"""Whose checkpoints :mod:`hypgcn_pruning.network.foreign` reads; ``auto`` tells by the keys."""


def check_share(name: str, value):
    """Raise :exc:`ValueError` unless ``value`` is in (0, 1]."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise ValueError(f"{name} must be above 0 and at most 1, not {value!r}")


def _option(default, text: str, choices: tuple | None = None) -> Any:
    return field(default=default, metadata={"help": text, "choices": choices})


def _check_counts(config, *names):
    for name in names:
        value = getattr(config, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be an integer of at least 1, not {value!r}")


def _check_choices(config):
    for entry in dataclasses.fields(config):
        choices, value = entry.metadata.get("choices"), getattr(config, entry.name)
        if choices and value not in choices:
            raise ValueError(f"{entry.name} must be one of {', '.join(choices)}, not {value!r}")


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How to train; fine-tuning after pruning takes everything but the epochs, the rate and the warm-up from here."""

    epochs: int = _option(45, "passes over the training clips")
    batch: int = _option(32, "clips per step")
    rate: float = _option(0.1, "highest learning rate; it falls along a cosine")
    warmup: int = _option(3, "epochs over which the learning rate rises")
    decay: float = _option(4e-4, "weight decay of convolutions and classifier")
    smoothing: float = _option(0.1, "of the labels, at least 0 and below 1")
    average: float = _option(0.995,
                             "share of itself that the averaged copy of the weights keeps per step; the copy is saved")
    degrees: float = _option(60.0, "clips are turned by up to this angle")
    crop: float = _option(0.3, "up to this share of a clip's frames is cut off")
    mirror: float = _option(0.0, "share of the clips that are mirrored, left joints for right ones, below 1")
    warp: float = _option(0.0, "how unevenly clips run, from 0 to below 1: frames are taken at random steps")
    teachers: str = _option("", "checkpoints, separated by commas, whose judgement is learned beside the labels")
    distil: float = _option(0.7, "weight of the teachers in the loss, at least 0 and below 1; labels have the rest")
    temperature: float = _option(2.0, "that softens what teachers and network say")
    seed: int = _option(1, "of weights, order and augmentation")
    threads: int = _option(0, "of torch; 0 leaves them as they are")
    accelerator: str = _option("cpu", "where training runs", ("cpu", "cuda", "auto"))
    devices: int = _option(1, "processes, each with a share of every batch: GPUs, or on the CPU for trial")
    precision: str = _option("32", "bits of a product; 16 and bf16 are mixed precision, weights stay at 32",
                             ("32", "16", "bf16"))

    PLACE = ("threads", "accelerator", "devices", "precision")
    """Fields that say where a run computes, not what: an interrupted run may go on with others."""

    def __post_init__(self):
        _check_counts(self, "epochs", "batch", "devices")
        _check_choices(self)
        if self.batch < 2 * self.devices and self.devices > 1:
            raise ValueError(f"batch must be at least {2 * self.devices}, two clips for each of {self.devices} "
                             f"devices, not {self.batch!r}")
        if not self.rate > 0:
            raise ValueError(f"rate must be positive, not {self.rate!r}")
        if not 0 < self.temperature < float("inf"):
            raise ValueError(f"temperature must be positive, not {self.temperature!r}")
        for name in ("smoothing", "average", "crop", "mirror", "warp", "distil"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and below 1, not {getattr(self, name)!r}")


@dataclass(frozen=True, kw_only=True)
class PruneConfig:
    """How much to prune, by which criterion, on which schedule, and how long to fine-tune."""

    channels: float = _option(0.46, "share of the input channels of blocks 2.. that stays, above 0 and at most 1")
    taps: int = _option(4, "taps that stay in every bank")
    ratios: str = _option("uniform", "per layer: uniform, global (channels ranked over all layers), sensitivity (a "
                                     "search for the target macs), or shares such as 0.5,0.3,0.25 of each group of "
                                     "tied blocks")
    macs: float = _option(0.0, "with sensitivity: how many times fewer multiplications by weights are wanted, above 1")
    criterion: str = _option("activity", "importance of channels: activity, l1, l2, multi or cover")
    schedule: str = _option("one-shot", "one-shot, gradual or admm")
    stages: int = _option(3, "of the gradual schedule")
    rho: float = _option(0.003, "strength of admm's pull")
    admm_epochs: int = _option(6, "of admm before channels are dropped, and again before taps are cut")
    reconstruct: bool = _option(True, "after a cut, what is left makes up for it by least squares on calibration clips")
    patterns: str = _option("bank", "taps are chosen for each bank, or for each filter (no gain in this hardware)")
    last_filters: float = _option(1.0, "share of the last block's temporal filters that stays, above 0 and at most 1")
    edges: float = _option(1.0, "share of the entries of the learned graphs that stays, above 0 and at most 1")
    density_h: float = _option(0.4, "share of H that its thresholds leave, above 0 and at most 1 (1: no thresholds)")
    density_y: float = _option(0.4, "the same for the outputs of the blocks, where they are not constant")
    sparsity: float = _option(0.0, "weight of a penalty on activations in all fine-tuning, 0 for none")
    tied: bool = _option(True, "blocks that share a residual path keep the same channels")
    coupled: bool = _option(True, "temporal filters that only made dropped channels go, too")
    residual: bool = _option(True, "convolved shortcuts keep the outputs that the next block drops")
    weights_epochs: int = _option(9, "fine-tuning after channels and taps are cut")
    threshold_epochs: int = _option(9, "fine-tuning after thresholds are set")
    tune_rate: float = _option(0.03, "highest learning rate of fine-tuning; half of it with thresholds")
    calibration: int = _option(256, "training clips that scores and thresholds are measured on")

    def __post_init__(self):
        for name in ("channels", "last_filters", "edges", "density_h", "density_y"):
            check_share(name, getattr(self, name))
        _check_counts(self, "taps", "calibration", "stages", "admm_epochs")
        for name in ("tune_rate", "rho"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)!r}")
        if not self.sparsity >= 0:
            raise ValueError(f"sparsity must be at least 0, not {self.sparsity!r}")
        for name, choices in _PRUNE_CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, not {getattr(self, name)!r}")
        if self.ratios not in ("uniform", "global", "sensitivity"):
            self.shares_by_hand()
        if (self.ratios == "sensitivity") != (self.macs != 0) or self.macs and not self.macs > 1:
            raise ValueError(f"macs must be above 1 with ratios 'sensitivity', and 0 else, not {self.macs!r}")
        if self.schedule == "admm" and self.patterns == "filter":
            raise ValueError("patterns must be 'bank' with schedule 'admm', not 'filter'")
        if not self.residual and not self.coupled:
            raise ValueError("residual must be on where coupled is off: shortcuts lose what filters lose")

    def shares_by_hand(self) -> list[float]:
        """The numbers of ``ratios``."""
        try:
            shares = [float(part) for part in self.ratios.split(",")]
        except ValueError:
            raise ValueError(f"ratios must be uniform, global, sensitivity, or shares such as 0.5,0.3,0.25, not "
                             f"{self.ratios!r}") from None
        for share in shares:
            check_share("ratios", share)
        return shares


_PRUNE_CHOICES = {"criterion": ("activity", "l1", "l2", "multi", "cover"), "schedule": ("one-shot", "gradual", "admm"),
                  "patterns": ("bank", "filter")}


@dataclass(frozen=True, kw_only=True)
class QuantiseConfig:
    """How the scales of int8 are found, and how long the network is trained with them."""

    name: str = _option("network", "name of the design")
    calibration: int = _option(256, "training clips that ranges are measured on")
    lowest: float = _option(0.4, "smallest share of the largest magnitude that a scale covers; 1: nothing saturates")
    epochs: int = _option(0, "of fine-tuning with the integer arithmetic in place; 0: calibration only")
    rate: float = _option(0.005, "highest learning rate of that fine-tuning")

    def __post_init__(self):
        _check_counts(self, "calibration")
        check_share("lowest", self.lowest)
        if isinstance(self.epochs, bool) or not isinstance(self.epochs, int) or self.epochs < 0:
            raise ValueError(f"epochs must be an integer of at least 0, not {self.epochs!r}")
        if not self.rate > 0:
            raise ValueError(f"rate must be positive, not {self.rate!r}")


@dataclass(frozen=True, kw_only=True)
class CompileConfig:
    """How the stores are planned."""

    margin: float = _option(1.15,
                            "depth of a mini-bank over the most that a row of the calibration clips needs, at least 1")
    calibration: int = _option(256, "training clips that are measured")
    frames: int = _option(0, "of the design's clips, which are repeated to fill them; 0: as trained")
    persons: int = _option(0, "of the design's clips; 0: as trained")

    def __post_init__(self):
        _check_counts(self, "calibration")
        for name in ("frames", "persons"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ValueError(f"{name} must be an integer of at least 0, not {value!r}")
        if not 1 <= self.margin < float("inf"):
            raise ValueError(f"margin must be at least 1, not {self.margin!r}")


def fine_tuning(training: TrainConfig, epochs: int, rate: float) -> TrainConfig:
    """``training`` for ``epochs`` of fine-tuning: a short warm-up, other augmentations than the first training saw."""
    return dataclasses.replace(training, epochs=epochs, rate=rate, warmup=min(1, epochs - 1), seed=training.seed + 1000)
