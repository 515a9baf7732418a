"""The C driver on a fake core: what it reads and writes, and every way in which it can fail."""

import ctypes
import os
import re
import shutil
import subprocess
from ctypes import byref, c_uint32

import pytest
from firmware.c_driver import (
    CHECK,
    ERRORS,
    FLAG,
    LIBRARY,
    WARNINGS,
    BlockCounters,
    Bus,
    Core,
    Counters,
    FakeCore,
    build,
    classify,
    code,
    load,
)

from contracts.tree import ROOT
from hypgcn.design.limits import BLOCKS, CLASSES, SHAPE, STREAMS
from hypgcn.design.raw_input import MARKER
from hypgcn.shell.registers import register

CLIP = bytes(range(18))
NOTHING = ctypes.POINTER(ctypes.c_uint32)()


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    if not shutil.which("gcc"):
        pytest.skip("no C compiler: gcc is not on the path")
    return load(build(tmp_path_factory.mktemp("driver")))


def opened(library, fake=None):
    fake, core = fake or FakeCore(), Core()
    assert library.hypgcn_open_core(byref(core), byref(fake.bus), FakeCore.HASH) == 0
    fake.log.clear()
    return core, fake


def offset(name):
    return register(name).offset


def test_every_error_has_its_own_text(library):
    texts = [library.hypgcn_describe_error(number).decode() for number in range(len(ERRORS))]
    assert len(set(texts)) == len(ERRORS)
    assert texts[-1] == library.hypgcn_describe_error(99).decode() == "unknown error"
    assert not any(text.endswith(".") for text in texts)


def test_open_checks_identity_and_hash_before_it_writes(library):
    core, fake = Core(), FakeCore()
    assert library.hypgcn_open_core(byref(core), byref(fake.bus), FakeCore.HASH) == 0
    order = [entry[1] for entry in fake.log if entry[0] in ("read", "write")]
    assert order[:4] == [offset(name) for name in ("MAGIC", "VERSION", "HASH_LOW", "HASH_HIGH")]
    writes = [entry[1:] for entry in fake.log if entry[0] == "value"]
    assert writes == [(offset("RESET"), 3)]
    shape = core.shape
    assert (shape.persons, shape.frames, shape.joints, shape.channels) == (1, 2, 3, 3)
    assert (shape.classes, shape.blocks, shape.bus_bytes, shape.clip_bytes, shape.result_words) == (2, 2, 4, 18, 5)
    assert (core.hash, core.version) == (FakeCore.HASH, 0x000102)


def test_any_design_when_no_hash_is_given(library):
    assert library.hypgcn_open_core(byref(Core()), byref(FakeCore(HASH_LOW=1).bus), 0) == 0


@pytest.mark.parametrize(("words", "error"), [
    ({"MAGIC": 0}, "IDENTITY"), ({"MAGIC": 0xffffffff}, "IDENTITY"), ({"VERSION": 3 << 24}, "ABI"),
    ({"VERSION": 0}, "ABI"),
    ({"HASH_LOW": 1}, "HASH"), ({"HASH_HIGH": 1}, "HASH"), ({"SHAPE_0": 0}, "SHAPE"), ({"SHAPE_1": 1}, "SHAPE"),
    ({"CLIP_BYTES": 17}, "SHAPE"), ({"NETWORK": 2 << 16}, "SHAPE"), ({"NETWORK": 2}, "SHAPE"),
    ({"NETWORK": 65 << 16 | 2}, "SHAPE"), ({"SHAPE_0": 0xffffffff, "SHAPE_1": 0xffffffff}, "SHAPE"),
])
def test_open_refuses_other_cores_untouched(words, error, library):
    fake = FakeCore(**words)
    assert library.hypgcn_open_core(byref(Core()), byref(fake.bus), FakeCore.HASH) == code(error)
    assert not [entry for entry in fake.log if entry[0] == "write"]


