"""What trainings depend on, as plain data for their record."""

import dataclasses
import json
from collections.abc import Collection, Mapping

import torch

from hypgcn.design.clip import Preparation

from ..config import TrainConfig
from ..network.model import ModelConfig, Network
from ..recordings.data import Clips
from ..recordings.identity import digest
from .place import device_type
from .record import content
from .regularise import Regulariser

__all__ = ["joined", "network_depends", "preparation_depends", "settings_depends", "training_depends"]


def _hashed(value) -> str:
    return digest([json.dumps(value, sort_keys=True).encode()])


def settings_depends(config, skip: Collection[str] = ()) -> dict:
    """Fields of a settings dataclass but for those of ``skip``.

    Of :class:`TrainConfig` the contents of the teachers, and the number of threads and the kind of device that the
    settings come to on this machine.
    """
    found = {entry.name: getattr(config, entry.name) for entry in dataclasses.fields(config) if entry.name not in skip}
    if isinstance(config, TrainConfig):
        found["teachers"] = [content(path) for path in config.teacher_paths]
        found["threads"] = config.threads or torch.get_num_threads()
        found["accelerator"] = device_type(config)
    return found


def preparation_depends(preparation: Preparation) -> dict:
    """How clips are prepared."""
    return {f"preparation: {name}": _hashed(value) if isinstance(value, list | tuple) and value else value
            for name, value in preparation.to_dict().items()}


def network_depends(config: ModelConfig) -> dict:
    """Shape of a network."""
    shape = config.to_dict()
    coordinates = shape.pop("channels")  # the name is that of a share in pruning; so is that of branches
    kinds = {"kinds of branches": ", ".join(config.branches)} if shape.pop("branches", None) else {}
    return {**shape, **kinds, "coordinates": coordinates, "skeleton": config.skeleton.name,
            "skeleton's bones": _hashed(shape["skeleton"]),
            "blocks": ",".join(f"{outputs}/{stride}" for outputs, stride in config.blocks)}


def joined(*parts: Mapping) -> dict:
    """All entries of ``parts``, whose names differ."""
    found: dict = {}
    for part in parts:
        if double := found.keys() & part.keys():
            raise KeyError(f"two dependencies are called {min(double)}")
        found.update(part)
    return found


def _weights_content(model: Network) -> str:
    """Hash of all parameters and buffers of ``model``."""
    return digest(part for name, tensor in sorted(model.state_dict().items())
                  for part in (name.encode(), str(tensor.dtype).encode(),
                               tensor.detach().cpu().contiguous().numpy().tobytes()))


def training_depends(model: Network, clips: Clips, preparation: Preparation, config: TrainConfig, info: Mapping,
                     regulariser: Regulariser | None) -> dict:
    """Everything that :func:`~.train.train` makes its result of."""
    notes = {f"info: {name}": value for name, value in info.items() if name not in ("preparation", "class_names")}
    return joined(settings_depends(config), network_depends(model.config), preparation_depends(preparation),
                  clips.identity, notes, {"arithmetic": type(model).__name__,
                                          "regulariser": regulariser.settings() if regulariser else None,
                                          "weights at the start": _weights_content(model)})
