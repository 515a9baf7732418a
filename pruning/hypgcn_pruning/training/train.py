"""Training and fine-tuning of a network, with masks and thresholds in place; seeded, resumable, with progress, on one
device or several."""

import copy
import math
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm

from hypgcn.design.clip import Preparation

from ..config import TrainConfig
from ..network.checkpoint import save_checkpoint
from ..network.model import Network
from ..network.predict import predict
from ..recordings.data import Clips, batches, prepared
from .curves import plot_history
from .distil import Teachers
from .place import join_statistics, open_fabric
from .regularise import Regulariser
from .run_state import RunState

__all__ = ["learning_rate", "train"]

PICTURE_SECONDS = 30
"""Curves of a long run are drawn again when they are older than this."""


def learning_rate(config: TrainConfig, epoch: float) -> float:
    """Learning rate: rises over the warm-up, then falls along a cosine to a hundredth."""
    if epoch < config.warmup:
        return config.rate * (epoch + 0.1) / (config.warmup + 0.1)
    part = (epoch - config.warmup) / max(1, config.epochs - config.warmup)
    return config.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * part)))


def train(model: Network, clips: Clips, preparation: Preparation, config: TrainConfig, folder, *,
          info: dict | None = None, regulariser: Regulariser | None = None, progress: bool = True) -> list[dict]:
    """Train ``model`` in place on the training clips; test accuracy is measured after every epoch but steers nothing.

    Files in ``folder``: ``last.safetensors`` (the averaged weights, what ``model`` holds at the end),
    ``best.safetensors`` (the epoch that did best on the test clips, for curiosity: choosing by it would flatter the
    result), ``curves.png``, ``state.pt`` (to resume from; a run that finds one goes on with it, and ends with the same
    bits as one that was not interrupted). Returns one row per epoch: ``epoch``, ``loss``, ``accuracy``, ``rate`` (the
    highest of the epoch). A ``regulariser`` adds its penalty to the loss; ``config.teachers`` take part in it.

    With several devices each takes its share of every batch, normalised by itself; gradients are those of the whole
    batch, and only the first process writes. """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if config.mirror and not model.config.skeleton.pairs:
        raise ValueError(f"mirror must be 0: skeleton {model.config.skeleton.name} does not name its pairs of left and "
                         f"right joints")
    clips.part(0)
    fabric = open_fabric(config)
    work = (model, regulariser, clips, preparation, config, folder, info or {}, progress)
    if config.devices == 1:
        _train(fabric, *work)
    elif problem := fabric.launch(partial(_try, work=work)):
        raise ValueError(problem)
    model.cpu()
    run = RunState(model, config)
    run.resume(folder / "state.pt")
    model.load_state_dict(run.average)
    for block in model.blocks:
        block.apply_masks()
    model.eval()
    return run.history


def _try(fabric, work) -> str:
    """What was wrong, as text: an exception would not find its way back to the first process."""
    try:
        _train(fabric, *copy.deepcopy(work[:2]), *work[2:])  # unpickled tensors share memory with other processes
    except ValueError as error:
        return str(error)
    return ""