def test_limits_hold_the_largest_result(library, tmp_path):
    source = tmp_path / "most.c"
    source.write_text('#include <stdio.h>\n#include "hypgcn.h"\n'
                      'int main(void) { return printf("%u", HYPGCN_MAX_RESULT_WORDS) < 0; }\n', encoding="utf-8")
    subprocess.run([os.environ.get("CC", "gcc"), "-I", str(ROOT / "firmware/c"), str(source), "-o",
                    str(tmp_path / "most")], check=True)
    found = subprocess.run([str(tmp_path / "most")], check=True, capture_output=True, encoding="utf-8").stdout
    assert int(found) == (1 + STREAMS.high) * CLASSES.high + 3


ENSEMBLE = {"VERSION": 2 << 24 | 0x000102, "STREAMS_0": 1 << 8 | 1}
"""Registers of a core of two networks of one block each."""


def test_an_ensemble_is_classified(library):
    """The streams' scores are behind the sums, the trailer behind both."""
    fake = FakeCore(**ENSEMBLE)
    fake.streams = 2
    core, _ = opened(library, fake)
    assert (core.shape.streams, list(core.shape.stream_blocks)) == (2, [1, 1, 0, 0, 0, 0, 0, 0])
    assert core.shape.result_words == 9
    for number in range(2):
        error, result = classify(library, core, CLIP, 9)
        assert error == 0 and result.clip == number
        assert [result.stream_scores[n] for n in range(4)] == [10, 11, 20, 21]
        assert (result.scores[0], result.argmax) == (sum(CLIP), 0)
    assert classify(library, core, CLIP, 8)[0] == code("SIZE")


def test_one_network_has_no_streams(library):
    """Even where the registers that it lacks read as something."""
    core, _ = opened(library, FakeCore(STREAMS_0=1 << 8 | 1))
    error, result = classify(library, core, CLIP)
    assert error == 0 and core.shape.streams == 0 and not result.stream_scores


@pytest.mark.parametrize("streams", [
    {"STREAMS_0": 0}, {"STREAMS_0": 2}, {"STREAMS_0": 1 << 8}, {"STREAMS_0": 1 << 16 | 1}, {"STREAMS_0": 2 << 8 | 1},
    {"STREAMS_0": 1, "STREAMS_1": 1}])
def test_impossible_networks_are_refused(streams, library):
    """No network, one, a gap, other blocks than all together."""
    fake = FakeCore(**{**ENSEMBLE, **streams})
    assert library.hypgcn_open_core(byref(Core()), byref(fake.bus), 0) == code("SHAPE")
    assert not [entry for entry in fake.log if entry[0] == "write"]


@pytest.mark.parametrize("name", ["STREAMS_0", "STREAMS_1"])
def test_open_passes_on_what_the_bus_says_of_networks(name, library):
    fake = FakeCore(**ENSEMBLE)
    fake.fail["read", offset(name)] = "BUS"
    assert library.hypgcn_open_core(byref(Core()), byref(fake.bus), 0) == code("BUS")


@pytest.mark.parametrize("name", ["MAGIC", "VERSION", "HASH_LOW", "HASH_HIGH", "SHAPE_0", "SHAPE_1", "NETWORK",
                                  "CLIP_BYTES", "RESET", "ERRORS"])
def test_open_passes_on_what_the_bus_says(name, library):
    for error in ("BUS", "TIMEOUT"):
        fake = FakeCore()
        fake.fail["read", offset(name)] = error
        assert library.hypgcn_open_core(byref(Core()), byref(fake.bus), 0) == code(error)


def test_open_asks_the_bus_for_its_sizes_before_it_writes(library):
    for error in ("DMA_LENGTH", "BUFFER", "OK"):
        fake, sizes = FakeCore(), []
        fake.bus.check = CHECK(lambda _, *given, error=error, sizes=sizes: sizes.append(given) or code(error))
        assert library.hypgcn_open_core(byref(Core()), byref(fake.bus), 0) == code(error)
        assert sizes == [(18, 20)]
        assert bool([entry for entry in fake.log if entry[0] == "write"]) == (error == "OK")


