"""A chain of packed multiply-accumulates with one accumulator."""

from amaranth.hdl import signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .packed_mac import PackedMac, PackedMacConfig

__all__ = ["PackedDot"]


class PackedDot(PackedMac):
    """A chain of packed MACs with one accumulator: ``depth`` pairs of products a cycle.

    ``acc[n] = (0 if first else acc[n]) + sum_d w[d][n] * x[d]``, where the operands of place d come d cycles after
    those of place 0, and ``first`` with those of the last place. Exactly ``LATENCY`` cycles after these ``raw`` holds
    the sums. Products travel along the cascade wires of the DSP column, so that ``depth`` multipliers share one
    accumulator, one wrap counter and one result word. Throughput, latency from the last operand, forms and arithmetic
    are those of :class:`PackedMac`: the sum of up to 8 products stays below ``2**17``, a quarter of the lower field's
    range.

    Cost: ``depth`` DSP48E2 (twice as many multipliers in the form ``"single"``), the wrap counter.

    Parameters
    ----------
    cfg : PackedMacConfig

    Members
    -------
    x : In(depth x signed(8))
        Activation of each place.
    w : In(depth x 2 x signed(8))
        Two weights of each place.
    first : In(1)
        A new sum starts with these products.
    raw : Out(``cfg.raw_width``)
        Both sums; ``cfg.unpack(raw)`` extracts them.
    """

    def __init__(self, cfg: PackedMacConfig):
        self.cfg = cfg
        wiring.Component.__init__(self, {
            "x": In(data.ArrayLayout(signed(8), cfg.depth)),
            "w": In(data.ArrayLayout(data.ArrayLayout(signed(8), 2), cfg.depth)),
            "first": In(1),
            "raw": Out(cfg.raw_width),
        })

    @property
    def operands(self):
        """(x, w) of each multiplier, in the order of the chain."""
        return [(self.x[place], self.w[place]) for place in range(self.cfg.depth)]
