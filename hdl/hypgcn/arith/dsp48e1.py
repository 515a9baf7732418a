"""One 7-series DSP48E1 as a multiply-accumulate, as a primitive and as its model."""

from amaranth.hdl import Cat, ClockSignal, Const, Instance, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .dsp48e2 import usual_pins

__all__ = ["Dsp48e1Mac"]

PARAMETERS = {
    "A_INPUT": "DIRECT", "B_INPUT": "DIRECT", "USE_DPORT": "TRUE", "USE_MULT": "MULTIPLY", "USE_SIMD": "ONE48",
    "USE_PATTERN_DETECT": "NO_PATDET",
    "AREG": 1, "ACASCREG": 1, "CREG": 1, "DREG": 1, "MREG": 1, "PREG": 1,
    "OPMODEREG": 1, "ALUMODEREG": 0, "INMODEREG": 0, "CARRYINREG": 0, "CARRYINSELREG": 0,
}
"""Parameters of the primitive that fix its arithmetic and timing; with those of :func:`stages`."""


def stages(accumulates: bool) -> dict[str, int]:
    """Parameters of the registers that a MAC which accumulates has, and a place of a chain has not."""
    return {"ADREG": 1, "BREG": 2, "BCASCREG": 2} if accumulates else {"ADREG": 0, "BREG": 1, "BCASCREG": 1}


class Dsp48e1Mac(wiring.Component):
    """One 7-series DSP48E1 with pre-adder: ``p = (0 if first else p) + (a + d) * b``, or ``p = (a + d) * b + pcin``.

    The adder of a DSP48E1 has three inputs (UG479), of which the product takes two: the third is P or PCIN, where a
    DSP48E2 adds both. So it either accumulates or has a place in a chain, whose end adds up in logic
    (:class:`~hypgcn.arith.PackedDot`).

    Throughput: one product a cycle; never stalls. Latency: 4 cycles from the operands to ``p`` where it accumulates,
    with registers in the order A/D/B1, AD/B2, M, P. In a chain 3, since the sums behind it take the fourth: no AD, no
    B2; and 1 from ``pcin``. OPMODE has one register inside, so ``first`` is delayed by two cycles outside. Cost: 1
    DSP48E1, and 2 flip-flops when it accumulates.

    In simulation (no platform) it is a model of exactly these modes, and on every platform the primitive.
    ``dsp48e1_sim.sv`` is the same model for the simulation of emitted text. ``a + d`` wraps at 25 bits, ``p`` at 48.

    Parameters
    ----------
    accumulates : bool
        ``p`` is added; else ``pcin``, the ``pcout`` of another one, where ``chained``, and ``first`` is ignored.
    chained : bool
        ``pcin`` is added; only where it does not accumulate.

    Members
    -------
    a : In(signed(25))
        First operand of the pre-adder.
    d : In(signed(25))
        Second operand of the pre-adder.
    b : In(signed(18))
        Multiplier.
    first : In(1)
        The product of these operands starts a new sum.
    pcin : In(signed(48))
        Cascade input; only from a ``pcout``.
    p : Out(signed(48))
        The sum.
    pcout : Out(signed(48))
        The sum again, on the dedicated wire to the next DSP48E1 of the column.
    """

    def __init__(self, *, accumulates: bool = True, chained: bool = False):
        if accumulates and chained:
            raise ValueError(f"chained must be false where it accumulates, not {chained!r}: the adder of a DSP48E1 "
                             "takes P or PCIN beside a product")
        self.accumulates, self.chained = accumulates, chained
        super().__init__({
            "a": In(signed(25)),
            "d": In(signed(25)),
            "b": In(signed(18)),
            "first": In(1),
            "pcin": In(signed(48)),
            "p": Out(signed(48)),
            "pcout": Out(signed(48)),
        })

    @property
    def latency(self) -> int:
        """Cycles from the operands to ``p``."""
        return 4 if self.accumulates else 3

    def elaborate(self, platform):
        """The model without a platform, else the primitive."""
        m = Module()
        # P is kept (accumulated) unless ``first``; two stages here and OPMODEREG make the delay of the product.
        keep = Signal(2, reset_less=True)
        if self.accumulates:
            m.d.sync += keep.eq(Cat(~self.first, keep[0]))
        if platform is None:
            self._model(m, keep[1])
        else:
            if hasattr(platform, "model"):
                platform.model("DSP48E1")
            self._primitive(m, keep[1])
        return m

    def _model(self, m, keep):
        """Registers of the primitive in this mode."""
        a1 = Signal(signed(25), reset_less=True)
        d1 = Signal(signed(25), reset_less=True)
        b1 = Signal(signed(18), reset_less=True)
        b2 = Signal(signed(18), reset_less=True)
        ad = Signal(signed(25), reset_less=True)
        product = Signal(signed(43), reset_less=True)
        total = Signal(signed(48), reset_less=True)
        keep_q = Signal(reset_less=True)
        m.d.sync += [a1.eq(self.a), d1.eq(self.d), b1.eq(self.b), product.eq(ad * b2), keep_q.eq(keep)]
        m.d["sync" if self.accumulates else "comb"] += [ad.eq(a1 + d1), b2.eq(b1)]
        kept = Mux(keep_q, total, 0) if self.accumulates else self.pcin if self.chained else 0
        m.d.sync += total.eq(kept + product)
        m.d.comb += [self.p.eq(total), self.pcout.eq(total)]

    def _primitive(self, m, keep):
        """Instance of the primitive."""
        # X and Y: the product. Z: nothing, PCIN (001), or P (010).
        opmode = Cat(Const(0b00101, 5), keep, Const(0, 1)) if self.accumulates else (
            Const(0b0010101 if self.chained else 0b0000101, 7))
        m.submodules.dsp = Instance(
            "DSP48E1",
            **{f"p_{name}": value for name, value in (PARAMETERS | stages(self.accumulates)).items()},
            i_CLK=ClockSignal(),
            i_A=Cat(self.a, self.a[-1].replicate(5)), i_B=self.b, i_C=Const(0, 48), i_D=self.d,
            i_OPMODE=opmode,
            i_INMODE=Const(0b00100, 5),  # multiply D + A2 by B2
            **usual_pins(self.pcin if self.chained else Const(0, 48)),
            o_P=self.p, o_PCOUT=self.pcout)
