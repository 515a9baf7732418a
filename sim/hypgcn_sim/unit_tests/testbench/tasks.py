"""Tasks of the stream testbench, one a port: drivers of sources, checkers of sinks, monitors, memories that respond."""

from collections import deque

import cocotb
from cocotb.triggers import ClockCycles, Event

from hypgcn_sim.stimuli.scoreboard import Scoreboard
from hypgcn_sim.unit_tests.testbench.base import SinkDriver, Testbench

__all__ = ["TASKS", "count_event"]


async def drive_source(tb: Testbench, name: str, member: dict):
    """Offer the beats of an input stream with random gaps."""
    rng, idle = tb.rng(name), tb.spec["idle"]
    payload, valid, ready = tb.stream(name)
    needs = member["needs"]
    await tb.drive_point()
    for index, word in enumerate(tb.words(name)):
        if needs and any(tb.counts[key] < count for key, count in needs[index].items()):
            valid.value = 0
            await tb.wait_for(needs[index])
            await tb.drive_point()
        gap = 0
        while rng.random() < idle:
            gap += 1
        if gap:
            valid.value = 0
            await ClockCycles(tb.dut.clk, gap)
            await tb.drive_point()
        payload.value = word
        valid.value = 1
        await tb.see(ready)
        tb.count(name)
        await tb.drive_point()
    valid.value = 0
    tb.close()


async def drive_pulses(tb: Testbench, name: str, member: dict):
    """Raise an input of one bit for a cycle per pulse."""
    rng, idle = tb.rng(name), tb.spec["idle"]
    port, needs = tb.port(name), member["needs"]
    for index in range(len(tb.beats[name])):
        if needs:
            await tb.wait_for(needs[index])
        await tb.drive_point()
        while rng.random() < idle:
            await tb.drive_point()
        port.value = 1
        tb.count(name)
        await tb.drive_point()
        port.value = 0
    tb.close()


async def check_sink(tb: Testbench, name: str, member: dict):
    """Take an output stream and compare it; a beat after the last expected one is an error."""
    sink, scoreboard = SinkDriver(tb, name), Scoreboard(name, member, tb.words(name))
    await tb.drive_point()
    while not scoreboard.complete:
        scoreboard.check(await sink.take(), tb.cycle())
        tb.progress()
        await tb.drive_point()
    tb.close()
    while True:
        scoreboard.check(await sink.take(stall=0), tb.cycle())


async def monitor(tb: Testbench, name: str, member: dict):
    """Compare the beats of an observation port."""
    scoreboard = Scoreboard(name, member, tb.words(name))
    payload, valid = tb.port(f"{name}__payload"), tb.port(f"{name}__valid")
    while True:
        await tb.see(valid)
        scoreboard.check(int(payload.value), tb.cycle())
        tb.count(name)
        tb.progress()
        if scoreboard.complete:
            tb.close()
        await tb.drive_point()


async def _send_responses(tb: Testbench, name: str, responses: deque[int], arrived: Event):
    """Send ``responses`` in order with random gaps; ``arrived`` is set when there is a new one."""
    rng, idle = tb.rng(name), tb.spec["idle"]
    payload, valid, ready = tb.stream(name)
    await tb.drive_point()
    while True:
        valid.value = 0
        while not responses:
            arrived.clear()
            await arrived.wait()
            await tb.drive_point()
        while rng.random() < idle:
            await tb.drive_point()
        payload.value = responses.popleft()
        valid.value = 1
        await tb.see(ready)
        tb.count(name)
        await tb.drive_point()


async def respond(tb: Testbench, name: str, member: dict):
    """Respond to requests from a table, in order, with gaps in the responses and stalls of the requests."""
    sink, responses, arrived = SinkDriver(tb, name), deque[int](), Event()
    words = {int(key, 16): int(word, 16) for key, word in member["words"]}
    tag, tag_back = member["tag"], tb.spec["members"][member["response"]]["tag"]
    mask = ((1 << tag[1]) - 1) << tag[0] if tag else 0
    cocotb.start_soon(_send_responses(tb, member["response"], responses, arrived))
    await tb.drive_point()
    while True:
        request = await sink.take()
        if request & ~mask not in words:
            raise AssertionError(f"{name}: request {request:#x} has no response, at cycle {tb.cycle()}")
        word = words[request & ~mask]
        if mask and tag_back:
            word |= (request & mask) >> tag[0] << tag_back[0]
        responses.append(word)
        arrived.set()
        await tb.drive_point()


async def count_event(tb: Testbench, name: str):
    """Count the cycles in which an output of one bit is high."""
    while True:
        await tb.see(tb.port(name))
        tb.count(name)
        await tb.drive_point()


TASKS = {"source": drive_source, "pulse": drive_pulses, "sink": check_sink, "monitor": monitor, "request": respond}
"""Task of each role of a member in ``case.json``; a response is sent by the task of its request."""
