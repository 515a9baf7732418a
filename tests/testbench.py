"""Stream tests on the Amaranth simulator: drive, stall, check the stream rules, count exactly, never hang.

Most tests need only :func:`run`. Payloads go in and come out as plain Python: ``int``, ``list`` (``ArrayLayout``) and
``dict`` (``StructLayout``; absent fields are zero); a value that does not fit its field is a ``ValueError``. NumPy
integers and arrays are taken as well.
"""

import random
from collections import deque

from amaranth.hdl import ClockDomain, Module, Value
from amaranth.sim import Simulator

from hypgcn_sim.stimuli import payload
from hypgcn_sim.stimuli.hold_rule import HoldRule

__all__ = ["STREAM_PATTERNS", "PERIOD", "drain", "feed", "pack", "run", "simulate"]

STREAM_PATTERNS = [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.4, 0.6)]
"""(idle, stall) pairs that every stream test runs: ``@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)``."""

PERIOD = 1e-8
"""Seconds of a clock cycle."""


def pack(shape, item) -> int:
    """Bits of ``item`` for an Amaranth shape, see :func:`hypgcn_sim.stimuli.payload.pack`."""
    return payload.pack(payload.describe(shape), item)


def _bits(stream):
    return Value.cast(stream.payload).as_unsigned()


async def feed(ctx, stream, items, rng, idle):
    """Send ``items``; before each, the stream is idle with chance ``idle`` per cycle."""
    shape = payload.describe(stream.payload.shape())
    for item in items:
        while rng.random() < idle:
            await ctx.tick()
        ctx.set(_bits(stream), payload.pack(shape, item))
        ctx.set(stream.valid, 1)
        await ctx.tick().until(stream.ready)
        ctx.set(stream.valid, 0)


async def drain(ctx, stream, count, rng, stall, out):
    """Append ``count`` payloads to ``out``; with chance ``stall`` per cycle, ``ready`` is low."""
    shape, bits = payload.describe(stream.payload.shape()), _bits(stream)
    while len(out) < count:
        ctx.set(stream.ready, int(rng.random() >= stall))
        _, _, valid, ready, word = await ctx.tick().sample(stream.valid, stream.ready, bits)
        if valid and ready:
            out.append(payload.unpack(shape, word))
    ctx.set(stream.ready, 0)


class _Source:
    def __init__(self, name, stream, items, rng, idle):
        self.name, self.stream, self.rng, self.idle = name, stream, rng, idle
        self.shape, self.bits = payload.describe(stream.payload.shape()), _bits(stream)
        self.words = deque(payload.pack(self.shape, item) for item in items)
        self.valid = False

    @property
    def done(self):
        return not self.words and not self.valid

    def drive(self, ctx):
        if not self.valid and self.words and self.rng.random() >= self.idle:
            ctx.set(self.bits, self.words.popleft())
            ctx.set(self.stream.valid, 1)
            self.valid = True

    def taken(self, ctx, ready):
        if self.valid and ready:
            self.valid = False
            if not self.words or self.idle:
                ctx.set(self.stream.valid, 0)


class _Sink:
    def __init__(self, name, stream, count, rng, stall, respond=None):
        self.name, self.stream, self.count, self.rng, self.stall = name, stream, count, rng, stall
        self.shape, self.bits = payload.describe(stream.payload.shape()), _bits(stream)
        self.respond, self.out, self.times = respond, [], []
        self.ready, self.rule = 0, HoldRule(name)

    @property
    def done(self):
        return self.count is None or len(self.out) >= self.count

    def drive(self, ctx):
        # After the last expected item ready stays high, so that anything that follows shows.
        finished = self.count is not None and self.done
        ready = int(finished or self.rng.random() >= self.stall)
        if ready != self.ready:
            before = ctx.get(self.stream.valid)
            ctx.set(self.stream.ready, ready)
            assert ctx.get(self.stream.valid) == before, f"{self.name}: valid depends on ready"
            self.ready = ready

    def sampled(self, cycle, valid, bits):
        if self.rule.sample(valid, self.ready, bits):
            item = payload.unpack(self.shape, bits)
            assert self.count is None or len(self.out) < self.count, \
                f"{self.name}: {item} follows the {self.count} expected items"
            self.out.append(item)
            self.times.append(cycle)
            if self.respond:
                self.respond(item)


def _resolve(dut, path):
    """``"o"`` -> ``dut.o``; ``"rsp.1"`` -> ``dut.rsp[1]``."""
    for name in path.split("."):
        dut = dut[int(name)] if name.isdecimal() else getattr(dut, name)
    return dut


class _Prepared:
    """A compiled simulator of ``dut``: elaboration and compilation are half of a test's time.

    Testbenches can't be taken out of a simulator, so it holds slots that call those of the current run.
    """

    def __init__(self, dut, front, background):
        self.dut, self.front, self.background = dut, front, background
        self.used, self.testbenches = False, ()
        top = Module()
        top.domains.sync = ClockDomain()
        top.submodules.dut = dut
        self.simulator = Simulator(top)
        self.simulator.add_clock(PERIOD)
        for index in range(front + background):
            self.simulator.add_testbench(self._slot(index), background=index >= front)

    def _slot(self, index):
        async def testbench(ctx):
            await self.testbenches[index](ctx)
        return testbench

    def run(self, testbenches, vcd):
        if self.used:
            # Signals, memories and clocks start anew; what Amaranth calls amortising the start-up of a large design.
            self.simulator.reset()
        self.used, self.testbenches = True, testbenches
        if vcd:
            with self.simulator.write_vcd(vcd):
                self.simulator.run()
        else:
            self.simulator.run()


