"""A network of others in our terms: what it is made of, and its tensors under our names."""

from dataclasses import dataclass, field

import torch

from .wrappers import Unwrapped

__all__ = ["Described", "Taken", "head_of_pyskl", "padded_graphs", "published_strides"]

PUBLISHED = (64,) * 4 + (128,) * 3 + (256,) * 3
"""Output channels of the ten blocks that 2s-AGCN, AAGCN, CTR-GCN's baseline and ST-GCN have in their code."""
SUBSETS = 3
"""Graphs of a block of ours."""
_PUBLISHED_STRIDES = (1, 1, 1, 1, 2, 1, 1, 2, 1, 1)


@dataclass(kw_only=True)
class Described:
    """What a reader found.

    Attributes
    ----------
    name : str
        The architecture, for people.
    joints, channels, classes, kernel : int
        Its shape.
    held : int
        Persons whose input normalisation the file holds; 1 may be shared by several.
    shared : bool
        The normalisation is one for every person, however many there are.
    blocks : tuple of (int, int)
        Output channels and stride.
    dynamic_graph : bool
        With a data-dependent graph.
    similarity : str
        Its kind.
    joint_bias, shortcut_h : bool
        See :class:`~hypgcn_pruning.network.model_config.ModelConfig`.
    branches : tuple of str
        Likewise, and ``branch_share`` : float.
    graph_is_whole : bool
        ``PA`` of the state is the whole graph, to which ours adds that of the skeleton.
    state : dict of str to torch.Tensor
        Tensors by our names, in float64 where they were computed here.
    notes : list of str
        What a user should know of it.
    """

    name: str
    joints: int
    channels: int
    classes: int
    kernel: int
    held: int
    shared: bool
    blocks: tuple[tuple[int, int], ...]
    dynamic_graph: bool = False
    similarity: str = "softmax"
    joint_bias: bool = False
    shortcut_h: bool = True
    branches: tuple[str, ...] = ()
    branch_share: float = 0.0
    graph_is_whole: bool = False
    state: dict[str, torch.Tensor] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Taken:
    """The tensors of a file, taken one after the other: what is missing, of another shape, or left over is an error.

    Parameters
    ----------
    file : Unwrapped
        The file.
    layout : str
        Name of its format, for messages.
    """

    def __init__(self, file: Unwrapped, layout: str):
        self.file, self.layout = file, layout
        self.left = dict(file.state)

    def __contains__(self, key: str) -> bool:
        return key in self.file.state

    def any(self, prefix: str) -> bool:
        """Whether a key begins like ``prefix``."""
        return any(key.startswith(prefix) for key in self.file.state)

    def shape(self, key: str, axes: int) -> tuple[int, ...]:
        """Shape of a tensor of ``axes`` axes, which stays to be taken."""
        if key not in self.file.state:
            raise ValueError(f"{self.file.path} lacks the key {key} of a {self.layout} file")
        found = self.file.state[key].shape
        if len(found) != axes:
            raise ValueError(f"{self.file.path}: {key} must have {axes} axes, not shape {tuple(found)}")
        return tuple(found)

    def take(self, key: str, *shape: int) -> torch.Tensor:
        """The tensor ``key`` of ``shape``, in float32."""
        if key not in self.left:
            raise ValueError(f"{self.file.path} lacks the key {key}")
        tensor = self.left.pop(key)
        if tuple(tensor.shape) != shape:
            raise ValueError(f"{self.file.path}: {key} must have shape {shape}, not {tuple(tensor.shape)}")
        return tensor.float()

    def norm(self, key: str, size: int, into: dict, name: str, repeats: int = 1):
        """Take a batch norm of ``size`` values, ``repeats`` times, as ``name`` of ``into``."""
        for part in ("weight", "bias", "running_mean", "running_var"):
            into[f"{name}.{part}"] = self.take(f"{key}.{part}", size).repeat(repeats)

    def conv(self, key: str, outputs: int, inputs: int, taps: int, into: dict, name: str):
        """Take a convolution over ``taps`` frames with its bias as ``name`` of ``into``."""
        into[f"{name}.weight"] = self.take(f"{key}.weight", outputs, inputs, taps, 1)
        into[f"{name}.bias"] = self.take(f"{key}.bias", outputs)

    def persons(self, key: str, joints: int, channels: int) -> tuple[int, int]:
        """Values of the input normalisation ``key``, and the persons that it holds."""
        values = self.shape(f"{key}.weight", 1)[0]
        held, rest = divmod(values, joints * channels)
        if rest or not held:
            raise ValueError(f"{self.file.path}: {key}.weight must have a multiple of {joints} joints x {channels} "
                             f"channels, not {values} values")
        return values, held

    def tail(self, number: int, *, conv: str, norm: str, residual: tuple[str, str], inputs: int, width: int,
             kernel: int, stride: int, into: dict):
        """Take the temporal convolution and the shortcut of block ``number`` from these keys."""
        self.conv(conv, width, width, kernel, into, f"l{number}.tcn1.conv")
        self.norm(norm, width, into, f"l{number}.tcn1.bn")
        self.around(number, residual=residual, inputs=inputs, width=width, stride=stride, into=into)

    def around(self, number: int, *, residual: tuple[str, str], inputs: int, width: int, stride: int, into: dict):
        """Take the convolution and norm of the shortcut around block ``number``, if it has one, from these keys."""
        if number > 1 and (inputs != width or stride == 2):
            self.conv(residual[0], width, inputs, 1, into, f"l{number}.residual.conv")
            self.norm(residual[1], width, into, f"l{number}.residual.bn")

    def head(self, key: str, classes: int, inputs: int, into: dict):
        """Take the classifier ``key``."""
        into["fc.weight"] = self.take(f"{key}.weight", classes, inputs)
        into["fc.bias"] = self.take(f"{key}.bias", classes)

    def finish(self):
        """Raise :exc:`ValueError` where tensors were not taken."""
        if self.left:
            more = ", ..." if len(self.left) > 4 else ""
            raise ValueError(f"{self.file.path} has the unknown key {', '.join(sorted(self.left)[:4])}{more}")


