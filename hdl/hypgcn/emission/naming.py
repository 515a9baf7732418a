"""Names of the signals of a design, as an engineer looks for them in a waveform."""

from collections import defaultdict
from collections.abc import Iterable

from amaranth.hdl import Fragment, Signal
from amaranth.hdl._ast import SignalDict
from amaranth.hdl._ir import Design
from amaranth.hdl._nir import Netlist
from amaranth.hdl._nir import Value as Nets

from .platform import component_ports

__all__ = ["Taken", "name_ports", "name_signals"]


class Taken:
    """Names that are in use; :meth:`free` numbers what is there already.

    Parameters
    ----------
    names : iterable of str
        Those in use at the start.
    """

    def __init__(self, names: Iterable[str] = ()):
        self.names = set(names)

    def free(self, *choices: str) -> str:
        """The first of ``choices`` that is free, or the last one with a number; it is in use afterwards."""
        name, number = next((choice for choice in choices if choice not in self.names), choices[-1]), 1
        while name in self.names:
            number += 1
            name = f"{choices[-1]}_{number}"
        self.names.add(name)
        return name


def _owners(design: Design) -> SignalDict:
    """The component whose port a signal is, the outermost one, and the name of the port there."""
    owners = SignalDict()
    for fragment in design.fragments:
        for component in getattr(fragment, "origins", None) or ():
            if not hasattr(component, "signature"):
                continue
            for name, (value, _) in component_ports(component).items():
                if isinstance(value, Signal) and value not in owners:
                    owners[value] = fragment, name
    return owners


def name_signals(design: Design):
    """Name the signals and submodules of each module of ``design`` again.

    Amaranth knows a signal by one name everywhere, and numbers those of equal names (``i__valid$36``). Here a port of a
    submodule is called after it (``decoder__i__valid``), the module's own ports and signals keep their names, and so do
    submodules. Ports of the module itself come first, since the first name of a net is that of its wire.
    """
    owners = _owners(design)
    ports: dict[Fragment, list[str]] = defaultdict(list)
    for fragment, name in owners.values():
        ports[fragment].append(name)
    ports[design.fragment] = [name for name, _, _ in design.ports]
    _name_submodules(design, design.fragment, design.hierarchy, ports)
    for fragment, info in design.fragments.items():
        if info.used_signals:
            _name_in(design, fragment, info, ports[fragment], owners)


def _name_submodules(design, fragment, path, ports):
    # Instances share the names of a module with its signals, and go first: they are what a path in a constraint names.
    design.fragments[fragment].name = path
    taken = Taken(ports[fragment])
    for index, (submodule, name, _) in enumerate(fragment.subfragments):
        _name_submodules(design, submodule, (*path, taken.free(name or f"part{index}")), ports)


def _name_in(design, fragment, info, ports, owners):
    taken = Taken([*ports, *(design.fragments[submodule].name[-1] for submodule, _, _ in fragment.subfragments)])
    top = design.ports if fragment is design.fragment else []
    named = SignalDict((signal, name) for name, signal, _ in top)
    own, inner, children, outer = [], [], [], []
    for signal in info.used_signals:
        owner, port = owners.get(signal, (None, signal.name))
        if signal in named:
            own.append((signal, named[signal]))
        elif owner is fragment and fragment is not design.fragment:
            own.append((signal, port))
        elif owner is None or owner is fragment:
            if port:    # Amaranth has no name for private signals, either
                inner.append((signal, (port,)))
        elif below := _below(design, owner, fragment):
            children.append((signal, ("__".join((*below, port)),)))
        else:
            outer.append((signal, (port, f"{design.fragments[owner].name[-1]}__{port}")))
    info.signal_names = SignalDict(own)
    for signal, choices in (*inner, *children, *outer):
        info.signal_names[signal] = taken.free(*choices)
    info.assigned_names = taken.names


def _below(design, fragment, root) -> tuple[str, ...]:
    """Names from ``root`` to a ``fragment`` below it, empty where it is not below."""
    above, path = design.fragments[root].name, design.fragments[fragment].name
    return path[len(above):] if path[:len(above)] == above else ()


def name_ports(netlist: Netlist):
    """Ports of modules after their signals.

    Amaranth joins neighbouring nets into one port and calls it after a number where that is no signal of the module
    (``port$521$0``). Here such a port becomes one for each signal in it, and the rest is called after the bits.
    """
    for module in netlist.modules[1:]:
        if not any(name.startswith("port$") for name in module.ports):
            continue
        signals = [(netlist.signals[signal], name) for signal, name in module.signal_names.items()]
        taken = Taken([name for _, name in signals] + [netlist.modules[sub].name[-1] for sub in module.submodules])
        ports = {}
        for port, (nets, flow) in module.ports.items():
            if port.startswith("port$"):
                for name, piece in _pieces(nets, signals, taken):
                    ports[name] = piece, flow
            else:
                ports[port] = nets, flow
        module.ports.clear()
        module.ports.update(ports)


def _pieces(nets: Nets, signals, taken: Taken):
    """(name, nets) that together are ``nets``: whole signals where there are any, else parts of one."""
    at, place = 0, {net: index for index, net in enumerate(nets)}
    whole: dict[int, tuple[int, str]] = {}
    for value, name in signals:
        start = place.get(value[0]) if len(value) else None
        if start is not None and Nets(nets[start:start + len(value)]) == value:
            longest = whole.get(start, (0, ""))
            if len(value) > longest[0]:
                whole[start] = len(value), name
    while at < len(nets):
        if at in whole:
            length, name = whole[at]
        else:
            length = next((start - at for start in sorted(whole) if start > at), len(nets) - at)
            name = taken.free(_part(nets[at:at + length], signals))
        yield name, Nets(nets[at:at + length])
        at += length


def _part(nets, signals) -> str:
    """Name of the nets by their place in a signal that holds them."""
    wanted = list(nets)
    for value, name in signals:
        bits = list(value)
        if wanted[0] in bits:
            start = bits.index(wanted[0])
            if bits[start:start + len(wanted)] == wanted:
                high = start + len(wanted) - 1
                return f"{name}_{high}" if high == start else f"{name}_{high}_{start}"
    return "nets"
