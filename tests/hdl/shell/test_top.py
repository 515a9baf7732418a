# amaranth: UnusedElaboratable=no
"""The shell around a stub, through its pins: packets of any shape, start, reset, back-pressure, registers."""

import random

import numpy as np
import pytest
from axi import CoreTestbench, beats_of, clip_of, lite_read, lite_write
from random_clips import random_clip
from stub_core import StubCore, stub_scores

from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import preset, random_design
from hypgcn.golden.network import run as golden
from hypgcn.shell import ShellConfig
from hypgcn.shell.registers import ABI, ADDRESS_BITS, MAGIC, REGISTERS, RESULT_FLAGS
from hypgcn.shell.top import Top
from testbench import STREAM_PATTERNS

FLAG = {flag.name: flag.mask for flag in RESULT_FLAGS}
FOLDING = Folding(blocks=(BlockFolding(conv_pairs=4, lane_pairs=4),) * 2)
SMALL = dict(persons=1, frames=2, joints=3, channels=3, classes=4, logit_width=32, blocks=2,
             hash="0123456789abcdef" * 4)


def core(bus_width=32, scale=0, **changes):
    cfg = ShellConfig(**{**SMALL, "bus_width": bus_width, **changes})
    return Top(cfg, StubCore(cfg, scale)), cfg


def content(cfg, seed):
    return random.Random(seed).randbytes(cfg.clip_bytes).replace(b"\x7f", b"\x01")


def signed(word, width=32):
    return word - (1 << width) if word >> (width - 1) else word


def result(cfg, elements, number, flags=0, threshold=0, scale=0):
    """The words of a result."""
    scores, overflow = stub_scores(cfg, elements, threshold, scale)
    low, high = -(1 << 31), (1 << 31) - 1
    sent = [min(max(score, low), high) for score in scores]
    flags |= FLAG["overflow"] * overflow | FLAG["saturated"] * (sent != scores)
    return [score & 0xffffffff for score in sent] + [int(np.argmax(scores)), number, flags]


def of_packet(cfg, packet, number):
    elements, flags = clip_of(packet, cfg.bus_bytes, cfg.elements, cfg.element_bytes)
    return result(cfg, elements, number, sum(FLAG[name] * on for name, on in flags.items()))


def of_content(cfg, data, number, **more):
    return result(cfg, [byte - 256 if byte > 127 else byte for byte in data], number, **more)


def play(dut, test, **options):
    tb = CoreTestbench(dut, **options)
    tb.run(test)
    return tb


@pytest.mark.parametrize("bus_width,idle,stall", [*((32, *p) for p in STREAM_PATTERNS), (8, 0.4, 0.6), (512, 0, 0)])
def test_clips_in_results_out(bus_width, idle, stall):
    dut, cfg = core(bus_width)
    clips = [content(cfg, seed) for seed in range(4)] + [bytes(cfg.clip_bytes), b"\x7f" * cfg.clip_bytes]

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        for clip in clips:
            await tb.send(beats_of(clip, cfg.bus_bytes))
        await tb.results(len(clips))
        await tb.cycles(30)
        assert tb.packets == [of_content(cfg, clip, number) for number, clip in enumerate(clips)]
        assert await tb.read("CONTROL", field="idle") == 1
        assert await tb.read("ERRORS") == FLAG["overflow"]
    play(dut, test, seed=3, idle=idle, stall=stall)


@pytest.mark.parametrize("bus_width", [16, 32, 64])
def test_raw_joints(bus_width):
    """Elements of two bytes; CLIP_BYTES counts both, and a packet of the bytes of an int8 clip is a short one."""
    dut, cfg = core(bus_width, element_width=16)
    packets = [beats_of(content(cfg, seed), cfg.bus_bytes) for seed in range(3)]
    packets.insert(1, beats_of(content(cfg, 4)[:cfg.elements], cfg.bus_bytes))
    packets.insert(2, beats_of(content(cfg, 5)[:-1], cfg.bus_bytes))

    async def test(tb):
        assert await tb.read("CLIP_BYTES") == cfg.clip_bytes == 2 * 18
        await tb.write("CONTROL", auto_restart=1)
        for packet in packets:
            await tb.send(packet)
        await tb.results(len(packets))
        assert await tb.read("ERRORS") == FLAG["short"] | FLAG["keep"]
    tb = play(dut, test, idle=0.2, stall=0.3)
    assert tb.packets == [of_packet(cfg, packet, number) for number, packet in enumerate(packets)]


