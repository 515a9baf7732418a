# amaranth: UnusedElaboratable=no
"""Register bank: every access behaves as described, for every register of the table."""

import pytest

from hypgcn.shell import RegisterBank
from hypgcn.shell.registers import REGISTERS, Field, Register
from testbench import simulate

BLOCKS = 2
KINDS = (
    Register(name="A", offset=0, text="", fields=(
        Field(name="rw", low=0, width=8, access="rw", text=""), Field(name="set", low=8, access="set", text=""),
        Field(name="rc", low=9, width=2, access="rc", text=""),
        Field(name="w1c", low=16, width=4, access="w1c", text=""),
        Field(name="go", low=24, access="pulse", text=""), Field(name="ro", low=28, width=4, text=""))),
    Register(name="B", offset=8, text="", fields=(Field(name="value", low=0, width=32, access="rw", text=""),)),
    Register(name="EACH", offset=0x40, text="", count=64, stride=8,
             fields=(Field(name="value", low=0, width=32, text=""),)),
)


class Port:
    """Writes and reads through the port of the bank."""

    def __init__(self, ctx, bank):
        self.ctx, self.bank = ctx, bank

    async def write(self, address, value, strobe=0xf):
        for name, content in (("w_addr", address // 4), ("w_data", value), ("w_strb", strobe), ("w_en", 1)):
            self.ctx.set(getattr(self.bank, name), content)
        await self.ctx.tick()
        self.ctx.set(self.bank.w_en, 0)

    async def read(self, address):
        self.ctx.set(self.bank.r_addr, address // 4)
        self.ctx.set(self.bank.r_en, 1)
        await self.ctx.tick()
        self.ctx.set(self.bank.r_en, 0)
        return self.ctx.get(self.bank.r_data)


def play(bank, test):
    async def main(ctx):
        await test(ctx, Port(ctx, bank))
    simulate(bank, main)


async def pulse(ctx, port, value=1):
    ctx.set(port, value)
    await ctx.tick()
    ctx.set(port, 0)


def test_kinds_of_access():
    bank = RegisterBank(BLOCKS, KINDS)

    async def test(ctx, port):
        ctx.set(bank.a_ro, 0xa)
        await port.write(0, 0xffffffff)
        assert ctx.get(bank.a_go) == 1
        await ctx.tick()
        assert ctx.get(bank.a_go) == 0, "a pulse is one cycle"
        assert await port.read(0) == 0xa00001ff, "rw, set; no event was recorded that could be cleared"
        await port.write(0, 0)
        assert await port.read(0) == 0xa0000100, "0 does not clear what hardware clears"
        await pulse(ctx, bank.a_set_clear)
        await pulse(ctx, bank.a_rc_set, 0b10)
        await pulse(ctx, bank.a_w1c_set, 0b1011)
        assert await port.read(0) == 0xa00b0400
        assert await port.read(0) == 0xa00b0000, "cleared by reading"
        await port.write(0, 0b0010 << 16)
        assert await port.read(0) == 0xa0090000
        ctx.set(bank.a_go_busy, 1)
        assert await port.read(0) == 0xa1090000
        await port.write(0, 0x55)
        await pulse(ctx, bank.a_rw_clear)
        assert ctx.get(bank.a_rw) == 0
    play(bank, test)


def test_byte_strobes():
    bank = RegisterBank(BLOCKS, KINDS)

    async def test(ctx, port):
        await port.write(8, 0x11223344)
        await port.write(8, 0xaabbccdd, 0b0110)
        assert await port.read(8) == 0x11bbcc44
        await pulse(ctx, bank.a_w1c_set, 0xf)
        await port.write(0, 0xffffffff, 0b0010)
        assert await port.read(0) == 0x000f0100, "only the second byte was written"
        assert ctx.get(bank.a_go) == 0
    play(bank, test)


def test_an_event_wins_over_clearing():
    bank = RegisterBank(BLOCKS, KINDS)

    async def test(ctx, port):
        ctx.set(bank.a_w1c_set, 1)
        ctx.set(bank.a_rc_set, 1)
        await port.write(0, 1 << 16)
        await port.read(0)
        ctx.set(bank.a_w1c_set, 0)
        ctx.set(bank.a_rc_set, 0)
        assert await port.read(0) == 1 << 16 | 1 << 9
        ctx.set(bank.a_set_clear, 1)
        await port.write(0, 1 << 8)
        ctx.set(bank.a_set_clear, 0)
        assert ctx.get(bank.a_set) == 0, "clearing by the hardware wins over writing 1"
    play(bank, test)


def test_words_of_blocks_and_words_of_nothing():
    bank = RegisterBank(BLOCKS, KINDS)

    async def test(ctx, port):
        ctx.set(bank.each[0], 5)
        ctx.set(bank.each[1], 7)
        assert [await port.read(address) for address in (0x40, 0x48, 0x50, 0x44, 4, 0xffc)] == [5, 7, 0, 0, 0, 0]
        for address in (4, 0x40, 0xffc):
            await port.write(address, 0xffffffff)
        assert await port.read(8) == await port.read(0) == 0
    play(bank, test)


def test_every_register_of_the_table_holds_what_it_is_to_hold():
    bank = RegisterBank(BLOCKS)

    async def test(ctx, port):
        for register in REGISTERS:
            before = await port.read(register.offset)
            await port.write(register.offset, 0xffffffff)
            await ctx.tick()
            kept = sum(field.mask for field in register.fields if field.access in ("rw", "set"))
            assert before == 0
            assert await port.read(register.offset) == kept, register.name
    play(bank, test)


@pytest.mark.parametrize("access", ["rw", "w1c", "pulse"])
def test_blocks_have_counters_only(access):
    register = Register(name="EACH", offset=0, text="", count=2,
                        fields=(Field(name="value", low=0, width=32, access=access, text=""),))
    with pytest.raises(ValueError, match=f"access must be ro in registers of every block, not '{access}' in EACH"):
        RegisterBank(BLOCKS, (register,))
