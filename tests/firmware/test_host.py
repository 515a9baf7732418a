"""Python host and C driver on a fake core: the same answers, the same errors, each with its text."""

import ctypes
import shutil
from ctypes import byref, c_size_t, c_uint32, c_void_p, cast
from pathlib import Path

import numpy as np
import pytest
from firmware.c_driver import ERRORS, FakeCore, build

import hypgcn_host
from hypgcn.shell.registers import register
from hypgcn_host import (
    AbiError,
    BusError,
    BusTimeout,
    Core,
    CoreError,
    HashError,
    IdentityError,
    ResultError,
    ShapeError,
)
from hypgcn_host.c_driver import CBus, CDriver

CLIP = np.arange(18, dtype=np.int8).reshape(1, 2, 3, 3)
HASH = f"{FakeCore.HASH:016x}"


class PythonBus:
    """A :class:`FakeCore` as the Python host takes it."""

    def __init__(self, fake):
        self.fake = fake

    def check(self, status):
        if status:
            raise {"BUS": BusError, "TIMEOUT": BusTimeout}[ERRORS[status]](ERRORS[status])

    def read32(self, address):
        value = c_uint32()
        self.check(self.fake.bus.read32(None, address, byref(value)))
        return value.value

    def write32(self, address, value):
        self.check(self.fake.bus.write32(None, address, value))

    def transfer(self, data, size, timeout):
        buffer, received = ctypes.create_string_buffer(size + 1), c_size_t()
        content = data or b""
        self.check(self.fake.bus.transfer(None, cast(content, c_void_p), len(content), cast(buffer, c_void_p), size,
                                          round(timeout * 1000), byref(received)))
        return buffer.raw[:received.value]


def c_bus(fake):
    return CBus(**{name: cast(getattr(fake.bus, name), c_void_p).value for name in ("read32", "write32", "transfer")})


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return build(tmp_path_factory.mktemp("driver")) if shutil.which("gcc") else None


@pytest.fixture(params=["python", "c"])
def open_core(request, library):
    """Opens a driver on a fake core."""
    if request.param == "python":
        return lambda fake, hash=HASH, **options: Core.open(PythonBus(fake), hash, **options)
    if library is None:
        pytest.skip("no C compiler: gcc is not on the path")
    return lambda fake, hash=HASH, **options: CDriver(library, c_bus(fake), hash, **options)


def offset(name):
    return register(name).offset


def test_identity(open_core):
    found = open_core(FakeCore()).identity
    assert found.shape == CLIP.shape
    assert (found.hash, found.classes, found.blocks, found.bus_bytes) == (HASH, 2, 2, 4)
    assert found.clip_bytes == 18
    open_core(FakeCore(), None)  # any design


def test_identity_is_checked_before_anything_is_written(open_core):
    fake = FakeCore()
    open_core(fake)
    order = [entry[1] for entry in fake.log if entry[0] in ("read", "write")]
    assert order[:4] == [offset(name) for name in ("MAGIC", "VERSION", "HASH_LOW", "HASH_HIGH")] \
        or order[:4] == [offset(name) for name in ("MAGIC", "VERSION", "HASH_HIGH", "HASH_LOW")]
    first_write = next(index for index, entry in enumerate(fake.log) if entry[0] == "write")
    assert first_write > 6


@pytest.mark.parametrize(("changes", "error", "text"), [
    ({"MAGIC": 1}, IdentityError, "no hypgcn core at this address"),
    ({"VERSION": 0x7f000000}, AbiError, "version"),
    ({"VERSION": 2 << 24, "STREAMS_0": 1 << 8}, ShapeError, "impossible"),
    ({"VERSION": 2 << 24, "STREAMS_0": 2}, ShapeError, "impossible"),
    ({"VERSION": 2 << 24, "STREAMS_0": 2 << 8 | 1}, ShapeError, "impossible"),
    ({"VERSION": 2 << 24, "STREAMS_0": 1, "STREAMS_1": 1}, ShapeError, "impossible"),
    ({"HASH_LOW": 1}, HashError, "made from"),
    ({"SHAPE_0": 0}, ShapeError, "impossible"),
    ({"CLIP_BYTES": 19}, ShapeError, "impossible"), ({"CLIP_BYTES": 37}, ShapeError, "impossible"),
    ({"NETWORK": 2 << 16}, ShapeError, "impossible"),
    ({"NETWORK": 65 << 16 | 2}, ShapeError, "impossible"),
])
def test_another_core_is_refused(open_core, changes, error, text):
    fake = FakeCore(**changes)
    with pytest.raises(error, match=text):
        open_core(fake)
    assert not [entry for entry in fake.log if entry[0] == "write"]