@pytest.mark.parametrize("changes", [
    dict(frames=1, joints=1, channels=1, classes=1), dict(frames=1, joints=5, channels=1, bus_width=64),
    dict(persons=2, frames=1, joints=1, channels=4, classes=2, bus_width=16)])
def test_corner_shapes(changes):
    dut, cfg = core(**changes)
    clips = [content(cfg, seed) for seed in range(3)]

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        for clip in clips:
            await tb.send(beats_of(clip, cfg.bus_bytes))
        await tb.results(3)
    tb = play(dut, test, idle=0.4, stall=0.6)
    assert tb.packets == [of_content(cfg, clip, number) for number, clip in enumerate(clips)]


def test_one_element_a_cycle():
    dut, cfg = core(8)
    clip = content(cfg, 1)

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        for _ in range(5):
            await tb.send(beats_of(clip, 1))
        await tb.results(5)
    times = play(dut, test).times
    assert {after - before for before, after in zip(times[1:], times[2:])} == {cfg.clip_bytes + 2}


def odd_packets(cfg):
    """Packets that are wrong in every way, by name."""
    size = cfg.bus_bytes
    full = beats_of(content(cfg, 7), size)
    every = (1 << size) - 1

    def with_(index, **change):
        beats = [dict(beat) for beat in full]
        beats[index].update(change)
        return beats
    return {
        "early": [*full[:2], {**full[2], "last": 1}],
        "first beat": [{**full[0], "last": 1}],
        "one byte": [{**full[0], "keep": 1, "last": 1}],
        "nothing at all": [{**full[0], "keep": 0, "last": 1}],
        "one byte missing": with_(-1, keep=full[-1]["keep"] >> 1),
        "late": [*with_(-1, last=0, keep=every), {"data": 5, "keep": 1, "last": 1}],
        "very late": [*with_(-1, last=0, keep=every), *full[:-1], *full],
        "late and empty": [*with_(-1, last=0, keep=every), {"data": 5, "keep": 0, "last": 1}],
        "one byte more": with_(-1, keep=full[-1]["keep"] << 1 | 1),
        "hole": with_(1, keep=every & ~2),
        "null beat": with_(1, keep=0),
        "hole at the end": [*full[:-1], {**full[-1], "keep": 0b10}],
        "hole and early": [{**full[0], "keep": 0b100, "last": 1}],
        "hole and late": [*with_(1, keep=1)[:-1], {**full[-1], "last": 0}, full[-1]],
    }


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_odd_packets_give_one_flagged_result_each_and_do_no_harm(idle, stall):
    dut, cfg = core()
    good, wanted = content(cfg, 8), []

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        for name, packet in odd_packets(cfg).items():
            wanted.append(of_packet(cfg, packet, len(wanted)))
            assert wanted[-1][-1], f"{name} is flagged"
            await tb.send(packet)
            await tb.results(len(wanted))
            errors = await tb.read("ERRORS")
            assert errors == wanted[-1][-1], name
            assert await tb.read("INTERRUPT_STATUS", field="error") == 1
            await tb.write("ERRORS", **{flag.name: errors >> flag.low & 1 for flag in RESULT_FLAGS})
            assert await tb.read("ERRORS") == 0
            wanted.append(of_content(cfg, good, len(wanted)))
            await tb.send(beats_of(good, cfg.bus_bytes))
        await tb.results(len(wanted))
        await tb.cycles(40)
    assert play(dut, test, idle=idle, stall=stall).packets == wanted


