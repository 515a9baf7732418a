"""Stream tests on the Amaranth simulator: drive, stall, check the stream rules, count exactly, never hang.

Most tests need only :func:`run`. Payloads go in and come out as plain Python: ``int``, ``list`` (``ArrayLayout``) and
``dict`` (``StructLayout``; absent fields are zero); a value that does not fit its field is a ``ValueError``. NumPy
integers and arrays are taken as well.
"""

import random
from collections import deque

from amaranth.hdl import ClockDomain, Module, Shape, Value
from amaranth.lib import data
from amaranth.sim import Simulator

__all__ = ["STREAM_PATTERNS", "PERIOD", "drain", "feed", "hold_rule", "pack", "run", "simulate", "unpack"]

STREAM_PATTERNS = [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.4, 0.6)]
"""(idle, stall) pairs that every stream test runs: ``@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)``."""

PERIOD = 1e-8
"""Seconds of a clock cycle."""


def pack(shape, item) -> int:
    """Bits of ``item`` as a non-negative integer; ``ValueError`` when a value does not fit its field."""
    if isinstance(shape, data.StructLayout):
        unknown = set(item) - {name for name, _ in shape}
        if unknown:
            raise ValueError(f"the layout has no field {', '.join(sorted(unknown))}")
        return sum(pack(field.shape, item[name]) << field.offset for name, field in shape if name in item)
    if isinstance(shape, data.ArrayLayout):
        if len(item) != shape.length:
            raise ValueError(f"an array must have {shape.length} elements, not {len(item)}")
        width = Shape.cast(shape.elem_shape).width
        return sum(pack(shape.elem_shape, element) << (index * width) for index, element in enumerate(item))
    shape, item = Shape.cast(shape), int(item)
    low = -(1 << shape.width - 1) if shape.signed else 0
    if not low <= item < low + (1 << shape.width):
        raise ValueError(f"{item} does not fit {shape!r}")
    return item & ((1 << shape.width) - 1)


def unpack(shape, bits: int):
    """Plain Python value of ``bits``, the inverse of :func:`pack`."""
    if isinstance(shape, data.StructLayout):
        return {name: unpack(field.shape, bits >> field.offset) for name, field in shape}
    if isinstance(shape, data.ArrayLayout):
        width = Shape.cast(shape.elem_shape).width
        return [unpack(shape.elem_shape, bits >> (index * width)) for index in range(shape.length)]
    shape = Shape.cast(shape)
    bits &= (1 << shape.width) - 1
    return bits - (1 << shape.width) if shape.signed and bits >> (shape.width - 1) else bits


def _bits(stream):
    return Value.cast(stream.payload).as_unsigned()


async def feed(ctx, stream, items, rng, idle):
    """Send ``items``; before each, and with chance ``idle`` per cycle, the stream rests."""
    shape = stream.payload.shape()
    for item in items:
        while rng.random() < idle:
            await ctx.tick()
        ctx.set(_bits(stream), pack(shape, item))
        ctx.set(stream.valid, 1)
        await ctx.tick().until(stream.ready)
        ctx.set(stream.valid, 0)


async def drain(ctx, stream, count, rng, stall, out):
    """Append ``count`` payloads to ``out``; with chance ``stall`` per cycle, ``ready`` is low."""
    shape, bits = stream.payload.shape(), _bits(stream)
    while len(out) < count:
        ctx.set(stream.ready, int(rng.random() >= stall))
        _, _, valid, ready, payload = await ctx.tick().sample(stream.valid, stream.ready, bits)
        if valid and ready:
            out.append(unpack(shape, payload))
    ctx.set(stream.ready, 0)


def hold_rule(stream, name):
    """Background testbench: once valid, a stream stays valid with the same payload until the transfer."""
    async def check(ctx):
        held = None
        async for _, _, valid, ready, bits in ctx.tick().sample(stream.valid, stream.ready, _bits(stream)):
            held = _check_hold(name, held, valid, ready, bits)
    return check


def _check_hold(name, held, valid, ready, bits):
    if held is not None:
        assert valid, f"{name}: valid dropped before the transfer"
        assert bits == held, f"{name}: payload changed before the transfer"
    return bits if valid and not ready else None


class _Source:
    def __init__(self, name, stream, items, rng, idle):
        self.name, self.stream, self.rng, self.idle = name, stream, rng, idle
        self.shape, self.bits = stream.payload.shape(), _bits(stream)
        self.items = deque(pack(self.shape, item) for item in items)
        self.valid = False

    @property
    def done(self):
        return not self.items and not self.valid

    def drive(self, ctx):
        if not self.valid and self.items and self.rng.random() >= self.idle:
            ctx.set(self.bits, self.items.popleft())
            ctx.set(self.stream.valid, 1)
            self.valid = True

    def taken(self, ctx, ready):
        if self.valid and ready:
            self.valid = False
            if not self.items or self.idle:
                ctx.set(self.stream.valid, 0)


class _Sink:
    def __init__(self, name, stream, count, rng, stall, answer=None):
        self.name, self.stream, self.count, self.rng, self.stall = name, stream, count, rng, stall
        self.shape, self.bits = stream.payload.shape(), _bits(stream)
        self.answer, self.out, self.times = answer, [], []
        self.ready, self.held = 0, None

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
        self.held = _check_hold(self.name, self.held, valid, self.ready, bits)
        if valid and self.ready:
            item = unpack(self.shape, bits)
            assert self.count is None or len(self.out) < self.count, \
                f"{self.name}: {item} follows the {self.count} expected items"
            self.out.append(item)
            self.times.append(cycle)
            if self.answer:
                self.answer(item)


