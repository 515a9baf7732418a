"""The requantiser with a serial multiplier: one adder, a bit of the multiplier a cycle."""

from amaranth.hdl import Cat, Module, Mux, Shape, Signal, signed

from .requant import Requant, addend_of, clamped, shortcut_terms
from .requant_config import RequantConfig, signed_width

__all__ = ["RequantSerial"]


class RequantSerial(Requant):
    """A :class:`Requant` of one lane that adds the accumulator once for each bit of its multiplier: no DSP.

    The sum begins with bias, rounding and shortcut. In each cycle it moves one place to the right and takes the
    accumulator where the bit is 1, the lowest bit first. Bits below ``shift`` are dropped: nothing but their carries
    counts.

    Throughput: one payload in ``cfg.cycles`` cycles. Latency: ``latency`` cycles. Stall: while ``o`` is held, the next
    payload is taken and computed, and then waits; ``i.ready`` is a register's. Cost: one adder of about the width of
    the addend, whose LUTs choose its operand as well, and the multiplexer of the bit.

    Parameters
    ----------
    cfg : RequantConfig
        With one lane and ``multiplier`` ``"serial"``.

    Members
    -------
    see :class:`Requant`
    """

    def __init__(self, cfg: RequantConfig):
        if cfg.lanes != 1:
            raise ValueError(f"lanes must be 1, not {cfg.lanes}: a serial multiplier takes one value at a time")
        super().__init__(cfg)
        self._finished = Signal(name="finished")    # the sum is complete, and not in `o`

    @classmethod
    def latency_of(cls, cfg: RequantConfig) -> int:
        """Cycles from a payload to its values: until the next one can be taken, and the result."""
        return cfg.cycles + 1

    def elaborate(self, platform):
        """The states, the sum, and its way out."""
        m = Module()
        cfg, bits = self.cfg, self.cfg.mult_bits
        accept, moves = Signal(), Signal()
        acc = Signal(signed(cfg.acc_width), reset_less=True)
        res = Signal(signed(8), reset_less=True)
        of_res, terms = shortcut_terms(res, cfg)
        total = Signal(signed(self._width), reset_less=True, attrs={"use_dsp": "no"})
        kept = Signal(max(0, bits - 1 - cfg.shift), reset_less=True)    # bits from the shift on that have left `total`
        (mult, offset), = self._tables(m, accept)

        # Registers, so that the adder's LUTs have them as they are: the addend comes, and the bit that is multiplied.
        load, bit = Signal(), Signal(reset_less=True)
        place = Signal(range(bits + 1))     # of the bit that follows
        last = place == bits
        with m.FSM():
            with m.State("Idle"):
                m.d.comb += [self.i.ready.eq(~(self._finished & self.o.valid)),
                             accept.eq(self.i.valid & self.i.ready)]
                with m.If(accept):
                    m.d.sync += load.eq(not terms)
                    m.next = "Shortcut" if terms else "Add"
            if terms:
                with m.State("Shortcut"):
                    m.d.sync += [term.eq(product) for term, product in zip(terms, of_res)]
                    m.d.sync += load.eq(1)
                    m.next = "Add"
            with m.State("Add"):
                m.d.comb += moves.eq(1)
                m.d.sync += [load.eq(0), place.eq(Mux(last, 0, place + 1)),
                             bit.eq(mult.bit_select(place[:max(1, (bits - 1).bit_length())], 1))]
                with m.If(last):
                    m.d.sync += self._finished.eq(1)
                    m.next = "Idle"

        with m.If(accept):
            m.d.sync += [acc.eq(self.i.payload.acc[0]), res.eq(self.i.payload.res[0]), total.eq(0)]
        with m.Elif(moves):
            # The addend comes one place up, since the first bit of the multiplier moves it as well. The sum is 0 then,
            # so that a LUT of the adder has the choice of what is added, too.
            multiple = Mux(last, -acc, acc) if min(cfg.mult) < 0 else acc
            m.d.sync += [total.eq((total >> 1) + Mux(load, addend_of(offset, terms, cfg) << 1, Mux(bit, multiple, 0))),
                         kept.eq(Cat(kept, total[0])[1:])]
        self._give(m, accept, Cat(kept, total).as_signed() >> max(0, cfg.shift - (bits - 1)))
        return m

    def _give(self, m, accept, scaled):
        """Move a finished sum and its side-band data to ``o`` as soon as that is free."""
        cfg, give = self.cfg, Signal()
        meta, value = Signal(Shape.cast(cfg.meta).width, reset_less=True), Signal(signed(8), reset_less=True)
        meta_out = Signal.like(meta, name="meta_out")
        m.d.comb += [give.eq(self._finished & ~self.o.valid), self.o.payload.values[0].eq(value),
                     Cat(self.o.payload.meta).eq(meta_out)]
        with m.If(accept):
            m.d.sync += meta.eq(Cat(self.i.payload.meta))
        with m.If(give):
            m.d.sync += [self._finished.eq(0), self.o.valid.eq(1), value.eq(clamped(scaled, cfg)), meta_out.eq(meta)]
        with m.Elif(self.o.ready):
            m.d.sync += self.o.valid.eq(0)

    @property
    def _width(self) -> int:
        """Bits of the sum, whatever has been added."""
        cfg = self.cfg
        largest = max(map(abs, cfg.mult))
        sums = [cfg.addend_limit + (min(largest, (2 << place) - 1) << cfg.acc_width - 1) >> place
                for place in range(cfg.mult_bits)]
        return signed_width((2 * cfg.addend_limit, *(limit + 1 for limit in sums)))
