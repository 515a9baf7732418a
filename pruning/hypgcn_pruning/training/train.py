"""Training and fine-tuning of a network, with masks and thresholds in place; seeded, resumable, with progress, on one
device or several."""

import copy
import math
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from tqdm import tqdm

from hypgcn.design.clip import Preparation
from hypgcn.progress import Progress

from ..config import TrainConfig
from ..messages import say
from ..network.batch_norms import settle_batch_norms
from ..network.checkpoint import read_file, save_checkpoint
from ..network.model import Network
from ..network.predict import class_hits, predict
from ..recordings.balance import class_weights
from ..recordings.data import Clips, batches, calibration_clips
from ..recordings.prepared import PreparedClips
from .curves import plot_history
from .depends import training_depends
from .distil import Teachers
from .place import join_statistics, open_fabric, set_threads, slow_precision
from .record import Step, open_run
from .regularise import Regulariser
from .run_state import RunState

__all__ = ["TRAIN", "last_epoch", "learning_rate", "train"]

TRAIN = Step("train", ("last.safetensors", "best.safetensors", "curves.png", "state.pt"), version=2,
             longer="The learning rate falls over all epochs, so a longer run is another one from its first step on; "
                    "to train the result further, give it by --init, with a lower --rate and another folder")

KEPT = 1 << 28
"""Bytes of prepared held-out clips up to which they stay in memory; more are prepared anew for every measurement."""
SETTLING = 256
"""Training clips on which the batch norms of the result are checked."""
PICTURE_SECONDS = 30
"""Curves of a long run are drawn again when they are older than this."""


def learning_rate(config: TrainConfig, step: int, steps: int) -> float:
    """Learning rate of ``step``, from 0, of ``steps``: a linear rise over the share ``warmup`` of all steps, then a
    cosine down to 0."""
    rising = config.warmup * steps
    if step + 1 <= rising:
        return config.rate * (step + 1) / rising
    progress = max(0.0, step - rising) / (steps - rising)
    return config.rate * 0.5 * (1 + math.cos(math.pi * progress))


def train(model: Network, clips: Clips, preparation: Preparation, config: TrainConfig, folder, *,
          info: dict | None = None, regulariser: Regulariser | None = None, depends: Mapping | None = None,
          fresh: bool = False, progress: bool = True) -> list[dict]:
    """Train ``model`` in place on the training clips.

    The accuracy on the held-out clips is measured after every epoch but steers nothing. After the last one the
    statistics of batch norms are measured where those of a short run are not settled
    (:func:`~.batch_norms.settle_batch_norms`). Files in ``folder``:
    ``last.safetensors`` (the averaged weights, what ``model`` holds at the end), ``best.safetensors`` (the epoch of the
    highest held-out accuracy; to report that one would flatter the result), ``curves.png``, ``state.pt``, and
    ``train.run.json``, what the run depends on (:mod:`~.record`). The same run that was interrupted goes on from
    ``state.pt``, and ends with the same bits as one that was not; a finished one is only read.

    With several devices each process takes its share of every batch, normalised by itself; gradients are those of the
    full batch, and only the first process writes.

    Parameters
    ----------
    model : Network
        Changed in place; in evaluation mode at the end.
    clips : Clips
        Training clips and, where there are any, held-out ones; else accuracy is that on the training clips.
    preparation : Preparation
        How clips are prepared for ``model``.
    config : TrainConfig
        Its teachers take part in the loss (knowledge distillation).
    folder : path
        Made where it is missing.
    info : dict or None
        Plain data for the checkpoints.
    regulariser : Regulariser or None
        Its penalty is added to the loss.
    depends : Mapping or None
        Further plain data by which this run differs from others, by name.
    fresh : bool
        Remove another run in ``folder`` and begin anew.
    progress : bool
        Show a bar.

    Returns
    -------
    list of dict
        One row per epoch: ``epoch`` from 1, mean ``loss``, ``accuracy`` 0..1, its mean over the classes
        (``class_accuracy``), highest learning ``rate``; ``measured`` is ``training clips`` where there are no held-out
        ones.

    Raises
    ------
    ValueError
        No training clips, settings that do not fit the data or the machine, another run in ``folder``, or a loss
        that is not finite.
    """
    folder = Path(folder)
    if config.mirror and not model.config.skeleton.pairs:
        raise ValueError(f"mirror must be 0: skeleton {model.config.skeleton.name} does not name its pairs of left and "
                         f"right joints")
    clips.part(0)  # refuses data without training clips before processes start
    fabric = open_fabric(config)
    set_threads(config)
    everything = {**(depends or {}), **training_depends(model, clips, preparation, config, info or {}, regulariser)}
    with open_run(folder, TRAIN, everything, fresh=fresh, progress=progress) as run:
        if not run.finished:
            if progress and (hint := slow_precision(config)):
                say(hint)
            session = _Session(model, clips, preparation, config, folder, info or {}, regulariser, run.hash, progress)
            if config.devices == 1:
                session.run(fabric)
            elif problem := fabric.launch(session.run_as_process):
                raise ValueError(problem)
            run.finish("last.safetensors")
        header, state = read_file(folder / "last.safetensors")
    model.cpu().load_state_dict(state)
    model.eval()
    return header["info"]["history"]