def _resolve(dut, path):
    """``"o"`` -> ``dut.o``; ``"rsp.1"`` -> ``dut.rsp[1]``."""
    for part in path.split("."):
        dut = dut[int(part)] if part.isdecimal() else getattr(dut, part)
    return dut


def simulate(dut, *testbenches, background=(), timeout=10_000, vcd=None):
    """Run async functions ``testbench(ctx)`` until all have returned; fail after ``timeout`` cycles.

    ``background`` testbenches do not keep the run alive. ``vcd`` names a waveform file.
    """
    top = Module()
    top.domains.sync = ClockDomain()
    top.submodules.dut = dut
    sim = Simulator(top)
    sim.add_clock(PERIOD)
    for testbench in testbenches:
        sim.add_testbench(testbench)
    for testbench in background:
        sim.add_testbench(testbench, background=True)

    async def watchdog(ctx):
        await ctx.delay(timeout * PERIOD)
        raise AssertionError(f"timed out after {timeout} cycles")
    sim.add_testbench(watchdog, background=True)
    if vcd:
        with sim.write_vcd(vcd):
            sim.run()
    else:
        sim.run()


def run(dut, sources=None, sinks=None, *, seed=0, idle=0.0, stall=0.0, timeout=10_000, signals=None, pulses=(),
        responders=None, setup=None, testbenches=(), background=(), tail=20, vcd=None):
    """Feed streams, collect streams, check the stream rules on all outputs; return a dict of plain Python values.

    Members are named by path: ``"i"``, or ``"rsp.1"`` for ``dut.rsp[1]``.

    Parameters
    ----------
    sources : {path: items to send}
    sinks : {path: number of items that must come}; for ``tail`` cycles after the last, one more is a failure
    seed, idle, stall : chance per cycle that a source rests (when nothing is offered) and that a sink is not ready
    timeout : cycles after which the run fails, telling what each sink has got
    signals : {path: value} of plain inputs, set before the first cycle
    pulses : paths of one-bit outputs whose high cycles are recorded
    responders : {(request path, response path): function from request to response}: memory models, in order
    setup : ``setup(ctx)`` before the first cycle
    testbenches, background : further async functions of ``ctx``; the former must return for the run to end

    Returns
    -------
    dict : sink path -> list of payloads; pulse path -> list of cycle numbers; ``"times"`` -> {sink path: cycle of each
        transfer}; ``"requests"`` -> {request path: requests seen}; ``"cycles"``: cycles up to and with the last
        expected transfer
    """
    label = f"seed={seed} idle={idle} stall={stall}"
    print(label)

    def rng(name):
        return random.Random(f"{seed}/{name}")

    feeds = [_Source(path, _resolve(dut, path), items, rng(path), idle) for path, items in (sources or {}).items()]
    takes = [_Sink(path, _resolve(dut, path), count, rng(path), stall) for path, count in (sinks or {}).items()]
    for (request, response), function in (responders or {}).items():
        back = _Source(response, _resolve(dut, response), (), rng(response), idle)

        def answer(item, back=back, function=function):
            back.items.append(pack(back.shape, function(item)))
        feeds.append(back)
        takes.append(_Sink(request, _resolve(dut, request), None, rng(request), stall, answer))
    levels = {path: [] for path in pulses}
    watched = [expr for sink in takes for expr in (sink.stream.valid, sink.bits)]
    watched += [source.stream.ready for source in feeds] + [_resolve(dut, path) for path in pulses]
    last = 0

    async def engine(ctx):
        nonlocal last
        for path, value in (signals or {}).items():
            ctx.set(_resolve(dut, path), value)
        if setup:
            setup(ctx)
        cycle = left = 0
        while left < tail:
            for part in feeds + takes:
                part.drive(ctx)
            _, _, *values = await ctx.tick().sample(*watched)
            for index, sink in enumerate(takes):
                sink.sampled(cycle, values[2 * index], values[2 * index + 1])
            rest = values[2 * len(takes):]
            for source, ready in zip(feeds, rest):
                source.taken(ctx, ready)
            for seen, level in zip(levels.values(), rest[len(feeds):]):
                if level:
                    seen.append(cycle)
            cycle += 1
            if all(part.done for part in feeds + takes):
                last = last or cycle
                left += 1

    def state():
        return ", ".join([f"{s.name}: {len(s.out)} of {s.count}" for s in takes]
                         + [f"{s.name}: {len(s.items) + s.valid} left to send" for s in feeds])

    try:
        simulate(dut, engine, *testbenches, background=background, timeout=timeout, vcd=vcd)
    except AssertionError as error:
        raise AssertionError(f"{error} ({label}; {state()})") from error
    found = {sink.name: sink.out for sink in takes if not sink.answer}
    found |= levels
    found["times"] = {sink.name: sink.times for sink in takes}
    found["requests"] = {sink.name: sink.out for sink in takes if sink.answer}
    found["cycles"] = max((sink.times[-1] + 1 for sink in takes if sink.times and not sink.answer), default=last)
    return found
