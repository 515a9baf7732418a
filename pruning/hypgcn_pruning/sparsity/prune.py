"""The pruning step: channels, taps, thresholds, on one of three schedules, with fine-tuning after each stage."""

import copy
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from hypgcn.design.clip import Preparation
from hypgcn.design.files import write_json

from ..config import PruneConfig, TrainConfig, fine_tuning
from ..messages import say
from ..network.batch_norms import settle_batch_norms
from ..network.model import ModelConfig, Network
from ..recordings.data import Clips, calibration_clips
from ..training.regularise import ActivationPenalty, Regulariser, Regularisers
from ..training.train import train
from .admm import Admm, ChannelStructure, TapStructure
from .branches import drop_branch_channels
from .channels import drop_channels, drop_last_filters, remove_dynamic_graph, reorder_channels
from .edges import prune_edges
from .importance import (
    channel_scores,
    column_subset_scores,
    global_shares,
    hidden_scores,
    layers,
    measure_activity,
)
from .reconstruct import reconstruct
from .sensitivity import measure_sensitivity, search_ratios
from .taps import cut_taps, cut_taps_of_filters
from .thresholds import ThresholdQuantiles, set_thresholds

__all__ = ["calibration_count", "prune"]

FRAMES = 32768
"""Frames of all persons in the calibration clips: activations of a layer are in memory for all of them."""


