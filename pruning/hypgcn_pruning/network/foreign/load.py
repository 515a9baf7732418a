"""Load a network of another framework: its format is recognised, and its tensors move into a :class:`Network`."""

import re
from pathlib import Path

import torch

from hypgcn.design.skeleton import Skeleton, load_skeleton

from ...config import FORMATS
from ...recordings.data import preparation_for
from ..checkpoint import CHECKPOINT_FORMAT, load_checkpoint, read_file
from ..model import ModelConfig, Network
from .agcn import read_aagcn_of_pyskl, read_agcn
from .described import Described
from .st_gcn import read_st_gcn, read_st_gcn_of_pyskl
from .unmapped import refuse_unmapped
from .wrappers import Unwrapped, unwrap

__all__ = ["LAYOUTS", "detect_format", "load_foreign", "open_network"]

FRAMES = 52
"""Default of T of a prepared clip: the files do not hold it."""
LAYOUTS = {"2s-agcn": "2s-AGCN, AAGCN or CTR-GCN's baseline under the keys of their repositories",
           "pyskl": "ST-GCN, ST-GCN++ or AAGCN of PYSKL or mmaction2", "st-gcn": "ST-GCN of its own repository"}
"""Formats of others, and what each stands for."""


def detect_format(content: dict, path, key: str | None = None) -> str:
    """Format of ``content`` by its keys: ``hypgcn`` or one of :data:`LAYOUTS`; :exc:`ValueError` for anything else."""
    if content.get("format") == CHECKPOINT_FORMAT:
        return "hypgcn"
    keys = list(unwrap(path, content, key).state)
    refuse_unmapped(keys, path)
    for format, pattern in (("pyskl", r"backbone\."), ("2s-agcn", r"l\d+\.gcn1\."),
                            ("st-gcn", r"st_gcn_networks\.|edge_importance\.")):
        if any(re.match(pattern, name) for name in keys):
            return format
    raise ValueError(f"{path} is not a checkpoint of this project, 2s-AGCN, AAGCN, ST-GCN, PYSKL or mmaction2: its "
                     f"keys are {', '.join(keys[:4]) or 'none'}{', ...' if len(keys) > 4 else ''}")


def _described(file: Unwrapped, format: str, strides: tuple[int, ...] | None) -> Described:
    refuse_unmapped(file.state, file.path)
    if format == "st-gcn":
        return read_st_gcn(file, strides)
    if format == "2s-agcn":
        return read_agcn(file, strides)
    if any(re.match(r"backbone\.gcn\.\d+\.gcn\.conv\.", key) for key in file.state):
        return read_st_gcn_of_pyskl(file, strides)
    return read_aagcn_of_pyskl(file, strides)


def load_foreign(path, *, skeleton: Skeleton, format: str = "auto", frames: int = FRAMES, persons: int | None = None,
                 strides: tuple[int, ...] | None = None, key: str | None = None) -> Network:
    """The network of a file of another framework, in evaluation mode and with its data-dependent graph, if it has one.

    Its logits are those of the source's code up to rounding. Nothing in the file is run.

    Parameters
    ----------
    path : path
        The file.
    skeleton : Skeleton
        For 2s-AGCN the graph that the network was trained with, because the file does not hold it; for the others,
        whose graph is in the file, joints and centre count.
    format : str
        ``auto`` or one of :data:`LAYOUTS`.
    frames : int
        T of the clips that will be used.
    persons : int or None
        None for those of the file; where its input normalisation is shared by persons, how many there shall be.
    strides : tuple of int or None
        Of the blocks; ``None``: as the file or the published code has them.
    key : str or None
        Entry of the file that holds the state, where several could.

    Raises
    ------
    FileNotFoundError, ValueError
        The latter names the key that is unknown, missing or of a wrong shape, the architecture that has no place in the
        hardware, or what the file lacks.
    """
    return _load(path, skeleton=skeleton, format=format, frames=frames, persons=persons, strides=strides, key=key)[0]