_PREPARED: deque = deque(maxlen=2)


def simulate(dut, *testbenches, background=(), timeout=10_000, vcd=None):
    """Run async functions ``testbench(ctx)`` until all have returned; fail after ``timeout`` cycles.

    ``background`` testbenches do not keep the run alive. ``vcd`` names a waveform file. Every run starts at reset. A
    second run of the *same object* ``dut`` reuses its compiled simulator (of the last two units, with as many
    testbenches as before): keep a unit in a ``functools.lru_cache`` to try it under several patterns.
    """
    async def watchdog(ctx):
        await ctx.delay(timeout * PERIOD)
        raise AssertionError(f"timed out after {timeout} cycles")
    counts = (len(testbenches), len(background) + 1)
    known = [entry for entry in _PREPARED if entry.dut is dut and (entry.front, entry.background) == counts]
    prepared = known[0] if known else _Prepared(dut, *counts)
    # Not kept after a failure: what a failed run leaves is nobody's start.
    if known:
        _PREPARED.remove(prepared)
    prepared.run([*testbenches, *background, watchdog], vcd)
    _PREPARED.append(prepared)


def run(dut, sources=None, sinks=None, *, seed=0, idle=0.0, stall=0.0, timeout=10_000, signals=None, pulses=(),
        responders=None, setup=None, testbenches=(), background=(), tail=20, vcd=None):
    """Drive sources, take sinks, check the stream rules on all outputs.

    Members are named by path: ``"i"``, or ``"rsp.1"`` for ``dut.rsp[1]``.

    Parameters
    ----------
    sources : dict of str to items
        Items to send.
    sinks : dict of str to int
        Number of items that must arrive; for ``tail`` cycles after the last, one more is a failure.
    seed : int
        Of all random numbers.
    idle, stall : float, 0 <= value < 1
        Chance per cycle that a source is idle (when nothing is offered), and that a sink is not ready.
    timeout : int
        Cycles after which the run fails; the message has what each sink has got.
    signals : dict of str to int
        Plain inputs, set before the first cycle.
    pulses : sequence of str
        One-bit outputs whose high cycles are recorded.
    responders : dict of (str, str) to callable
        Memory models: (request path, response path) to the function from request to response. In order.
    setup : callable
        ``setup(ctx)`` before the first cycle.
    testbenches, background : sequence of async functions of ``ctx``
        The former must return for the run to end.

    Returns
    -------
    dict
        Sink path to list of payloads; pulse path to list of cycle numbers; ``"times"``: sink path to the cycle of each
        transfer; ``"requests"``: request path to its requests; ``"cycles"``: cycles up to and with the last expected
        transfer.
    """
    label = f"seed={seed} idle={idle} stall={stall}"
    print(label)

    def rng(name):
        return random.Random(f"{seed}/{name}")

    drivers = [_Source(path, _resolve(dut, path), items, rng(path), idle) for path, items in (sources or {}).items()]
    checkers = [_Sink(path, _resolve(dut, path), count, rng(path), stall) for path, count in (sinks or {}).items()]
    for (request, response), function in (responders or {}).items():
        source = _Source(response, _resolve(dut, response), (), rng(response), idle)

        def respond(item, source=source, function=function):
            source.words.append(payload.pack(source.shape, function(item)))
        drivers.append(source)
        checkers.append(_Sink(request, _resolve(dut, request), None, rng(request), stall, respond))
    levels = {path: [] for path in pulses}
    sampled_values = [expr for sink in checkers for expr in (sink.stream.valid, sink.bits)]
    sampled_values += [source.stream.ready for source in drivers] + [_resolve(dut, path) for path in pulses]
    last = 0

    async def engine(ctx):
        nonlocal last
        for path, value in (signals or {}).items():
            ctx.set(_resolve(dut, path), value)
        if setup:
            setup(ctx)
        cycle = left = 0
        while left < tail:
            for port in drivers + checkers:
                port.drive(ctx)
            _, _, *values = await ctx.tick().sample(*sampled_values)
            for index, sink in enumerate(checkers):
                sink.sampled(cycle, values[2 * index], values[2 * index + 1])
            ready_and_pulses = values[2 * len(checkers):]
            for source, ready in zip(drivers, ready_and_pulses):
                source.taken(ctx, ready)
            for seen, level in zip(levels.values(), ready_and_pulses[len(drivers):]):
                if level:
                    seen.append(cycle)
            cycle += 1
            if all(port.done for port in drivers + checkers):
                last = last or cycle
                left += 1

    def state():
        return ", ".join([f"{s.name}: {len(s.out)} of {s.count}" for s in checkers]
                         + [f"{s.name}: {len(s.words) + s.valid} left to send" for s in drivers])

    try:
        simulate(dut, engine, *testbenches, background=background, timeout=timeout, vcd=vcd)
    except AssertionError as error:
        raise AssertionError(f"{error} ({label}; {state()})") from error
    found = {sink.name: sink.out for sink in checkers if not sink.respond}
    found |= levels
    found["times"] = {sink.name: sink.times for sink in checkers}
    found["requests"] = {sink.name: sink.out for sink in checkers if sink.respond}
    found["cycles"] = max((sink.times[-1] + 1 for sink in checkers if sink.times and not sink.respond), default=last)
    return found
