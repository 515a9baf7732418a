"""Requantiser: accumulators become int8, with bias and shortcut, rounded and clamped once."""

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..mem import Rom
from .delay import delayed
from .requant_config import RequantConfig, signed_width

__all__ = ["Requant", "addend_of", "clamped", "products", "shortcut_terms", "signed_digits"]


def signed_digits(factor: int) -> list[tuple[int, int]]:
    """(digit, place) of a positive ``factor``, lowest first, at most every second one not zero (canonical form)."""
    digits, place = [], 0
    while factor:
        if factor & 1:
            digit = 2 - (factor & 3)  # 1 when followed by 0, -1 when followed by 1
            digits.append((digit, place))
            factor -= digit
        factor >>= 1
        place += 1
    return digits


def products(value, factor: int) -> list:
    """Up to four terms whose sum is ``value * factor``, for a constant ``factor`` of 1..4095.

    Each term adds two signed digits at most: one carry chain a term, and no multiplier.
    """
    terms = [(digit, value << place) for digit, place in signed_digits(factor)]
    sums, digits = [], terms[::-1]  # the highest digit of a positive factor is positive
    while digits:
        (sign, first), *following = digits[:2]
        second = following[0] if following else None
        if sign > 0:
            term = first if second is None else first + second[1] if second[0] > 0 else first - second[1]
        else:
            term = -first if second is None else second[1] - first if second[0] > 0 else -first - second[1]
        sums.append(term)
        digits = digits[2:]
    return sums


def shortcut_terms(res, cfg: RequantConfig, lane: int = 0) -> tuple[list, list]:
    """The terms of ``res * res_mult``, and a register for each; none without a shortcut."""
    terms = products(res, cfg.res_mult) if cfg.res_mult else []
    # The adders of the shortcut are kept out of DSPs: a mapper would spend one on each, and they are short.
    return terms, [Signal(term.shape(), name=f"term{lane}_{n}", reset_less=True, attrs={"use_dsp": "no"})
                   for n, term in enumerate(terms)]


def addend_of(offset, terms, cfg: RequantConfig):
    """What is added to the product: ``offset`` and the shortcut, the sum of ``terms``."""
    return tree([offset, *(term << cfg.res_shift for term in terms)])


def clamped(scaled, cfg: RequantConfig):
    """``scaled`` within the limits of ``cfg``."""
    return Mux(scaled < cfg.low, cfg.low, Mux(scaled > cfg.high, cfg.high, scaled))


def tree(terms):
    """Balanced adder tree: as many bits and levels as needed, where ``sum`` adds one of each per term."""
    terms = list(terms)
    while len(terms) > 1:
        terms = [terms[n] + terms[n + 1] if n + 1 < len(terms) else terms[n] for n in range(0, len(terms), 2)]
    return terms[0]


