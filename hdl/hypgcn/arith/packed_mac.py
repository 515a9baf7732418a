"""Two multiply-accumulates that share the activation, on one multiplier."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..design.checks import check_choice, check_limit
from ..design.limits import ACC_WIDTH, MAC_FORMS, chain_depth
from .delay import delayed
from .dsp48e1 import Dsp48e1Mac
from .dsp48e2 import Dsp48e2Mac

__all__ = ["FIELDS", "PackedMac", "PackedMacConfig"]

FIELDS = {"dsp48e2": 19, "dsp48e1": 17, "inferred": 19}
"""Bits of the lower field of a packed accumulator, by form: the most that the multiplier has room for."""
SUM_WIDTH = 18
"""Bits of the sum of 4 products, and of what it lends to the field below it."""


@dataclass(frozen=True, kw_only=True)
class PackedMacConfig:
    """Parameters of a packed multiply-accumulate.

    Parameters
    ----------
    acc_width : int, 9..27
        Bits of each of the two sums.
    form : str
        ``"dsp48e2"``, ``"dsp48e1"``, ``"inferred"`` or ``"single"``, see :class:`PackedMac`.
    depth : int, 1..8, in the form ``"dsp48e1"`` 1..4
        Pairs of products a cycle; above 1 only in a :class:`~hypgcn.arith.PackedDot`.
    """

    acc_width: int
    form: str = "dsp48e2"
    depth: int = 1

    def __post_init__(self):
        check_limit("acc_width", self.acc_width, ACC_WIDTH)
        check_choice("form", self.form, MAC_FORMS)
        check_limit("depth", self.depth, chain_depth(self.form))

    @property
    def apart(self) -> bool:
        """Whether ``raw`` has the two sums beside each other, in place of packed fields."""
        return self.form == "single" or self.form == "dsp48e1" and self.depth > 1

    @property
    def field(self) -> int:
        """Bits of the lower field; only in packed forms."""
        return FIELDS[self.form]

    @property
    def wraps_width(self) -> int:
        """Bits of the wrap counter of the lower field; 0 where the sign bit of the field is enough."""
        return 0 if self.apart else max(0, self.acc_width - self.field)

    @property
    def raw_width(self) -> int:
        """Bits of ``raw``: both fields and the wrap counter."""
        return 2 * self.acc_width if self.apart else self.field + self.acc_width + self.wraps_width

    @property
    def dsps(self) -> int:
        """DSP multipliers of one instance."""
        return self.depth * (2 if self.form == "single" else 1)

    def unpack(self, raw):
        """The two sums as signed(``acc_width``) expressions.

        Parameters
        ----------
        raw : value of ``raw_width`` bits
            Of one MAC, or a multiplexer over several: unpacking once behind the multiplexer is cheaper.
        """
        raw, width = Value.cast(raw), self.acc_width
        if self.apart:
            return raw[:width].as_signed(), raw[width:].as_signed()
        low, high = raw[:self.field], raw[self.field:self.field + width]
        if self.wraps_width:
            wraps = raw[self.field + width:].as_signed()
            acc1 = Cat(low, wraps).as_signed()
        else:
            wraps = low[-1:].as_signed()  # 0 or -1
            acc1 = low[:width].as_signed()
        return (high.as_signed() - wraps)[:width].as_signed(), acc1


class PackedMac(wiring.Component):
    """Two multiply-accumulates that share the activation, on one multiplier.

    Every cycle ``acc[n] = (0 if first else acc[n]) + w[n] * x``; a bubble is ``x = 0, first = 0``. Exactly ``LATENCY``
    cycles later ``raw`` holds the sums, which ``cfg.unpack(raw)`` extracts. Throughput: one pair of products a cycle;
    never stalls. A reset clears no sum, and may lose a ``first`` in flight: sums count from the next ``first``
    on. Exact while both sums fit ``acc_width`` bits; ``w`` is -127..127, ``x`` -128..127.

    The packed forms compute ``p += ((w[0] << k) + w[1]) * x``. The low k bits of ``p``, the field, are those of
    ``acc[1]``. A counter follows the wraps of the field: its two top bits going from 11 to 00 count +1, from 00 to 11
    count -1. Then ``acc[1] = (wraps << k) + low`` and ``acc[0] = (p >> k) - wraps``. For ``acc_width`` <= k there is no
    counter: ``wraps`` is minus the sign bit of the field.

    Bounds. A product is at most 127 * 128 = 16,256 in magnitude.

    * Both weights fit a multiplicand of b bits while ``127 * 2**k + 127 < 2**(b-1)``: k up to 19 of 27 bits (DSP48E2),
      17 of 25 bits (DSP48E1), 10 of 18 bits (ECP5). ``w`` of -128 would take another bit.
    * A field must hold a product with its sign, ``16256 < 2**(k-1)``: k from 15. So 18 bits hold one product.
    * A step of the field must not skip a quarter of its range, or the two top bits do not show a wrap:
      ``depth * 16256 <= 2**(k-2)``. With k = 19 chains of 8 (130,048 of 131,072), with k = 17 of 2 (32,512 of 32,768).
    * A sum that is taken out of the field in each cycle needs ``depth * 16256 < 2**(k-1)``: with k = 17 chains of 4
      (65,024 of 65,536).

    Forms: ``"dsp48e2"`` 1 DSP48E2, explicit, k = 19; ``"dsp48e1"`` 1 DSP48E1, explicit, k = 17; ``"inferred"`` the
    registers of the first written out, 1 multiplier of 27 x 18 bits; ``"single"`` one product a multiplier, 2
    multipliers. The counter costs about ``acc_width - k`` LUTs and flip-flops.

    Parameters
    ----------
    cfg : PackedMacConfig

    Members
    -------
    x : In(signed(8))
        Activation.
    w : In(2 x signed(8))
        Weight of each of the two sums.
    first : In(1)
        New sums start with these products.
    raw : Out(``cfg.raw_width``)
        Both sums; ``cfg.unpack(raw)`` extracts them.
    """

    LATENCY = Dsp48e2Mac.LATENCY

    def __init__(self, cfg: PackedMacConfig):
        if cfg.depth != 1:
            raise ValueError(f"depth must be 1, not {cfg.depth!r}: PackedDot takes more")
        self.cfg = cfg
        super().__init__({
            "x": In(signed(8)),
            "w": In(data.ArrayLayout(signed(8), 2)),
            "first": In(1),
            "raw": Out(cfg.raw_width),
        })

    def unpack(self, raw):
        """The two sums, see :meth:`PackedMacConfig.unpack`."""
        return self.cfg.unpack(raw)

    @property
    def operands(self):
        """(x, w) of each multiplier, in the order of the chain."""
        return [(self.x, self.w)]

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        if cfg.form == "single":
            m.d.comb += self.raw.eq(Cat(self._single(m, n) for n in range(2)))
            return m
        p = self._inferred(m) if cfg.form == "inferred" else self._explicit(m)
        if cfg.apart:
            m.d.comb += self.raw.eq(self._apart(m, p))
        else:
            m.d.comb += self.raw.eq(Cat(p[:cfg.field + cfg.acc_width], self._wraps(m, p)))
        return m

    def _single(self, m, n):
        """Sum ``n`` in the form ``"single"``: one multiplier per product."""
        before = 0
        for place, (x, w) in enumerate(self.operands):
            end, at = place == self.cfg.depth - 1, f"{n}_{place}"
            x1, x2 = (Signal(signed(8), name=f"x{at}_{stage}", reset_less=True) for stage in (1, 2))
            w1, w2 = (Signal(signed(8), name=f"w{at}_{stage}", reset_less=True) for stage in (1, 2))
            product = Signal(signed(16), name=f"product{at}", reset_less=True, attrs={"use_dsp": "yes"})
            acc = Signal(signed(self.cfg.acc_width if end else 19), name=f"acc{at}", reset_less=True,
                         attrs={"use_dsp": "yes"})
            m.d.sync += [
                x1.eq(x), w1.eq(w[n]),
                x2.eq(x1), w2.eq(w1),
                product.eq(x2 * w2),
                acc.eq((Mux(self._first(m, 3, f"{n}"), 0, acc) if end else 0) + product + before),
            ]
            before = acc
        return before

    def _explicit(self, m):
        """Packed sums of a chain of primitives; of DSP48E1 the sums of a cycle where there are several."""
        before = None
        for place, (x, w) in enumerate(self.operands):
            if self.cfg.form == "dsp48e2":
                dsp = Dsp48e2Mac(chained=place > 0, accumulates=place == self.cfg.depth - 1)
            else:
                dsp = Dsp48e1Mac(chained=place > 0, accumulates=self.cfg.depth == 1)
            m.submodules["dsp" if self.cfg.depth == 1 else f"dsp{place}"] = dsp
            m.d.comb += [dsp.a.eq(w[0] << self.cfg.field), dsp.d.eq(w[1]), dsp.b.eq(x), dsp.first.eq(self.first)]
            if before is not None:
                m.d.comb += dsp.pcin.eq(before.pcout)
            before = dsp
        return before.p

    def _inferred(self, m):
        """Packed sums of the registers of a DSP48E2, written out for inference."""
        before = 0
        for place, (x, w) in enumerate(self.operands):
            a, d = (Signal(signed(27), name=f"{name}{place}", reset_less=True) for name in "ad")
            b1, b2 = (Signal(signed(18), name=f"b{place}_{stage}", reset_less=True) for stage in (1, 2))
            ad = Signal(signed(27), name=f"ad{place}", reset_less=True)
            product = Signal(signed(45), name=f"product{place}", reset_less=True, attrs={"use_dsp": "yes"})
            p = Signal(signed(48), name=f"p{place}", reset_less=True, attrs={"use_dsp": "yes"})
            kept = Mux(self._first(m, 3), 0, p) if place == self.cfg.depth - 1 else 0
            m.d.sync += [
                a.eq(w[0] << self.cfg.field), d.eq(w[1]), b1.eq(x),
                ad.eq(a + d), b2.eq(b1),
                product.eq(ad * b2),
                p.eq(kept + product + before),
            ]
            before = p
        return before

    def _apart(self, m, p):
        """Both sums, added up in logic, of the chain's sums of each cycle in ``p``."""
        field, width, first = self.cfg.field, self.cfg.acc_width, self._first(m, self.LATENCY - 1, "_p")
        acc0, acc1 = (Signal(signed(width), name=f"acc{n}", reset_less=True) for n in range(2))
        low, high = p[:field].as_signed(), p[field:field + SUM_WIDTH].as_signed()
        # What a negative low sum borrowed enters as the carry of the same addition: one bit in front of both operands.
        borrow = low[-1]
        m.d.sync += [
            acc0.eq((Cat(borrow, high).as_signed() + Cat(borrow, Mux(first, 0, acc0)).as_signed())[1:]),
            acc1.eq(Mux(first, 0, acc1) + low),
        ]
        return Cat(acc0, acc1)

    def _wraps(self, m, p):
        """Wraps of the lower field since ``first``, up to and including the latest product in ``p``."""
        if not self.cfg.wraps_width:
            return Signal(0, name="wraps")
        # The two top bits before and after a step decide: a step is at most a quarter of the range, so it
        # cannot go from 00 to 11 or back without a wrap.
        count = Signal(signed(self.cfg.wraps_width))
        count_q = Signal.like(count, reset_less=True)
        before, after = Signal(2, name="before", reset_less=True), p[self.cfg.field - 2:self.cfg.field]
        first = self._first(m, self.LATENCY, "_p")
        start = Mux(first, 0, before)
        up, down = Signal(name="wraps_up"), Signal(name="wraps_down")
        m.d.comb += [
            up.eq((start == 3) & (after == 0)),
            down.eq((start == 0) & (after == 3)),
            # -1, 0 or 1 as a two-bit number: one carry chain in place of one for each direction.
            count.eq(Mux(first, 0, count_q) + Cat(up | down, down).as_signed()),
        ]
        m.d.sync += [count_q.eq(count), before.eq(after)]
        return count

    def _first(self, m, cycles, suffix=""):
        """``first``, ``cycles`` later."""
        return delayed(m, self.first, cycles, name=f"first{suffix}")
