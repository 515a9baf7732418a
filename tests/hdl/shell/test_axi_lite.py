# amaranth: UnusedElaboratable=no
"""The AXI4-Lite slave in front of a small memory: any order of address and data, any pauses, both sides at once."""

import random

import pytest
from amaranth import *
from amaranth.lib import wiring
from amaranth.lib.wiring import Out
from axi import lite_monitor, lite_read, lite_write

from hypgcn.shell import AxiLiteSlave, axi_lite_ports
from hypgcn_sim.unit_tests.testbench.axi_rules import LiteRules
from testbench import simulate

BITS = 5


class Words(wiring.Component):
    """A slave with words of flip-flops behind it, and a count of the reads that reached them."""

    def __init__(self):
        super().__init__({**axi_lite_ports(BITS), "reads": Out(16)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.slave = slave = AxiLiteSlave(BITS)
        for name, member in axi_lite_ports(BITS).items():
            mine, its = getattr(self, name), getattr(slave, name)
            m.d.comb += mine.eq(its) if member.flow == Out else its.eq(mine)
        words = Array(Signal(32, name=f"word{n}") for n in range(1 << BITS - 2))
        for byte in range(4):
            with m.If(slave.w_en & slave.w_strb[byte]):
                m.d.sync += words[slave.w_addr].word_select(byte, 8).eq(slave.w_data.word_select(byte, 8))
        with m.If(slave.r_en):
            m.d.sync += [slave.r_data.eq(words[slave.r_addr]), self.reads.eq(self.reads + 1)]
        return m


def play(test, seed=1):
    dut, rules = Words(), LiteRules("lite")

    async def main(ctx):
        await test(ctx, dut)
        await ctx.tick()
        rules.finish()
    simulate(dut, main, background=[lite_monitor(rules, dut, Const(0), prefix="")], timeout=20_000)


@pytest.mark.parametrize("gaps", [(0, 0, 0), (3, 0, 0), (0, 3, 0), (0, 0, 4), (2, 1, 3)])
def test_writes_are_read_back(gaps):
    async def test(ctx, dut):
        for word in range(8):
            await lite_write(ctx, dut, 4 * word, 0x01010101 * (word + 1), prefix="", gap=gaps)
        await lite_write(ctx, dut, 8, 0xaabbccdd, strobe=0b0101, prefix="", gap=gaps)
        found = [await lite_read(ctx, dut, 4 * word, prefix="", gap=gaps[2]) for word in range(8)]
        assert found == [0x01010101, 0x02020202, 0x03bb03dd, *(0x01010101 * (word + 1) for word in range(3, 8))]
        assert ctx.get(dut.reads) == 8, "one read of the bank per read on the bus"
    play(test)


@pytest.mark.parametrize("seed", range(3))
def test_reads_and_writes_at_once(seed):
    rng = random.Random(seed)
    plan = [(rng.randrange(8), rng.getrandbits(32), tuple(rng.randrange(4) for _ in range(3))) for _ in range(40)]
    written = {word: [0] for word in range(8)}
    dut, rules = Words(), LiteRules("lite")

    async def writer(ctx):
        for word, value, gaps in plan:
            written[word].append(value)
            await lite_write(ctx, dut, 4 * word, value, prefix="", gap=gaps)

    async def reader(ctx):
        for _ in range(60):
            word = rng.randrange(8)
            value = await lite_read(ctx, dut, 4 * word, prefix="", gap=rng.randrange(3))
            assert value in written[word][-2:], "the last value, or the one before while it is being written"
        await ctx.tick()
    simulate(dut, writer, reader, background=[lite_monitor(rules, dut, Const(0), prefix="")], timeout=20_000)


def test_held_response_lets_nothing_in():
    async def test(ctx, dut):
        ctx.set(dut.arvalid, 1)
        taken = 0
        for _ in range(20):
            _, _, ready = await ctx.tick().sample(dut.arready)
            taken += ready
        assert taken == 1
        ctx.set(dut.rready, 1)
        await ctx.tick().until(dut.arready)
        ctx.set(dut.arvalid, 0)
        await ctx.tick().repeat(5)
        for channel in ("aw", "w"):
            ctx.set(getattr(dut, f"{channel}valid"), 1)
        counts = {"aw": 0, "w": 0}
        for _ in range(20):
            _, _, aw, w = await ctx.tick().sample(dut.awready, dut.wready)
            counts["aw"] += aw
            counts["w"] += w
        assert counts == {"aw": 2, "w": 2}, "one behind the response, one held"
        ctx.set(dut.bready, 1)
        await ctx.tick().until(dut.awready & dut.wready)
        for channel in ("aw", "w"):
            ctx.set(getattr(dut, f"{channel}valid"), 0)
        await ctx.tick().repeat(10)
    play(test)


@pytest.mark.parametrize(("bits", "error", "text"), [
    (2, ValueError, "at least 3, not 2"), (0, ValueError, "at least 3, not 0"),
    ("12", TypeError, "an integer, not '12'")])
def test_too_few_address_bits(bits, error, text):
    with pytest.raises(error, match=f"address_bits must be {text}"):
        AxiLiteSlave(bits)
