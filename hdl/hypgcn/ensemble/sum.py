"""Weighted sum of the scores of several networks."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..design.ensemble import Ensemble
from ..stream.layouts import result_layout

__all__ = ["EnsembleSum"]


class EnsembleSum(wiring.Component):
    """Add the scores of a class of all networks, each times its constant, and round (``docs/numbers.md``).

    The scores themselves go along.

    ``score = (sum_s mult[s] * logit[s] + half) >> shift``, ``overflow`` if one of the networks has it.

    Throughput: one class a cycle. Latency: ``LATENCY`` cycles. A network that is early waits for the others; a held
    ``o`` stops all. Cost: one product of ``logit_width`` x 17 bits a network.

    Parameters
    ----------
    ensemble : Ensemble

    Members
    -------
    i0, i1, ... : In(stream, result)
        Of each network, class 0 first.
    o : Out(stream, result)
        The sum, and the score of each network.
    """

    LATENCY = 3

    def __init__(self, ensemble: Ensemble):
        self.cfg = ensemble
        classes = ensemble.designs[0].classes
        super().__init__({
            **{f"i{index}": In(stream.Signature(result_layout(classes, design.logit_width)))
               for index, design in enumerate(ensemble.designs)},
            "o": Out(stream.Signature(result_layout(classes, ensemble.score_width, ensemble.logit_widths))),
        })

    def elaborate(self, platform):
        """Scores, products, sum: a register each."""
        m = Module()
        cfg = self.cfg
        inputs = [getattr(self, f"i{index}") for index in range(len(cfg.designs))]
        first = inputs[0].payload
        advance = Signal()
        valid = Signal(self.LATENCY)
        joined = Cat(each.valid for each in inputs).all()
        m.d.comb += [advance.eq(~self.o.valid | self.o.ready), self.o.valid.eq(valid[-1]),
                     *(each.ready.eq(joined & advance) for each in inputs)]
        # Class, last, overflow and the networks' scores beside the sum, a register a stage.
        side = Cat(first.index, first.last, Cat(each.payload.overflow for each in inputs).any(),
                   *(each.payload.score for each in inputs))
        sides = [Signal(len(side), name=f"side{stage}", reset_less=True) for stage in range(self.LATENCY)]
        scores = [Signal(each.payload.score.shape(), name=f"score{index}", reset_less=True)
                  for index, each in enumerate(inputs)]
        products = [Signal(signed(len(score) + 17), name=f"product{index}", reset_less=True)
                    for index, score in enumerate(scores)]
        total = sum(products) + (1 << cfg.shift >> 1)
        with m.If(advance):
            m.d.sync += [
                valid.eq(Cat(joined, valid[:-1])),
                *(after.eq(before) for after, before in zip(sides, [side, *sides])),
                *(score.eq(each.payload.score) for score, each in zip(scores, inputs)),
                *(product.eq(score * Const(mult, signed(17))) for product, score, mult
                  in zip(products, scores, cfg.mults)),
                self.o.payload.score.eq(total >> cfg.shift),
            ]
        o = self.o.payload
        m.d.comb += Cat(o.index, o.last, o.overflow,
                        *(o[f"stream{index}"] for index in range(len(inputs)))).eq(sides[-1])
        return m