def test_an_ensemble(open_core):
    """Both drivers give the scores of each network beside the sums."""
    fake = FakeCore(VERSION=2 << 24 | 0x000102, STREAMS_0=1 << 8 | 1)
    fake.streams = 2
    core = open_core(fake)
    assert core.identity.stream_blocks == (1, 1) and core.identity.result_bytes == 36
    for number in range(2):
        found = core.classify(CLIP)
        assert found.scores.tolist() == [CLIP.sum(), -CLIP.sum()]
        assert found.streams.tolist() == [[10, 11], [20, 21]]
        assert (found.argmax, found.clip, found.flags) == (0, number, ())


def test_one_network_has_no_streams(open_core):
    core = open_core(FakeCore())
    assert core.identity.stream_blocks == () and core.classify(CLIP).streams.shape[0] == 0


def test_classify(open_core):
    fake = FakeCore()
    core = open_core(fake)
    for number in range(2):
        found = core.classify(CLIP)
        assert found.scores.tolist() == [CLIP.sum(), -CLIP.sum()]
        assert (found.argmax, found.clip, found.flags) == (0, number, ())
    assert core.classify(-CLIP).argmax == 1
    fake.flags = 0x9
    assert core.classify(CLIP).flags == ("short", "overflow")


def test_timeout_reaches_the_bus(open_core):
    fake = FakeCore()
    open_core(fake, timeout=0.25).classify(CLIP)
    assert fake.timeout_ms == 250


def test_results_from_before_the_reset_are_passed_over(open_core):
    fake = FakeCore()
    core = open_core(fake)
    aborted = bytes(16) + (0x20).to_bytes(4, "little")
    fake.packets = [b"\1\2\3\4", aborted]
    assert core.classify(CLIP).scores.tolist() == [CLIP.sum(), -CLIP.sum()]
    fake.packets = [b"\1\2\3\4"]  # without a reset none may come
    with pytest.raises(ResultError, match="not the result of"):
        core.classify(CLIP)


def test_no_more_than_two_packets_are_passed_over(open_core):
    for count in (2, 3):
        fake = FakeCore()
        core = open_core(fake)
        fake.packets = [b"\1\2\3\4"] * count
        if count == 2:
            assert core.classify(CLIP).argmax == 0
        else:
            with pytest.raises(ResultError):
                core.classify(CLIP)


@pytest.mark.parametrize("words", [(1, 2, 0, 9, 0), (1, 2, 2, 1, 0), (1, 2, 0, 1, 0x20), (1, 2, 0, 1)])
def test_result_of_something_else(open_core, words):
    """Another clip's number, an impossible class, a result that was cut off, one that is too short."""
    fake = FakeCore()
    core = open_core(fake)
    core.classify(CLIP)
    fake.packets = [b"".join(word.to_bytes(4, "little") for word in words)]
    with pytest.raises(ResultError):
        core.classify(CLIP)


def test_a_reset_starts_the_numbers_again(open_core):
    core = open_core(FakeCore())
    core.classify(CLIP)
    core.reset(source_too=True)
    assert core.classify(CLIP).clip == 0


def test_reset_says_what_it_resets(open_core):
    fake = FakeCore()
    core = open_core(fake)
    for source_too, bits in ((False, 1), (True, 3)):
        fake.log.clear()
        core.reset(source_too=source_too)
        assert ("value", offset("RESET"), bits) in fake.log


def test_no_result_is_a_timeout(open_core):
    fake = FakeCore()
    core = open_core(fake)
    fake.silent = True
    with pytest.raises(BusTimeout):
        core.classify(CLIP)


def test_next_clip_after_a_failure(open_core):
    """It resets the core first, so that no rest of an earlier clip is taken for its own; counters start from 0."""
    fake = FakeCore()
    core = open_core(fake)
    core.classify(CLIP)
    fake.fail["transfer", None] = "BUS"
    with pytest.raises(BusError):
        core.classify(CLIP)
    fake.fail.clear()
    fake.log.clear()
    assert core.classify(CLIP).clip == 0
    assert ("value", offset("RESET"), 3) in fake.log
    fake.log.clear()
    assert core.classify(CLIP).clip == 1
    assert ("value", offset("RESET"), 3) not in fake.log


def test_next_clip_after_an_interruption():
    def interrupted(*_):
        raise KeyboardInterrupt

    fake = FakeCore()
    bus = PythonBus(fake)
    core = Core.open(bus, HASH)
    transfer, bus.transfer = bus.transfer, interrupted
    with pytest.raises(KeyboardInterrupt):
        core.classify(CLIP)
    bus.transfer = transfer
    assert core.classify(CLIP).clip == 0


def test_packets_that_the_bus_cannot_transfer():
    """They are found when the core is opened, and nothing has been written then."""
    fake = FakeCore()
    bus = PythonBus(fake)

    def check_sizes(sent, received):
        assert (sent, received) == (18, 20)
        raise BusError("too large")

    bus.check_sizes = check_sizes
    with pytest.raises(BusError, match="too large"):
        Core.open(bus, HASH)
    assert not [entry for entry in fake.log if entry[0] == "write"]


