"""The testbench of every component with streams: drive with gaps, take with stalls, compare each beat."""

import json
import os
from collections import Counter
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, Timer

from hypgcn_sim.unit_tests.testbench.base import PERIOD, Testbench
from hypgcn_sim.unit_tests.testbench.tasks import TASKS, count_event
from hypgcn_sim.verilator.build import FOLDER

TAIL = 40  # cycles after the last expected beat in which one more would be seen


async def _guard(tb: Testbench, task):
    """Run a task; its first error ends the run."""
    try:
        await task
    except Exception as error:
        tb.failure = tb.failure or error
        tb.finished.set()


def _start(tb: Testbench):
    """Start the tasks of all ports."""
    tasks = [_timeout(tb)]
    for name, member in tb.spec["members"].items():
        role = member["role"]
        if role in ("sink", "monitor"):
            tb.expected += len(tb.beats[name])
        if role in ("source", "pulse", "sink", "monitor"):
            tb.open()
        if role in TASKS:
            tasks.append(TASKS[role](tb, name, member))
    tasks += [count_event(tb, name) for name in tb.spec["events"]]
    for task in tasks:
        cocotb.start_soon(_guard(tb, task))


async def _reset(tb: Testbench):
    """Set all inputs and hold the reset for some cycles."""
    dut, spec = tb.dut, tb.spec
    for name, value in spec["signals"].items():
        tb.port(name).value = value
    for name, member in spec["members"].items():
        if member["role"] == "pulse":
            tb.port(name).value = 0
        elif member["role"] in ("source", "response"):
            tb.port(f"{name}__valid").value = 0
            tb.port(f"{name}__payload").value = 0
        elif member["role"] in ("sink", "request"):
            tb.port(f"{name}__ready").value = 0
    dut.rst.value = 1
    Clock(dut.clk, PERIOD, unit="ns").start()
    await ClockCycles(dut.clk, 4)
    await FallingEdge(dut.clk)
    dut.rst.value = 0


def _transfers(tb: Testbench) -> str:
    """Transfers of each port so far, for the message of a timeout."""
    counts = ", ".join(f"{name} {tb.counts[name]} of {len(tb.beats[name])}" for name, member
                       in tb.spec["members"].items() if member["role"] in ("source", "pulse", "sink"))
    return f"transfers: {counts}"


async def _timeout(tb: Testbench):
    """Fail when no port has moved for the timeout of the case."""
    before = None
    while before != tb.counts:
        before = Counter(tb.counts)
        await Timer(tb.spec["timeout"] * PERIOD, "ns")  # not cycle by cycle: nothing runs in Python meanwhile
    raise AssertionError(f"no transfer for {tb.spec['timeout']} cycles; {_transfers(tb)}")


@cocotb.test()
async def stream(dut):
    """Run the test case of the folder that the environment names; write ``result.json`` there."""
    tb = Testbench(dut, Path(os.environ[FOLDER]))
    await _reset(tb)
    _start(tb)
    await tb.finished.wait()
    cycles = tb.cycle()
    if not tb.failure:
        await ClockCycles(dut.clk, TAIL)
        await tb.settled()
    for name, expected in tb.spec["levels"].items():
        got = int(tb.port(name).value)
        if got != expected and not tb.failure:
            tb.failure = AssertionError(f"{name}: expected {expected}, got {got}, at the end")
    error = tb.failure
    text = (
        "" if error is None else str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
    )
    result = {"passed": error is None, "cycles": cycles, "error": text}
    (tb.folder / "result.json").write_text(json.dumps(result), encoding="utf-8", newline="\n")
    if error is not None:
        raise error
