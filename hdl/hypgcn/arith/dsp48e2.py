"""One UltraScale DSP48E2 as a multiply-accumulate, as a primitive and as its model."""

from amaranth.hdl import Cat, ClockSignal, Const, Instance, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Dsp48e2Mac", "usual_pins"]

PARAMETERS = {
    "A_INPUT": "DIRECT", "B_INPUT": "DIRECT", "AMULTSEL": "AD", "BMULTSEL": "B", "PREADDINSEL": "A",
    "USE_MULT": "MULTIPLY", "USE_SIMD": "ONE48", "USE_WIDEXOR": "FALSE", "USE_PATTERN_DETECT": "NO_PATDET",
    "AREG": 1, "ACASCREG": 1, "BREG": 2, "BCASCREG": 2, "CREG": 1, "DREG": 1, "ADREG": 1, "MREG": 1, "PREG": 1,
    "OPMODEREG": 1, "ALUMODEREG": 0, "INMODEREG": 0, "CARRYINREG": 0, "CARRYINSELREG": 0,
}
"""Parameters of the primitive that fix its arithmetic and timing."""


def usual_pins(pcin) -> dict:
    """Pins that DSP48E1 and DSP48E2 share: P is Z + X + Y, all enables on, all resets off, no cascade but ``pcin``."""
    enables = ("A1", "A2", "B1", "B2", "C", "D", "AD", "M", "P", "CTRL", "ALUMODE", "INMODE", "CARRYIN")
    resets = ("A", "B", "C", "D", "M", "P", "CTRL", "ALUMODE", "INMODE", "ALLCARRYIN")
    return {
        "i_ALUMODE": Const(0, 4), "i_CARRYIN": Const(0, 1), "i_CARRYINSEL": Const(0, 3),
        **{f"i_CE{name}": Const(1, 1) for name in enables}, **{f"i_RST{name}": Const(0, 1) for name in resets},
        "i_ACIN": Const(0, 30), "i_BCIN": Const(0, 18), "i_PCIN": pcin,
        "i_CARRYCASCIN": Const(0, 1), "i_MULTSIGNIN": Const(0, 1),
    }


class Dsp48e2Mac(wiring.Component):
    """One UltraScale DSP48E2 as a multiply-accumulate with pre-adder: ``p = (0 if first else p) + (a + d) * b + pcin``.

    Throughput: one product a cycle; never stalls. Latency: 4 cycles from the operands to ``p``, 1 from ``pcin``;
    registers in the order A/D/B1, AD/B2, M, P. OPMODE has one register inside, so ``first`` is delayed by two cycles
    outside and meets its product at the adder. Cost: 1 DSP48E2, and 2 flip-flops when it accumulates.

    In simulation (no platform) it is a model of exactly this mode, and on every platform the primitive.
    ``dsp48e2_sim.sv`` is the same model for the simulation of emitted text. ``a + d`` wraps at 27 bits, ``p`` at 48.

    Parameters
    ----------
    chained : bool
        ``pcin``, the ``pcout`` of another one, is added; else it is ignored.
    accumulates : bool
        ``p`` is added; else ``first`` is ignored.

    Members
    -------
    a : In(signed(27))
        First operand of the pre-adder.
    d : In(signed(27))
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
        The sum again, on the dedicated wire to the next DSP48E2 of the column.
    """

    LATENCY = 4

    def __init__(self, *, chained: bool = False, accumulates: bool = True):
        self.chained, self.accumulates = chained, accumulates
        super().__init__({
            "a": In(signed(27)),
            "d": In(signed(27)),
            "b": In(signed(18)),
            "first": In(1),
            "pcin": In(signed(48)),
            "p": Out(signed(48)),
            "pcout": Out(signed(48)),
        })

    def elaborate(self, platform):
        m = Module()
        # P is kept (accumulated) unless ``first``; two stages here and OPMODEREG make the delay of the product.
        keep = Signal(2, reset_less=True)
        if self.accumulates:
            m.d.sync += keep.eq(Cat(~self.first, keep[0]))
        if platform is None:
            self._model(m, keep[1])
        else:
            if hasattr(platform, "model"):
                platform.model("DSP48E2")
            self._primitive(m, keep[1])
        return m

    def _model(self, m, keep):
        """Registers of the primitive in this mode: A, D, B1, then AD and B2, then M, then P."""
        a1 = Signal(signed(27), reset_less=True)
        d1 = Signal(signed(27), reset_less=True)
        b1 = Signal(signed(18), reset_less=True)
        b2 = Signal(signed(18), reset_less=True)
        ad = Signal(signed(27), reset_less=True)
        product = Signal(signed(45), reset_less=True)
        total = Signal(signed(48), reset_less=True)
        keep_q = Signal(reset_less=True)
        m.d.sync += [
            a1.eq(self.a), d1.eq(self.d), b1.eq(self.b),
            ad.eq(a1 + d1), b2.eq(b1),
            product.eq(ad * b2), keep_q.eq(keep),
            total.eq(Mux(keep_q, total, 0) + product + (self.pcin if self.chained else 0)),
        ]
        m.d.comb += [self.p.eq(total), self.pcout.eq(total)]

    def _primitive(self, m, keep):
        """Instance of the primitive."""
        # X and Y: the product. Z: P or nothing; in a chain Z is PCIN, and W is P or nothing.
        if self.chained:
            opmode = Cat(Const(0b0010101, 7), keep, Const(0, 1))
        else:
            opmode = Cat(Const(0b00101, 5), keep, Const(0, 3))
        m.submodules.dsp = Instance(
            "DSP48E2",
            **{f"p_{name}": value for name, value in PARAMETERS.items()},
            i_CLK=ClockSignal(),
            i_A=Cat(self.a, self.a[-1].replicate(3)), i_B=self.b, i_C=Const(0, 48), i_D=self.d,
            i_OPMODE=opmode,
            i_INMODE=Const(0b00100, 5),  # multiply D + A2 by B2
            **usual_pins(self.pcin if self.chained else Const(0, 48)),
            o_P=self.p, o_PCOUT=self.pcout)
