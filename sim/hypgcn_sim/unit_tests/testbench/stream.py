"""The one bench for every component: drive streams with gaps, take streams with stalls, compare each beat."""

import json
import os
from collections import Counter, deque
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, Event, FallingEdge, Timer

from hypgcn_sim.stimuli.scoreboard import Checker
from hypgcn_sim.unit_tests.testbench.base import PERIOD, Bench, Taker

FOLDER = "HYPGCN_BENCH"
TAIL = 40  # cycles after the last expected beat in which one more would be seen


async def feed(bench: Bench, name: str, member: dict):
    """Offer the beats of an input stream with random gaps."""
    rng, idle = bench.rng(name), bench.spec["idle"]
    payload, valid, ready = (bench.port(f"{name}__{part}") for part in ("payload", "valid", "ready"))
    needs = member["needs"]
    await bench.drive_point()
    for index, word in enumerate(bench.words(name)):
        if needs and any(bench.counts[key] < count for key, count in needs[index].items()):
            valid.value = 0
            await bench.wait_for(needs[index])
            await bench.drive_point()
        gap = 0
        while rng.random() < idle:
            gap += 1
        if gap:
            valid.value = 0
            await ClockCycles(bench.dut.clk, gap)
            await bench.drive_point()
        payload.value = word
        valid.value = 1
        await bench.see(ready)
        bench.count(name)
        await bench.drive_point()
    valid.value = 0
    bench.close()


async def pulse(bench: Bench, name: str, member: dict):
    """Raise an input of one bit for a cycle per pulse."""
    rng, idle = bench.rng(name), bench.spec["idle"]
    port, needs = bench.port(name), member["needs"]
    for index in range(len(bench.beats[name])):
        if needs:
            await bench.wait_for(needs[index])
        await bench.drive_point()
        while rng.random() < idle:
            await bench.drive_point()
        port.value = 1
        bench.count(name)
        await bench.drive_point()
        port.value = 0
    bench.close()


async def output(bench: Bench, name: str, member: dict):
    """Take and check an output stream; what follows the last expected beat is an error."""
    taker, checker = Taker(bench, name), Checker(name, member, bench.words(name))
    await bench.drive_point()
    while not checker.complete:
        checker.check(await taker.take(), bench.cycle())
        bench.progress()
        await bench.drive_point()
    bench.close()
    while True:
        checker.check(await taker.take(stall=0), bench.cycle())


async def observe(bench: Bench, name: str, member: dict):
    """Check what an observation port shows."""
    checker = Checker(name, member, bench.words(name))
    payload, valid = bench.port(f"{name}__payload"), bench.port(f"{name}__valid")
    while True:
        await bench.see(valid)
        checker.check(int(payload.value), bench.cycle())
        bench.count(name)
        bench.progress()
        if checker.complete:
            bench.close()
        await bench.drive_point()


async def respond(bench: Bench, name: str, member: dict):
    """Answer requests from a table, in order, with gaps on the answers and stalls on the requests."""
    taker, arrived = Taker(bench, name), Event()
    answers: deque[int] = deque()
    words = {int(key, 16): int(word, 16) for key, word in member["words"]}
    tag, back = member["tag"], bench.spec["members"][member["response"]]["tag"]
    mask = ((1 << tag[1]) - 1) << tag[0] if tag else 0
    rng, idle = bench.rng(member["response"]), bench.spec["idle"]
    payload, valid, ready = (bench.port(f"{member['response']}__{part}") for part in ("payload", "valid", "ready"))

    async def answer():
        await bench.drive_point()
        while True:
            valid.value = 0
            while not answers:
                arrived.clear()
                await arrived.wait()
                await bench.drive_point()
            while rng.random() < idle:
                await bench.drive_point()
            payload.value = answers.popleft()
            valid.value = 1
            await bench.see(ready)
            bench.count(member["response"])
            await bench.drive_point()

    cocotb.start_soon(answer())
    await bench.drive_point()
    while True:
        request = await taker.take()
        if request & ~mask not in words:
            raise AssertionError(
                f"{name}: request {request:#x} is of something that is not there, at cycle {bench.cycle()}"
            )
        word = words[request & ~mask]
        if mask and back:
            word |= (request & mask) >> tag[0] << back[0]
        answers.append(word)
        arrived.set()
        await bench.drive_point()


async def event(bench: Bench, name: str):
    """Count the cycles in which an output of one bit is high."""
    while True:
        await bench.see(bench.port(name))
        bench.count(name)
        await bench.drive_point()


ROLES = {"feed": feed, "pulse": pulse, "output": output, "observe": observe, "request": respond}


async def _guard(bench: Bench, task):
    """Run a part of the bench; its first error ends the bench."""
    try:
        await task
    except Exception as error:
        bench.failure = bench.failure or error
        bench.finished.set()


def _start(bench: Bench):
    tasks = [_timeout(bench)]
    for name, member in bench.spec["members"].items():
        role = member["role"]
        if role in ("output", "observe"):
            bench.expected += len(bench.beats[name])
        if role in ("feed", "pulse", "output", "observe"):
            bench.open += 1
        if role in ROLES:
            tasks.append(ROLES[role](bench, name, member))
    tasks += [event(bench, name) for name in bench.spec["events"]]
    for task in tasks:
        cocotb.start_soon(_guard(bench, task))


async def _reset(bench: Bench):
    dut, spec = bench.dut, bench.spec
    for name, value in spec["signals"].items():
        bench.port(name).value = value
    for name, member in spec["members"].items():
        if member["role"] == "pulse":
            bench.port(name).value = 0
        elif member["role"] in ("feed", "response"):
            bench.port(f"{name}__valid").value = 0
            bench.port(f"{name}__payload").value = 0
        elif member["role"] in ("output", "request"):
            bench.port(f"{name}__ready").value = 0
    dut.rst.value = 1
    Clock(dut.clk, PERIOD, unit="ns").start()
    await ClockCycles(dut.clk, 4)
    await FallingEdge(dut.clk)
    dut.rst.value = 0


def _state(bench: Bench) -> str:
    of = ", ".join(f"{name} {bench.counts[name]} of {len(bench.beats[name])}" for name, member
                   in bench.spec["members"].items() if member["role"] in ("feed", "pulse", "output"))
    return f"transfers: {of}"


async def _timeout(bench: Bench):
    before = None
    while before != bench.counts:
        before = Counter(bench.counts)
        await Timer(bench.spec["timeout"] * PERIOD, "ns")  # not cycle by cycle: nothing runs in Python meanwhile
    raise AssertionError(f"nothing has moved for {bench.spec['timeout']} cycles; {_state(bench)}")


@cocotb.test()
async def stream(dut):
    """Run the bench of the folder that the environment names; write ``result.json`` there."""
    bench = Bench(dut, Path(os.environ[FOLDER]))
    await _reset(bench)
    _start(bench)
    await bench.finished.wait()
    cycles = bench.cycle()
    if not bench.failure:
        await ClockCycles(dut.clk, TAIL)
        await bench.settled()
    for name, value in bench.spec["levels"].items():
        found = int(bench.port(name).value)
        if found != value and not bench.failure:
            bench.failure = AssertionError(f"{name}: expected {value}, got {found}, at the end")
    error = bench.failure
    text = (
        "" if error is None else str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
    )
    result = {"passed": error is None, "cycles": cycles, "error": text}
    (bench.folder / "result.json").write_text(json.dumps(result))
    if error is not None:
        raise error