def test_limits_of_the_header_are_those_of_designs(library):
    """What an application may reserve holds every clip and result, and a core beyond them is refused."""
    text = (ROOT / "firmware/c/hypgcn_registers.h").read_text(encoding="utf-8")
    found = {name: int(value) for name, value in re.findall(r"^#define HYPGCN_MAX_(\w+) +(\d+)u$", text, re.MULTILINE)}
    assert found == {"BLOCKS": BLOCKS.high, "STREAMS": STREAMS.high, "ELEMENT_BYTES": 2,
                     **{name.upper(): limit.high for name, limit in SHAPE.items()}}
    assert f"#define HYPGCN_MISSING                             ({MARKER})\n" in text
    for words in ({"NETWORK": 4 << 24 | 2 << 16 | CLASSES.high + 1},
                  {"SHAPE_0": 64 << 16 | 8192, "SHAPE_1": 16 << 16 | 16, "CLIP_BYTES": 64 * 8192 * 256},
                  # In 32 bits, the product of the shape is 0: half of the clip's bytes must not pass for it.
                  {"SHAPE_0": 0x8000 << 16 | 0x8000, "SHAPE_1": 4 << 16 | 1, "CLIP_BYTES": 1}):
        assert library.hypgcn_open_core(byref(Core()), byref(FakeCore(**words).bus), 0) == code("SHAPE")


def test_errors_are_listed_in_the_docs(library):
    page = (ROOT / "docs/integration.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `HYPGCN_ERROR_(\w+)` \|", page, re.MULTILINE)
    assert listed == list(ERRORS[1:-1])


def test_open_waits_for_the_reset_but_not_for_ever(library):
    fake = FakeCore()
    fake.reset_lasts = 20
    assert library.hypgcn_open_core(byref(Core()), byref(fake.bus), 0) == 0
    fake.reset_lasts = 1 << 40
    assert library.hypgcn_open_core(byref(Core()), byref(fake.bus), 0) == code("TIMEOUT")


def test_open_clears_old_errors(library):
    fake = FakeCore(ERRORS=0x15)
    opened(library, fake)
    assert fake.words[offset("ERRORS")] == 0


def test_missing_arguments(library):
    core, fake = opened(library)
    null, bad = ctypes.POINTER(Core)(), code("ARGUMENT")
    word = c_uint32()
    assert library.hypgcn_open_core(null, byref(fake.bus), 0) == bad
    assert library.hypgcn_open_core(byref(core), ctypes.POINTER(Bus)(), 0) == bad
    for name in ("read32", "write32", "transfer"):
        bus = Bus(None, fake.bus.read32, fake.bus.write32, fake.bus.transfer)
        setattr(bus, name, type(getattr(bus, name))())
        assert library.hypgcn_open_core(byref(core), byref(bus), 0) == bad
    core, fake = opened(library)
    assert library.hypgcn_classify_clip(null, CLIP, 18, NOTHING, 5, None) == bad
    assert library.hypgcn_classify_clip(byref(core), None, 18, NOTHING, 5, None) == bad
    assert library.hypgcn_classify_clip(byref(core), CLIP, 18, NOTHING, 5, None) == bad
    assert library.hypgcn_classify_clip(byref(core), CLIP, 18, (c_uint32 * 5)(), 5, None) == bad
    for name, *arguments in (("reset_core", True), ("wait_idle",), ("set_threshold", 1),
                             ("read_errors", True, byref(word)), ("read_counters", False, byref(Counters())),
                             ("read_block_counters", 0, byref(BlockCounters())),
                             ("enable_interrupts", 1), ("take_interrupts", byref(word))):
        assert getattr(library, f"hypgcn_{name}")(null, *arguments) == bad, name
    assert library.hypgcn_read_counters(byref(core), False, None) == bad
    assert library.hypgcn_read_block_counters(byref(core), 0, None) == bad
    assert library.hypgcn_read_block_counters(byref(core), 2, byref(BlockCounters())) == bad
    assert library.hypgcn_set_threshold(byref(core), 128) == bad
    assert library.hypgcn_enable_interrupts(byref(core), 8) == bad
    assert library.hypgcn_take_interrupts(byref(core), None) == bad
    assert fake.log == []


