"""The multi-scale temporal convolution of PYSKL's ST-GCN++ in a file: its branches, and their place in our stages.

Each branch begins with a 1x1 convolution, norm and ReLU; three taps, a maximum, or nothing follow. All branches
together go through a norm, ReLU and 1x1 convolution. The norm in front of that ReLU belongs to the taps of a branch,
scales the maximum, or is the norm of the 1x1 convolution where nothing is between.
"""

import torch

from ..branches import MULTI_SCALE, branch_widths, branches_of, structure
from .described import Taken
from .wrappers import Unwrapped

__all__ = ["branches_in", "is_multi_scale", "share_in", "take_multi_scale"]

_EPS = 1e-5
"""Of batch norms."""


def is_multi_scale(taken: Taken, name: str) -> bool:
    """Whether the block ``name`` has branches."""
    return taken.any(f"{name}.tcn.branches.")


def branches_in(file: Unwrapped, taken: Taken, name: str, notes: list[str]) -> tuple[str, ...]:
    """Branches of the block ``name``, by our names.

    Their kinds and numbers of taps follow from the shapes. Dilations are those of the settings in the file
    (``tcn_ms_cfg``); without settings those of the published code where the kinds are its own, which is added to
    ``notes``.

    Raises
    ------
    ValueError
        Where the settings disagree with the shapes or have no place in the hardware, or nothing says the dilations.
    """
    kinds: list[str] = []
    while taken.any(prefix := f"{name}.tcn.branches.{len(kinds)}."):
        if f"{prefix}weight" in taken:
            kinds.append("1x1")
        elif f"{prefix}3.conv.weight" in taken:
            kinds.append(f"{taken.shape(f'{prefix}3.conv.weight', 4)[2]}@")
        else:
            kinds.append("max")
    said = file.options.get("tcn_ms_cfg")
    if said is not None:
        found = tuple(_named(file, entry) for entry in said)
        if [entry[:entry.find("@") + 1] or entry for entry in found] != kinds:
            raise ValueError(f"{file.path}: tcn_ms_cfg of its settings has {', '.join(found)}, but its tensors are of "
                             f"branches {', '.join(kinds)}")
    else:
        found = MULTI_SCALE
        if kinds != [entry[:entry.find("@") + 1] or entry for entry in found]:
            raise ValueError(f"{file.path} does not say how far the taps of its branches lie apart (tcn_ms_cfg), and "
                             f"its branches {', '.join(kinds)} are not those of the published ST-GCN++")
        if not file.options:
            notes.append("its branches are taken to be those of the published ST-GCN++, taps 1, 2, 3 and 4 frames "
                         "apart: the file does not hold that")
    try:
        branches_of(found)
    except ValueError as error:
        raise ValueError(f"{file.path}: {error}") from error
    return found


def _named(file: Unwrapped, entry) -> str:
    """Our name of an entry of ``tcn_ms_cfg``."""
    if entry == "1x1":
        return "1x1"
    if isinstance(entry, list | tuple) and len(entry) == 2:
        if entry[0] != "max":
            return f"{entry[0]}@{entry[1]}"
        if entry[1] == 3:
            return "max"
    raise ValueError(f"{file.path}: tcn_ms_cfg of its settings must have taps and a dilation, ('max', 3) or '1x1', not "
                     f"{entry!r}, which has no place in the hardware")


def share_in(file: Unwrapped, taken: Taken, names: list[str], outputs: list[int], count: int) -> float:
    """Channels of a branch over those of its block; 0 where all branches together have as many as the block."""
    held = [tuple(_width(taken, f"{name}.tcn.branches.{branch}") for branch in range(count)) for name in names]
    for share in (0.0, max(widths[-1] / width for widths, width in zip(held, outputs)) + 1e-12):
        if all(widths == branch_widths(width, count, share) for widths, width in zip(held, outputs)):
            return share
    raise ValueError(f"{file.path}: branches must have equal shares of the channels of each block, or the first one "
                     f"the remainder, not {', '.join('/'.join(map(str, widths)) for widths in held)}")


def _width(taken: Taken, prefix: str) -> int:
    key = f"{prefix}.weight" if f"{prefix}.weight" in taken else f"{prefix}.0.weight"
    return taken.shape(key, 4)[0]


def take_multi_scale(taken: Taken, name: str, number: int, *, width: int, branches: tuple[str, ...], share: float,
                     kernel: int, into: dict):
    """Take the temporal convolution of the block ``name`` as that of our block ``number``.

    Parameters
    ----------
    taken : Taken
        The file.
    name : str
        Prefix of the block's keys.
    number : int
        Of our block, from 1.
    width : int
        Channels of the block.
    branches, share
        As of :class:`~hypgcn_pruning.network.model_config.ModelConfig`.
    kernel : int
        Taps of our window, at least ``kernel_of`` the branches.
    into : dict
        Gets the tensors by our names.
    """
    kinds = branches_of(branches)
    widths = branch_widths(width, len(kinds), share)
    total = sum(widths)
    behind: dict[str, torch.Tensor] = {}
    taken.norm(f"{name}.tcn.transform.0", total, behind, "norm")
    weight = torch.from_numpy(structure(kinds, widths, kernel)).float()[..., None]
    parts: dict[str, list[torch.Tensor]] = {}
    biases, low = [], 0
    for index, (kind, count) in enumerate(zip(kinds, widths)):
        prefix, end = f"{name}.tcn.branches.{index}", low + count
        own: dict[str, torch.Tensor] = {}
        front = {part: tensor[low:end] for part, tensor in behind.items()}
        if kind.learned or kind.running_max:
            taken.conv(f"{prefix}.0", count, width, 1, own, "conv")
            taken.norm(f"{prefix}.1", count, own, "norm")
        else:
            taken.conv(prefix, count, width, 1, own, "conv")
            own |= {part: tensor.clone() for part, tensor in front.items()}
            for part, value in (("weight", (1 + _EPS) ** 0.5), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
                behind[f"norm.{part}"][low:end] = value     # the norm of the taps is nothing then
        bias = torch.zeros(count)
        if kind.learned:
            own_taps: dict[str, torch.Tensor] = {}
            taken.conv(f"{prefix}.3.conv", count, count, kind.taps, own_taps, "conv")
            first = kernel // 2 - kind.taps // 2 * kind.dilation
            stop = kernel // 2 + kind.taps // 2 * kind.dilation + 1
            weight[low:end, low:end, first:stop:kind.dilation] = own_taps["conv.weight"]
            bias = own_taps["conv.bias"]
        biases.append(bias)
        for part, tensor in own.items():
            parts.setdefault(part, []).append(tensor)
        low = end
    ours = f"l{number}.scales"
    for part, tensors in parts.items():
        into[f"{ours}.reduce.{part.replace('norm', 'bn')}"] = torch.cat(tensors)
    into[f"{ours}.branches.conv.weight"], into[f"{ours}.branches.conv.bias"] = weight, torch.cat(biases)
    for part, tensor in behind.items():
        into[f"{ours}.branches.{part.replace('norm', 'bn')}"] = tensor
    taken.conv(f"{name}.tcn.transform.2", width, total, 1, into, f"l{number}.tcn1.conv")
    taken.norm(f"{name}.tcn.bn", width, into, f"l{number}.tcn1.bn")
