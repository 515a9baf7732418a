"""Foreign checkpoints: the published 2s-AGCN code, and PYSKL and mmaction2 (AAGCN without attention).

Their networks compute what ours does with the data-dependent graph on, so that a file is a matter of names: the tensors
of the file move into a :class:`Network`, and every key has to find its place. """

import re
from pathlib import Path

import torch

from ..config import FORMATS
from ..recordings.data import preparation_for
from ..recordings.skeleton import Skeleton, load_skeleton
from .checkpoint import CHECKPOINT_FORMAT, load_checkpoint, read_file
from .model import ModelConfig, Network

__all__ = ["detect_format", "load_foreign", "open_network"]

_ATTENTION = {"conv_sa": "spatial", "conv_ta": "temporal", "fc1c": "channel", "fc2c": "channel"}
_STATE = re.compile(r"l\d+\.(kept|filters|taps|carried|cavity|gcn1\.(edges|theta_z)|theta_[hy])$|"
                    r".*\.num_batches_tracked$")
"""Names of our network that files of others do not set: the state of pruning, and counters without effect."""
_CONV_FIRST = re.compile(r"(st_gcn_networks\.\d+|backbone\.gcn\.\d+)\.gcn\.conv\.(weight|bias)$|edge_importance\.\d+$")
"""Keys of ST-GCN, which multiplies by the graph behind the 1x1 convolution."""
FRAMES = 52
"""Default of T of a prepared clip: the files do not hold it."""


class _File:
    """The tensors of a file under its own keys (without the prefix of parallel training), and what ours are called
    there."""

    def __init__(self, path: Path, content: dict, layout: str):
        self.path, self.layout = path, layout
        state = content.get("state_dict", content)
        if not isinstance(state, dict):
            raise ValueError(f"{path}: state_dict must hold tensors by name, not a {type(state).__name__}")
        self.state = {}
        for key, tensor in state.items():
            key = str(key).removeprefix("module.")
            if not isinstance(tensor, torch.Tensor):
                raise ValueError(f"{path}: {key} must be a tensor, not a {type(tensor).__name__}")
            if tensor.is_floating_point() and not torch.isfinite(tensor).all():
                raise ValueError(f"{path}: {key} must hold finite numbers only, but has NaN or infinity")
            if not key.endswith(".num_batches_tracked"):
                self.state[key] = tensor
        for key in self.state:
            for part in key.split("."):
                if part in _ATTENTION:
                    raise ValueError(f"{path}: {key} belongs to {_ATTENTION[part]} attention, which the network has no "
                                     f"place for")
        _refuse_st_gcn(self.state, path)
        if layout == "pyskl":
            self.state.pop("backbone.A", None)  # what every block's A began as

    def key(self, name: str) -> str:
        """The file's key of our parameter ``name``."""
        if self.layout == "2s-agcn":
            return name
        block = re.match(r"l(\d+)\.(gcn|tcn|residual)1?\.(.*)", name)
        if block:
            inner = "A" if block[3] == "PA" else block[3]
            return f"backbone.gcn.{int(block[1]) - 1}.{block[2]}.{inner}"
        if name.startswith("fc."):
            head = "cls_head.fc_cls." if "cls_head.fc_cls.weight" in self.state else "cls_head.fc."
            return head + name.removeprefix("fc.")
        return f"backbone.{name}"

    def has(self, name: str) -> bool:
        """Whether a key begins like our ``name``."""
        return any(key.startswith(self.key(name)) for key in self.state)

    def shape(self, name: str, axes: int) -> tuple[int, ...]:
        """Shape of our parameter ``name``, which must have ``axes`` axes."""
        key = self.key(name)
        if key not in self.state:
            raise ValueError(f"{self.path} lacks the key {key} of a {self.layout} file")
        if self.state[key].ndim != axes:
            raise ValueError(f"{self.path}: {key} must have {axes} axes, not shape {tuple(self.state[key].shape)}")
        return tuple(self.state[key].shape)

    def check(self, expected: dict[str, torch.Tensor]):
        """Raise :exc:`ValueError` when keys or shapes are not those of ``expected``, which has our names."""
        keys = {self.key(name): tensor.shape for name, tensor in expected.items()}
        for what, odd in (("has the unknown", self.state.keys() - keys), ("lacks the", keys.keys() - self.state)):
            if odd:
                more = ", ..." if len(odd) > 4 else ""
                raise ValueError(f"{self.path} {what} key {', '.join(sorted(odd)[:4])}{more}")
        for key, shape in keys.items():
            if self.state[key].shape != shape:
                raise ValueError(f"{self.path}: {key} must have shape {tuple(shape)}, not "
                                 f"{tuple(self.state[key].shape)}")


