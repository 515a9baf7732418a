"""Proofs of the packed MAC: both sums come out of their fields, whatever the products."""

from amaranth.hdl import Const, Mux, Signal, Value, signed

from hypgcn.arith import PackedDot, PackedMac, PackedMacConfig
from hypgcn.arith.packed_mac import FIELDS

from ..proof import Mutant, Proof

__all__ = ["PROOFS"]

LARGEST = 127 * 128
"""Largest magnitude of a product of a weight and an activation."""
WIDTH = 21
"""Bits of the sums: more than either field has."""
CONFIGS = tuple(PackedMacConfig(acc_width=WIDTH, form=form, depth=depth)
                for form, depth in (("dsp48e2", 8), ("dsp48e1", 1), ("dsp48e1", 4)))
"""The longest chains, and a single DSP48E1, which counts wraps where its chains add up apart."""


class _AnySums(PackedDot):
    """A chain of packed MACs whose products are not computed but given: ``sums`` of each cycle's, of both weights.

    That the primitive adds ``((w[0] << field) + w[1]) * x`` is left out: the tests do all products.
    """

    def __init__(self, cfg):
        super().__init__(cfg)
        self.sums = [Signal(signed(18), name=f"sum{n}") for n in range(2)]

    def _explicit(self, m):
        p = Signal(signed(48), name="p_of_sums", reset_less=True)
        kept = 0 if self.cfg.apart else Mux(self._first(m, self.LATENCY - 1, "_kept"), 0, p)
        m.d.sync += p.eq(kept + (self.sums[0] << FIELDS[self.cfg.form]) + self.sums[1])
        return p


def _packed_mac(harness):
    m = harness.m
    for number, cfg in enumerate(CONFIGS):
        unit = harness.unit(_AnySums(cfg), f"mac{number}")
        dut = unit.component
        harness.free(dut.first)
        for port in (dut.x, dut.w):
            m.d.comb += Value.cast(port).eq(0)
        first = Signal(PackedMac.LATENCY - 1, name=f"first_before{number}")
        m.d.sync += first.eq(Value.cast(dut.first) | first << 1)
        restart = first[-1]
        begun = Signal(name=f"begun{number}")       # a reset may lose a ``first`` in flight: sums count from the next
        with m.If(restart):
            m.d.sync += begun.eq(1)
        for n, (given, found) in enumerate(zip(dut.sums, cfg.unpack(dut.raw))):
            harness.free(given)
            limit = Const(cfg.depth * LARGEST, signed(18))
            harness.assume((given <= limit) & (given >= -limit))
            total = Signal(signed(WIDTH + 2), name=f"total{number}_{n}", reset_less=True)
            if cfg.apart:       # the sums of a cycle are in P, and added up in the next one
                before = Signal(signed(18), name=f"given{number}_{n}", reset_less=True)
                m.d.sync += before.eq(given)
                m.d.sync += total.eq(Mux(restart, 0, total) + before)
            else:
                m.d.sync += total.eq(Mux(restart, 0, total) + given)
            harness.assume((total < 1 << WIDTH - 1) & (total >= -(1 << WIDTH - 1)))
            harness.check(~begun | (found == total))
            harness.reach((total > 1 << FIELDS[cfg.form]) & restart)
            harness.reach((total < -(1 << FIELDS[cfg.form])) & restart)


PROOFS = (
    Proof(name="packed_mac", depth=7, cover_depth=20, build=_packed_mac, induction=True, weight=4,
          text=f"both sums of {', '.join(f'{cfg.depth} x {cfg.form}' for cfg in CONFIGS)} are those of any products of "
               f"int8 since the first sum after a reset, while both fit {WIDTH} bits",
          mutant=Mutant(owner=PackedMac, method="_wraps", old="(start == 3) & (after == 0)",
                        new="(start == 3) & (after == 1)")),
)
"""All proofs, by name."""
