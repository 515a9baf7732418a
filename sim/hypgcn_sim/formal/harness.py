"""A unit under proof with free inputs, and what is claimed of it, as RTLIL."""

from pathlib import Path
from unittest import mock

from amaranth.back import rtlil
from amaranth.hdl import (
    Array,
    Assert,
    Assume,
    ClockDomain,
    ClockSignal,
    Cover,
    DomainRenamer,
    Elaboratable,
    Fragment,
    Module,
    ResetSignal,
    Signal,
    Value,
)
from amaranth.hdl._ast import AnyConst, AnySeq
from amaranth.hdl._ir import PortDirection

import hypgcn.mem

__all__ = ["Harness", "TOP", "Unit", "words"]

TOP = "top"
_MEMORIES = Path(hypgcn.mem.__file__).parent


class _Elaborated(Elaboratable):
    """A fragment as a submodule."""

    def __init__(self, fragment):
        self.fragment = fragment

    def elaborate(self, platform):
        """Return the fragment as it is."""
        return self.fragment


class _Platform:
    """Memories are instances of the hand-written modules, as in emitted text: their first contents are free."""

    def __init__(self):
        self.kinds: set[str] = set()

    def memory(self, kind: str, **_):
        """Record that ``kind`` is read from its file."""
        self.kinds.add(kind)
        return ""


def _words(self, platform):
    m = Module()
    registers = [Signal(self.width, name=f"word{n}", reset_less=True) for n in range(self.depth)]
    m.d.comb += self.r_data.eq(Array(registers)[self.r_addr])
    for n, register in enumerate(registers):
        with m.If(self.w_en & (self.w_addr == n)):
            m.d.sync += register.eq(self.w_data)
    return m


def words():
    """Context in which each :class:`~hypgcn.mem.AsyncRam` has a register ``word0``, ... per word, for claims."""
    return mock.patch.object(hypgcn.mem.AsyncRam, "elaborate", _words)


class Unit:
    """An elaborated component, with its inner signals for invariants.

    Parameters
    ----------
    component : wiring.Component
        Its ports are used as usual.
    fragment : Fragment
        What it elaborated to.
    """

    def __init__(self, component, fragment):
        self.component = component
        self.fragment = fragment

    def inner(self, path: str) -> Signal:
        """Signal that the component drives inside, by its dotted path of submodule names: ``"ram.w_addr"``.

        Raises
        ------
        KeyError
            When there is not exactly one of the name.
        """
        *submodules, name = path.split(".")
        fragment = self.fragment
        for submodule in submodules:
            (fragment,) = (part for part, part_name, _ in fragment.subfragments if part_name == submodule)
        driven = {id(signal): signal for statements in fragment.statements.values() for statement in statements
                  for signal in statement._lhs_signals() if signal.name == name}
        if len(driven) != 1:
            raise KeyError(f"{type(self.component).__name__} drives {len(driven)} signals {path}, not one")
        return next(iter(driven.values()))


class Harness:
    """Collects the unit, the free values and the statements of a proof.

    The registers start with their initial values, and ``rst`` is free in every cycle: a reset of any length may come
    at any moment.

    Attributes
    ----------
    m : Module
        Takes registers and logic of the rules.
    clk, rst : Value
        Clock and reset of the domain ``sync``.
    """

    def __init__(self):
        self.m = Module()
        self.clk, self.rst = ClockSignal(), ResetSignal()
        self._platform = _Platform()
        self._ports = {}
        self._defaults = []

    def unit(self, component, name: str = "unit") -> Unit:
        """Elaborate ``component`` and add it as submodule ``name``."""
        fragment = Fragment.get(component, self._platform)
        if "sync" in fragment.domains:      # a top with a clock of its own, which must not become that of the rules
            fragment = DomainRenamer(f"{name}_sync")(fragment)
        self.m.submodules[name] = _Elaborated(fragment)
        return Unit(component, fragment)

    def free(self, target):
        """Give the input ``target`` of a unit any value in every cycle, and return it."""
        self.m.d.comb += Value.cast(target).eq(AnySeq(len(Value.cast(target))))
        return target

    def any(self, shape, name: str) -> Signal:
        """A signal with any value in every cycle."""
        return self.free(Signal(shape, name=name))

    def fixed(self, shape, name: str) -> Signal:
        """A signal with any value, the same in all cycles."""
        signal = Signal(shape, name=name)
        self.m.d.comb += Value.cast(signal).eq(AnyConst(len(Value.cast(signal))))
        return signal

    def past(self, value, name: str, *, init: int = 0) -> Signal:
        """``value`` in the cycle before; ``init`` after a reset."""
        signal = Signal(len(Value.cast(value)), name=name, init=init)
        self.m.d.sync += signal.eq(value)
        return signal

    def kept(self, set_, clear, name: str) -> Signal:
        """A register whose bits are set by ``set_``, and otherwise cleared by ``clear``."""
        signal = Signal(len(Value.cast(set_)), name=name)
        self.m.d.sync += signal.eq((signal & ~Value.cast(clear)) | set_)
        return signal

    def check(self, condition):
        """Claim that ``condition`` holds in every cycle."""
        self.m.d.comb += Assert(Value.cast(condition).any(), src_loc_at=1)

    def assume(self, condition):
        """Take only runs in which ``condition`` holds in every cycle."""
        self.m.d.comb += Assume(Value.cast(condition).any(), src_loc_at=1)

    def reach(self, condition):
        """Claim that ``condition`` can come true, so that what is proved is not empty."""
        self.m.d.comb += Cover(Value.cast(condition).any(), src_loc_at=1)

    def rtlil(self) -> tuple[str, dict[str, str]]:
        """The text of module :data:`TOP`, and {file name: text} of the memories that it uses."""
        fragment = Fragment.get(self.m, self._platform)
        domain = ClockDomain("sync")
        fragment.add_domains(domain)
        ports = {"clk": (domain.clk, PortDirection.Input), "rst": (domain.rst, PortDirection.Input)}
        text, _ = rtlil.convert_fragment(fragment, ports=ports, name=TOP)
        return text, {name: (_MEMORIES / name).read_text(encoding="utf-8")
                      for name in (f"{kind}.sv" for kind in sorted(self._platform.kinds))}
