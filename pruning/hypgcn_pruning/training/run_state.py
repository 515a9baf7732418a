"""The state of a training run: what is stored after every epoch, and taken up again after an interruption."""

from pathlib import Path

import torch

from hypgcn.design.files import replacing

from ..config import TrainConfig
from ..network.checkpoint import read_file
from ..network.model import Network
from .regularise import Regulariser

__all__ = ["RunState"]


def _groups(model: Network, decay: float) -> list[dict]:
    """Weight decay for matrices and kernels, none for graphs, biases and batch norms."""
    decayed: list[torch.Tensor] = []
    free: list[torch.Tensor] = []
    for name, parameter in model.named_parameters():
        (decayed if parameter.dim() > 1 and not name.endswith("PA") else free).append(parameter)
    return [{"params": decayed, "weight_decay": decay}, {"params": free, "weight_decay": 0.0}]


class RunState:
    """Everything that changes while training, so that it can be stored and resumed.

    Attributes
    ----------
    model : Network
        The network that is trained.
    optimiser : torch.optim.SGD
        With Nesterov momentum; weight decay for matrices and kernels only.
    average : dict of torch.Tensor
        Exponential moving average of weights and statistics, by name.
    epoch : int
        Epochs done.
    step : int
        Batches done.
    best : float
        Highest held-out accuracy, 0..1.
    history : list of dict
        One row per epoch, as :func:`~.train.train` returns them.
    scaler : dict
        State of the loss scaling of mixed precision.
    run : str
        Hash of the run (:class:`~.record.Run`) that this is the state of.
    """

    def __init__(self, model: Network, config: TrainConfig, regulariser: Regulariser | None = None, *, run: str = ""):
        self.model, self.config, self.regulariser, self.run = model, config, regulariser, run
        self.optimiser = torch.optim.SGD(_groups(model, config.decay), config.rate, momentum=0.9, nesterov=True)
        self.average = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        self.epoch, self.step, self.best = 0, 0, 0.0
        self.history: list[dict] = []
        self.scaler: dict = {}

    def update_average(self):
        """Moving average of weights and statistics; young averages follow faster.

        Masks and thresholds are taken as they are: a mean of two thresholds would be neither.
        """
        keep = min(self.config.average, (1 + self.step) / (10 + self.step)) if self.config.average else 0.0
        for name, tensor in self.model.state_dict().items():
            if tensor.is_floating_point() and ".theta_" not in name:
                self.average[name].mul_(keep).add_(tensor, alpha=1 - keep)
            else:
                self.average[name].copy_(tensor)
        self.step += 1

    def store(self, path: Path):
        """Write the state to ``path``."""
        state = {"average": self.average, "model": self.model.state_dict(), "optimiser": self.optimiser.state_dict(),
                 "epoch": self.epoch, "step": self.step, "best": self.best, "history": self.history,
                 "run": self.run, "scaler": self.scaler}
        if self.regulariser is not None:
            state["regulariser"] = self.regulariser.state_dict()
        with replacing(path) as temporary:
            torch.save(state, temporary)

    def resume(self, path: Path):
        """Take up the state at ``path``.

        Raises
        ------
        ValueError
            The file is damaged, of another network, or of another run.
        """
        _, state = read_file(path)
        missing = {"average", "model", "optimiser", "epoch", "step", "best", "history", "run", "scaler"} - state.keys()
        if missing:
            raise ValueError(f"{path} is not the state of a training run: it lacks {', '.join(sorted(missing))}")
        if state["run"] != self.run:
            raise ValueError(f"{path} is the state of another run than the record beside it: give another folder (-o), "
                             f"or --fresh to remove it and begin anew")
        own = self.model.state_dict()
        for tensors in (state["model"], state["average"]):
            if tensors.keys() != own.keys() or any(tensors[name].shape != own[name].shape for name in tensors):
                raise ValueError(f"{path} is the state of a network of another shape: give another folder for a new "
                                 f"run")
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        for name, tensor in state["average"].items():
            self.average[name].copy_(tensor)
        for name in ("epoch", "step", "best", "history"):
            setattr(self, name, state[name])
        self.scaler = state["scaler"]
        if self.regulariser is not None:
            self.regulariser.load_state_dict(state["regulariser"])
