"""Files of ST-GCN: its own repository's, and those of PYSKL's and mmaction2's ``STGCN``, which is ST-GCN++ as well.

Its 1x1 convolution makes all subsets at once, and comes in front of the graph product or, in a form of PYSKL's, behind
it. The weights are ours in either order, ``(W x) G = W (x G)``. A bias in front of the product reaches joint w times
the sum of column w of each graph, so that H gets a bias for each joint. There is a shortcut into H in PYSKL's
``with_res`` alone.
"""

import torch

from ..branches import branches_of, kernel_of
from .described import Described, Taken, head_of_pyskl, padded_graphs, published_strides
from .multi_scale import branches_in, is_multi_scale, share_in, take_multi_scale
from .wrappers import Unwrapped, block_numbers

__all__ = ["read_st_gcn", "read_st_gcn_of_pyskl"]

_ADAPTIVE = ("init", "offset", "importance", None)


def read_st_gcn(file: Unwrapped, strides: tuple[int, ...] | None) -> Described:
    """A file with keys ``st_gcn_networks.0.gcn.conv.weight`` and so on.

    Parameters
    ----------
    file : Unwrapped
        The file.
    strides : tuple of int or None
        Of the blocks, where the caller knows them.
    """
    taken = Taken(file, "st-gcn")
    subsets, joints = taken.shape("A", 3)[::2]
    adjacency = taken.take("A", subsets, joints, joints)
    names = [f"st_gcn_networks.{place}" for place in block_numbers(file.state, r"st_gcn_networks\.(\d+)\.")]
    outputs = [taken.shape(f"{name}.tcn.0.weight", 1)[0] for name in names]
    channels = taken.shape("st_gcn_networks.0.gcn.conv.weight", 4)[1]
    kernel = taken.shape("st_gcn_networks.0.tcn.2.weight", 4)[2]
    classes = taken.shape("fcn.weight", 4)[0]
    steps = published_strides(file.path, outputs, channels, [taken.any(f"{name}.residual.") for name in names],
                              strides, file.options)
    found = Described(name="ST-GCN", joints=joints, channels=channels, classes=classes, kernel=kernel, held=1,
                      shared=True, blocks=tuple(zip(outputs, steps)), joint_bias=True, shortcut_h=False,
                      graph_is_whole=True)
    state = found.state
    taken.norm("data_bn", joints * channels, state, "data_bn")
    inputs = channels
    for number, (name, width, step) in enumerate(zip(names, outputs, steps), 1):
        importance = f"edge_importance.{number - 1}"
        graph = adjacency * taken.take(importance, subsets, joints, joints) if importance in taken else adjacency
        _graph_first(taken, f"{name}.gcn.conv", width, inputs, graph, state, f"l{number}.gcn1")
        taken.norm(f"{name}.tcn.0", width, state, f"l{number}.gcn1.bn")
        taken.tail(number, conv=f"{name}.tcn.2", norm=f"{name}.tcn.3",
                   residual=(f"{name}.residual.0", f"{name}.residual.1"), inputs=inputs, width=width, kernel=kernel,
                   stride=step, into=state)
        inputs = width
    state["fc.weight"] = taken.take("fcn.weight", classes, inputs, 1, 1)[:, :, 0, 0]
    state["fc.bias"] = taken.take("fcn.bias", classes)
    taken.finish()
    padded_graphs(file.path, state, len(names), subsets)
    return found


def read_st_gcn_of_pyskl(file: Unwrapped, strides: tuple[int, ...] | None) -> Described:
    """A file with keys ``backbone.gcn.0.gcn.conv.weight`` and so on."""
    file = Unwrapped(file.path, {key: tensor for key, tensor in file.state.items() if key != "backbone.A"},
                     file.options)
    taken = Taken(file, "pyskl")
    names = [f"backbone.gcn.{place}" for place in block_numbers(file.state, r"backbone\.gcn\.(\d+)\.gcn\.")]
    outputs = [taken.shape(f"{name}.gcn.bn.weight", 1)[0] for name in names]
    kind = "A" if "backbone.gcn.0.gcn.A" in taken else "PA"
    subsets, joints = taken.shape(f"backbone.gcn.0.gcn.{kind}", 3)[::2]
    rows, columns = taken.shape("backbone.gcn.0.gcn.conv.weight", 4)[:2]
    graph_first = rows == outputs[0]    # the convolution is behind the graph product
    channels = columns // subsets if graph_first else columns
    notes: list[str] = []
    branches: tuple[str, ...] = ()
    share = 0.0
    if is_multi_scale(taken, names[0]):
        branches = branches_in(file, taken, names[0], notes)
        share = share_in(file, taken, names, outputs, len(branches))
        kernel = kernel_of(branches_of(branches))
    else:
        kernel = taken.shape("backbone.gcn.0.tcn.conv.weight", 4)[2]
    head = head_of_pyskl(file)
    classes = taken.shape(f"{head}.weight", 2)[0]
    values, held = taken.persons("backbone.data_bn", joints, channels)
    shortcut_h = _has_shortcut(file, taken, names, outputs, channels)
    steps = published_strides(file.path, outputs, channels, [taken.any(f"{name}.residual.") for name in names],
                              strides, file.options)
    found = Described(name="ST-GCN++" if branches else "ST-GCN", joints=joints, channels=channels, classes=classes,
                      kernel=kernel, held=held, shared=held == 1, blocks=tuple(zip(outputs, steps)),
                      joint_bias=not graph_first, shortcut_h=shortcut_h, branches=branches, branch_share=share,
                      graph_is_whole=True, notes=notes)
    state = found.state
    taken.norm("backbone.data_bn", values, state, "data_bn")
    inputs = channels
    for number, (name, width, step) in enumerate(zip(names, outputs, steps), 1):
        graph = _adapted(file, taken, f"{name}.gcn", subsets, joints)
        ours = f"l{number}"
        if graph_first:
            _graph_behind(taken, f"{name}.gcn.conv", width, inputs, graph, state, f"{ours}.gcn1")
        else:
            _graph_first(taken, f"{name}.gcn.conv", width, inputs, graph, state, f"{ours}.gcn1")
        if shortcut_h and inputs != width:
            taken.conv(f"{name}.gcn.down.0", width, inputs, 1, state, f"{ours}.gcn1.down.0")
            taken.norm(f"{name}.gcn.down.1", width, state, f"{ours}.gcn1.down.1")
        taken.norm(f"{name}.gcn.bn", width, state, f"{ours}.gcn1.bn")
        around = f"{name}.residual.conv", f"{name}.residual.bn"
        if branches:
            take_multi_scale(taken, name, number, width=width, branches=branches, share=share, kernel=kernel,
                             into=state)
            taken.around(number, residual=around, inputs=inputs, width=width, stride=step, into=state)
        else:
            taken.tail(number, conv=f"{name}.tcn.conv", norm=f"{name}.tcn.bn", residual=around, inputs=inputs,
                       width=width, kernel=kernel, stride=step, into=state)
        inputs = width
    taken.head(head, classes, inputs, state)
    taken.finish()
    padded_graphs(file.path, state, len(names), subsets)
    return found


