"""Ways to alter how components are elaborated: another connection at a port, another attribute."""

from collections.abc import Iterator
from contextlib import contextmanager

from amaranth import *
from amaranth.lib import wiring
from amaranth.lib.wiring import In

__all__ = ["altered", "drop", "replaced", "stuck_at_zero", "swap"]


@contextmanager
def replaced(owner, name: str, value) -> Iterator[None]:
    """Inside, the attribute ``name`` of ``owner``, a class or a module, is ``value``."""
    before = owner.__dict__[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def altered(component, port: str, change) -> Iterator[None]:
    """Inside, every ``component`` is elaborated with a fault at one of its ports.

    Parameters
    ----------
    component : type
        The class of component.
    port : str
        One of its members.
    change : callable
        ``change(m, source, sink)`` makes the connection between this port and the outside.
    """
    init, elaborate = component.__init__, component.elaborate

    def new_init(self, *args, **kwargs):
        self._made_by = args, kwargs
        init(self, *args, **kwargs)

    def new_elaborate(self, platform):
        if getattr(self, "_inner", False):
            return elaborate(self, platform)
        args, kwargs = self._made_by
        m = Module()
        m.submodules.inner = inner = component(*args, **kwargs)
        inner._inner = True
        for name, member in self.signature.members.items():
            _join(m, member, getattr(self, name), getattr(inner, name), change if name == port else None)
        return m

    with replaced(component, "elaborate", new_elaborate):
        component.__init__ = new_init
        try:
            yield
        finally:
            if init is wiring.Component.__init__:
                del component.__init__  # it had none of its own
            else:
                component.__init__ = init


def _join(m, member, outer, inner, change):
    """Connect a port of a component to that of the one inside it; of an array of ports each."""
    if isinstance(inner, list | tuple):
        for outer_port, inner_port in zip(outer, inner):
            _join(m, member, outer_port, inner_port, change)
        return
    if member.is_signature:
        outer = wiring.flipped(outer)
    source, sink = (outer, inner) if member.flow == In else (inner, outer)
    if change:
        change(m, source, sink)
    elif member.is_signature:
        wiring.connect(m, source, sink)
    else:
        m.d.comb += sink.eq(source)


def _connect(m, source, sink):
    """Connect two ends of a stream; a later statement may override a part of it."""
    m.d.comb += [sink.payload.eq(source.payload), sink.valid.eq(source.valid), source.ready.eq(sink.ready)]


def drop(every: int):
    """Drop one payload in ``every``."""
    def change(m, source, sink):
        _connect(m, source, sink)
        count = Signal(range(every))
        with m.If(count == every - 1):
            m.d.comb += [sink.valid.eq(0), source.ready.eq(1)]
        with m.If(source.valid & source.ready):
            m.d.sync += count.eq(Mux(count == every - 1, 0, count + 1))
    return change


def swap(*path: str):
    """Swap the first two elements of the array at ``path`` in the payload."""
    def change(m, source, sink):
        _connect(m, source, sink)
        before, after = source.payload, sink.payload
        for name in path:
            before, after = before[name], after[name]
        m.d.comb += [after[0].eq(before[1]), after[1].eq(before[0])]
    return change


def stuck_at_zero(*path: str):
    """Hold the lowest bit of the field at ``path`` of the payload at 0."""
    def change(m, source, sink):
        _connect(m, source, sink)
        field = sink.payload
        for name in path:
            field = field[name]
        m.d.comb += Value.cast(field)[0].eq(0)
    return change