def last_epoch(path: Path) -> dict:
    """Row of the last epoch, as :func:`train` returns it, of the ``last.safetensors`` at ``path``."""
    return read_file(path)[0]["info"]["history"][-1]


class _Session:
    """One call of :func:`train` in one process: what was asked for, and everything that the epochs work with."""

    # Set when the process starts.
    fabric: Fabric
    state: RunState
    learner: torch.nn.Module  # the network and its optimiser as Fabric wraps them
    optimiser: torch.optim.Optimizer
    averaged: Network  # a copy of the network with the averaged weights
    teachers: Teachers
    learned: Clips  # training clips of all processes
    held: Clips  # held-out clips of this process
    held_inputs: PreparedClips
    held_count: int  # held-out clips of all processes
    weights: torch.Tensor  # of the loss of each class, where classes are balanced by weights
    bar: tqdm

    def __init__(self, model: Network, clips: Clips, preparation: Preparation, config: TrainConfig, folder: Path,
                 info: dict, regulariser: Regulariser | None, run: str, progress: bool):
        self.model, self.clips, self.preparation, self.config = model, clips, preparation, config
        self.folder, self.info, self.regulariser, self.progress = folder, info, regulariser, progress
        self.hash = run
        self.pictured = -math.inf  # when the curves were last drawn

    def run_as_process(self, fabric: Fabric) -> str:
        """Train as one of several processes; what went wrong, as text: an exception would not reach the first one."""
        # Unpickled tensors share memory with the other processes.
        self.model, self.regulariser = copy.deepcopy((self.model, self.regulariser))
        try:
            self.run(fabric)
        except ValueError as error:
            return str(error)
        return ""

    def run(self, fabric: Fabric):
        """All epochs that are left; the result is in ``state.pt``."""
        self.start(fabric)
        steps = self.steps
        with tqdm(total=self.config.epochs * steps, initial=self.state.epoch * steps,
                  desc=f"training {self.folder}", mininterval=1,
                  disable=not self.progress or fabric.global_rank > 0) as self.bar:
            while self.state.epoch < self.config.epochs:
                loss, rate = self.learn()
                self.state.epoch += 1
                if self.regulariser is not None:
                    self.regulariser.after_epoch(self.model)
                score, class_score = self.evaluate()
                self.state.history.append({"epoch": self.state.epoch, "loss": loss, "accuracy": score,
                                           "class_accuracy": class_score, "rate": rate, **self.measured})
                self.bar.set_postfix(loss=f"{loss:.3f}", accuracy=f"{score:.4f}")
                if fabric.global_rank == 0:
                    self.save(score)
        if self.regulariser is not None:
            self.regulariser.end(self.model)

    @property
    def measured(self) -> dict:
        """What a row of the history says of its accuracy, where that is not of held-out clips."""
        return {} if (self.clips.split == 1).any() else {"measured": "training clips"}

    @property
    def pass_steps(self) -> int:
        """Batches of one pass over the training clips."""
        return -(-len(self.learned) // self.config.batch)

    @property
    def passes(self) -> int:
        """Passes of an epoch; of the last one only a part may be taken."""
        return -(-self.config.epoch_steps // self.pass_steps)

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        steps = self.passes * self.pass_steps
        return min(steps, self.config.max_epoch_steps or steps)

    def start(self, fabric: Fabric):
        """Split the data, take up an interrupted run, and place everything on the device."""
        config, model = self.config, self.model
        set_threads(config)
        self.fabric = fabric
        self.learned = self.clips.part(0)
        held = self.clips.part(1) if (self.clips.split == 1).any() else self.learned
        self.weights = torch.from_numpy(class_weights(self.learned.label, self.clips.classes))
        self.teachers = Teachers(config, model.config, self.clips.class_names).to(fabric.device)
        max_ranks = max(1, min(len(self.learned) // 2, len(held)))
        if fabric.world_size > max_ranks:
            raise ValueError(f"devices must be at most {max_ranks}, two training clips and one test clip for each, not "
                             f"{fabric.world_size}")
        self.held = held.take(np.arange(fabric.global_rank, len(held), fabric.world_size))
        self.held_inputs = PreparedClips(self.held, self.preparation, model.config.persons, keep=KEPT)
        self.held_count = len(held)
        self.averaged = copy.deepcopy(model).to(fabric.device)
        model.to(fabric.device)
        self.state = RunState(model, config, self.regulariser, run=self.hash)
        if self.regulariser is not None:
            self.regulariser.begin(model)
        if (self.folder / "state.pt").is_file():
            self.state.resume(self.folder / "state.pt")
        if self.state.scaler:
            fabric.strategy.precision.load_state_dict(self.state.scaler)
        self.learner, self.optimiser = fabric.setup(model, self.state.optimiser)

    def learn(self) -> tuple[float, float]:
        """One epoch of gradient descent: mean loss, and the highest learning rate."""
        config, state, ranks = self.config, self.state, self.fabric.world_size
        torch.manual_seed(config.seed + state.epoch)
        self.model.train()
        losses, rates = [], []
        for number, (inputs, labels, *teacher_inputs) in enumerate(islice(self.batches(), self.steps)):
            count = min(config.batch, len(self.learned) - number % self.pass_steps * config.batch)
            if count < 2 * ranks and self.pass_steps > 1:
                continue  # batch norm cannot learn from a single clip
            rates.append(learning_rate(config, state.epoch * self.steps + number, config.epochs * self.steps))
            for group in state.optimiser.param_groups:
                group["lr"] = rates[-1]
            # The gradients of the processes are averaged, so that uneven shares are weighted here.
            loss = self.loss(inputs, labels, teacher_inputs, len(inputs) * ranks / count if ranks > 1 else None)
            self.optimiser.zero_grad()
            self.fabric.backward(loss)
            self.optimiser.step()
            state.update_average()
            losses.append(loss.item())
            self.bar.update()
        mean = float(np.mean(losses))
        if ranks > 1:
            mean = float(self.fabric.all_reduce(torch.tensor(mean, dtype=torch.float64, device=self.fabric.device),
                                                reduce_op="mean"))
        if not math.isfinite(mean):
            raise ValueError(f"training diverged in epoch {state.epoch + 1}: the loss is not finite; rate must be "
                             f"below {config.rate}")
        return mean, max(rates)

    def batches(self):
        """Batches of an epoch that this process takes, augmented; their order depends on seed and epoch alone."""
        config, shape = self.config, self.model.config
        return batches(self.learned, self.preparation, config.batch,
                       np.random.default_rng((config.seed, self.state.epoch)), augmentation=config,
                       persons=shape.persons, mirrored=shape.skeleton.mirrored,
                       parents=shape.skeleton.parents, passes=self.passes,
                       share=(self.fabric.global_rank, self.fabric.world_size), further=self.teachers.preparations,
                       balanced=config.balance == "draw")

    def loss(self, inputs: np.ndarray, labels: np.ndarray, teacher_inputs: list[np.ndarray],
             weight: float | None) -> torch.Tensor:
        """Cross entropy, distillation from the teachers, and the penalty, of one batch."""
        config, device = self.config, self.fabric.device
        logits = self.learner(torch.from_numpy(inputs).to(device))
        targets = torch.from_numpy(labels).to(device)
        if config.balance == "weights":
            each = F.cross_entropy(logits, targets, label_smoothing=config.smoothing, reduction="none")
            loss = (each * self.weights.to(device)[targets]).mean()
        else:
            loss = F.cross_entropy(logits, targets, label_smoothing=config.smoothing)
        if self.teachers:
            distilled = self.teachers.loss(logits, [torch.from_numpy(clips).to(device) for clips in teacher_inputs])
            loss = (1 - config.distil) * loss + config.distil * distilled
        if weight is not None:
            loss = loss * weight
        if self.regulariser is not None:
            loss = loss + self.regulariser.penalty(self.model)
        return loss

    def evaluate(self) -> tuple[float, float]:
        """Accuracy of the averaged weights on the held-out clips of all processes, and its mean over the classes."""
        join_statistics(self.fabric, self.model.state_dict())
        join_statistics(self.fabric, self.state.average)
        self.averaged.load_state_dict(self.state.average)
        if self.state.epoch == self.config.epochs:
            self.settle()
        shown = Progress(f"epoch {self.state.epoch}: accuracy")
        votes = predict(self.averaged, self.held_inputs, progress=None if self.bar.disable else lambda done: shown(
            done, len(self.held))).argmax(1).numpy()
        counts = torch.from_numpy(class_hits(votes, self.held.label, self.clips.classes)).to(self.fabric.device)
        correct, clips = self.fabric.all_reduce(counts, reduce_op="sum").cpu().numpy()
        return float(correct.sum() / self.held_count), float(np.mean(correct[clips > 0] / clips[clips > 0]))

    def settle(self):
        """Measure the statistics of the result's batch norms, where a short run left those of other weights."""
        clips = calibration_clips(self.clips, self.preparation, self.model.config.persons, SETTLING)
        labels = torch.from_numpy(self.learned.evenly(SETTLING).label)
        settled, _ = settle_batch_norms(self.averaged, torch.from_numpy(clips), labels,
                                        self.progress and self.fabric.global_rank == 0)
        self.averaged.load_state_dict(settled.state_dict())
        for name, tensor in settled.state_dict().items():
            self.state.average[name].copy_(tensor)

    def save(self, score: float):
        """Write the checkpoints, the state and, now and then, the curves."""
        state = self.state
        for block in self.averaged.blocks:
            block.apply_masks()
        info = {**self.info, "history": state.history}
        save_checkpoint(self.folder / "last.safetensors", self.averaged, info)
        if score > state.best:
            state.best = score
            save_checkpoint(self.folder / "best.safetensors", self.averaged, info)
        state.scaler = self.fabric.strategy.precision.state_dict()
        state.store(self.folder / "state.pt")
        if state.epoch == self.config.epochs or time.monotonic() - self.pictured > PICTURE_SECONDS:
            self.pictured = time.monotonic()
            plot_history(state.history, self.folder / "curves.png")
