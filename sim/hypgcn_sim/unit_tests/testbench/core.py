"""The testbench of the whole core, through its pins."""

import json
import os
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles
from cocotb.utils import get_sim_time
from cocotbext.axi import AxiStreamFrame

from hypgcn_sim.unit_tests.testbench.base import PERIOD
from hypgcn_sim.unit_tests.testbench.core_pins import CoreTestbench, check
from hypgcn_sim.verilator.build import FOLDER

SHORT_BY = 5  # bytes that the short packet lacks


async def scenario(tb: CoreTestbench):
    """Clips, malformed packets, a soft reset, a reset of the pins; after each the core computes the next clip right."""
    check("MAGIC", await tb.read("MAGIC"), tb.spec["map"]["magic"])
    check("hash", [await tb.read("HASH_LOW"), await tb.read("HASH_HIGH")], tb.spec["hash"])
    await tb.write("CONTROL", "auto_restart")
    for clip in tb.clips:
        await tb.source.send(AxiStreamFrame(clip))
    for index in range(len(tb.clips)):
        await tb.expect(index, index)
    number = len(tb.clips)

    await tb.source.send(AxiStreamFrame(tb.clips[0][:-SHORT_BY]))
    await tb.source.send(AxiStreamFrame(tb.clips[0] + b"\1" * 99))
    await tb.source.send(AxiStreamFrame(tb.clips[0]))
    short = await tb.result()
    check("short clip", [short[-2], short[-1] & ~tb.flags["overflow"]], [number, tb.flags["short"]])
    await tb.expect(0, number + 1, late=True)
    await tb.expect(0, number + 2)
    both = tb.flags["short"] | tb.flags["late"]
    check("ERRORS", await tb.read("ERRORS") & both, both)
    await tb.write("SNAPSHOT", "take")
    check("clips", [await tb.read("CLIPS_IN"), await tb.read("CLIPS_OUT")], [number + 3] * 2)
    cycles = await tb.read("CYCLES_LOW")
    for block in range(tb.spec["blocks"]):
        states = [await tb.lite.read_dword(tb.registers[f"BLOCK_{name}"]["offset"] + 16 * block)
                 for name in ("BUSY", "STARVED", "BLOCKED")]
        check(f"cycles of block {block}, {states}", sum(states), cycles)

    await tb.source.send(AxiStreamFrame(tb.clips[0]))
    await ClockCycles(tb.dut.aclk, len(tb.clips[0]) // 4)
    await tb.write("RESET", "core")
    while await tb.read("RESET"):
        pass
    await tb.source.wait()  # what is left of the packet is dropped
    await tb.write("CONTROL", "start")
    await tb.source.send(AxiStreamFrame(tb.clips[-1]))
    await tb.expect(len(tb.clips) - 1, 0)

    await tb.write("CONTROL", "auto_restart")
    await tb.source.send(AxiStreamFrame(tb.clips[0]))
    await ClockCycles(tb.dut.aclk, len(tb.clips[0]) // 4)
    await pin_reset(tb)
    await tb.write("CONTROL", "auto_restart")
    await tb.source.send(AxiStreamFrame(tb.clips[-1]))
    await tb.expect(len(tb.clips) - 1, 0)
    await ClockCycles(tb.dut.aclk, 100)
    check("nothing follows the last result", tb.sink.empty(), True)


async def pin_reset(tb: CoreTestbench):
    """Hold ``aresetn`` low for some cycles; the source drops what is left of its packet."""
    tb.dut.aresetn.value = 0
    tb.source.clear()
    await ClockCycles(tb.dut.aclk, 5)
    tb.dut.aresetn.value = 1
    await ClockCycles(tb.dut.aclk, 2)


@cocotb.test()
async def core(dut):
    """Run the test case of the folder that the environment names; write ``result.json`` there."""
    tb = CoreTestbench(dut, Path(os.environ[FOLDER]))
    dut.aresetn.value = 0
    Clock(dut.aclk, PERIOD, unit="ns").start()
    monitor = cocotb.start_soon(tb.monitor())
    await pin_reset(tb)
    error: Exception | None = None
    try:
        await scenario(tb)
        if monitor.done():
            monitor.result()
        await ClockCycles(dut.aclk, 3)
        tb.rules.finish()
        words = {"s_axis": -(-len(tb.clips[0]) // len(dut.s_axis_tkeep)), "m_axis": tb.scores.shape[1] + 3}
        check("transfers that the monitors counted", {bus: rules.transfers for bus, rules in tb.streams.items()}, words)
    except Exception as failure:
        error = failure
        if monitor.done():  # a broken rule is the cause, not its consequence
            try:
                monitor.result()
            except Exception as broken:
                error = broken
    text = "" if error is None else f"{type(error).__name__}: {error}"
    result = {"passed": error is None, "cycles": int(get_sim_time("ns")) // PERIOD, "error": text}
    (tb.folder / "result.json").write_text(json.dumps(result), encoding="utf-8", newline="\n")
    if error is not None:
        raise error
