# amaranth: UnusedElaboratable=no
"""Results become packets of words: scores, argmax, number, flags; a cut result is filled up."""

import random

import pytest

from hypgcn.shell import ResultOutput, ShellConfig
from hypgcn.shell.registers import RESULT_FLAGS
from testbench import STREAM_PATTERNS, run, simulate

FLAG = {flag.name: flag.mask for flag in RESULT_FLAGS}
LOW, HIGH = -(1 << 31), (1 << 31) - 1


def config(classes=3, logit_width=40, stream_widths=()):
    return ShellConfig(persons=1, frames=1, joints=1, channels=1, classes=classes, logit_width=logit_width,
                       blocks=max(1, len(stream_widths)), hash="0" * 16, stream_widths=stream_widths,
                       stream_blocks=(1,) * len(stream_widths))


def scores_of(scores, overflow=0):
    return [{"index": n, "score": score, "last": int(n == len(scores) - 1), "overflow": overflow}
            for n, score in enumerate(scores)]


def words(scores, number, flags=0):
    sent = [min(max(score, LOW), HIGH) for score in scores]
    flags |= FLAG["saturated"] * (sent != scores)
    argmax = max(range(len(scores)), key=lambda n: (scores[n], -n))
    return [{"data": word & 0xffffffff, "last": int(n == len(scores) + 2)}
            for n, word in enumerate([*sent, argmax, number, flags])]


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("classes,width", [(1, 2), (3, 40), (4, 32), (5, 33)])
def test_results_of_any_kind(classes, width, idle, stall):
    cfg, rng = config(classes, width), random.Random(width)
    top = (1 << width - 1) - 1
    results = [[rng.choice([0, 1, -1, top, -top - 1, rng.randint(-top, top)]) for _ in range(classes)]
               for _ in range(20)]
    results += [[min(top, HIGH)] * classes, [min(top, HIGH + 1)] * classes, [max(-top - 1, LOW)] * classes,
                [max(-top - 1, LOW - 1)] * classes, [0] * classes]
    flags = [{name: rng.randrange(2) for name in ("short", "late", "keep")} for _ in results]
    dense = [rng.randrange(2) for _ in results]
    wanted = []
    for number, (scores, flag, overflow) in enumerate(zip(results, flags, dense)):
        bits = sum(FLAG[name] * on for name, on in flag.items()) | FLAG["overflow"] * overflow
        wanted += words(scores, number, bits)
    out = run(ResultOutput(cfg), {"i": [beat for scores, overflow in zip(results, dense)
                                        for beat in scores_of(scores, overflow)], "clip": flags},
              {"o": len(wanted)}, seed=1, idle=idle, stall=stall, pulses=["done"])
    assert out["o"] == wanted
    assert len(out["done"]) == len(results)


@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize("ready", [0, 1])
def test_cut_results_are_filled_up(after, ready):
    """The cut comes when ``after`` words have left; the sink is ready in that cycle or is not."""
    dut = ResultOutput(config(3, 32))
    got, aborted = [], []

    async def test(ctx):
        async def step():
            _, _, valid, taken, word, last, end = await ctx.tick().sample(
                dut.o.valid, dut.o.ready, dut.o.payload.data, dut.o.payload.last, dut.aborted)
            if valid and taken:
                got.append((word, last))
            aborted.extend([1] * end)
        ctx.set(dut.clip.valid, 1)
        ctx.set(dut.o.ready, 1)
        for index in range(3):
            if len(got) < after:
                ctx.set(dut.i.payload, {"index": index, "score": 5 + index, "last": int(index == 2)})
                ctx.set(dut.i.valid, 1)
                await step()
        ctx.set(dut.i.valid, 0)
        while len(got) < after:
            await step()
        ctx.set(dut.o.ready, ready)
        ctx.set(dut.cut, 1)
        for _ in range(3):
            await step()
        ctx.set(dut.cut, 0)
        ctx.set(dut.o.ready, 1)
        for _ in range(10):
            await step()
        assert not ctx.get(dut.active)
        for index in range(3):
            ctx.set(dut.i.payload, {"index": index, "score": 9 - index, "last": int(index == 2)})
            ctx.set(dut.i.valid, 1)
            await step()
        ctx.set(dut.i.valid, 0)
        for _ in range(6):
            await step()
    simulate(dut, test)
    whole = [(5, 0), (6, 0), (7, 0), (2, 0), (0, 0), (0, 1)]
    second = [(9, 0), (8, 0), (7, 0), (0, 0), (0, 0), (0, 1)]
    if after:
        first = got[:6]
        assert first[:after] == whole[:after]
        assert not any(word for word, _ in first[after + 1:5])
        assert first[5] == (FLAG["aborted"], 1) and len(aborted) == 1
    assert got[6 * bool(after):] == second, "the number is 0 again"


