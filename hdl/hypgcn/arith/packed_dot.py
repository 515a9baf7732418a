from amaranth.hdl import signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .packed_mac import PackedMac, PackedMacConfig

__all__ = ["PackedDot"]


class PackedDot(PackedMac):
    """A chain of packed MACs with one accumulator: ``depth`` pairs of products a cycle.

    ``acc[n] = (0 if first else acc[n]) + sum_d w[d][n] * x[d]``, where the operands of place d come d cycles after
    those of place 0, and ``first`` with those of the last place. Exactly ``LATENCY`` cycles after these ``raw`` holds
    the sums. Products travel along the chain inside the column of multipliers, so that only one accumulator, one
    counter of wraps and one word to drain remain for ``depth`` multipliers. Throughput, forms and arithmetic are those
    of :class:`PackedMac`: the sum of up to 8 products stays below ``2**17``, a quarter of the lower field's range.

    Cost: ``depth`` DSP48E2 (twice as many multipliers in the form ``"single"``), the counter of wraps.

    Parameters
    ----------
    cfg : PackedMacConfig

    Members
    -------
    x : In(depth x signed(8))
    w : In(depth x 2 x signed(8))
    first : In(1)
    raw : Out(``cfg.raw_width``)
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
