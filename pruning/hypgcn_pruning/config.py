"""Settings of the steps: plain dataclasses, free of torch, so that the command line knows its options without loading
it."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from hypgcn.design.names import check_title
from hypgcn.design.raw_conversion import RawSettings
from hypgcn.design.raw_input import MISSING, UNITS

__all__ = ["FORMATS", "STREAMS", "Augmentation", "TrainConfig", "PruneConfig", "QuantiseConfig", "CompileConfig",
           "CRITERIA", "check_share", "fine_tuning", "option"]

FORMATS = ("auto", "hypgcn", "2s-agcn", "pyskl", "st-gcn")
"""Whose checkpoints :mod:`hypgcn_pruning.network.foreign` reads; ``auto`` recognises them by
their keys."""

STREAMS = ("joint", "bone", "joint-motion", "bone-motion")
"""What a network sees: coordinates of the joints, bones (a joint minus its parent), or the motion of either (the next
frame minus this one)."""


def check_share(name: str, value):
    """Raise :exc:`ValueError` unless ``value`` is in (0, 1]."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise ValueError(f"{name} must be above 0 and at most 1, not {value!r}")


def option(default, text: str, choices: tuple | None = None) -> Any:
    """A field of a settings dataclass with its help ``text``; the command line has an option for each."""
    return field(default=default, metadata={"help": text, "choices": choices})