def calibration_count(wanted: int, shape: ModelConfig, progress: bool = True) -> int:
    """Calibration clips that fit :data:`FRAMES`: ``wanted``, or fewer, which is said, at least 16."""
    count = min(wanted, max(16, FRAMES // (shape.persons * shape.frames)))
    if count < wanted and progress:
        say(f"calibration: {count} of the {wanted} clips, which have {count * shape.persons * shape.frames} frames of "
            f"all persons; the activations of more would not fit a small memory")
    return count


class _Pruning:
    """One run: the network, its settings, and the fine-tunings that have been made."""

    def __init__(self, model: Network, clips: Clips, preparation: Preparation, config: PruneConfig,
                 training: TrainConfig, folder: Path, info: dict | None, progress: bool):
        self.model, self.clips, self.preparation = model, clips, preparation
        self.config, self.training, self.folder = config, training, folder
        self.info, self.progress = info, progress
        count = calibration_count(config.calibration, model.config, progress)
        self.sample = torch.from_numpy(calibration_clips(clips, preparation, model.config.persons, count))
        self.labels = torch.from_numpy(clips.part(0).evenly(count).label)
        # Scores, refitted weights and thresholds follow from activations, which need the network's own statistics.
        self.model, _ = settle_batch_norms(self.model, self.sample, self.labels, self.progress)

    def tune(self, name: str, epochs: int, rate: float, regulariser: Regulariser | None = None):
        """Fine-tune in the folder ``name``; a run that is complete there is only read."""
        if self.config.sparsity:
            penalty = ActivationPenalty(self.config.sparsity)
            regulariser = penalty if regulariser is None else Regularisers(penalty, regulariser)
        if epochs:
            train(self.model, self.clips, self.preparation, fine_tuning(self.training, epochs, rate),
                  self.folder / name, info=self.info, regulariser=regulariser, progress=self.progress)

    def scores(self) -> list[torch.Tensor]:
        if self.config.criterion == "column-subset":
            return column_subset_scores(self.model, self.sample, self.config.tied)
        return channel_scores(self.model, self.config.criterion, measure_activity(self.model, self.sample))

    def ratios(self) -> tuple[list[float], list[int]]:
        """Share of channels of every decision, and taps of every block; a search is written to ``ratios.json``."""
        config, model = self.config, self.model
        decisions, taps = layers(model, config.tied), [config.taps] * model.depth
        if config.ratios == "uniform":
            return [config.channels] * len(decisions), taps
        if config.ratios == "global":
            return global_shares(self.scores(), decisions, config.channels), taps
        if config.ratios != "sensitivity":
            return config.shares_by_hand(), taps
        trials = measure_sensitivity(model, self.sample, self.labels, scores=self.scores(), tied=config.tied,
                                     coupled=config.coupled, even=config.even_taps, progress=self.progress)
        ratios = search_ratios(model, trials, config.macs, tied=config.tied, coupled=config.coupled)
        write_json(self.folder / "ratios.json", {**asdict(ratios), "trials": [asdict(trial) for trial in trials]})
        return list(ratios.shares), list(ratios.taps)

    def drop(self, shares: list[float]):
        with torch.no_grad():
            drop_channels(self.model, shares, scores=self.scores(), tied=self.config.tied,
                          coupled=self.config.coupled, residual=self.config.residual)

    def finish_channels(self, before: Network):
        """What needs the final channels: their order, in ``before`` as well, the last block's filters, the edges."""
        with torch.no_grad():
            if self.config.last_filters < 1:
                drop_last_filters(self.model, self.config.last_filters)
            reorder_channels(self.model, before, scores=hidden_scores(self.model, self.sample))
            if self.config.edges < 1:
                prune_edges(self.model, self.config.edges)

    def cut(self, taps: list[int]):
        with torch.no_grad():
            if self.config.patterns == "filter":
                cut_taps_of_filters(self.model, taps)
            else:
                cut_taps(self.model, taps, even=self.config.even_taps, hidden=self.config.hidden)
            drop_branch_channels(self.model, self.config.branches, self.sample)

    @contextmanager
    def compensated(self):
        """Refit the weights that are left after what is pruned inside, with the network before as the reference."""
        before = copy.deepcopy(self.model)
        yield before
        if self.config.reconstruct:
            reconstruct(self.model, before, self.sample)

    def one_shot(self, shares: list[float], taps: list[int]):
        with self.compensated() as before:
            self.drop(shares)
            self.finish_channels(before)
            self.cut(taps)
        self.tune("weights", self.config.weights_epochs, self.config.tune_rate)

    def gradual(self, shares: list[float], taps: list[int]):
        """In ``stages`` steps each, what is cut grows as 1 - (1 - n / stages)^3 (Zhu and Gupta, 2017): first channels,
        then taps. What a stage dropped stays dropped, because nothing is left of it to score."""
        stages, kernel = self.config.stages, self.model.config.kernel
        spans = np.diff(np.linspace(0, self.config.weights_epochs, 2 * stages + 1).round().astype(int)).tolist()
        progress = [1 - (1 - (stage + 1) / stages) ** 3 for stage in range(stages)]
        for stage, done in enumerate(progress):
            with self.compensated() as before:
                self.drop([1 - done * (1 - share) for share in shares])
                if stage + 1 == stages:
                    self.finish_channels(before)
            self.tune(f"channels{stage + 1}", spans[stage], self.config.tune_rate)
        for stage, done in enumerate(progress):
            with self.compensated():
                self.cut([kernel - int(done * (kernel - keep)) for keep in taps])
            self.tune(f"taps{stage + 1}", spans[stages + stage], self.config.tune_rate)

    def admm(self, shares: list[float], taps: list[int]):
        config = self.config
        regulariser = Admm(ChannelStructure(self.model, shares, tied=config.tied, coupled=config.coupled), config.rho)
        self.tune("admm_channels", config.admm_epochs, config.tune_rate, regulariser)
        with self.compensated() as before:
            self.drop(shares)
            self.finish_channels(before)
        self.tune("admm_taps", config.admm_epochs, config.tune_rate,
                  Admm(TapStructure(taps, self.model, even=config.even_taps, hidden=config.hidden), config.rho))
        with self.compensated():
            self.cut(taps)
        self.tune("weights", config.weights_epochs, config.tune_rate)

    def thresholds(self):
        config = self.config
        densities = config.density_h, config.density_y, config.density_z, config.density_z_first
        again = None
        if min(densities) < 1:
            set_thresholds(self.model, self.sample, *densities)
            again = ThresholdQuantiles(self.sample, densities, config.threshold_epochs)
        self.tune("thresholds", config.threshold_epochs, config.tune_rate / 2, again)


def prune(model: Network, clips: Clips, preparation: Preparation, config: PruneConfig, training: TrainConfig, folder, *,
          info: dict | None = None, progress: bool = True) -> Network:
    """A pruned copy of ``model``, fine-tuned with its masks and thresholds in place.

    Every fine-tuning has a folder with its checkpoints in ``folder``, from which an interrupted run resumes:
    ``weights`` (or ``channels1``, .., ``taps1``, .. of the gradual schedule; ``admm_channels``, ``admm_taps`` before
    it), ``thresholds``. """
    if model.config.branches and (config.schedule == "admm" or config.ratios == "sensitivity"):
        raise ValueError("schedule must not be admm and ratios not sensitivity for multi-scale blocks, whose taps "
                         "belong to branches")
    if not model.config.branches and config.branches < 1:
        raise ValueError(f"branches must be 1 for a network without multi-scale blocks, not {config.branches!r}")
    run = _Pruning(remove_dynamic_graph(model).eval(), clips, preparation, config, training, Path(folder), info,
                   progress)
    steps = {"one-shot": run.one_shot, "gradual": run.gradual, "admm": run.admm}
    steps[config.schedule](*run.ratios())
    run.thresholds()
    return run.model.eval()
