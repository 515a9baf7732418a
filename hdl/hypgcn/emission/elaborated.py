"""Elaborated modules: what is in them, and RTLIL of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as File

import amaranth
from amaranth.back import rtlil
from amaranth.hdl import ClockDomain, Fragment, Instance
from amaranth.hdl._ast import SignalDict
from amaranth.hdl._ir import Design, PortDirection, build_netlist
from amaranth.lib.wiring import In

from .naming import name_ports, name_signals
from .platform import EmittedModule, component_ports

__all__ = ["Elaborated", "Inside", "Path"]

Path = tuple[str, ...]
"""Names of the instances from an emitted module, which is the empty path, to a module in it."""

_FOLDERS = tuple(f"{folder.as_posix()}/" for folder in (File(__file__).parents[2], File(amaranth.__file__).parents[1]))
_SRC = re.compile(r'^(\s*attribute \\src )"([^"]*)"', re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Inside:
    """A module of the emitted text, but its name.

    Parameters
    ----------
    component : wiring.Component or None
        What was elaborated.
    clocks : tuple of str
        Names of clock and reset in it, in this order.
    states : dict of str to dict of int to str
        Names of the states of a register of states.
    """

    component: object
    clocks: tuple[str, ...]
    states: Mapping[str, Mapping[int, str]]


class _Emitter(rtlil.ModuleEmitter):
    """Amaranth's, with names of modules that need no escape."""

    def __init__(self, *args, names, **options):
        super().__init__(*args, **options)
        self._names = names

    def emit_submodules(self):
        for index in self.module.submodules:
            submodule = self.netlist.modules[index]
            if not self.empty_checker.is_empty(index):
                ports = {name: self.sigspec(value) for name, (value, _) in submodule.ports.items()}
                self.builder.cell(f"\\{self._names[submodule.name[1:]]}", submodule.name[-1], ports=ports,
                                  src_loc=submodule.cell_src_loc)


class Elaborated:
    """An emitted module with all its signals named, before it becomes text.

    Parameters
    ----------
    module : EmittedModule
    platform : RtlPlatform
        Notes what the module uses.

    Attributes
    ----------
    ports : dict
        {name: (value, direction)}.
    inside : dict
        {path: Inside}; the module itself first, then depth first.
    """

    def __init__(self, module: EmittedModule, platform):
        self.module = module
        fragment = Fragment.get(module.component, platform)
        self.ports = {name: (value, PortDirection.Input if flow == In else PortDirection.Output)
                      for name, (value, flow) in component_ports(module.component).items()}
        if "sync" not in fragment.domains:
            domain = ClockDomain("sync")
            fragment.add_domains(domain)
            self.ports = {"clk": (domain.clk, PortDirection.Input), "rst": (domain.rst, PortDirection.Input),
                          **self.ports}
        self.design: Design = fragment.prepare(ports=self.ports, hierarchy=(module.name,))
        name_signals(self.design)
        self.inside = {info.name[1:]: _inside(part, info) for part, info in self.design.fragments.items()
                       if type(part) is Fragment}

    def instances(self) -> dict[Path, Instance]:
        """Instances in it, by their paths; their types and parameters may be changed before :meth:`rtlil`."""
        return {info.name[1:]: part for part, info in self.design.fragments.items() if isinstance(part, Instance)}

    def rtlil(self, names: Mapping[Path, str], *, source: bool = False) -> str:
        """Text for Yosys. It can be made once, since it gives the netlist free.

        Parameters
        ----------
        names : dict
            {path: name of the module} for each of :attr:`inside`.
        source : bool
            With the attribute ``src``: files and lines of the Python text.
        """
        netlist = build_netlist(self.design)
        del self.design     # of a whole network it is large
        name_ports(netlist)
        checker = rtlil.EmptyModuleChecker(netlist)
        builder = rtlil.Design(emit_src=source)
        for index, module in enumerate(netlist.modules):
            if not checker.is_empty(index):
                _Emitter(builder.module(names[module.name[1:]], src_loc=module.src_loc), netlist, module, SignalDict(),
                         checker, names=names).emit()
        return _SRC.sub(_without_folders, str(builder)) if source else str(builder)


def _inside(fragment, info) -> Inside:
    signals = info.signal_names
    clocks = [signal for domain in fragment.domains.values() for signal in (domain.clk, domain.rst)
              if signal is not None]
    return Inside(component=fragment.origins[0] if fragment.origins else None,
                  clocks=tuple(dict.fromkeys(signals[signal] for signal in clocks if signal in signals)),
                  states={name: states for signal, name in signals.items() if (states := _states(signal))})


def _states(signal) -> dict[int, str]:
    """{value: name} of the states of a state machine, whose register decodes them as ``NAME/value``."""
    states: dict[int, str] = {}
    if callable(signal.decoder) and signal.name.endswith("_state"):
        for value in range(1 << len(signal)):
            try:
                states[value] = signal.decoder(value).rpartition("/")[0]
            except KeyError:
                break
    return states


def _without_folders(match):
    """Places in Python files from the package on: the text must not depend on the machine."""
    places = [place.replace("\\\\", "/") for place in match[2].split("|")]
    for index, place in enumerate(places):
        folder = next((folder for folder in _FOLDERS if place.startswith(folder)), None)
        places[index] = place.removeprefix(folder) if folder else place.rpartition("/")[2]
    return f'{match[1]}"{"|".join(places)}"'
