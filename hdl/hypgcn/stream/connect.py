"""Connection of two streams that compares their payloads."""

from amaranth.hdl import Shape
from amaranth.lib import data, wiring

__all__ = ["connect"]


def _same(a, b) -> bool:
    """Two payload shapes mean the same: equal width and signedness, or layouts with the same fields."""
    if isinstance(a, data.Layout) or isinstance(b, data.Layout):
        if not (isinstance(a, data.Layout) and isinstance(b, data.Layout) and a.size == b.size):
            return False
        fields_a, fields_b = dict(a), dict(b)
        return fields_a.keys() == fields_b.keys() and all(
            field.offset == fields_b[name].offset and _same(field.shape, fields_b[name].shape)
            for name, field in fields_a.items())
    return Shape.cast(a) == Shape.cast(b)


def connect(m, source, sink):
    """Connect two streams whose payloads mean the same.

    ``wiring.connect`` joins any two payloads of equal width, whatever their signedness or fields.

    Parameters
    ----------
    m : Module
        Takes the connections.
    source : stream interface
        Ports of the enclosing component are passed as ``wiring.flipped(self.i)``.
    sink : stream interface

    Raises
    ------
    TypeError
        Signedness or layout of the payloads differ.
    """
    source_shape, sink_shape = source.payload.shape(), sink.payload.shape()
    if not _same(source_shape, sink_shape):
        raise TypeError(f"sink must take the payload {source_shape!r} of its source, not {sink_shape!r}")
    wiring.connect(m, source, sink)
