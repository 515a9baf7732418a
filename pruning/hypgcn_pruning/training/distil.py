"""Teachers: trained networks whose judgement of a clip a network learns beside its label (Hinton, Vinyals, Dean:
Distilling the Knowledge in a Neural Network, 2015)."""

import copy

import torch
import torch.nn.functional as F

from hypgcn.design.clip import Preparation

from ..network.checkpoint import load_checkpoint
from ..network.model import ModelConfig

__all__ = ["Teachers"]


class Teachers:
    """Networks of any width and stream; together they say the mean of their softened probabilities.

    Parameters
    ----------
    paths : their checkpoints, separated by commas; empty for none
    student : what they teach; they must have its joints, persons, coordinates and classes, else :exc:`ValueError`
    temperature : logits are divided by it, above 0
    """

    def __init__(self, paths: str, student: ModelConfig, temperature: float):
        self.temperature = temperature
        self.networks = []
        self.preparations: list[Preparation] = []
        for path in filter(None, (part.strip() for part in paths.split(","))):
            model, info = load_checkpoint(path)
            for name in ("classes", "persons", "channels"):
                found, right = getattr(model.config, name), getattr(student, name)
                if found != right:
                    raise ValueError(f"teachers must have {right} {name}, but {path} has {found}")
            if model.config.skeleton.joints != student.skeleton.joints:
                raise ValueError(f"teachers must have {student.skeleton.joints} joints, but {path} has "
                                 f"{model.config.skeleton.joints}")
            if "preparation" not in info:
                raise ValueError(f"teachers must say how clips are prepared, but {path} does not")
            self.preparations.append(Preparation.from_dict(info["preparation"]))
            self.networks.append(model.eval().requires_grad_(False))

    def __bool__(self) -> bool:
        return bool(self.networks)

    def to(self, device) -> "Teachers":
        """The same on ``device``."""
        moved = copy.copy(self)
        moved.networks = [model.to(device) for model in self.networks]
        return moved

    def loss(self, logits: torch.Tensor, clips: list[torch.Tensor]) -> torch.Tensor:
        """Mean over the batch of the divergence of the student's softened probabilities from the teachers', times the
        square of the temperature, so that its gradients stay as large as those of labels.

        ``logits`` (N, classes) are the student's, ``clips`` one batch (N, M, T, V, C) for each teacher, prepared as it
        wants them. """
        with torch.no_grad():
            wanted = torch.stack([F.softmax(model(x) / self.temperature, 1)
                                  for model, x in zip(self.networks, clips, strict=True)]).mean(0)
        said = F.log_softmax(logits / self.temperature, 1)
        return F.kl_div(said, wanted, reduction="batchmean") * self.temperature**2
