from amaranth.hdl import Shape
from amaranth.lib import data, wiring

__all__ = ["connect"]


def _same(a, b) -> bool:
    """Whether two payload shapes mean the same: equal width and signedness, or layouts with the same fields."""
    if isinstance(a, data.Layout) or isinstance(b, data.Layout):
        if not (isinstance(a, data.Layout) and isinstance(b, data.Layout) and a.size == b.size):
            return False
        ours, theirs = dict(a), dict(b)
        return ours.keys() == theirs.keys() and all(
            ours[key].offset == theirs[key].offset and _same(ours[key].shape, theirs[key].shape) for key in ours)
    return Shape.cast(a) == Shape.cast(b)


def connect(m, source, sink):
    """Connect stream ``source`` to stream ``sink``, as ``wiring.connect``, but only when their payloads mean the same.

    ``wiring.connect`` joins any two payloads of equal width; this raises :exc:`TypeError` when signedness or layout
    differ. Ports of the enclosing component are passed as ``wiring.flipped(self.i)``.
    """
    ours, theirs = source.payload.shape(), sink.payload.shape()
    if not _same(ours, theirs):
        raise TypeError(f"sink must take the payload {ours!r} of its source, not {theirs!r}")
    wiring.connect(m, source, sink)
