"""Knowledge distillation: a student learns the softened outputs of trained teachers beside the labels (Hinton,
Vinyals, Dean: Distilling the Knowledge in a Neural Network, 2015)."""

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F

from hypgcn.design.clip import Preparation

from ..config import TrainConfig
from ..network.checkpoint import load_checkpoint
from ..network.class_order import order_classes
from ..network.model import ModelConfig

__all__ = ["Teachers"]


class Teachers:
    """An ensemble of networks of any width and stream; its output is the mean of their softened probabilities.

    Parameters
    ----------
    config : TrainConfig
        Has the checkpoints of the teachers, and the temperature that logits are divided by.
    student : ModelConfig
        The network that is trained.
    class_names : sequence of str
        Of the student's classes, or empty. Teachers whose classes have other numbers are brought to them by name.

    Attributes
    ----------
    networks : list of Network
        In evaluation mode, without gradients.
    preparations : list of Preparation
        How clips are prepared for each of them.

    Raises
    ------
    ValueError
        A teacher has other joints, persons, coordinates or classes than the student, or its checkpoint lacks the
        preparation.
    """

    def __init__(self, config: TrainConfig, student: ModelConfig, class_names: Sequence[str] = ()):
        self.temperature = config.temperature
        self.networks = []
        self.preparations: list[Preparation] = []
        for path in config.teacher_paths:
            model, info = load_checkpoint(path)
            for name in ("classes", "persons", "channels"):
                actual, expected = getattr(model.config, name), getattr(student, name)
                if actual != expected:
                    raise ValueError(f"teachers must have {expected} {name}, but {path} has {actual}")
            if model.config.skeleton.joints != student.skeleton.joints:
                raise ValueError(f"teachers must have {student.skeleton.joints} joints, but {path} has "
                                 f"{model.config.skeleton.joints}")
            if "preparation" not in info:
                raise ValueError(f"teachers must hold how clips are prepared, but {path} does not")
            self.preparations.append(Preparation.from_dict(info["preparation"]))
            order_classes(model, info.get("class_names", ()), class_names, f"teacher {path}")
            self.networks.append(model.eval().requires_grad_(False))

    def __bool__(self) -> bool:
        return bool(self.networks)

    def to(self, device) -> "Teachers":
        """The same teachers on ``device``."""
        moved = copy.copy(self)
        moved.networks = [model.to(device) for model in self.networks]
        return moved

    def loss(self, logits: torch.Tensor, clips: list[torch.Tensor]) -> torch.Tensor:
        """Distillation loss: Kullback-Leibler divergence of the student's softened probabilities from the teachers'.

        Parameters
        ----------
        logits : torch.Tensor (N, classes)
            Of the student.
        clips : list of torch.Tensor (N, M, T, V, C)
            The batch, for each teacher in its own preparation.

        Returns
        -------
        torch.Tensor
            Mean over the batch, times the square of the temperature, so that its gradients stay as large as those of
            the labels.
        """
        with torch.no_grad():
            targets = torch.stack([F.softmax(model(x) / self.temperature, 1)
                                   for model, x in zip(self.networks, clips, strict=True)]).mean(0)
        log_probabilities = F.log_softmax(logits / self.temperature, 1)
        return F.kl_div(log_probabilities, targets, reduction="batchmean") * self.temperature**2
