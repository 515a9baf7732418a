"""Two multiply-accumulates that share the activation, on one multiplier."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..design.checks import check_choice, check_limit
from ..design.limits import ACC_WIDTH, CONV_DEPTH, MAC_FORMS
from .dsp48e2 import Dsp48e2Mac

__all__ = ["FIELD", "MAX_DEPTH", "PackedMac", "PackedMacConfig"]

FIELD = 19
"""Bits of the lower field of a packed accumulator."""
MAX_DEPTH = CONV_DEPTH.high
"""Pairs of products that may be added per cycle: their sum stays below a quarter of the range of the lower field."""


@dataclass(frozen=True, kw_only=True)
class PackedMacConfig:
    """Parameters of a packed multiply-accumulate.

    Parameters
    ----------
    acc_width : int, 9..27
        Bits of each of the two sums.
    form : str
        ``"dsp48e2"``, ``"inferred"`` or ``"single"``, see :class:`PackedMac`.
    depth : int, 1..8
        Pairs of products a cycle; above 1 only in a :class:`~hypgcn.arith.PackedDot`.
    """

    acc_width: int
    form: str = "dsp48e2"
    depth: int = 1

    def __post_init__(self):
        check_limit("acc_width", self.acc_width, ACC_WIDTH)
        check_limit("depth", self.depth, CONV_DEPTH)
        check_choice("form", self.form, MAC_FORMS)

    @property
    def wraps_width(self) -> int:
        """Bits of the wrap counter of the lower field; 0 where the sign bit of the field is enough."""
        return 0 if self.form == "single" else max(0, self.acc_width - FIELD)

    @property
    def raw_width(self) -> int:
        """Bits of ``raw``: both fields and the wrap counter."""
        return 2 * self.acc_width if self.form == "single" else FIELD + self.acc_width + self.wraps_width

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
        if self.form == "single":
            return raw[:width].as_signed(), raw[width:].as_signed()
        low, high = raw[:FIELD], raw[FIELD:FIELD + width]
        if self.wraps_width:
            wraps = raw[FIELD + width:].as_signed()
            acc1 = Cat(low, wraps).as_signed()
        else:
            wraps = low[-1:].as_signed()  # 0 or -1
            acc1 = low[:width].as_signed()
        return (high.as_signed() - wraps)[:width].as_signed(), acc1


class PackedMac(wiring.Component):
    """Two multiply-accumulates that share the activation, on one multiplier.

    Every cycle ``acc[n] = (0 if first else acc[n]) + w[n] * x``; a bubble is ``x = 0, first = 0``. Exactly ``LATENCY``
    cycles later ``raw`` holds the sums, which ``cfg.unpack(raw)`` extracts. Throughput: one pair of products a cycle;
    never stalls. Reset clears nothing: a sum starts with ``first``. Exact while both sums fit ``acc_width`` bits;
    ``w`` is -127..127, ``x`` -128..127.

    The packed forms compute ``p += ((w[0] << 19) + w[1]) * x``. The low 19 bits of ``p`` are those of ``acc[1]``. A
    counter follows the wraps of that field: its two top bits going from 11 to 00 count +1, from 00 to 11 count -1 (one
    product is below 2**14, so the field never crosses half its range in a step). Then
    ``acc[1] = (wraps << 19) + low`` and ``acc[0] = (p >> 19) - wraps``. For ``acc_width`` <= 19 there is no counter:
    ``wraps`` is minus the sign bit of the field.

    Forms: ``"dsp48e2"`` 1 DSP48E2, explicit; ``"inferred"`` the same registers written out, 1 multiplier of 27 x 18
    bits; ``"single"`` one product a multiplier, 2 multipliers. The counter costs about ``acc_width - 19`` LUTs and
    flip-flops.

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
        if self.cfg.form == "single":
            m.d.comb += self.raw.eq(Cat(self._single(m, n) for n in range(2)))
            return m
        p = self._explicit(m) if self.cfg.form == "dsp48e2" else self._inferred(m)
        m.d.comb += self.raw.eq(Cat(p[:FIELD + self.cfg.acc_width], self._wraps(m, p)))
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
        """Packed sums of a chain of DSP48E2 primitives."""
        before = None
        for place, (x, w) in enumerate(self.operands):
            dsp = Dsp48e2Mac(chained=place > 0, accumulates=place == self.cfg.depth - 1)
            m.submodules["dsp" if self.cfg.depth == 1 else f"dsp{place}"] = dsp
            m.d.comb += [dsp.a.eq(w[0] << FIELD), dsp.d.eq(w[1]), dsp.b.eq(x), dsp.first.eq(self.first)]
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
                a.eq(w[0] << FIELD), d.eq(w[1]), b1.eq(x),
                ad.eq(a + d), b2.eq(b1),
                product.eq(ad * b2),
                p.eq(kept + product + before),
            ]
            before = p
        return before

    def _wraps(self, m, p):
        """Wraps of the lower field since ``first``, up to and including the latest product in ``p``."""
        if not self.cfg.wraps_width:
            return Signal(0)
        # The two top bits before and after a step decide: a step is below a quarter of the range (MAX_DEPTH), so it
        # cannot go from 00 to 11 or back without a wrap.
        count = Signal(signed(self.cfg.wraps_width))
        count_q = Signal.like(count, reset_less=True)
        before, after = Signal(2, name="before", reset_less=True), p[FIELD - 2:FIELD]
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
        """``first``, ``cycles`` later, as a shift register."""
        delayed = Signal(cycles, name=f"first{suffix}", reset_less=True)
        m.d.sync += delayed.eq(Cat(self.first, delayed[:-1]))
        return delayed[-1]
