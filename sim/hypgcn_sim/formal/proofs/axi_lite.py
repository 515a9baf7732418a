"""Proof of the AXI4-Lite slave with the bank of registers behind it."""

from amaranth.hdl import Cat, Signal
from amaranth.lib.wiring import In

from hypgcn.shell import AXI_LITE_PORTS, AxiLiteSlave, RegisterBank
from hypgcn.shell.registers import ADDRESS_BITS, REGISTERS, register

from ..proof import Mutant, Proof
from ..rules import axi_lite_master, axi_lite_slave

__all__ = ["PROOFS"]

BLOCKS = 1
BETWEEN = ("w_en", "w_addr", "w_data", "w_strb", "r_en", "r_addr")


def _build(harness):
    lite = harness.unit(AxiLiteSlave(ADDRESS_BITS), "lite").component
    bank = harness.unit(RegisterBank(BLOCKS), "bank").component
    harness.m.d.comb += [getattr(bank, name).eq(getattr(lite, name)) for name in BETWEEN]
    harness.m.d.comb += lite.r_data.eq(bank.r_data)
    for name in AXI_LITE_PORTS:
        if lite.signature.members[name].flow == In:
            harness.free(getattr(lite, name))
    for name, member in bank.signature.members.items():
        # A field that the hardware clears is followed below as if only writes changed it.
        if member.flow == In and name not in BETWEEN and name != "threshold_raise_clear":
            harness.free(getattr(bank, name))

    axi_lite_master(harness, lambda name: getattr(lite, name))
    address, word, read = axi_lite_slave(harness, lambda name: getattr(lite, name))
    _write(harness, lite, address, word)
    _read(harness, lite, bank, read)


def _write(harness, lite, address, word):
    """A write reaches the bank once, with its own address, data and strobes."""
    m = harness.m
    for channel, fields, ours in (("aw", (lite.awaddr[2:],), (lite.w_addr,)),
                                  ("w", (lite.wdata, lite.wstrb), (lite.w_data, lite.w_strb))):
        taken = Signal(len(Cat(fields)), name=f"{channel}_taken", reset_less=True)
        with m.If(getattr(lite, f"{channel}valid") & getattr(lite, f"{channel}ready")):
            m.d.sync += taken.eq(Cat(fields))
        count = address if channel == "aw" else word
        harness.check((count == lite.bvalid) | (Cat(ours) == taken))
    harness.check(~lite.w_en | ((address != 0) & (word != 0) & ~lite.bvalid))
    # Its response rises in the cycle after the write, and never otherwise.
    written, waiting = harness.past(lite.w_en, "written"), harness.past(lite.bvalid & ~lite.bready, "b_waiting")
    harness.check(lite.bvalid == (written | waiting))


def _read(harness, lite, bank, read):
    """A read returns the register at its address: a field that software writes, a word of the hardware, 0 elsewhere."""
    m = harness.m
    here = register("THRESHOLD")
    field = here.field("raise")
    value = Signal(field.width, name="threshold_written")
    strobes = Cat(strobe.replicate(8) for strobe in lite.w_strb)
    with m.If(lite.w_en & (lite.w_addr == here.offset // 4)):
        m.d.sync += value.eq((value & ~strobes) | (lite.w_data & strobes))
    harness.check(bank.threshold_raise == value)

    wanted = Signal(ADDRESS_BITS - 2, name="read_address", reset_less=True)
    with m.If(lite.arvalid & lite.arready):
        m.d.sync += wanted.eq(lite.araddr[2:])
    harness.check((read == 0) | lite.rvalid | (lite.r_addr == wanted))
    harness.check(~lite.r_en | ((read == 1) & ~lite.rvalid))
    asked = harness.past(lite.r_en, "asked")
    harness.check(lite.rvalid == (asked | harness.past(lite.rvalid & ~lite.rready, "r_waiting")))
    known = (wanted == here.offset // 4), (wanted == register("CLIPS_IN").offset // 4)
    mapped = Cat(wanted == entry.address(n) // 4 for entry in REGISTERS for n in range(min(entry.count, BLOCKS))).any()
    expected = Signal(32, name="expected", reset_less=True)
    with m.If(lite.r_en):
        m.d.sync += expected.eq(0)
        with m.If(known[0]):
            m.d.sync += [expected.eq(value), expected[8:15].eq(bank.threshold_applied)]
        with m.If(known[1]):
            m.d.sync += expected.eq(bank.clips_in)
    harness.check(~lite.rvalid | (mapped & ~known[0] & ~known[1]) | (lite.rdata == expected))
    harness.reach(lite.rvalid & known[0] & (lite.rdata[:7] != 0))
    harness.reach(lite.rvalid & known[1])


PROOFS = (
    Proof(name="axi_lite", depth=5, cover_depth=8, deep=8, induction=True, build=_build,
          text="the AXI4-Lite slave keeps the rules of IHI 0022: each write and each read is answered once, after its "
               "address and data, and the answer holds; writes reach their register, reads return it, 0 beside them",
          mutant=Mutant(owner=AxiLiteSlave, method="elaborate",
                        old="self.w_en.eq(address & word & ~self.bvalid)", new="self.w_en.eq(address & word)")),
)