def test_clips_are_classified(library):
    core, fake = opened(library)
    for number, clip in enumerate((CLIP, bytes([200] * 18), bytes(18))):
        fake.flags = FLAG["overflow"] if number == 1 else 0
        error, result = classify(library, core, clip)
        total = sum(value - 256 * (value > 127) for value in clip)
        assert error == 0
        assert [result.scores[n] for n in range(2)] == [total, -total]
        assert (result.argmax, result.clip, result.flags) == (int(total < 0), number, fake.flags)
    assert [entry for entry in fake.log if entry[0] == "value"] == [("value", offset("CONTROL"), 1)] * 3
    assert fake.timeout_ms == core.timeout_ms > 0


@pytest.mark.parametrize(("clip", "words"), [(CLIP[:-1], 5), (CLIP + b"x", 5), (b"", 5), (CLIP, 4)])
def test_wrong_sizes_touch_nothing(clip, words, library):
    core, fake = opened(library)
    assert classify(library, core, clip, words)[0] == code("SIZE")
    assert fake.log == []


def words_of(*words):
    return b"".join(word.to_bytes(4, "little") for word in words)


@pytest.mark.parametrize("packet", [
    words_of(1, 2, 0, 7, 0), words_of(1, 2, 2, 0, 0), words_of(1, 2, 0, 0, FLAG["aborted"]), words_of(1, 2, 0, 0), b""],
    ids=["other number", "no such class", "aborted", "too short", "empty"])
def test_what_is_not_the_result(packet, library):
    core, fake = opened(library)
    assert classify(library, core, CLIP)[0] == 0
    assert library.hypgcn_reset_core(byref(core), False) == 0
    fake.packets = [packet]
    error, result = classify(library, core, CLIP)
    assert error == 0 and result.scores[0] == sum(CLIP), "after a reset, leftovers are thrown away"
    fake.packets = [packet]
    assert classify(library, core, CLIP)[0] == code("RESULT"), "but not later"


def test_leftovers_are_thrown_away_only_twice(library):
    core, fake = opened(library)
    fake.packets = [b"\0" * 4] * 3
    assert classify(library, core, CLIP)[0] == code("RESULT")


def test_failing_buses(library):
    for what, address in (("write", offset("CONTROL")), ("transfer", None)):
        for error in ("BUS", "TIMEOUT"):
            core, fake = opened(library)
            fake.fail[what, address] = error
            assert classify(library, core, CLIP)[0] == code(error)
    core, fake = opened(library)
    fake.silent = True
    assert classify(library, core, CLIP)[0] == code("TIMEOUT")
    fake.silent, fake.packets = False, []
    assert library.hypgcn_reset_core(byref(core), True) == 0
    assert classify(library, core, CLIP)[0] == 0, "a reset brings it back"
    core, fake = opened(library)
    fake.packets, fake.silent = [b"\0" * 4], False
    fake.fail["transfer", None] = "BUS"
    assert classify(library, core, CLIP)[0] == code("BUS")


def test_reset_says_what_it_resets(library):
    core, fake = opened(library)
    for source_too, value in ((False, 1), (True, 3)):
        assert library.hypgcn_reset_core(byref(core), source_too) == 0
        assert fake.log[-3] == ("value", offset("RESET"), value)
    fake.fail["write", offset("RESET")] = "BUS"
    assert library.hypgcn_reset_core(byref(core), True) == code("BUS")


def test_idle_is_waited_for_but_not_for_ever(library):
    core, fake = opened(library)
    assert library.hypgcn_wait_idle(byref(core)) == 0
    fake.words[offset("CONTROL")] = 0
    core.polls = 7
    fake.log.clear()
    assert library.hypgcn_wait_idle(byref(core)) == code("TIMEOUT")
    assert len(fake.log) == 7
    fake.fail["read", offset("CONTROL")] = "BUS"
    assert library.hypgcn_wait_idle(byref(core)) == code("BUS")


