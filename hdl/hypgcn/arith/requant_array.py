"""The requantiser without multipliers: a pipelined array of adders, one value a cycle."""

from amaranth.hdl import Cat, Mux, Signal, signed

from .delay import delayed
from .requant import Requant, addend_of, clamped, shortcut_terms
from .requant_config import RequantConfig, signed_width

__all__ = ["RequantArray"]

ROWS = 2
"""Adders between two registers."""


class RequantArray(Requant):
    """A :class:`Requant` whose product is a sum of multiples of the accumulator: same result, no DSP.

    The multiplier is cut into digits of two bits. A row adds 0, 1, 2 or 3 times the accumulator, so that a bit of it is
    a function of six signals: the sum so far, three multiples, the digit. Three times the accumulator is computed once.
    The sum begins with bias, rounding and shortcut; the lowest digit comes first, and the bits below ``shift`` are
    dropped as soon as they are complete, since nothing but their carries counts.

    Throughput: one payload a cycle. Latency: ``latency`` cycles. Stall: as :class:`Requant`. Cost per lane: a row of
    about ``acc_width + 3`` LUTs with six inputs for two bits of the multiplier, and one row for the threefold.

    Parameters
    ----------
    cfg : RequantConfig
        With ``multiplier`` ``"logic"``.

    Members
    -------
    see :class:`Requant`
    """

    @classmethod
    def latency_of(cls, cfg: RequantConfig) -> int:
        """Cycles from a payload to its values: three operand registers, those behind the rows, the result."""
        return 3 + -(-cfg.rows // ROWS) + 1

    def _lane(self, m, lane, advance, mult, offset):
        """One value: rows of the product on top of the addend, round, clamp."""
        cfg = self.cfg
        acc1, acc2 = (Signal(signed(cfg.acc_width), name=f"acc{lane}_{n}", reset_less=True) for n in (1, 2))
        mult2 = Signal(mult.shape(), name=f"mult{lane}", reset_less=True)
        offset2 = Signal(offset.shape(), name=f"offset{lane}", reset_less=True)
        res1 = Signal(signed(8), name=f"res{lane}", reset_less=True)
        of_res, terms = shortcut_terms(res1, cfg, lane)
        acc3 = Signal(signed(cfg.acc_width), name=f"acc{lane}_3", reset_less=True)
        triple3 = Signal(signed(cfg.acc_width + 2), name=f"triple{lane}_3", reset_less=True, attrs={"use_dsp": "no"})
        # With resets, so that digits, and offsets alone, are no shift registers in front of the adders.
        digits3 = Signal(2 * cfg.rows, name=f"digits{lane}_3")
        addend = Signal(signed(cfg.addend_width), name=f"addend{lane}", attrs={"use_dsp": "no"})
        with m.If(advance):
            m.d.sync += [
                acc1.eq(self.i.payload.acc[lane]),
                acc2.eq(acc1), mult2.eq(mult), offset2.eq(offset),
                acc3.eq(acc2), triple3.eq(acc2 + (acc2 << 1)), digits3.eq(mult2),
                addend.eq(addend_of(offset2, terms, cfg)),
            ]
            if cfg.res_mult:
                m.d.sync += [res1.eq(self.i.payload.res[lane]),
                             *(term.eq(product) for term, product in zip(terms, of_res))]
        total, weight = self._sum(m, lane, advance, acc3, triple3, digits3, addend)
        value = Signal(signed(8), name=f"value{lane}", reset_less=True)
        with m.If(advance):
            m.d.sync += value.eq(clamped(total >> cfg.shift - weight, cfg))
        m.d.comb += self.o.payload.values[lane].eq(value)

    def _sum(self, m, lane, advance, acc, triple, digits, total):
        """``total + acc * mult`` without its lowest bits, and the power of 2 that its unit is worth."""
        cfg, weight = self.cfg, 0
        for row in range(cfg.rows):
            # What lies below the shift and below this row is complete.
            drop = min(2 * row, cfg.shift) - weight
            total, weight = total >> drop, weight + drop
            below = 2 * row - weight        # bits of the sum that count, but that this row does not reach
            multiple = self._multiple(acc, triple, digits[:2], row)
            found = Signal(signed(self._width(row, weight)), name=f"sum{lane}_{row}", reset_less=True,
                           attrs={"use_dsp": "no"})
            # A sum, one too large, which the offsets know: of a difference the carry chain has the first operand as it
            # is, and a LUT the second with what makes it; of a sum, with Yosys, the narrower one.
            added, digits = Cat(total[:below], (total >> below) - ~multiple).as_signed(), digits[2:]
            if row % ROWS < ROWS - 1 and row < cfg.rows - 1:
                m.d.comb += found.eq(added)
            else:
                with m.If(advance):
                    m.d.sync += found.eq(added)
                if row < cfg.rows - 1:
                    acc, triple, digits = (delayed(m, value, 1, name=f"{name}{lane}_{4 + row // ROWS}", enable=advance)
                                           for name, value in (("acc", acc), ("triple", triple), ("digits", digits)))
            total = found
        return total, weight

    def _multiple(self, acc, triple, digit, row):
        """``acc`` times ``digit``: 0 to 3, or -2 to 1 where the digit has the sign."""
        if min(self.cfg.mult) < 0 and row == self.cfg.rows - 1:
            return Mux(digit[1], Mux(digit[0], -acc, -(acc << 1)), Mux(digit[0], acc, 0))
        return Mux(digit[1], Mux(digit[0], triple, acc << 1), Mux(digit[0], acc, 0))

    def _width(self, row: int, weight: int) -> int:
        """Bits of the sum behind ``row``, whose unit is worth ``2**weight``."""
        cfg = self.cfg
        largest = min((1 << 2 * row + 2) - 1, max(map(abs, cfg.mult)))
        return signed_width(((cfg.addend_limit + cfg.row_excess + (largest << cfg.acc_width - 1) >> weight) + 1,))
