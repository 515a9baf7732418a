"""Files of the 2s-AGCN family.

These are 2s-AGCN, AAGCN without attention, and CTR-GCN's baseline, under the keys of their repositories; and AAGCN
under those of PYSKL and mmaction2.

All of them compute the graph product first, as our network does, so that a file is a matter of names. They differ in
the graph: 2s-AGCN adds what it learned to the skeleton's; AAGCN has the whole graph as a parameter; CTR-GCN's baseline
has that, too, and divides its columns by their L2 norm and 1e-4, which is folded into the graph here.
"""

from .described import Described, Taken, head_of_pyskl, padded_graphs, published_strides
from .wrappers import Unwrapped, block_numbers

__all__ = ["read_aagcn_of_pyskl", "read_agcn"]

_NORM_FLOOR = 1e-4
"""Added to the norm of a column by CTR-GCN's baseline."""


def read_agcn(file: Unwrapped, strides: tuple[int, ...] | None) -> Described:
    """A file with keys ``l1.gcn1.PA`` and so on.

    Parameters
    ----------
    file : Unwrapped
        The file.
    strides : tuple of int or None
        Of the blocks, where the caller knows them.
    """
    # Older files of 2s-AGCN call the shortcut into H so.
    renamed = {key.replace(".gcn1.conv_res.", ".gcn1.down."): tensor for key, tensor in file.state.items()}
    file = Unwrapped(file.path, renamed, file.options)
    return _read(file, strides, "2s-agcn", first=1, gcn="l{}.gcn1", tcn="l{}.tcn1", residual="l{}.residual",
                 graph="PA", data_bn="data_bn", head="fc", pattern=r"l(\d+)\.gcn1\.")


def read_aagcn_of_pyskl(file: Unwrapped, strides: tuple[int, ...] | None) -> Described:
    """A file with keys ``backbone.gcn.0.gcn.conv_d.0.weight`` and so on."""
    state = dict(file.state)
    state.pop("backbone.A", None)       # what the graph of every block began as
    return _read(Unwrapped(file.path, state, file.options), strides, "pyskl", first=0, gcn="backbone.gcn.{}.gcn",
                 tcn="backbone.gcn.{}.tcn", residual="backbone.gcn.{}.residual", graph="A",
                 data_bn="backbone.data_bn", head=head_of_pyskl(file), pattern=r"backbone\.gcn\.(\d+)\.gcn\.")


def _read(file: Unwrapped, strides, layout, *, first, gcn, tcn, residual, graph, data_bn, head, pattern) -> Described:
    taken = Taken(file, layout)
    places = block_numbers(file.state, pattern, first)
    channels = taken.shape(f"{gcn.format(first)}.conv_d.0.weight", 4)[1]
    subsets, joints = taken.shape(f"{gcn.format(first)}.{graph}", 3)[::2]
    outputs = [taken.shape(f"{gcn.format(place)}.conv_d.0.weight", 4)[0] for place in places]
    kernel = taken.shape(f"{tcn.format(first)}.conv.weight", 4)[2]
    classes = taken.shape(f"{head}.weight", 2)[0]
    rows, held = taken.persons(data_bn, joints, channels)
    alpha = taken.any(f"{gcn.format(first)}.alpha")
    dynamic = alpha or taken.any(f"{gcn.format(first)}.conv_a.") or taken.any(f"{gcn.format(first)}.conv_b.")
    whole = layout == "pyskl" or alpha or not dynamic
    baseline = layout == "2s-agcn" and not dynamic
    steps = published_strides(file.path, outputs, channels,
                              [taken.any(f"{residual.format(place)}.") for place in places], strides, file.options)
    name = ("CTR-GCN's baseline" if baseline else "AAGCN" if alpha or layout == "pyskl" else "2s-AGCN")
    found = Described(
        name=name, joints=joints, channels=channels, classes=classes, kernel=kernel, held=held,
        shared=held == 1 and layout == "pyskl", blocks=tuple(zip(outputs, steps)), dynamic_graph=dynamic,
        similarity="tanh" if alpha or layout == "pyskl" else "softmax", graph_is_whole=whole)
    state = found.state
    taken.norm(data_bn, rows, state, "data_bn")
    inputs = channels
    for number, (place, width, step) in enumerate(zip(places, outputs, steps), 1):
        ours, g = f"l{number}", gcn.format(place)
        learned = taken.take(f"{g}.{graph}", subsets, joints, joints)
        state[f"{ours}.gcn1.PA"] = learned / (learned.norm(dim=1, keepdim=True) + _NORM_FLOOR) if baseline else learned
        inner = max(1, width // 4)
        for k in range(subsets):
            taken.conv(f"{g}.conv_d.{k}", width, inputs, 1, state, f"{ours}.gcn1.conv_d.{k}")
            for part in ("conv_a", "conv_b") if dynamic else ():
                taken.conv(f"{g}.{part}.{k}", inner, inputs, 1, state, f"{ours}.gcn1.{part}.{k}")
        if found.similarity == "tanh" and dynamic:
            state[f"{ours}.gcn1.alpha"] = taken.take(f"{g}.alpha", 1)
        if inputs != width:
            taken.conv(f"{g}.down.0", width, inputs, 1, state, f"{ours}.gcn1.down.0")
            taken.norm(f"{g}.down.1", width, state, f"{ours}.gcn1.down.1")
        taken.norm(f"{g}.bn", width, state, f"{ours}.gcn1.bn")
        t, r = tcn.format(place), residual.format(place)
        taken.tail(number, conv=f"{t}.conv", norm=f"{t}.bn", residual=(f"{r}.conv", f"{r}.bn"), inputs=inputs,
                   width=width, kernel=kernel, stride=step, into=state)
        inputs = width
    taken.head(head, classes, inputs, state)
    taken.finish()
    padded_graphs(file.path, state, len(places), subsets)
    if dynamic:
        found.notes.append("its data-dependent graph has no place in the hardware: hypgcn prune leaves it out and "
                           "fine-tunes without it")
    return found

