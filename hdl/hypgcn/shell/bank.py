"""Register bank, built from the register description."""

from amaranth import *
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .registers import ADDRESS_BITS, REGISTERS, Register

__all__ = ["RegisterBank"]


class RegisterBank(wiring.Component):
    """All registers of a description, with the port of :class:`~hypgcn.shell.AxiLiteSlave`.

    Latency of a read: 1 cycle from ``r_en``. In the cycle of a write, an event of the hardware (``_set``) has priority
    over the clearing of its bit, and ``_clear`` over the writing of 1. Words without a register read 0.

    Parameters
    ----------
    blocks : int, 1..64
        Blocks of the network: registers per block have as many words, the other words read 0.
    registers : tuple of Register
        Description of the registers.

    Members
    -------
    w_en, w_addr, w_data, w_strb, r_en, r_addr, r_data
        Counterparts of the members of :class:`~hypgcn.shell.AxiLiteSlave`.
    register_field
        Per field, in lower case; a register of one 32-bit field ``value`` goes by its own name. By the access:

        * ``ro``: In(width), the value read; In(blocks x 32) for a register per block.
        * ``rw``, ``set``: Out(width), the value written; ``register_field_clear``, In(1), sets it to 0.
        * ``rc``, ``w1c``: Out(width), recorded events; ``register_field_set``, In(width), records them.
        * ``pulse``: Out(width), high in the cycle after a write; ``register_field_busy``, In(width), is read.
    """

    def __init__(self, blocks: int, registers: tuple[Register, ...] = REGISTERS):
        self.blocks, self.registers = blocks, registers
        members = {
            "w_en": In(1), "w_addr": In(ADDRESS_BITS - 2), "w_data": In(32), "w_strb": In(4),
            "r_en": In(1), "r_addr": In(ADDRESS_BITS - 2), "r_data": Out(32),
        }
        for register in registers:
            for field in register.fields:
                members.update(_ports(register, field, blocks))
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        bits = Signal(32)  # bits that the strobes let a write change
        m.d.comb += bits.eq(Cat(strobe.replicate(8) for strobe in self.w_strb))
        word = Signal(32)
        with m.Switch(self.r_addr):
            for register in self.registers:
                if register.count > 1:
                    values = getattr(self, port_name(register, register.fields[0]))
                    for index in range(self.blocks):
                        with m.Case(register.address(index) // 4):
                            m.d.comb += word.eq(values[index])
                    continue
                with m.Case(register.offset // 4):
                    for field in register.fields:
                        m.d.comb += word[field.low:field.low + field.width].eq(self._read_value(register, field))
        with m.If(self.r_en):
            m.d.sync += self.r_data.eq(word)
        for register in self.registers:
            if register.count > 1:
                continue
            here = register.offset // 4
            for field in register.fields:
                self._field(m, register, field, self.w_en & (self.w_addr == here), self.r_en & (self.r_addr == here),
                            bits[field.low:field.low + field.width], self.w_data[field.low:field.low + field.width])
        return m

    def _member(self, register, field, suffix=""):
        return getattr(self, port_name(register, field) + suffix)

    def _read_value(self, register, field):
        return self._member(register, field, "_busy" if field.access == "pulse" else "")

    def _field(self, m, register, field, write, read, bits, value):
        if field.access == "ro":
            return
        state = self._member(register, field)
        if field.access == "pulse":
            m.d.sync += state.eq(Mux(write, value & bits, 0))
        elif field.access in ("rw", "set"):
            with m.If(self._member(register, field, "_clear")):
                m.d.sync += state.eq(0)
            with m.Elif(write):
                kept = state if field.access == "set" else state & ~bits
                m.d.sync += state.eq(kept | (value & bits))
        else:
            clear = read.replicate(field.width) if field.access == "rc" else Mux(write, value & bits, 0)
            m.d.sync += state.eq((state & ~clear) | self._member(register, field, "_set"))


def port_name(register, field) -> str:
    """Name of the bank's member for a field."""
    name = register.name.lower()
    fills_word = field.name == "value" and field.width == 32
    return name if fills_word else f"{name}_{field.name}"


def _ports(register, field, blocks):
    name = port_name(register, field)
    if field.access == "ro":
        return {name: In(data.ArrayLayout(32, blocks) if register.count > 1 else field.width)}
    if register.count > 1:
        raise ValueError(f"access must be ro in registers of every block, not {field.access!r} in {register.name}")
    side = {"rw": "_clear", "set": "_clear", "rc": "_set", "w1c": "_set", "pulse": "_busy"}[field.access]
    return {name: Out(field.width), name + side: In(1 if side == "_clear" else field.width)}