def head_of_pyskl(file: Unwrapped) -> str:
    """Key of the classifier, which PYSKL and mmaction2 call differently."""
    return "cls_head.fc_cls" if "cls_head.fc_cls.weight" in file.state else "cls_head.fc"


def published_strides(path, outputs: list[int], inputs: int, shortcuts: list[bool],
                      strides: tuple[int, ...] | None, options: dict) -> tuple[int, ...]:
    """Strides of the blocks, which states do not hold.

    Known are those that the caller gives, those of the settings in the file (``down_stages``), those of the published
    code where the channels are its own, and those that follow from the shortcuts: a block with as many outputs
    as inputs has a convolution as shortcut only for a stride of 2, and one without has stride 1.

    Parameters
    ----------
    path : Path
        The file, for messages.
    outputs : list of int
        Output channels of the blocks.
    inputs : int
        Channels of the input.
    shortcuts : list of bool
        Blocks with a convolution as shortcut around them.
    strides : tuple of int or None
        Of the caller.
    options : dict
        Settings in the file.

    Raises
    ------
    ValueError
        Where they cannot be known, or those that are given do not fit.
    """
    depth = len(outputs)
    wide = [before != after for before, after in zip([inputs, *outputs], outputs)]
    if strides is not None:
        if len(strides) != depth:
            raise ValueError(f"strides must hold one for each of the {depth} blocks, not {strides!r}")
        for index, (stride, shortcut) in enumerate(zip(strides, shortcuts), 1):
            if index > 1 and not wide[index - 1] and (stride == 2) != shortcut:
                raise ValueError(f"strides must be {2 if shortcut else 1} for block {index} of {path}, whose shortcut "
                                 f"is {'a convolution' if shortcut else 'X itself'}, not {stride}")
        return tuple(strides)
    if isinstance(down := options.get("down_stages"), list | tuple):
        return tuple(2 if index in down else 1 for index in range(1, depth + 1))
    if tuple(outputs) == PUBLISHED and (not options or options.get("type") in ("STGCN", "AAGCN")):
        return _PUBLISHED_STRIDES
    open_blocks = [index for index in range(2, depth + 1) if wide[index - 1]]
    if open_blocks:
        raise ValueError(f"strides must be given (--strides) for {path}: it does not hold them, and block"
                         f"{'s' if len(open_blocks) > 1 else ''} {', '.join(map(str, open_blocks))} may have 1 or 2; "
                         f"published networks have 2 in blocks 5 and 8 of ten")
    return tuple(2 if index > 1 and shortcut else 1 for index, shortcut in enumerate(shortcuts, 1))


def padded_graphs(path, state: dict[str, torch.Tensor], blocks: int, subsets: int):
    """Bring each block's graphs and convolutions in ``state`` to three subsets; those that are added are 0.

    Zeros of a graph product cost no multiplication. :exc:`ValueError` for more subsets than three, and for fewer with a
    data-dependent graph.
    """
    if subsets == SUBSETS:
        return
    if subsets > SUBSETS or "l1.gcn1.conv_a.0.weight" in state:
        raise ValueError(f"{path}: graphs must have {SUBSETS} subsets, not {subsets}"
                         + ("" if subsets > SUBSETS else ", where they depend on the data"))
    for number in range(1, blocks + 1):
        name = f"l{number}.gcn1"
        graph = state[f"{name}.PA"]
        state[f"{name}.PA"] = torch.cat([graph, graph.new_zeros(SUBSETS - subsets, *graph.shape[1:])])
        for k in range(subsets, SUBSETS):
            for part in ("weight", "bias"):
                state[f"{name}.conv_d.{k}.{part}"] = torch.zeros_like(state[f"{name}.conv_d.0.{part}"])