def test_threshold_errors_and_interrupts(library):
    core, fake = opened(library)
    assert library.hypgcn_set_threshold(byref(core), 127) == 0
    assert fake.words[offset("THRESHOLD")] == 127
    flags = c_uint32()
    fake.words[offset("ERRORS")] = 5
    assert library.hypgcn_read_errors(byref(core), False, byref(flags)) == 0
    assert (flags.value, fake.words[offset("ERRORS")]) == (5, 5)
    assert library.hypgcn_read_errors(byref(core), True, byref(flags)) == 0
    assert (flags.value, fake.words[offset("ERRORS")]) == (5, 0)
    assert library.hypgcn_enable_interrupts(byref(core), 5) == 0
    assert (fake.words[offset("INTERRUPT_ENABLE")], fake.words[offset("INTERRUPT_GLOBAL")]) == (5, 1)
    assert library.hypgcn_enable_interrupts(byref(core), 0) == 0
    assert (fake.words[offset("INTERRUPT_ENABLE")], fake.words[offset("INTERRUPT_GLOBAL")]) == (0, 0)
    fake.words[offset("INTERRUPT_STATUS")] = 6
    assert library.hypgcn_take_interrupts(byref(core), byref(flags)) == 0
    assert flags.value == 6 and fake.log[-2] == ("value", offset("INTERRUPT_STATUS"), 6)


def test_counters(library):
    core, fake = opened(library)
    for name, value in (("CYCLES_LOW", 5), ("CYCLES_HIGH", 2), ("CLIPS_IN", 3), ("CLIPS_OUT", 4), ("CLIP_CYCLES", 9)):
        fake.words[offset(name)] = value
    for index, name in enumerate(("BUSY", "STARVED", "BLOCKED", "OVERFLOW")):
        fake.words[register(f"BLOCK_{name}").address(1)] = 10 + index
    counters, block = Counters(), BlockCounters()
    assert library.hypgcn_read_counters(byref(core), True, byref(counters)) == 0
    assert fake.words[offset("SNAPSHOT")] == 3
    assert (counters.cycles, counters.clips_in, counters.clips_out, counters.clip_cycles) == (2 << 32 | 5, 3, 4, 9)
    assert library.hypgcn_read_block_counters(byref(core), 1, byref(block)) == 0
    assert (block.busy, block.starved, block.blocked, block.overflow) == (10, 11, 12, 13)


@pytest.mark.parametrize(("name", "arguments", "accesses"), [
    ("read_counters", (False, Counters()), [
        ("write", "SNAPSHOT"), ("read", "CYCLES_LOW"), ("read", "CYCLES_HIGH"), ("read", "CLIPS_IN"),
        ("read", "CLIPS_OUT"), ("read", "CLIP_CYCLES")]),
    ("read_block_counters", (0, BlockCounters()), [
        ("read", f"BLOCK_{name}") for name in ("BUSY", "STARVED", "BLOCKED", "OVERFLOW")]),
    ("enable_interrupts", (1,), [("write", "INTERRUPT_ENABLE"), ("write", "INTERRUPT_GLOBAL")]),
    ("take_interrupts", (c_uint32(),), [("read", "INTERRUPT_STATUS"), ("write", "INTERRUPT_STATUS")]),
    ("read_errors", (True, c_uint32()), [("read", "ERRORS"), ("write", "ERRORS")]),
    ("set_threshold", (1,), [("write", "THRESHOLD")]),
])
def test_every_access_may_fail(name, arguments, accesses, library):
    for what, where in accesses:
        core, fake = opened(library, FakeCore())
        fake.words[offset("ERRORS")] = 1
        fake.fail[what, offset(where)] = "BUS"
        passed = [byref(value) if isinstance(value, (ctypes.Structure, c_uint32)) else value for value in arguments]
        assert getattr(library, f"hypgcn_{name}")(byref(core), *passed) == code("BUS"), (what, where)


