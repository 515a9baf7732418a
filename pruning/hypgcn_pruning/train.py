"""Training and fine-tuning of the float network, with masks and thresholds in place; seeded, resumable, with
progress."""

import math
import os
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm

from hypgcn.clip import Preparation

from .checkpoint import save_checkpoint
from .config import TrainConfig
from .data import Clips, batches, prepared
from .model import Network
from .regularise import Regulariser

__all__ = ["train", "accuracy", "predict"]


def predict(model: Network, clips: torch.Tensor, size: int = 64) -> torch.Tensor:
    """Logits (N, classes) of prepared clips (N, M, T, V, C), in evaluation mode."""
    was = model.training
    model.eval()
    with torch.inference_mode():
        logits = torch.cat([model(clips[i:i + size]) for i in range(0, len(clips), size)])
    model.train(was)
    return logits


def accuracy(model: Network, clips: torch.Tensor, labels: np.ndarray) -> float:
    """Share of clips whose highest logit is the label."""
    return float((predict(model, clips).argmax(1).numpy() == labels).mean())


def _groups(model: Network, decay: float) -> list[dict]:
    """Weight decay for matrices and kernels, none for graphs, biases and batch norms."""
    decayed: list[torch.Tensor] = []
    free: list[torch.Tensor] = []
    for name, parameter in model.named_parameters():
        (decayed if parameter.dim() > 1 and not name.endswith("PA") else free).append(parameter)
    return [{"params": decayed, "weight_decay": decay}, {"params": free, "weight_decay": 0.0}]


def _rate(config: TrainConfig, epoch: float) -> float:
    """Learning rate: rises over the warm-up, then falls along a cosine to a hundredth."""
    if epoch < config.warmup:
        return config.rate * (epoch + 0.1) / (config.warmup + 0.1)
    part = (epoch - config.warmup) / max(1, config.epochs - config.warmup)
    return config.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * part)))


class _Run:
    """Everything that changes while training, so that it can be stored and taken up again."""

    def __init__(self, model: Network, config: TrainConfig, regulariser: Regulariser | None = None):
        self.model, self.config, self.regulariser = model, config, regulariser
        self.optimiser = torch.optim.SGD(_groups(model, config.decay), config.rate, momentum=0.9, nesterov=True)
        self.average = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        self.epoch, self.step, self.best = 0, 0, 0.0
        self.history: list[dict] = []

    def update_average(self):
        """Moving average of weights and statistics; young averages follow faster."""
        keep = min(self.config.average, (1 + self.step) / (10 + self.step)) if self.config.average else 0.0
        for name, tensor in self.model.state_dict().items():
            if tensor.is_floating_point():
                self.average[name].mul_(keep).add_(tensor, alpha=1 - keep)
            else:
                self.average[name].copy_(tensor)
        self.step += 1

    def store(self, path: Path):
        state = {"average": self.average, "model": self.model.state_dict(), "optimiser": self.optimiser.state_dict(),
                 "epoch": self.epoch, "step": self.step, "best": self.best, "history": self.history}
        if self.regulariser is not None:
            state["regulariser"] = self.regulariser.state_dict()
        part = path.with_name(path.name + ".part")
        torch.save(state, part)
        os.replace(part, path)

    def resume(self, path: Path):
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.model.load_state_dict(self.model.complete(state["model"]))
        self.optimiser.load_state_dict(state["optimiser"])
        if self.regulariser is not None and "regulariser" in state:
            self.regulariser.load_state_dict(state["regulariser"])
        for name in ("average", "epoch", "step", "best", "history"):
            setattr(self, name, state[name])
        self.average = self.model.complete(self.average)


def train(model: Network, clips: Clips, preparation: Preparation, config: TrainConfig, folder, *,
          info: dict | None = None, regulariser: Regulariser | None = None, progress: bool = True) -> list[dict]:
    """Train ``model`` in place on the training clips; test accuracy is measured after every epoch but steers nothing.

    Files in ``folder``: ``last.safetensors`` (the averaged weights, what ``model`` holds at the end),
    ``best.safetensors`` (the epoch that did best on the test clips, for curiosity: choosing by it would flatter the
    result), ``state.pt`` (to resume from; a run that finds one goes on with it). Returns one row per epoch: ``epoch``,
    ``loss``, ``accuracy``. A ``regulariser`` adds its penalty to the loss. """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if config.threads:
        torch.set_num_threads(config.threads)
    learn = clips.part(0)
    held = clips.part(1) if (clips.split == 1).any() else learn
    held_x = torch.from_numpy(prepared(held, preparation, model.config.persons))
    if config.mirror and not model.config.skeleton.pairs:
        raise ValueError(f"mirror must be 0: skeleton {model.config.skeleton.name} does not name its pairs of left and "
                         f"right joints")
    run = _Run(model, config, regulariser)
    if regulariser is not None:
        regulariser.begin(model)
    if (folder / "state.pt").is_file():
        run.resume(folder / "state.pt")
    shadow = Network(model.config)
    steps = -(-len(learn) // config.batch)
    bar = tqdm(total=config.epochs * steps, initial=run.epoch * steps, desc="train", disable=not progress,
               mininterval=1)
    while run.epoch < config.epochs:
        torch.manual_seed(config.seed + run.epoch)
        rng = np.random.default_rng((config.seed, run.epoch))
        model.train()
        losses = []
        for number, (x, y) in enumerate(batches(learn, preparation, config.batch, rng, persons=model.config.persons,
                                                degrees=config.degrees, crop=config.crop, mirror=config.mirror,
                                                mirrored=model.config.skeleton.mirrored)):
            if len(x) == 1 and steps > 1:
                continue  # batch norm cannot learn from a single clip
            for group in run.optimiser.param_groups:
                group["lr"] = _rate(config, run.epoch + number / steps)
            loss = F.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(y), label_smoothing=config.smoothing)
            if regulariser is not None:
                loss = loss + regulariser.penalty(model)
            run.optimiser.zero_grad()
            loss.backward()
            run.optimiser.step()
            run.update_average()
            losses.append(loss.item())
            bar.update()
        run.epoch += 1
        if regulariser is not None:
            regulariser.after_epoch(model)
        if not all(map(math.isfinite, losses)):
            raise ValueError(f"training diverged in epoch {run.epoch}: the loss is not finite; rate must be below "
                             f"{config.rate}")
        shadow.load_state_dict(run.average)
        score = accuracy(shadow, held_x, held.label)
        run.history.append({"epoch": run.epoch, "loss": float(np.mean(losses)), "accuracy": score})
        bar.set_postfix(loss=f"{np.mean(losses):.3f}", accuracy=f"{score:.4f}")
        for block in shadow.blocks:
            block.apply_masks()
        notes = {**(info or {}), "history": run.history}
        save_checkpoint(folder / "last.safetensors", shadow, notes)
        if score > run.best:
            run.best = score
            save_checkpoint(folder / "best.safetensors", shadow, notes)
        run.store(folder / "state.pt")
    bar.close()
    if regulariser is not None:
        regulariser.end(model)
    model.load_state_dict(run.average)
    for block in model.blocks:
        block.apply_masks()
    model.eval()
    return run.history
