"""Platform that components elaborate on when they are emitted: shared modules, memories and models."""

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path

from amaranth.hdl import ClockSignal, Const, Instance, ResetSignal, Value
from amaranth.lib.wiring import In

__all__ = ["GIVEN", "EmittedModule", "Image", "RtlPlatform", "component_ports"]

_PACKAGE = Path(__file__).parents[1]
_HAND_WRITTEN = {
    "hypgcn_rom": "mem/hypgcn_rom.sv",
    "hypgcn_ram": "mem/hypgcn_ram.sv",
    "hypgcn_async_ram": "mem/hypgcn_async_ram.sv",
}
_MODELS = {"DSP48E1": "arith/dsp48e1_sim.sv", "DSP48E2": "arith/dsp48e2_sim.sv"}
GIVEN = frozenset({*_HAND_WRITTEN, *_MODELS})
"""Names of modules that are not emitted."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """Contents of a memory.

    Parameters
    ----------
    kind : str
        The hand-written memory.
    name : str
        Of the memory.
    holds : str
        What the words are, in a few words.
    width : int
        Bits of a word.
    depth : int
        Words.
    text : str
        A word a line, in hexadecimal digits.
    """

    kind: str
    name: str
    holds: str
    width: int
    depth: int
    text: str


@dataclass
class EmittedModule:
    """A module in the emitted text: the top, or one of :func:`~hypgcn.emission.shared.shared` components.

    Parameters
    ----------
    name : str
        Name in the emitted text.
    component : wiring.Component
        Component that is elaborated for it.
    uses : Counter
        Instances in it, by the name of the emitted module.
    memories : Counter
        Memories without contents in it, by (kind, width, depth).
    part : str
        What it is called by where it is a part of its own; empty: by its class.
    """

    name: str
    component: object
    uses: Counter = field(default_factory=Counter)
    memories: Counter = field(default_factory=Counter)
    part: str = ""


def component_ports(component) -> dict:
    """{emitted name: (value, flow)} of all ports of at least one bit, in the order of the signature.

    Raises :exc:`ValueError` for a constant port, which Amaranth cannot emit.
    """
    ports = {}
    for path, member, value in component.signature.flatten(component):
        name = "__".join(map(str, path))
        value = Value.cast(value)
        if isinstance(value, Const) and len(value):
            raise ValueError(f"port {name} must not be constant: always_valid and always_ready streams cannot be "
                             f"emitted")
        if len(value):
            ports[name] = (value, member.flow)
    return ports


class RtlPlatform:
    """Platform of an emission; it collects the memory images and sources that the text needs.

    Components detect its methods with ``hasattr``: ``share`` for modules that are emitted once, ``memory`` for
    instances of the hand-written memories, ``model`` for the simulation model of a vendor primitive.

    Parameters
    ----------
    name : str
        Name of the top module.
    top : wiring.Component
        Top component.

    Attributes
    ----------
    images : list of Image
        Contents of memories. The parameter of an instance is the place in the list as a text, until the files are named
        after the memories (:mod:`~hypgcn.emission.places`).
    sources : dict
        {file name: text} of hand-written SystemVerilog, simulation models under ``sim/``.
    modules : list of EmittedModule
        The top first, then in the order of their first use.
    pending : deque of EmittedModule
        Modules that are not elaborated yet.
    """

    def __init__(self, name: str, top):
        self.images: list[Image] = []
        self.sources: dict[str, str] = {}
        self.modules = [EmittedModule(name, top)]
        self.pending = deque(self.modules)
        self._current = self.modules[0]
        self._by_key: dict = {}

    def next_module(self):
        """Next module to elaborate, or ``None``; later requests are recorded as belonging to it."""
        if not self.pending:
            return None
        self._current = self.pending.popleft()
        return self._current

    def share(self, component, part: str = "") -> Instance:
        """Instance of the module that all components of the same class and ``cfg`` share, or of one for ``part``."""
        key = part if part else (type(component), component.cfg)
        try:
            module = self._by_key.get(key)
        except TypeError as error:
            raise TypeError(f"cfg of a shared {type(component).__name__} must be hashable: {error}") from error
        if module is None:
            part = re.sub(r"\W", "_", part)
            module = EmittedModule(self._unused_name(part or type(component).__name__), component, part=part)
            self._by_key[key] = module
            self.modules.append(module)
            self.pending.append(module)
        self._current.uses[module.name] += 1
        # Only the first component of a module is elaborated; this keeps Amaranth from warning about the others.
        component._MustUse__used = True
        ports = {("i_" if flow == In else "o_") + name: value
                 for name, (value, flow) in component_ports(component).items()}
        return Instance(module.name, i_clk=ClockSignal(), i_rst=ResetSignal(allow_reset_less=True), **ports)

    def _unused_name(self, class_name):
        base = f"{self.modules[0].name}_{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', class_name).lower()}"
        taken, name, number = {module.name for module in self.modules} | GIVEN, base, 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        return name

    def memory(self, kind: str, *, width: int, depth: int, name: str = "", holds: str = "", init=None) -> str:
        """Record an instance of the hand-written memory ``kind``.

        Returns what stands for the name of its contents file, ``""`` without ``init``.
        """
        self.sources[f"{kind}.sv"] = (_PACKAGE / _HAND_WRITTEN[kind]).read_text(encoding="utf-8")
        if init is None:
            self._current.memories[kind, width, depth] += 1
            return ""
        digits = -(-width // 4)
        self.images.append(Image(kind=kind, name=name, holds=holds or name, width=width, depth=depth,
                                 text="".join(f"{word:0{digits}x}\n" for word in init)))
        return str(len(self.images) - 1)

    def model(self, primitive: str):
        """Record that simulation needs the model of a vendor's ``primitive``."""
        self.sources[f"sim/{primitive}.sv"] = (_PACKAGE / _MODELS[primitive]).read_text(encoding="utf-8")