def _check_counts(config, *names):
    for name in names:
        value = getattr(config, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be an integer of at least 1, not {value!r}")


def _check_shares(config, *names):
    for name in names:
        if not 0 <= getattr(config, name) < 1:
            raise ValueError(f"{name} must be at least 0 and below 1, not {getattr(config, name)!r}")


def _check_choices(config):
    for entry in dataclasses.fields(config):
        choices, value = entry.metadata.get("choices"), getattr(config, entry.name)
        if choices and value not in choices:
            raise ValueError(f"{entry.name} must be one of {', '.join(choices)}, not {value!r}")


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random changes of training clips, see :mod:`hypgcn_pruning.recordings.augment` and
    :mod:`hypgcn_pruning.recordings.joining`."""

    degrees: float = option(60.0, "augmentation: clips are rotated by up to this angle about the vertical, in degrees")
    tilt: float = option(10.0, "augmentation: and by up to this angle about both other axes, in degrees")
    random_times: bool = option(True, "augmentation: frames are taken at uniform random times of a clip, in order; "
                                      "else at even steps")
    crop: float = option(0.0, "augmentation: up to this share of a clip's frames is cropped")
    mirror: float = option(0.0, "augmentation: share of the clips that are mirrored, left joints for right, below 1")
    warp: float = option(0.0, "augmentation: time warp, from 0 to below 1: frames are taken at random steps")
    jitter: float = option(0.0, "augmentation: joints are moved by normal offsets of this standard deviation, in the "
                                "unit of the recordings: one for a clip, and half as much for a frame")
    drop_joints: float = option(0.0, "augmentation: share of the joints of all frames that go missing and are filled, "
                                     "as those that a tracker does not find, below 1")
    joined: float = option(0.0, "augmentation: share of the clips that become a window of recordings which follow one "
                                "another, with the class of its middle frame: what hypgcn live sees; 0 to 1")
    joined_frames: int = option(36, "augmentation: recorded frames of such a window: the seconds of hypgcn live "
                                    "--window times the frames a second")

    def __post_init__(self):
        _check_shares(self, "crop", "mirror", "warp", "drop_joints")
        _check_counts(self, "joined_frames")
        if isinstance(self.joined, bool) or not isinstance(self.joined, int | float) or not 0 <= self.joined <= 1:
            raise ValueError(f"joined must be at least 0 and at most 1, not {self.joined!r}")
        if not 0 <= self.jitter < float("inf"):
            raise ValueError(f"jitter must be at least 0, not {self.jitter!r}")


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Augmentation):
    """Training; fine-tuning takes everything but the epochs, the rate and the warm-up from here."""

    epochs: int = option(50, "epochs: passes over the training clips")
    epoch_steps: int = option(64, "smallest number of steps of an epoch: of fewer clips it has several passes")
    max_epoch_steps: int = option(0, "largest number of steps of an epoch: of more clips it takes a random part, so "
                                     "that accuracies are measured and the state is stored more often; 0: no limit")
    batch: int = option(16, "clips per step")
    rate: float = option(0.1, "highest learning rate; it decays along a cosine")
    warmup: float = option(0.1, "share of all steps in which the learning rate rises")
    decay: float = option(2e-4, "weight decay of convolutions and classifier")
    smoothing: float = option(0.1, "label smoothing, at least 0 and below 1")
    balance: str = option("none", "uneven classes: draw takes as many clips of each class in every pass, weights "
                                  "weighs the loss of a clip by how rare its class is", ("none", "draw", "weights"))
    average: float = option(0.995,
                            "decay per step of the exponential moving average of the weights, which is what is saved")
    validate: str = option("", "choose settings without the test clips: hold out training clips instead, view=2 or "
                               "another number that the recordings have (subject=7), or a share such as 0.2")
    teachers: str = option("", "checkpoints of teachers for knowledge distillation, separated by commas")
    distil: float = option(0.7, "weight of the distillation loss, at least 0 and below 1; the labels have the rest")
    temperature: float = option(2.0, "distillation temperature: logits of teachers and student are divided by it")
    seed: int = option(1, "seed of weights, order and augmentation")
    threads: int = option(0, "threads of torch; 0: its default")
    accelerator: str = option("cpu", "where training runs", ("cpu", "cuda", "auto"))
    devices: int = option(1, "processes, each with a share of every batch: one a GPU, or on the CPU for a trial")
    precision: str = option("32", "of products: 32, or mixed precision 16 or bf16 with weights of 32 bits",
                             ("32", "16", "bf16"))

    def __post_init__(self):
        super().__post_init__()
        _check_counts(self, "epochs", "epoch_steps", "batch", "devices")
        _check_choices(self)
        limit = self.max_epoch_steps
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
            raise ValueError(f"max_epoch_steps must be an integer of at least 0, not {limit!r}")
        if self.batch < 2 * self.devices:
            each = f"two clips for each of {self.devices} devices" if self.devices > 1 else "because batch " \
                   "normalisation needs two clips"
            raise ValueError(f"batch must be at least {2 * self.devices}, {each}, not {self.batch!r}")
        if not self.rate > 0:
            raise ValueError(f"rate must be positive, not {self.rate!r}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ValueError(f"seed must be an integer of at least 0, not {self.seed!r}")
        if not 0 < self.temperature < float("inf"):
            raise ValueError(f"temperature must be positive, not {self.temperature!r}")
        _check_shares(self, "warmup", "smoothing", "average", "distil")

    @property
    def teacher_paths(self) -> list[str]:
        """Paths of ``teachers``."""
        return [path.strip() for path in self.teachers.split(",") if path.strip()]


@dataclass(frozen=True, kw_only=True)
class PruneConfig:
    """Pruning: ratios, criterion, schedule, and epochs of fine-tuning."""

    channels: float = option(0.46, "share of the input channels of blocks 2.. that is kept, above 0 and at most 1")
    taps: int = option(4, "taps that are kept in every bank")
    ratios: str = option("uniform", "pruning ratios of the layers: uniform, global (channels ranked over all layers), "
                                    "sensitivity (a search for the target macs), or shares such as 0.5,0.3,0.25 that "
                                    "each group of tied blocks keeps")
    macs: float = option(0.0, "with sensitivity: target reduction of the multiplications by weights, above 1")
    criterion: str = option("activity", "importance of channels: activity, l1, l2, multi, or column-subset (greedy "
                                        "reconstruction of activations)")
    schedule: str = option("one-shot", "pruning schedule: one-shot, gradual or admm")
    stages: int = option(3, "stages of the gradual schedule")
    rho: float = option(0.003, "penalty parameter of ADMM")
    admm_epochs: int = option(6, "epochs of ADMM before channels are pruned, and again before taps are pruned")
    reconstruct: bool = option(True, "after pruning, refit the remaining weights by least squares on calibration clips")
    hidden: float = option(1.0, "share of the banks of H that is read and so computed, above 0 and at most 1")
    even_taps: bool = option(False, "blocks of stride 2 keep taps an even number of frames from the middle, so that "
                                    "the block before computes every second frame alone")
    patterns: str = option("bank", "tap patterns: one a bank, or one a filter (no gain in this hardware)")
    last_filters: float = option(1.0, "share of the last block's temporal filters that is kept, above 0 and at most 1")
    branches: float = option(1.0, "multi-scale blocks: share of the channels of every branch that is kept, above 0 and "
                                  "at most 1")
    edges: float = option(1.0, "share of the entries of the learned graphs that is kept, above 0 and at most 1")
    density_h: float = option(0.4, "target density of H behind its thresholds, above 0 and at most 1 (1: none)")
    density_y: float = option(0.4, "target density of the outputs of the blocks, constant channels left out")
    density_z: float = option(0.2, "target density of Z behind its dead zone, in all blocks but the first (1: no "
                                   "dead zone)")
    density_z_first: float = option(1.0, "the same in the first block")
    sparsity: float = option(0.0, "weight of the activation sparsity penalty in all fine-tuning, 0 for none")
    tied: bool = option(True, "blocks that share a residual path keep the same channels")
    coupled: bool = option(True, "prune temporal filters whose only readers are pruned channels")
    residual: bool = option(True, "convolved shortcuts keep the outputs that the next block prunes")
    weights_epochs: int = option(9, "epochs of fine-tuning after channels and taps are pruned")
    threshold_epochs: int = option(9, "epochs of fine-tuning after thresholds are set")
    tune_rate: float = option(0.03, "highest learning rate of fine-tuning; half of it with thresholds")
    calibration: int = option(256, "training clips for calibration of scores and thresholds")

    def __post_init__(self):
        object.__setattr__(self, "criterion", _FORMER_CRITERIA.get(self.criterion, self.criterion))
        for name in ("channels", "last_filters", "hidden", "branches", "edges", "density_h", "density_y", "density_z",
                     "density_z_first"):
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
        if (self.even_taps or self.hidden < 1) and self.patterns == "filter":
            raise ValueError("patterns must be 'bank' with even_taps and with hidden below 1, not 'filter'")
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


CRITERIA = ("activity", "l1", "l2", "multi", "column-subset")
"""Importance criteria of channels, see :mod:`hypgcn_pruning.sparsity.importance`."""
_FORMER_CRITERIA = {"cover": "column-subset"}
"""Names that recorded commands and results use."""
_PRUNE_CHOICES = {"criterion": CRITERIA, "schedule": ("one-shot", "gradual", "admm"), "patterns": ("bank", "filter")}


@dataclass(frozen=True, kw_only=True)
class QuantiseConfig:
    """Quantisation to int8: calibration of the scales, and quantisation-aware training."""

    name: str = option("network", "name of the design")
    calibration: int = option(256, "training clips for calibration of the scales")
    lowest: float = option(0.4, "smallest share of the largest magnitude that a scale may cover; 1: no saturation")
    equalise: bool = option(False, "scale channels of H that use the common range of int8 badly, exact in float "
                                   "(cross-layer equalisation); blocks with a threshold of H or an identity shortcut "
                                   "into it stay as they are")
    correct_bias: bool = option(False, "take the mean error of every accumulator back in its bias (bias correction)")
    report: str = option("auto", "which layer costs accuracy, and what helps: auto (where int8 loses more than half a "
                                 "point on training clips), always or never", ("auto", "always", "never"))
    epochs: int = option(0, "epochs of quantisation-aware training (QAT); 0: post-training quantisation (PTQ)")
    rate: float = option(0.005, "highest learning rate of QAT")

    def __post_init__(self):
        check_title("name", self.name)
        _check_counts(self, "calibration")
        check_share("lowest", self.lowest)
        _check_choices(self)
        if isinstance(self.epochs, bool) or not isinstance(self.epochs, int) or self.epochs < 0:
            raise ValueError(f"epochs must be an integer of at least 0, not {self.epochs!r}")
        if not self.rate > 0:
            raise ValueError(f"rate must be positive, not {self.rate!r}")
        if self.epochs and (self.equalise or self.correct_bias):
            raise ValueError("equalise and correct_bias must be off with epochs of QAT, which trains the weights that "
                             "they would change")


@dataclass(frozen=True, kw_only=True)
class CompileConfig:
    """Planning of the row stores."""

    margin: float = option(1.15,
                           "depth of a mini-bank over the maximum need of a window of rows of the calibration clips, "
                           "at least 1")
    calibration: int = option(256, "training clips for calibration of the depths")
    frames: int = option(0, "of the design's clips, which are repeated to fill them; 0: as trained")
    persons: int = option(0, "of the design's clips; 0: as trained")
    input: str = option("same", "what the core takes: same, as the design has it, which is prepared int8 clips, or raw "
                                "joints, int16, whose centring, bones and motion are hardware", ("same", "raw"))
    unit: str = option("auto", "of raw joints; auto: mm for three coordinates, 1/8 pixel for two",
                       ("auto", *UNITS))
    step: float = option(0.0, "size of the unit in the coordinates of the recordings; 0: 0.001 for mm, as for metres, "
                              "and 0.125 for 1/8 pixel")
    missing: str = option("hold", "a raw joint that is missing stays where it was, or its prepared value is zero",
                          MISSING)
    patience: int = option(-1, "frames for which a person of whom all raw joints are missing is held; -1: 30 with "
                               "hold, 0 with zero")

    RAW = ("input", "unit", "step", "missing", "patience")

    def __post_init__(self):
        _check_counts(self, "calibration")
        _check_choices(self)
        for name in ("frames", "persons"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ValueError(f"{name} must be an integer of at least 0, not {value!r}")
        if not 1 <= self.margin < float("inf"):
            raise ValueError(f"margin must be at least 1, not {self.margin!r}")
        if self.input == "same":
            for name in self.RAW[1:]:
                if getattr(self, name) != self.__dataclass_fields__[name].default:
                    raise ValueError(f"{name} must be left out without input 'raw', not {getattr(self, name)!r}")

    @property
    def raw(self) -> RawSettings:
        """Settings of a raw input."""
        return RawSettings(unit=None if self.unit == "auto" else self.unit, step=self.step or None,
                           missing=self.missing, patience=None if self.patience == -1 else self.patience)


def fine_tuning(training: TrainConfig, epochs: int, rate: float) -> TrainConfig:
    """``training`` for ``epochs`` of fine-tuning: the usual warm-up, augmentations of another seed."""
    return dataclasses.replace(training, epochs=epochs, rate=rate, warmup=0.1, seed=training.seed + 1000)