def _refuse_st_gcn(keys, path):
    """Raise :exc:`ValueError` that names the first key of ``keys`` which only ST-GCN has.

    Its order is ours as far as the weights go, ``(W x) G = W (x G)``. But its bias comes before the graph product, so
    that joint w gets the bias times the sum of column w of G, and sums of trained graphs differ from joint to joint,
    while a bias here is one for all joints; and it has no shortcut around the graph product, where ours always has one.
    """
    for key in keys:
        if _CONV_FIRST.match(key):
            raise ValueError(f"{path}: {key} belongs to ST-GCN, whose convolution comes before the graph product: its "
                             f"bias differs from joint to joint, and it has no shortcut around the product, which the "
                             f"network has no place for")


def detect_format(content: dict, path) -> str:
    """Format of ``content`` by its keys: ``hypgcn``, ``2s-agcn`` or ``pyskl``; :exc:`ValueError` for anything else."""
    if content.get("format") == CHECKPOINT_FORMAT:
        return "hypgcn"
    state = content.get("state_dict", content)
    keys = [str(key).removeprefix("module.") for key in state] if isinstance(state, dict) else []
    if any(key.startswith("backbone.") for key in keys):
        return "pyskl"
    if any(re.match(r"l\d+\.gcn1\.", key) for key in keys):
        return "2s-agcn"
    _refuse_st_gcn(keys, path)
    raise ValueError(f"{path} is not a checkpoint of this project, 2s-AGCN, PYSKL or mmaction2: its keys are "
                     f"{', '.join(keys[:4]) or 'none'}{', ...' if len(keys) > 4 else ''}")


def _blocks(file: _File, strides: tuple[int, ...] | None) -> tuple[tuple[int, int], ...]:
    """(output channels, stride) of the blocks. Files do not hold strides; without ``strides`` a block whose shortcut is
    a convolution halves the frames, as in every published network."""
    depth = 1
    while file.has(f"l{depth + 1}.gcn1."):
        depth += 1
    if strides is not None and len(strides) != depth:
        raise ValueError(f"strides must hold one for each of the {depth} blocks, not {strides!r}")
    blocks = []
    for index in range(1, depth + 1):
        outputs = file.shape(f"l{index}.gcn1.conv_d.0.weight", 4)[0]
        guess = 2 if index > 1 and file.has(f"l{index}.residual.") else 1
        blocks.append((outputs, guess if strides is None else strides[index - 1]))
    return tuple(blocks)


def load_foreign(path, *, skeleton: Skeleton, format: str = "auto", frames: int = FRAMES, persons: int | None = None,
                 strides: tuple[int, ...] | None = None) -> Network:
    """The network of a 2s-AGCN, PYSKL or mmaction2 file, in evaluation mode and with its data-dependent graph.

    Its logits are those of the source's code up to rounding. Nothing in the file is run.

    Parameters
    ----------
    skeleton : Skeleton
        For 2s-AGCN the graph that the network was trained with, because the file does not hold it; for the others,
        whose graph is learned and in the file, joints and centre count.
    format : str
        ``auto``, ``2s-agcn`` or ``pyskl``.
    frames : int
        T of the clips that will be used.
    persons : int or None
        None for those of the file; where its input normalisation is shared by persons, how many there shall be.
    strides : tuple of int or None
        Of the blocks, where they are not those of the published networks.

    Raises :exc:`FileNotFoundError`, or a :exc:`ValueError` that names the key that is unknown (attention among them),
    missing or of a wrong shape. """
    path = Path(path)
    if format not in FORMATS or format == "hypgcn":
        raise ValueError(f"format must be auto, 2s-agcn or pyskl, not {format!r}")
    if not path.is_file():
        raise FileNotFoundError(f"{path} not found: a checkpoint is a .safetensors, .pt or .pth file")
    header, content = read_file(path)
    if format == "auto":
        format = detect_format({**content, **header}, path)
        if format == "hypgcn":
            raise ValueError(f"{path} is a checkpoint of this project: load_checkpoint reads it")
    return _network(_File(path, content, format), skeleton, frames, persons, strides)