def _load(path, *, skeleton: Skeleton, format: str, frames: int, persons: int | None,
          strides: tuple[int, ...] | None, key: str | None) -> tuple[Network, Described]:
    path = Path(path)
    if format != "auto" and format not in LAYOUTS:
        raise ValueError(f"format must be auto, {', '.join(LAYOUTS)}, not {format!r}")
    if not path.is_file():
        raise FileNotFoundError(f"{path} not found: a checkpoint is a .safetensors, .pt or .pth file")
    header, content = read_file(path)
    if format == "auto":
        format = detect_format({**content, **header}, path, key)
        if format == "hypgcn":
            raise ValueError(f"{path} is a checkpoint of this project: load_checkpoint reads it")
    found = _described(unwrap(path, content, key), format, strides)
    return _network(path, found, skeleton, frames, persons), found


def _network(path: Path, found: Described, skeleton: Skeleton, frames: int, persons: int | None) -> Network:
    if found.joints != skeleton.joints:
        raise ValueError(f"skeleton must have the {found.joints} joints of {path}, not the {skeleton.joints} of "
                         f"{skeleton.name}")
    persons = found.held if persons is None else persons
    repeats = persons if found.shared else 1
    if repeats * found.held != persons:
        raise ValueError(f"persons must be the {found.held} of {path}, not {persons!r}")
    model = Network(ModelConfig(
        skeleton=skeleton, classes=found.classes, channels=found.channels, persons=persons, frames=frames,
        blocks=found.blocks, kernel=found.kernel, dynamic_graph=found.dynamic_graph, similarity=found.similarity,
        joint_bias=found.joint_bias, shortcut_h=found.shortcut_h, branches=found.branches,
        branch_share=found.branch_share))
    ours = model.state_dict()
    graph = torch.from_numpy(skeleton.adjacency())
    for name, tensor in found.state.items():
        if name.startswith("data_bn."):
            tensor = tensor.repeat(repeats)
        elif name.endswith(".PA"):
            if found.graph_is_whole:
                tensor = tensor - graph  # ours adds the skeleton's graph to what was learned
        ours[name].copy_(tensor)
    return model.eval()


def open_network(path, *, format: str = "auto", skeleton: str | None = None, frames: int | None = None,
                 persons: int | None = None, stream: str | None = None, strides: tuple[int, ...] | None = None,
                 key: str | None = None) -> tuple[Network, dict]:
    """(network, info) of a checkpoint of this project or of one of :data:`LAYOUTS`.

    Files of others need ``skeleton`` (a built-in name or a file with bones), and take ``frames``, ``persons``,
    ``stream``, ``strides`` and ``key``; one of this project holds all of them, and giving them is an error.
    """
    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {format!r}")
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} not found: a checkpoint is a .safetensors, .pt or .pth file")
    if format == "auto":
        header, content = read_file(path)
        format = detect_format({**content, **header}, path, key)
    if format == "hypgcn":
        for name, value in (("skeleton", skeleton), ("frames", frames), ("persons", persons), ("stream", stream),
                            ("strides", strides), ("key", key)):
            if value is not None:
                raise ValueError(f"{name} must not be given for a checkpoint of this project, which holds it, but is "
                                 f"{value!r}")
        return load_checkpoint(path)
    if skeleton is None:
        raise ValueError(f"skeleton must be given for {path}: {format} files do not name theirs")
    graph = load_skeleton(skeleton)
    frames = FRAMES if frames is None else frames
    preparation = preparation_for(graph, frames, stream or "joint")
    model, found = _load(path, skeleton=graph, format=format, frames=frames, persons=persons, strides=strides, key=key)
    return model, {"preparation": preparation.to_dict(),
                   "source": {"format": format, "file": path.name, "architecture": found.name, "notes": found.notes}}