@pytest.mark.parametrize("name", ["none.so", "test_host.py"])
def test_library_that_is_not_the_c_driver(name):
    with pytest.raises(CoreError, match=f"{name} is not the C driver, which make -C .*firmware/c builds"):
        CDriver(Path(__file__).parent / name, CBus())


def test_a_reset_that_does_not_end_is_a_timeout(open_core):
    fake = FakeCore()
    core = open_core(fake, timeout=0.05)
    fake.reset_lasts = 10 ** 9
    with pytest.raises(BusTimeout):
        core.reset()


@pytest.mark.parametrize("access", [("read", offset("MAGIC")), ("read", offset("NETWORK")), ("write", offset("RESET"))])
@pytest.mark.parametrize(("name", "error"), [("BUS", BusError), ("TIMEOUT", BusTimeout)])
def test_failures_of_the_bus(open_core, access, name, error):
    fake = FakeCore()
    fake.fail[access] = name
    with pytest.raises(error):
        open_core(fake)


def test_counters(open_core):
    fake = FakeCore(CYCLES_LOW=5, CYCLES_HIGH=1, CLIPS_IN=3, CLIPS_OUT=2, CLIP_CYCLES=77)
    fake.words[register("BLOCK_STARVED").address(1)] = 9
    core = open_core(fake)
    fake.log.clear()
    found = core.counters(clear=True)
    assert (found.cycles, found.clips_in, found.clips_out, found.clip_cycles) == (2 ** 32 + 5, 3, 2, 77)
    assert [block.starved for block in found.blocks] == [0, 9]
    assert fake.log[0] == ("value", offset("SNAPSHOT"), 3)
    core.counters()
    assert ("value", offset("SNAPSHOT"), 1) in fake.log


def test_errors_interrupts_and_threshold(open_core):
    fake = FakeCore()
    core = open_core(fake)
    fake.words[offset("ERRORS")] = 0xA
    assert core.errors() == ("late", "overflow")
    assert core.errors(clear=True) == ("late", "overflow")
    assert core.errors() == ()
    core.enable_interrupts("done", "error")
    assert (fake.words[offset("INTERRUPT_ENABLE")], fake.words[offset("INTERRUPT_GLOBAL")]) == (5, 1)
    core.enable_interrupts()
    assert (fake.words[offset("INTERRUPT_ENABLE")], fake.words[offset("INTERRUPT_GLOBAL")]) == (0, 0)
    fake.words[offset("INTERRUPT_STATUS")] = 5
    assert core.take_interrupts() == ("done", "error")
    core.set_threshold(127)
    assert fake.words[offset("THRESHOLD")] == 127
    core.wait_idle()
    for bad in (-1, 128):
        with pytest.raises(ValueError):
            core.set_threshold(bad)
    with pytest.raises(ValueError, match="events must be of done, ready, error, not late"):
        core.enable_interrupts("late")


def test_raw_joints(open_core):
    """CLIP_BYTES says of how many bytes an element is; a clip is sent lower byte first."""
    core = open_core(FakeCore(CLIP_BYTES=36))
    assert (core.identity.element_bytes, core.identity.clip_bytes, core.identity.dtype) == (2, 36, np.int16)
    clip = 300 * CLIP.astype(np.int16)
    total = clip.astype("<i2").view(np.int8).astype(int).sum()
    assert core.classify(clip).scores.tolist() == [total, -total]
    assert core.classify(clip.astype(">i2").astype("<i2")).scores.tolist() == [total, -total]
    with pytest.raises(TypeError, match="clip must be int16, not int8"):
        core.classify(CLIP)
    with pytest.raises(ValueError):
        core.classify(clip[:, :1])
    assert open_core(FakeCore()).identity.dtype == np.int8


def test_bad_arguments(open_core):
    core = open_core(FakeCore())
    with pytest.raises(TypeError, match="clip must be int8, not float64"):
        core.classify(CLIP.astype(float))
    with pytest.raises(ValueError):
        core.classify(CLIP[:, :1])
    with pytest.raises(ValueError, match="timeout must be"):
        open_core(FakeCore(), timeout=0)
    with pytest.raises(ValueError, match="hash must have at least 16 digits, not 'abc'"):
        open_core(FakeCore(), "abc")


def test_every_error_is_a_core_error_with_a_text():
    kinds = [getattr(hypgcn_host, name) for name in hypgcn_host.__all__ if name.endswith(("Error", "Timeout"))]
    assert len(kinds) == 8
    assert all(issubclass(kind, CoreError) and kind.__doc__ for kind in kinds)