def _network(file: _File, skeleton: Skeleton, frames: int, persons: int | None,
             strides: tuple[int, ...] | None) -> Network:
    channels = file.shape("l1.gcn1.conv_d.0.weight", 4)[1]
    joints = file.shape("l1.gcn1.PA", 3)[-1]
    if joints != skeleton.joints:
        raise ValueError(f"skeleton must have the {joints} joints of {file.path}, not the {skeleton.joints} of "
                         f"{skeleton.name}")
    rows = file.shape("data_bn.weight", 1)[0]
    held, rest = divmod(rows, joints * channels)
    if rest or not held:
        raise ValueError(f"{file.path}: {file.key('data_bn.weight')} must have a multiple of {joints} joints x "
                         f"{channels} channels, not {rows} values")
    persons = held if persons is None else persons
    repeats = persons if held == 1 and file.layout == "pyskl" else 1
    if repeats * held != persons:
        raise ValueError(f"persons must be the {held} of {file.path}, not {persons!r}")
    tanh = file.layout == "pyskl"
    dynamic = not tanh or any(file.has(f"l1.gcn1.{part}") for part in ("alpha", "conv_a.", "conv_b."))
    model = Network(ModelConfig(
        skeleton=skeleton, classes=file.shape("fc.weight", 2)[0], channels=channels, persons=persons, frames=frames,
        blocks=_blocks(file, strides), kernel=file.shape("l1.tcn1.conv.weight", 4)[2], dynamic_graph=dynamic,
        similarity="tanh" if tanh else "softmax"))
    ours = model.state_dict()
    expected = {name: tensor for name, tensor in ours.items() if not _STATE.match(name)}
    file.check({name: tensor[:rows] if name.startswith("data_bn.") else tensor for name, tensor in expected.items()})
    graph = torch.from_numpy(skeleton.adjacency())
    for name in expected:
        tensor = file.state[file.key(name)].float()
        if name.startswith("data_bn."):
            tensor = tensor.repeat(repeats)
        elif name.endswith(".PA") and tanh:
            tensor = tensor - graph  # ours adds the skeleton's graph to what was learned
        ours[name].copy_(tensor)
    return model.eval()


def open_network(path, *, format: str = "auto", skeleton: str | None = None, frames: int | None = None,
                 persons: int | None = None, stream: str | None = None) -> tuple[Network, dict]:
    """(network, info) of a checkpoint of any of :data:`FORMATS`.

    Files of others need ``skeleton`` (a built-in name or a file with bones), and take ``frames``, ``persons`` and
    ``stream`` (``joint`` or ``bone``); one of this project holds all of them, and giving them is an error. """
    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {format!r}")
    path = Path(path)
    if format == "auto" and path.is_file():
        header, content = read_file(path)
        format = detect_format({**content, **header}, path)
    if format in ("auto", "hypgcn"):
        for name, value in (("skeleton", skeleton), ("frames", frames), ("persons", persons), ("stream", stream)):
            if value is not None:
                raise ValueError(f"{name} must not be given for a checkpoint of this project, which holds it, but is "
                                 f"{value!r}")
        return load_checkpoint(path)
    if skeleton is None:
        raise ValueError(f"skeleton must be given for {path}: {format} files do not name theirs")
    graph = load_skeleton(skeleton)
    frames = FRAMES if frames is None else frames
    preparation = preparation_for(graph, frames, stream or "joint")
    model = load_foreign(path, skeleton=graph, format=format, frames=frames, persons=persons)
    return model, {"preparation": preparation.to_dict(), "source": {"format": format, "file": path.name}}