def _has_shortcut(file: Unwrapped, taken: Taken, names: list[str], outputs: list[int], channels: int) -> bool:
    """Whether there is a shortcut into H: its convolution is in the file where a block changes the channels."""
    wide = [name for name, before, after in zip(names, [channels, *outputs], outputs) if before != after]
    if wide:
        return taken.any(f"{wide[0]}.gcn.down.")
    if isinstance(file.options.get("gcn_with_res"), bool):
        return file.options["gcn_with_res"]
    raise ValueError(f"{file.path} does not say whether its graph convolution has a shortcut (gcn_with_res): no block "
                     f"changes the number of channels, and there are no settings in it")


def _adapted(file: Unwrapped, taken: Taken, name: str, subsets: int, joints: int) -> torch.Tensor:
    """The graphs (K, V, V) that a block of PYSKL's uses, by its ``gcn_adaptive``.

    ``init``: ``A``, learned. ``offset``: ``A + PA``. ``importance``: ``A * PA``; there an entry of ``PA`` where ``A``
    is 0 has no gradient, so that all of these are still equal: so the two are known apart without settings.
    """
    base = (taken.take(f"{name}.A", subsets, joints, joints) if f"{name}.A" in taken else None)
    if f"{name}.PA" not in taken:
        if base is None:
            raise ValueError(f"{file.path} lacks the key {name}.A of a pyskl file")
        return base
    learned = taken.take(f"{name}.PA", subsets, joints, joints)
    if base is None:
        raise ValueError(f"{file.path} lacks the key {name}.A, to which {name}.PA belongs")
    mode = file.options.get("gcn_adaptive", "")
    if mode not in _ADAPTIVE:
        idle = learned[base == 0]
        if not len(idle):
            raise ValueError(f"{file.path} does not say whether {name}.PA is added or multiplied (gcn_adaptive): the "
                             f"graph has no entry that is 0, and there are no settings in the file")
        mode = "importance" if bool((idle == idle[0]).all()) and float(idle[0]) > 0.1 else "offset"
    return base * learned if mode == "importance" else base + learned


def _graph_first(taken: Taken, key: str, outputs: int, inputs: int, graph: torch.Tensor, state: dict, name: str):
    """Take a convolution (K * outputs, inputs, 1, 1) that comes in front of the graph product."""
    subsets = len(graph)
    weight = taken.take(f"{key}.weight", subsets * outputs, inputs, 1, 1)
    state[f"{name}.PA"] = graph
    for k in range(subsets):
        state[f"{name}.conv_d.{k}.weight"] = weight[k * outputs:(k + 1) * outputs].clone()
        state[f"{name}.conv_d.{k}.bias"] = torch.zeros(outputs)
    bias = (taken.take(f"{key}.bias", subsets * outputs).view(subsets, outputs) if f"{key}.bias" in taken
            else torch.zeros(subsets, outputs))
    # Joint w gets the bias of subset k times the sum of column w of its graph.
    state[f"{name}.joint_bias"] = torch.einsum("ko,kvw->wo", bias.double(), graph.double()).float()


def _graph_behind(taken: Taken, key: str, outputs: int, inputs: int, graph: torch.Tensor, state: dict, name: str):
    """Take a convolution (outputs, K * inputs, 1, 1) that comes behind the graph product."""
    weight = taken.take(f"{key}.weight", outputs, len(graph) * inputs, 1, 1)
    state[f"{name}.PA"] = graph
    bias = taken.take(f"{key}.bias", outputs) if f"{key}.bias" in taken else torch.zeros(outputs)
    for k in range(len(graph)):
        state[f"{name}.conv_d.{k}.weight"] = weight[:, k * inputs:(k + 1) * inputs].clone()
        state[f"{name}.conv_d.{k}.bias"] = bias if k == 0 else torch.zeros(outputs)