def test_no_globals_and_no_allocation(library, tmp_path):
    if not shutil.which("nm"):
        pytest.skip("nm is not on the path")
    for source in LIBRARY:
        target = tmp_path / "one.o"
        subprocess.run(["gcc", *WARNINGS, "-c", str(ROOT / "firmware/c" / source), "-o", str(target)], check=True)
        symbols = subprocess.run(["nm", str(target)], capture_output=True, encoding="utf-8",
                                 check=True).stdout.split("\n")
        kinds = {line.split()[-2]: line.split()[-1] for line in symbols if line}
        assert not {"B", "b", "D", "d", "C"} & set(kinds), f"{source}: {kinds}"
        assert not {"malloc", "calloc", "realloc", "free"} & {line.split()[-1] for line in symbols if line}


def test_makefile_builds_everything(tmp_path):
    if not shutil.which("make") or not shutil.which("gcc"):
        pytest.skip("make or gcc is not on the path")
    subprocess.run(["make", "-s", f"OUT={tmp_path / 'out'}"], cwd=ROOT / "firmware/c", check=True)
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"libhypgcn.a", "libhypgcn.so", "hypgcn-example"}


@pytest.mark.parametrize("compiler", ["aarch64-linux-gnu-gcc", "arm-linux-gnueabihf-gcc"])
def test_cross_compilers_have_nothing_to_say(compiler, tmp_path):
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed (Debian: gcc-{compiler.removesuffix('-gcc')})")
    done = subprocess.run(["make", "-s", "cross", f"CROSS={compiler}", f"OUT={tmp_path}"], cwd=ROOT / "firmware/c",
                          capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == f"{compiler}: clean\n"


@pytest.mark.parametrize("compiler", ["aarch64-linux-gnu-gcc", "arm-linux-gnueabihf-gcc"])
def test_memory_is_in_order_with_the_registers_of_the_dma(compiler, tmp_path):
    """On Arm both waits need an instruction for it: before the DMA is started, and after it is done."""
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed (Debian: gcc-{compiler.removesuffix('-gcc')})")
    target = tmp_path / "axidma.s"
    subprocess.run([compiler, *WARNINGS, "-O2", "-S", str(ROOT / "firmware/c/hypgcn_axidma.c"), "-o", str(target)],
                   check=True)
    body = target.read_text(encoding="utf-8").partition("\nhypgcn_transfer_axidma:\n")[2]
    body = body.partition(".size\thypgcn_transfer_axidma")[0]
    assert body.count("dsb\tsy") + body.count("dsb sy") >= 2


def test_driver_and_bare_metal_back_end_need_no_operating_system(tmp_path):
    if not shutil.which("gcc"):
        pytest.skip("no C compiler: gcc is not on the path")
    for source in ("hypgcn.c", "hypgcn_axidma.c", "hypgcn_mmio.c"):
        text = (ROOT / "firmware/c" / source).read_text(encoding="utf-8")
        assert set(re.findall("#include <(.*)>", text)) <= {"stdatomic.h"}  # of the compiler itself
        subprocess.run(["gcc", *WARNINGS, "-ffreestanding", "-c", str(ROOT / "firmware/c" / source), "-o",
                        str(tmp_path / "one.o")], check=True)


def test_headers_are_c_plus_plus_too(tmp_path):
    if not shutil.which("g++"):
        pytest.skip("no C++ compiler: g++ is not on the path")
    names = ("hypgcn.h", "hypgcn_axidma.h", "hypgcn_uio.h", "hypgcn_xdma.h")
    source = tmp_path / "all.cpp"
    source.write_text("".join(f'#include "{name}"\n' for name in names)
                      + "int main() { return *hypgcn_describe_error(HYPGCN_OK) == 0; }\n", encoding="utf-8")
    subprocess.run(["g++", "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-c", "-I",
                    str(ROOT / "firmware/c"), str(source), "-o", str(tmp_path / "all.o")], check=True)