def ensemble_words(sums, streams, number, flags=0):
    """Packet of the scores ``sums`` and of the rows ``streams``."""
    every = [*sums, *(score for row in streams for score in row)]
    sent = [min(max(score, LOW), HIGH) for score in every]
    flags |= FLAG["saturated"] * (sent != every)
    argmax = max(range(len(sums)), key=lambda n: (sums[n], -n))
    return [{"data": word & 0xffffffff, "last": int(n == len(every) + 2)}
            for n, word in enumerate([*sent, argmax, number, flags])]


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("classes,widths", [(1, (2, 33)), (3, (20, 48)), (4, (7, 32, 40)), (2, (9,) * 8)])
def test_scores_of_the_streams_follow_the_sums(classes, widths, idle, stall):
    cfg, rng = config(classes, 32, widths), random.Random(classes)

    def score(width):
        top = (1 << width - 1) - 1
        return rng.choice([0, 1, -1, top, -top - 1, rng.randint(-top, top)])

    results = [([score(32) for _ in range(classes)], [[score(width) for _ in range(classes)] for width in widths],
                rng.randrange(2)) for _ in range(12)]
    results += [([5] * classes, [[HIGH] * classes if width > 32 else [1] * classes for width in widths], 0)]
    beats = [{**beat, **{f"stream{index}": row[place] for index, row in enumerate(streams)}}
             for sums, streams, overflow in results for place, beat in enumerate(scores_of(sums, overflow))]
    wanted = [word for number, (sums, streams, overflow) in enumerate(results)
              for word in ensemble_words(sums, streams, number, FLAG["overflow"] * overflow)]
    out = run(ResultOutput(cfg), {"i": beats, "clip": [{"short": 0, "late": 0, "keep": 0}] * len(results)},
              {"o": len(wanted)}, seed=2, idle=idle, stall=stall)
    assert out["o"] == wanted


@pytest.mark.parametrize("after", range(13))
@pytest.mark.parametrize("ready", [0, 1])
def test_cut_results_of_streams_are_filled_up(after, ready):
    """Wherever the cut comes, the packet has its length, and the next result is whole."""
    dut, got = ResultOutput(config(3, 32, (32, 32))), []
    sums, streams = [5, 6, 7], [[1, 2, 3], [11, 12, 13]]

    async def test(ctx):
        async def step():
            _, _, valid, taken, word, last = await ctx.tick().sample(
                dut.o.valid, dut.o.ready, dut.o.payload.data, dut.o.payload.last)
            if valid and taken:
                got.append((word, last))

        async def send(most):
            for index, beat in enumerate(scores_of(sums)):
                if len(got) < most:
                    ctx.set(dut.i.payload, {**beat, **{f"stream{n}": row[index] for n, row in enumerate(streams)}})
                    ctx.set(dut.i.valid, 1)
                    await step()
            ctx.set(dut.i.valid, 0)
        ctx.set(dut.clip.valid, 1)
        ctx.set(dut.o.ready, 1)
        await send(after)
        while len(got) < after:
            await step()
        ctx.set(dut.o.ready, ready)
        ctx.set(dut.cut, 1)
        for _ in range(3):
            await step()
        ctx.set(dut.cut, 0)
        ctx.set(dut.o.ready, 1)
        for _ in range(16):
            await step()
        assert not ctx.get(dut.active)
        await send(1 << 10)
        for _ in range(14):
            await step()
    simulate(dut, test)
    whole = [(word["data"], word["last"]) for word in ensemble_words(sums, streams, 0)]
    if 0 < after < 12:
        assert got[:after] == whole[:after] and not any(word for word, _ in got[after + 1:11])
        assert got[11] == (FLAG["aborted"], 1)
    assert got[12 * bool(after):] == whole, "the number is 0 again"