def _learn(fabric, run: RunState, learner, optimiser, clips: Clips, preparation: Preparation, teachers: Teachers,
           bar) -> tuple[float, float]:
    """One epoch: mean loss, and the highest learning rate."""
    config, skeleton = run.config, run.model.config.skeleton
    torch.manual_seed(config.seed + run.epoch)
    rng = np.random.default_rng((config.seed, run.epoch))
    run.model.train()
    rank, ranks = fabric.global_rank, fabric.world_size
    steps = -(-len(clips) // config.batch)
    losses, rates = [], []
    settings = {name: getattr(config, name) for name in ("degrees", "crop", "mirror", "warp")}
    drawn = batches(clips, preparation, config.batch, rng, persons=run.model.config.persons,
                    mirrored=skeleton.mirrored, share=(rank, ranks), others=teachers.preparations, **settings)
    for number, (x, y, *seen) in enumerate(drawn):
        whole = min(config.batch, len(clips) - number * config.batch)
        if whole < 2 * ranks and steps > 1:
            continue  # batch norm cannot learn from a single clip
        rates.append(learning_rate(config, run.epoch + number / steps))
        for group in run.optimiser.param_groups:
            group["lr"] = rates[-1]
        inputs, labels = torch.from_numpy(x).to(fabric.device), torch.from_numpy(y).to(fabric.device)
        logits = learner(inputs)
        loss = F.cross_entropy(logits, labels, label_smoothing=config.smoothing)
        if teachers:
            taught = teachers.loss(logits, [torch.from_numpy(x).to(fabric.device) for x in seen])
            loss = (1 - config.distil) * loss + config.distil * taught
        if ranks > 1:
            loss = loss * (len(x) * ranks / whole)  # the processes' gradients are averaged
        if run.regulariser is not None:
            loss = loss + run.regulariser.penalty(run.model)
        optimiser.zero_grad()
        fabric.backward(loss)
        optimiser.step()
        run.update_average()
        losses.append(loss.item())
        bar.update()
    mean = float(np.mean(losses))
    if ranks > 1:
        mean = float(fabric.all_reduce(torch.tensor(mean, dtype=torch.float64, device=fabric.device), reduce_op="mean"))
    if not math.isfinite(mean):
        raise ValueError(f"training diverged in epoch {run.epoch + 1}: the loss is not finite; rate must be below "
                         f"{config.rate}")
    return mean, max(rates)


def _train(fabric, model: Network, regulariser: Regulariser | None, clips: Clips, preparation: Preparation,
           config: TrainConfig, folder: Path, info: dict, progress: bool):
    """What each process does; the result is in ``state.pt``."""
    if config.threads:
        torch.set_num_threads(config.threads)
    learn = clips.part(0)
    held = clips.part(1) if (clips.split == 1).any() else learn
    teachers = Teachers(config.teachers, model.config, config.temperature).to(fabric.device)
    rank, ranks = fabric.global_rank, fabric.world_size
    most = max(1, min(len(learn) // 2, len(held)))
    if ranks > most:
        raise ValueError(f"devices must be at most {most}, two training clips and one test clip for each, not {ranks}")
    mine = held.take(np.arange(rank, len(held), ranks))
    held_x = torch.from_numpy(prepared(mine, preparation, model.config.persons))
    shadow = copy.deepcopy(model).to(fabric.device)
    model.to(fabric.device)
    run = RunState(model, config, regulariser)
    if regulariser is not None:
        regulariser.begin(model)
    if (folder / "state.pt").is_file():
        run.resume(folder / "state.pt")
    scaler = fabric.strategy.precision
    if run.scaler:
        scaler.load_state_dict(run.scaler)
    learner, optimiser = fabric.setup(model, run.optimiser)
    steps = -(-len(learn) // config.batch)
    drawn = -math.inf
    with tqdm(total=config.epochs * steps, initial=run.epoch * steps, desc="train", mininterval=1,
              disable=not progress or rank > 0) as bar:
        while run.epoch < config.epochs:
            loss, rate = _learn(fabric, run, learner, optimiser, learn, preparation, teachers, bar)
            run.epoch += 1
            if regulariser is not None:
                regulariser.after_epoch(model)
            join_statistics(fabric, model.state_dict())
            join_statistics(fabric, run.average)
            shadow.load_state_dict(run.average)
            right = torch.tensor(int((predict(shadow, held_x).argmax(1).numpy() == mine.label).sum()),
                                 device=fabric.device)
            score = int(fabric.all_reduce(right, reduce_op="sum")) / len(held)
            run.history.append({"epoch": run.epoch, "loss": loss, "accuracy": score, "rate": rate})
            bar.set_postfix(loss=f"{loss:.3f}", accuracy=f"{score:.4f}")
            if rank > 0:
                continue
            for block in shadow.blocks:
                block.apply_masks()
            notes = {**info, "history": run.history}
            save_checkpoint(folder / "last.safetensors", shadow, notes)
            if score > run.best:
                run.best = score
                save_checkpoint(folder / "best.safetensors", shadow, notes)
            run.scaler = scaler.state_dict()
            run.store(folder / "state.pt")
            if run.epoch == config.epochs or time.monotonic() - drawn > PICTURE_SECONDS:
                drawn = time.monotonic()
                plot_history(run.history, folder / "curves.png")
    if regulariser is not None:
        regulariser.end(model)