class Requant(wiring.Component):
    """Scale accumulators to int8, add the shortcut, round once, clamp once (``docs/numbers.md``).

    ``values[n] = clamp(round_shift(sum[n], shift), low, high)`` with ``round_shift(a, s) = (a + 2**(s-1)) >> s``,
    ``sum[n] = acc[n] * mult[c] + bias[c] + ((res[n] * res_mult) << res_shift)`` and ``c = group * lanes + n``.

    Throughput: one payload a cycle. Latency: ``LATENCY`` cycles. The whole pipeline stalls while ``o`` is held;
    ``i.ready`` follows ``o.ready`` combinationally. Registers: operands (2), product, sum (those of one DSP48E2),
    result. Cost per lane: one multiplier of ``acc_width`` x 17 bits with its adder; the shortcut term is shifts and
    adds, no multiplier. Multipliers and biases are in a ROM of ``groups`` words, or constants for one group; where
    joints have biases of their own, only these are, and the multipliers are in logic.

    Parameters
    ----------
    cfg : RequantConfig

    Members
    -------
    i : In(stream of ``cfg.i_layout``)
        ``acc`` (lanes x signed(``acc_width``)), ``res`` (lanes x signed(8)), ``group``, ``meta``.
    o : Out(stream of ``cfg.o_layout``)
        ``values`` (lanes x signed(8)), ``meta``.
    """

    LATENCY = 5

    def __init__(self, cfg: RequantConfig):
        self.cfg = cfg
        super().__init__({"i": In(stream.Signature(cfg.i_layout)), "o": Out(stream.Signature(cfg.o_layout))})

    @classmethod
    def latency_of(cls, cfg: RequantConfig) -> int:
        """Cycles from a payload to its values, while ``o`` is not held."""
        return cls.LATENCY

    @property
    def latency(self) -> int:
        """Cycles from a payload to its values, while ``o`` is not held."""
        return self.latency_of(self.cfg)

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        advance = Signal()
        valid = Signal(self.latency)
        m.d.comb += [
            self.o.valid.eq(valid[-1]),
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(advance),
        ]
        with m.If(advance):
            m.d.sync += valid.eq(Cat(self.i.valid, valid[:-1]))
        meta = Cat(self.i.payload.meta)     # as plain bits, whatever the shape
        m.d.comb += Cat(self.o.payload.meta).eq(delayed(m, meta, self.latency, name="meta", enable=advance))

        tables = self._tables(m, advance)
        for lane in range(cfg.lanes):
            self._lane(m, lane, advance, *tables[lane])
        return m

    def _tables(self, m, advance):
        """(multiplier, offset) of each lane, one cycle after ``i``: when they meet the first operand register."""
        cfg = self.cfg
        if cfg.groups == 1:
            return [(Const(cfg.mult[lane], signed(signed_width(cfg.mult))),
                     Const(cfg.offsets[lane], signed(signed_width(cfg.offsets)))) for lane in range(cfg.lanes)]

        layout = cfg.table_layout
        m.submodules.tables = rom = Rom(layout.size, cfg.table_words, latency=1, style=cfg.table_style,
                                        name="requant", holds="scales and offsets of the channels")
        m.d.comb += [rom.addr.eq(self.i.payload.group), rom.en.eq(advance)]
        word = data.View(layout, rom.data)
        if cfg.joints > 1:
            shape = signed(signed_width(cfg.mult))
            of_lanes = [[Const(cfg.mult[group * cfg.lanes + lane], shape) for group in range(cfg.joint_groups)]
                        for lane in range(cfg.lanes)]
            return [(Array(mults)[word.group] if len(mults) > 1 else mults[0], word.offset[lane])
                    for lane, mults in enumerate(of_lanes)]
        return [(word[lane].mult, word[lane].offset) for lane in range(cfg.lanes)]

    def _lane(self, m, lane, advance, mult, offset):
        """One value: multiply, add, round, clamp."""
        cfg = self.cfg
        acc1, acc2 = (Signal(signed(cfg.acc_width), name=f"acc{lane}_{n}", reset_less=True) for n in (1, 2))
        mult2 = Signal(mult.shape(), name=f"mult{lane}", reset_less=True)
        offset2 = Signal(offset.shape(), name=f"offset{lane}", reset_less=True)
        res1 = Signal(signed(8), name=f"res{lane}", reset_less=True)
        of_res, terms = shortcut_terms(res1, cfg, lane)
        product = Signal(signed(cfg.acc_width + len(mult)), name=f"product{lane}", reset_less=True,
                         attrs={"use_dsp": "yes"})
        # With a reset, so that offsets alone, behind two registers, are no shift register in front of the adder.
        addend = Signal(signed(cfg.addend_width), name=f"addend{lane}", attrs={"use_dsp": "no"})
        total = Signal(signed(cfg.sum_width), name=f"total{lane}", reset_less=True, attrs={"use_dsp": "yes"})
        value = Signal(signed(8), name=f"value{lane}", reset_less=True)
        with m.If(advance):
            m.d.sync += [
                acc1.eq(self.i.payload.acc[lane]),
                acc2.eq(acc1), mult2.eq(mult), offset2.eq(offset),
                product.eq(acc2 * mult2),
                addend.eq(addend_of(offset2, terms, cfg)),
                total.eq(product + addend),
                value.eq(clamped(total >> cfg.shift, cfg)),
            ]
            if cfg.res_mult:
                m.d.sync += [res1.eq(self.i.payload.res[lane]),
                             *(term.eq(product) for term, product in zip(terms, of_res))]
        m.d.comb += self.o.payload.values[lane].eq(value)