@pytest.mark.parametrize("bus_width", [8, 16, 64])
def test_any_packets(bus_width):
    dut, cfg = core(bus_width, frames=1)
    rng, size = random.Random(bus_width), bus_width // 8
    packets = []
    for _ in range(30):
        count = max(1, rng.choice([-(-cfg.clip_bytes // size)] * 3 + [1, rng.randrange(1, 20)]))
        keep = [(1 << size) - 1 if rng.random() < 0.9 else rng.randrange(1 << size) for _ in range(count)]
        packets.append([{"data": rng.getrandbits(bus_width), "keep": k, "last": 0} for k in keep])
        packets[-1][-1]["last"] = 1
    wanted = [of_packet(cfg, packet, number) for number, packet in enumerate(packets)]
    assert len({words[-1] & ~FLAG["overflow"] for words in wanted}) >= 3

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        for packet in packets:
            await tb.send(packet)
        await tb.results(len(packets))
        await tb.cycles(30)
    assert play(dut, test, idle=0.2, stall=0.3).packets == wanted


def test_scores_that_do_not_fit():
    dut, cfg = core(logit_width=40, scale=18, classes=3)
    clips = [bytes([100] * cfg.clip_bytes), bytes([1] + [0] * (cfg.clip_bytes - 1)), bytes([156] * cfg.clip_bytes)]

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        for clip in clips:
            await tb.send(beats_of(clip, cfg.bus_bytes))
        await tb.results(3)
        assert await tb.read("ERRORS") == FLAG["saturated"]
    packets = play(dut, test).packets
    assert packets == [of_content(cfg, clip, number, scale=18) for number, clip in enumerate(clips)]
    assert [bool(words[-1]) for words in packets] == [True, False, True]
    assert packets[0][2] == 0x7fffffff and packets[0][0] == 0x80000000


def test_start_admits_one_clip():
    dut, cfg = core()
    beats = beats_of(content(cfg, 1), cfg.bus_bytes)

    async def test(tb):
        assert await tb.read("CONTROL") == 0b100
        taken = 0
        while await tb.beat(**beats[taken], patience=20):
            taken += 1
        assert taken == 2, "without start only the register slice takes beats"
        tb.ctx.set(dut.s_axis_tvalid, 1)  # still offered
        await tb.write("CONTROL", start=1)
        assert await tb.read("CONTROL", field="idle") == 0
        await tb.send(beats[taken:])
        await tb.results(1)
        await tb.cycles(5)
        assert await tb.read("CONTROL") == 0b1110
        assert await tb.read("CONTROL") == 0b0100, "done and ready are cleared by reading"
        for beat in beats[:2]:
            await tb.beat(**beat)
        assert not await tb.beat(**beats[2], patience=50)
        await tb.write("CONTROL", start=1)
        await tb.write("CONTROL", start=1)  # has no effect while the first has not been used up
        await tb.send(beats[2:])
        await tb.results(2)
        await tb.cycles(20)
        assert len(tb.packets) == 2
    play(dut, test)


def test_start_waits_for_data_and_counts_as_not_idle():
    dut, cfg = core()

    async def test(tb):
        await tb.write("CONTROL", start=1)
        await tb.cycles(20)
        assert await tb.read("CONTROL") == 1
        for _ in range(2):
            await tb.send(beats_of(content(cfg, 1), cfg.bus_bytes)[:2])
            break
        assert await tb.read("CONTROL", field="start") == 1
        await tb.send(beats_of(content(cfg, 1), cfg.bus_bytes)[2:])
        await tb.results(1)
        assert await tb.read("CONTROL", field="start") == 0
    play(dut, test)


def test_start_counts_for_the_clip_that_is_being_taken():
    dut, cfg = core()
    beats = beats_of(content(cfg, 1), cfg.bus_bytes)

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        await tb.send(beats[:3])
        await tb.write("CONTROL", start=1)  # and auto_restart=0
        await tb.send(beats[3:])
        await tb.results(1)
        await tb.cycles(5)
        assert await tb.read("CONTROL") & 0b10000101 == 0b100, "start has been used up"
        for beat in beats[:2]:
            await tb.beat(**beat)
        assert not await tb.beat(**beats[2], patience=50)
    play(dut, test)


def test_threshold_changes_between_clips_only():
    dut, cfg = core()
    clips = [content(cfg, seed) for seed in range(4)]

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        tb.hold = True
        await tb.send(beats_of(clips[0], cfg.bus_bytes))
        beats = beats_of(clips[1], cfg.bus_bytes)
        await tb.send(beats[:3])
        await tb.write("THRESHOLD", **{"raise": 9})
        await tb.send(beats[3:])
        third = beats_of(clips[2], cfg.bus_bytes)
        await tb.send(third[:2])
        assert not await tb.beat(**third[2], patience=60), "two clips of the old threshold are in flight"
        assert await tb.read("THRESHOLD") == 9
        tb.hold = False
        await tb.send(third[2:])
        await tb.send(beats_of(clips[3], cfg.bus_bytes))
        await tb.results(4)
        assert await tb.read("THRESHOLD") == 9 | 9 << 8
    packets = play(dut, test).packets
    assert packets == [of_content(cfg, clip, n, threshold=9 * (n > 1)) for n, clip in enumerate(clips)]


def test_output_held_for_long_and_released():
    dut, cfg = core()
    clips = [content(cfg, seed) for seed in range(12)]

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        tb.hold = True
        sent = [beat for clip in clips for beat in beats_of(clip, cfg.bus_bytes)]
        taken = 0
        while await tb.beat(**sent[taken], patience=400):
            taken += 1
        assert 0 < taken < len(sent) and tb.packets == []
        tb.hold = False
        await tb.send(sent[taken:])
        await tb.results(len(clips))
    assert play(dut, test).packets == [of_content(cfg, clip, n) for n, clip in enumerate(clips)]


def test_not_idle_before_the_last_word_has_left():
    dut, cfg = core()

    async def test(tb):
        for words in range(cfg.classes + 2):  # that have left when the output comes to be held, or one more
            await tb.write("CONTROL", start=1)
            await tb.send(beats_of(content(cfg, words), cfg.bus_bytes))
            while len(tb.words) < words:
                await tb.cycles(1)
            tb.hold = True
            await tb.cycles(30)
            assert words <= len(tb.words) <= words + 1
            assert await tb.read("CONTROL", field="idle") == 0
            tb.hold = False
            await tb.results(words + 1)
            await tb.cycles(2)
            assert await tb.read("CONTROL", field="idle") == 1
    play(dut, test)


def test_no_more_clips_inside_than_there_are_places():
    dut, cfg = core(clips_inside=2)
    clips = [content(cfg, seed) for seed in range(6)]

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        tb.hold = True
        sent = [beat for clip in clips for beat in beats_of(clip, cfg.bus_bytes)]
        taken = 0
        while await tb.beat(**sent[taken], patience=100):
            taken += 1
        assert taken == 2 * len(sent) // 6 + 2  # two clips, and the register slice
        tb.hold = False
        await tb.send(sent[taken:])
        await tb.results(len(clips))
    assert play(dut, test).packets == [of_content(cfg, clip, n) for n, clip in enumerate(clips)]


def test_pins_reset_in_the_middle_of_a_clip():
    dut, cfg = core()
    clip = content(cfg, 1)

    async def test(tb):
        for beats in range(1, 6):
            await tb.write("CONTROL", auto_restart=1)
            await tb.send(beats_of(content(cfg, 2), cfg.bus_bytes))
            await tb.send(beats_of(clip, cfg.bus_bytes)[:beats])
            await tb.reset()
            before = len(tb.packets)
            assert await tb.read("CONTROL") == 0b100
            await tb.write("CONTROL", auto_restart=1)
            await tb.send(beats_of(clip, cfg.bus_bytes))
            await tb.results(before + 1)
            await tb.cycles(30)
            assert tb.packets[before:] == [of_content(cfg, clip, 0)]
            assert await tb.read("ERRORS") == 0
    play(dut, test)


def test_reset_of_one_cycle_at_any_moment_leaves_nothing_behind():
    """Every moment of two clips, the last of whose elements is taken in the very cycle of the reset too."""
    dut, cfg = core()
    clip = content(cfg, 1)
    short = beats_of(content(cfg, 2), cfg.bus_bytes)[:3]
    short[-1]["last"] = 1

    async def test(tb):
        for moment in range(1, 70):
            await tb.write("CONTROL", auto_restart=1)
            tb.offer(short + beats_of(clip, cfg.bus_bytes))
            await tb.cycles(moment)
            await tb.reset(cycles=1)
            before = len(tb.packets)
            names = ("CONTROL", "INTERRUPT_STATUS", "ERRORS", "THRESHOLD", "RESET")
            assert [await tb.read(name) for name in names] == [4, 0, 0, 0, 0], f"after {moment} cycles"
            await tb.write("SNAPSHOT", take=1)
            assert [await tb.read(name) for name in ("CLIPS_IN", "CLIPS_OUT")] == [0, 0]
            await tb.write("CONTROL", auto_restart=1)
            await tb.send(beats_of(clip, cfg.bus_bytes))
            await tb.results(before + 1)
            assert tb.packets[before:] == [of_content(cfg, clip, 0)]
    play(dut, test, timeout=40_000)


@pytest.mark.parametrize("hold", [False, True])
def test_pins_reset_in_the_middle_of_a_result(hold):
    dut, cfg = core()
    clip = content(cfg, 1)

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        await tb.send(beats_of(content(cfg, 2), cfg.bus_bytes))
        while len(tb.words) < 2:
            await tb.cycles(1)
        tb.hold = hold
        await tb.cycles(2)
        await tb.reset()
        tb.hold = False
        await tb.write("CONTROL", auto_restart=1)
        await tb.send(beats_of(clip, cfg.bus_bytes))
        await tb.results(1)
    assert play(dut, test).packets == [of_content(cfg, clip, 0)]


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_soft_reset_in_the_middle_of_a_clip_drops_its_packet(idle, stall):
    dut, cfg = core()
    lost, clip = beats_of(content(cfg, 2), cfg.bus_bytes), content(cfg, 1)

    async def test(tb):
        for beats in (0, 1, 3, 4):
            await tb.write("CONTROL", auto_restart=1)
            await tb.send(lost[:beats])
            await tb.cycles(3 * cfg.bus_bytes)  # both beats of the register slice have gone on
            await tb.write("RESET", core=1)
            assert await tb.read("RESET") == 1
            while await tb.read("RESET"):
                pass
            assert await tb.read("CONTROL") & 0x85 == 0b100, "auto_restart is off"
            await tb.write("CONTROL", auto_restart=1)
            if beats:
                await tb.send(lost[beats:])
            await tb.send(beats_of(clip, cfg.bus_bytes))
            await tb.results(1)
            await tb.cycles(40)
            assert await tb.read("ERRORS") == 0
            assert tb.packets.pop() == of_content(cfg, clip, 0)
            assert not tb.packets
    play(dut, test, idle=idle, stall=stall)


def test_soft_reset_with_the_source_forgets_the_packet():
    dut, cfg = core()
    clip = content(cfg, 1)

    async def test(tb):
        await tb.write("CONTROL", start=1)
        await tb.send(beats_of(content(cfg, 2), cfg.bus_bytes)[:4])  # two of them wait in the register slice
        await tb.write("RESET", core=1, input=1)
        await tb.cycles(20)
        await tb.write("CONTROL", auto_restart=1)
        await tb.send(beats_of(clip, cfg.bus_bytes))
        await tb.results(1)
    assert play(dut, test).packets == [of_content(cfg, clip, 0)]


@pytest.mark.parametrize("hold", [False, True])
def test_soft_reset_in_the_middle_of_a_result_fills_it_up(hold):
    dut, cfg = core()
    old, clip = content(cfg, 2), content(cfg, 1)
    seen = set()

    async def test(tb):
        for words in (1, 2, 4, 5, 6):
            whole = of_content(cfg, old, int(words > 1))
            await tb.write("CONTROL", auto_restart=1)
            tb.hold = True
            await tb.send(beats_of(old, cfg.bus_bytes))
            await tb.cycles(30)
            while len(tb.words) < words:
                tb.hold = False
                await tb.cycles(1)
                tb.hold = True
                await tb.cycles(1)
            tb.hold = hold
            await tb.write("RESET", core=1)
            await tb.cycles(30)
            tb.hold = False
            await tb.results(1)
            await tb.write("CONTROL", auto_restart=1)
            await tb.send(beats_of(clip, cfg.bus_bytes))
            await tb.results(2)
            first, second = tb.packets
            tb.packets.clear()
            assert len(first) == len(whole)
            assert second == of_content(cfg, clip, 0)
            errors = await tb.read("ERRORS")
            await tb.write("ERRORS", aborted=1)
            seen.add(errors)
            if first == whole:
                assert errors == 0
                continue
            assert first[-1] == errors == FLAG["aborted"]
            same = next(n for n, (a, b) in enumerate(zip(first, whole)) if a != b)
            assert same >= words and not any(first[same:-1])
            assert await tb.read("CONTROL", field="idle") == 1
            await tb.write("SNAPSHOT", take=1)
            assert await tb.read("CLIPS_OUT") == 1, "a cut result is none"
    play(dut, test)
    assert FLAG["aborted"] in seen or not hold


def test_interrupts():
    dut, cfg = core()
    clip = content(cfg, 1)

    async def test(tb):
        def irq():
            return tb.ctx.get(dut.irq)
        await tb.write("CONTROL", auto_restart=1)
        await tb.send(beats_of(clip, cfg.bus_bytes))
        await tb.results(1)
        await tb.cycles(3)
        assert await tb.read("INTERRUPT_STATUS") == 0b011
        await tb.write("INTERRUPT_ENABLE", done=1)
        await tb.cycles(3)
        assert not irq(), "the gate is shut"
        await tb.write("INTERRUPT_GLOBAL", enable=1)
        await tb.cycles(3)
        assert irq()
        await tb.write("INTERRUPT_STATUS", ready=1)
        assert irq() and await tb.read("INTERRUPT_STATUS") == 0b001
        await tb.write("INTERRUPT_STATUS", done=1)
        await tb.cycles(3)
        assert not irq() and await tb.read("INTERRUPT_STATUS") == 0
        await tb.send(beats_of(clip, cfg.bus_bytes))
        await tb.results(2)
        await tb.cycles(3)
        assert irq()
    play(dut, test)


# Slow from the fourth on: more of the same kind of luck, as make test-all has the time for.
@pytest.mark.parametrize("seed", [pytest.param(n, marks=[pytest.mark.slow] if n > 1 else []) for n in range(8)])
def test_whatever_happens_no_hang_and_no_wrong_result_without_a_flag(seed):
    """Rounds of odd packets, pauses and held results, each cut by one of the resets or by none."""
    dut, cfg = core(8 << seed % 3, frames=1)
    size, rng = cfg.bus_bytes, random.Random(seed)
    kinds = []

    def packet():
        count = max(1, rng.choice([-(-cfg.clip_bytes // size)] * 4 + [1, rng.randrange(1, 20)]))
        if rng.random() < 0.6:
            return beats_of(rng.randbytes(cfg.clip_bytes), size)
        beats = [{"data": rng.getrandbits(8 * size), "last": 0,
                  "keep": rng.choice([(1 << size) - 1, rng.getrandbits(size)])} for _ in range(count)]
        beats[-1]["last"] = 1
        return beats

    def results_of(packets, number):
        return [of_packet(cfg, one, number + place) for place, one in enumerate(packets)]

    def is_start_of(words, whole):
        """A cut result: words of the whole one, then zeros."""
        return any(words[:-1] == whole[:place] + [0] * (len(whole) - place - 1) for place in range(len(whole)))

    async def quiet(tb):
        """Until nothing has moved for longer than a clip and a result take."""
        tb.hold = False
        seen, calm = None, 0
        while calm < 80:
            await tb.cycles(1)
            now = len(tb.packets), len(tb.words)
            seen, calm = now, calm + 1 if now == seen else 0

    async def test(tb):
        left = [[]]  # packets from before the last reset that may still become clips: one of these lists
        number = 0
        for _ in range(12):
            await tb.write("CONTROL", auto_restart=1)
            sent, part, whole = [packet() for _ in range(rng.randrange(4))], [], packet()
            for one in sent:
                await tb.send(one)
            kind = rng.choice(["none", "pins", "soft", "source"])
            kinds.append(kind)
            if kind != "none":
                part = whole[:rng.randrange(len(whole))]
                await tb.send(part)
                tb.hold = rng.random() < 0.5
                await tb.cycles(rng.randrange(1, 30))
            begun = sum(size for _ in part) >= cfg.clip_bytes
            wanted = [results_of([*first, *sent, *[whole] * begun], number) for first in left]
            if kind == "pins":
                await tb.reset(rng.randrange(1, 4))
            elif kind != "none":
                await tb.write("RESET", core=1, input=int(kind == "source"))
            await quiet(tb)
            cut = [words for words in tb.packets if words[-1] == FLAG["aborted"]]
            whole_results = [words for words in tb.packets if words[-1] != FLAG["aborted"]]
            assert len(cut) <= (kind in ("soft", "source")) and cut == tb.packets[len(whole_results):]
            fitting = [results for results in wanted if results[:len(whole_results)] == whole_results]
            assert fitting
            if kind == "none":
                assert whole_results in wanted, "every packet has its result"
            if cut:
                assert any(len(whole_results) < len(results) and is_start_of(cut[0], results[len(whole_results)])
                           for results in fitting)
            tb.packets.clear()
            number, left = number + len(whole_results) if kind == "none" else 0, [[]]
            if kind == "soft":
                await tb.write("CONTROL", auto_restart=1)
                # The rest of a packet that had begun is dropped; what had not begun, two beats at most, is a clip.
                await tb.send(whole[len(part):])
                behind = [*sent, whole] if part else sent
                beats = 0
                for place in range(len(behind) - 1, -1, -1):
                    beats += len(part) if behind[place] is whole else len(behind[place])
                    if beats <= 2:
                        left.append(behind[place:])
                if not part:
                    left = [[*first, whole] for first in left]
    tb = CoreTestbench(dut, seed=seed, idle=0.2, stall=0.3, timeout=60_000)
    tb.run(test)
    assert len(set(kinds)) >= 3


def test_identity_and_shape():
    dut, cfg = core(128)

    async def test(tb):
        assert await tb.read("MAGIC") == MAGIC
        assert await tb.read("VERSION", field="abi") == ABI
        assert await tb.read("HASH_HIGH") == 0x01234567 and await tb.read("HASH_LOW") == 0x89abcdef
        shape = [await tb.read(name, field=field) for name, field in (
            ("SHAPE_1", "persons"), ("SHAPE_0", "frames"), ("SHAPE_0", "joints"), ("SHAPE_1", "channels"),
            ("NETWORK", "classes"), ("NETWORK", "blocks"), ("NETWORK", "bus_bytes"))]
        assert shape == [1, 2, 3, 3, 4, 2, 16]
        assert await tb.read("CLIP_BYTES") == cfg.clip_bytes
        await tb.write("MAGIC", value=0)
        assert await tb.read("MAGIC") == MAGIC
    play(dut, test)


def test_addresses_that_are_odd_or_have_no_register():
    dut, cfg = core()
    known = {entry.address(index) for entry in REGISTERS for index in range(cfg.blocks if entry.count > 1 else 1)}
    unknown = sorted(set(range(0, 1 << ADDRESS_BITS, 4)) - known)

    async def test(tb):
        async def state():
            return [await lite_read(tb.ctx, dut, address) for address in sorted(known)]
        await tb.write("INTERRUPT_ENABLE", done=1, error=1)
        before = await state()
        for low in range(1, 4):
            assert await lite_read(tb.ctx, dut, 0x10 + low) == MAGIC, "the lowest two bits do not count"
            await lite_write(tb.ctx, dut, 0x08 + low, low)
            assert await tb.read("INTERRUPT_ENABLE") == low
        await tb.write("INTERRUPT_ENABLE", done=1, error=1)
        for address in (*unknown[:40], *random.Random(1).sample(unknown, 40), unknown[-1]):
            await lite_write(tb.ctx, dut, address, 0xffffffff)
            assert await lite_read(tb.ctx, dut, address) == 0, hex(address)
        await lite_write(tb.ctx, dut, 0x00, 0xffffffff, strobe=0)
        assert await state() == before, "nothing has changed"
    play(dut, test)


@pytest.mark.parametrize("seed", range(3))
def test_both_sides_of_the_control_bus_at_once_while_clips_pass(seed):
    """A read sees the value before or after a write, whole; clips do not notice."""
    dut, cfg = core()
    clips = [content(cfg, n) for n in range(6)]
    rng = random.Random(seed)

    async def reader(ctx):
        while not ctx.get(dut.aresetn):
            await ctx.tick()
        for _ in range(60):
            address = rng.choice([0x04, 0x08])
            seen.append((address, await lite_read(ctx, dut, address, gap=rng.randrange(3))))

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        tb.offer([beat for clip in clips for beat in beats_of(clip, cfg.bus_bytes)])
        for number in range(40):
            await lite_write(tb.ctx, dut, (0x04, 0x08)[number % 2], (1, 7)[number % 2] * (number % 4 < 2),
                             gap=tuple(rng.randrange(3) for _ in range(3)))
        await tb.results(len(clips))
        while len(seen) < 60:
            await tb.cycles(1)
    seen = []
    tb = CoreTestbench(dut, seed=seed, stall=0.3)
    tb.run(test, reader)
    assert tb.packets == [of_content(cfg, clip, number) for number, clip in enumerate(clips)]
    assert {value for address, value in seen if address == 0x04} == {0, 1}
    assert {value for address, value in seen if address == 0x08} == {0, 7}


def test_counters_are_of_one_moment():
    dut, cfg = core()

    async def test(tb):
        async def shown():
            cycles = await tb.read("CYCLES_LOW")
            blocks = [[await tb.read(f"BLOCK_{name}", index) for name in ("BUSY", "STARVED", "BLOCKED")]
                      for index in range(cfg.blocks)]
            return cycles, blocks
        assert (await shown())[0] == 0, "nothing before the first snapshot"
        await tb.write("CONTROL", auto_restart=1)
        for seed in range(3):
            await tb.send(beats_of(content(cfg, seed), cfg.bus_bytes))
        await tb.send(beats_of(b"\x7f" * cfg.clip_bytes, cfg.bus_bytes))
        await tb.results(4)
        await tb.write("SNAPSHOT", take=1)
        first, blocks = await shown()
        assert first > 0 and await tb.read("CYCLES_HIGH") == 0
        assert [sum(block) for block in blocks] == [first, first]
        assert all(count > 0 for block in blocks for count in block[:2])
        assert (await shown()) == (first, blocks), "stands still until the next snapshot"
        assert [await tb.read(name) for name in ("CLIPS_IN", "CLIPS_OUT")] == [4, 4]
        assert await tb.read("BLOCK_OVERFLOW") == cfg.clip_bytes // cfg.channels
        assert await tb.read("BLOCK_BUSY", cfg.blocks) == 0, "no such block"
        await tb.write("SNAPSHOT", take=1, clear=1)
        before, blocks = await shown()
        assert [sum(block) for block in blocks] == [before, before]
        await tb.write("SNAPSHOT", take=1, clear=1)
        after, blocks = await shown()
        assert [sum(block) for block in blocks] == [after - before] * 2
        assert await tb.read("BLOCK_OVERFLOW") == cfg.clip_bytes // cfg.channels
        await tb.write("RESET", core=1)
        await tb.cycles(20)
        assert (await shown())[0] == 0
    play(dut, test)


@pytest.mark.parametrize("clear", [0, 1])
def test_snapshots_while_clips_pass(clear):
    dut, cfg = core()
    clips = [content(cfg, n) for n in range(12)]

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        tb.offer([beat for clip in clips for beat in beats_of(clip, cfg.bus_bytes)])
        before, seen = 0, set()
        for _ in range(12):
            await tb.write("SNAPSHOT", take=1, clear=clear)
            cycles = await tb.read("CYCLES_LOW")
            blocks = [[await tb.read(f"BLOCK_{name}", index) for name in ("BUSY", "STARVED", "BLOCKED")]
                      for index in range(cfg.blocks)]
            assert [sum(block) for block in blocks] == [cycles - before] * cfg.blocks
            clips_in, clips_out = [await tb.read(name) for name in ("CLIPS_IN", "CLIPS_OUT")]
            assert clips_out <= clips_in
            seen.add(clips_in)
            before = cycles if clear else 0
        await tb.results(len(clips))
        assert len(seen) > 3, "clips have passed meanwhile"
    play(dut, test, stall=0.3)


def test_cycles_of_a_clip():
    dut, cfg = core(8)

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        begin = tb.now
        await tb.send(beats_of(content(cfg, 1), 1))
        await tb.results(1)
        await tb.write("SNAPSHOT", take=1)
        assert 0 <= tb.times[0] - begin - await tb.read("CLIP_CYCLES") <= 4
    play(dut, test)


# The only everyday test of shell and network together; the tiny network takes half a minute.
@pytest.mark.parametrize("design", [
    random_design(6, name="dot", frames=1, joints=1, classes=2, widths=(4, 8), strides=(1, 2), keep=0.5),
    pytest.param(preset("tiny"), marks=pytest.mark.slow)], ids=lambda design: design.name)
def test_network_gives_golden_scores(design):
    dut = Top.of(design, FOLDING, 64)
    clips = [random_clip(design, 1)]
    clips.append(np.zeros_like(clips[0]))

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        for clip in clips:
            await tb.send(beats_of(clip.tobytes(), 8))
        await tb.results(2)
    packets = play(dut, test, idle=0.2, stall=0.4, timeout=60_000).packets
    for number, (clip, words) in enumerate(zip(clips, packets)):
        found = golden(design, clip)
        assert [signed(word) for word in words[:-3]] == found["logits"].tolist()
        assert words[-3:] == [int(np.argmax(found["logits"])), number, FLAG["overflow"] * bool(found["overflow"])]


def test_bus_width_of_the_tiny_core():
    design = preset("tiny")
    with pytest.raises(ValueError, match="bus_width must be one of 8, 16, 32, 64, 128, 256, 512, not 24"):
        Top.of(design, FOLDING, 24)
