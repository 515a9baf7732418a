# amaranth: UnusedElaboratable=no
"""Results become packets of words: scores, argmax, number, flags; a cut result is filled up."""

import random

import pytest

from hypgcn.shell import ResultOutput, ShellConfig
from hypgcn.shell.registers import RESULT_FLAGS
from testbench import STREAM_PATTERNS, run, simulate

FLAG = {flag.name: flag.mask for flag in RESULT_FLAGS}
LOW, HIGH = -(1 << 31), (1 << 31) - 1


def config(classes=3, logit_width=40):
    return ShellConfig(persons=1, frames=1, joints=1, channels=1, classes=classes, logit_width=logit_width, blocks=1,
                       hash="0" * 16)


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
