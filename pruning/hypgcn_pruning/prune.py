"""The pruning step: channels, taps, thresholds, with fine-tuning after each stage."""

from pathlib import Path

import torch

from hypgcn.clip import Preparation

from .channels import drop_channels, measure_activity, remove_dynamic_graph, reorder_channels
from .config import PruneConfig, TrainConfig, fine_tuning
from .data import Clips, prepared
from .model import Network
from .taps import cut_taps
from .thresholds import set_thresholds
from .train import train

__all__ = ["calibration_clips", "prune"]


def calibration_clips(clips: Clips, preparation: Preparation, persons: int, count: int) -> torch.Tensor:
    """``count`` prepared training clips at even steps through the training split, or all where there are fewer."""
    learn = clips.part(0)
    chosen = torch.linspace(0, len(learn) - 1, min(count, len(learn))).round().long().numpy()
    return torch.from_numpy(prepared(learn.take(chosen), preparation, persons))


def prune(model: Network, clips: Clips, preparation: Preparation, config: PruneConfig, training: TrainConfig, folder, *,
          info: dict | None = None, progress: bool = True) -> Network:
    """A pruned copy of ``model`` that is fine-tuned with its masks and thresholds in place.

    Stages, each a folder with its checkpoints in ``folder`` that an interrupted run takes up again: ``weights``
    (channels dropped and brought together, taps cut), ``thresholds``. """
    folder = Path(folder)
    model = remove_dynamic_graph(model).eval()
    sample = calibration_clips(clips, preparation, model.config.persons, config.calibration)
    with torch.no_grad():
        drop_channels(model, config.channels, activity=measure_activity(model, sample), tied=config.tied,
                      coupled=config.coupled)
        reorder_channels(model)
        cut_taps(model, config.taps)
    if config.weights_epochs:
        train(model, clips, preparation, fine_tuning(training, config.weights_epochs, config.tune_rate),
              folder / "weights", info=info,
              progress=progress)
    if config.density_h < 1 or config.density_y < 1:
        set_thresholds(model, sample, config.density_h, config.density_y)
    if config.threshold_epochs:
        train(model, clips, preparation, fine_tuning(training, config.threshold_epochs, config.tune_rate / 2),
              folder / "thresholds",
              info=info, progress=progress)
    return model.eval()

