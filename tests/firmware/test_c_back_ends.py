"""The back ends of the C driver: the AXI DMA's engine on a model of its registers, UIO on files, XDMA on pipes."""

import ctypes
import os
import shutil
import signal
import threading
import time
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p

import pytest
from firmware.c_driver import Bus, build, code, load

IO_READ = CFUNCTYPE(c_uint32, c_void_p, c_uint32)
IO_WRITE = CFUNCTYPE(None, c_void_p, c_uint32, c_uint32)
CLOCK = CFUNCTYPE(c_uint32, c_void_p)
DONE, IDLE, SLAVE_ERROR = 0x1000, 2, 0x20
MM2S, S2MM, STATUS, LENGTH = 0x00, 0x30, 0x04, 0x28


class Io(Structure):
    _fields_ = [("context", c_void_p), ("read32", IO_READ), ("write32", IO_WRITE), ("milliseconds", CLOCK)]


class XdmaPaths(Structure):
    _fields_ = [("user", c_char_p), ("h2c", c_char_p), ("c2h", c_char_p), ("base", c_uint64)]


class Xdma(Structure):
    _fields_ = [("user", c_int), ("h2c", c_int), ("c2h", c_int), ("base", c_uint64)]


class UioPaths(Structure):
    _fields_ = [(name, c_char_p) for name in ("core", "dma", "buffer", "buffer_phys")] + [("buffer_size", c_size_t)]


class Uio(Structure):
    _fields_ = [("core", c_void_p), ("dma", c_void_p), ("core_file", c_int), ("dma_file", c_int),
                ("buffer_file", c_int), ("buffer", c_void_p), ("buffer_size", c_size_t), ("phys", c_uint64)]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    if not shutil.which("gcc"):
        pytest.skip("no C compiler: gcc is not on the path")
    found = load(build(tmp_path_factory.mktemp("driver")))
    found.hypgcn_transfer_axidma.argtypes = [POINTER(Io), c_uint64, c_size_t, c_uint64, c_size_t, c_uint32,
                                             POINTER(c_size_t)]
    return found


class Dma:
    """Registers of an AXI DMA; a channel that is started is done after some reads of its status."""

    def __init__(self, *, reads=3, status=DONE | IDLE, length=20, reset_reads=2, stuck=()):
        self.reads, self.status, self.length, self.reset_reads, self.stuck = reads, status, length, reset_reads, stuck
        self.words, self.left, self.log, self.time = {}, {}, [], 0
        self.io = Io(None, IO_READ(self._read), IO_WRITE(self._write), CLOCK(self._clock))

    def _clock(self, context):
        self.time += 1
        return self.time & 0xffffffff

    def _read(self, context, offset):
        if offset == MM2S and self.words.get(MM2S) == 4:
            self.reset_reads -= 1
            return 4 if self.reset_reads >= 0 else 0
        if offset in (MM2S + STATUS, S2MM + STATUS):
            channel = offset - STATUS
            if channel not in self.left or channel in self.stuck:
                return 0
            self.left[channel] -= 1
            return self.status if self.left[channel] < 0 else 0
        if offset == S2MM + LENGTH:
            return self.length
        return self.words.get(offset, 0)

    def _write(self, context, offset, value):
        self.log.append((offset, value))
        self.words[offset] = value
        if offset in (MM2S + LENGTH, S2MM + LENGTH):
            self.left[offset - LENGTH] = self.reads

    def transfer(self, library, tx=0x1_2345_6780, tx_size=18, rx=0x8000_0040, rx_size=64, timeout=50):
        received = c_size_t(99)
        error = library.hypgcn_transfer_axidma(byref(self.io), tx, tx_size, rx, rx_size, timeout, byref(received))
        return error, received.value


def test_both_channels_are_started_the_receiver_first(library):
    dma = Dma()
    assert dma.transfer(library) == (0, 20)
    assert dma.log == [(0x30, 1), (0x34, DONE), (0x48, 0x8000_0040), (0x4c, 0), (0x58, 64),
                       (0x00, 1), (0x04, DONE), (0x18, 0x2345_6780), (0x1c, 1), (0x28, 18)]


def test_one_direction(library):
    dma = Dma()
    assert dma.transfer(library, rx_size=0) == (0, 0)
    assert {offset for offset, _ in dma.log} == {0x00, 0x04, 0x18, 0x1c, 0x28}
    dma = Dma()
    assert dma.transfer(library, tx_size=0) == (0, 20)
    assert {offset for offset, _ in dma.log} == {0x30, 0x34, 0x48, 0x4c, 0x58}


@pytest.mark.parametrize("stuck", [MM2S, S2MM])
def test_transfer_that_does_not_end(stuck, library):
    dma = Dma(stuck=(stuck,))
    assert dma.transfer(library) == (code("TIMEOUT"), 0)
    assert dma.log[-1] == (0, 4), "the DMA is reset"
    dma = Dma(stuck=(stuck,))
    dma.time = (1 << 32) - 10
    assert dma.transfer(library) == (code("TIMEOUT"), 0), "the clock may wrap"
    assert 40 < dma.time - ((1 << 32) - 10) < 70


@pytest.mark.parametrize("bit", [0x10, 0x20, 0x40])
def test_errors_of_the_dma(bit, library):
    dma = Dma(status=bit)
    assert dma.transfer(library) == (code("BUS"), 0)
    assert dma.log[-1] == (0, 4)


def test_limits_and_missing_arguments(library):
    received = c_size_t()
    dma = Dma()
    assert dma.transfer(library, tx_size=1 << 26)[0] == code("ARGUMENT")
    assert dma.transfer(library, rx_size=1 << 26)[0] == code("ARGUMENT")
    assert library.hypgcn_transfer_axidma(None, 0, 1, 0, 1, 1, byref(received)) == code("ARGUMENT")
    assert library.hypgcn_transfer_axidma(byref(dma.io), 0, 1, 0, 1, 1, None) == code("ARGUMENT")
    assert library.hypgcn_reset_axidma(None, 1) == code("ARGUMENT")
    assert library.hypgcn_open_axidma(None, None) == code("ARGUMENT")
    assert dma.log == []


def test_reset_that_does_not_end(library):
    assert library.hypgcn_reset_axidma(byref(Dma().io), 10) == 0
    assert library.hypgcn_reset_axidma(byref(Dma(reset_reads=1 << 30).io), 10) == code("TIMEOUT")


class Engine(threading.Thread):
    """A DMA behind a file of registers: what is sent comes back as the result, 4 bytes long."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.stop, self.answer = path, False, True

    def run(self):
        import mmap
        with open(self.path, "r+b") as file, mmap.mmap(file.fileno(), 4096) as page:
            def word(offset, value=None):
                if value is not None:
                    page[offset:offset + 4] = value.to_bytes(4, "little")
                return int.from_bytes(page[offset:offset + 4], "little")
            while not self.stop:
                if word(0) == 4:
                    word(0, 0)
                for channel in (MM2S, S2MM):
                    if word(channel + LENGTH) and self.answer:
                        word(channel + LENGTH, 4 if channel == S2MM else 0)
                        word(channel + STATUS, DONE | IDLE)
                time.sleep(0.001)


@pytest.fixture
def uio_files(tmp_path):
    names = {name: tmp_path / name for name in ("core", "dma", "buffer", "phys")}
    for name in ("core", "dma", "buffer"):
        names[name].write_bytes(bytes(4096))
    names["phys"].write_text("0x0000000070000000\n", encoding="utf-8")
    engine = Engine(names["dma"])
    engine.start()
    yield names, engine
    engine.stop = True
    engine.join()


def uio_paths(names, **changes):
    paths = {"core": names["core"], "dma": names["dma"], "buffer": names["buffer"], "buffer_phys": names["phys"],
             **changes}
    return UioPaths(*(None if path is None else str(path).encode() for path in paths.values()), 4096)


def test_uio(library, uio_files):
    names, engine = uio_files
    device, bus, received = Uio(), Bus(), c_size_t()
    assert library.hypgcn_open_uio(byref(device), byref(uio_paths(names)), byref(bus)) == 0
    assert device.phys == 0x70000000
    assert bus.write32(bus.context, 0x30, 5) == 0
    value = c_uint32()
    assert bus.read32(bus.context, 0x30, ctypes.pointer(value)) == 0
    assert value.value == 5
    assert names["core"].read_bytes()[0x30:0x34] == b"\5\0\0\0"
    clip, words = ctypes.create_string_buffer(b"abcdefgh", 100), ctypes.create_string_buffer(64)
    ctypes.memmove(device.buffer + 128, b"back", 4)
    assert bus.transfer(bus.context, clip, 100, words, 64, 1000, ctypes.pointer(received)) == 0
    assert (received.value, words.raw[:4]) == (4, b"back"), "results lie behind the clip, on a line of their own"
    registers = names["dma"].read_bytes()
    assert int.from_bytes(registers[0x48:0x4c], "little") == 0x70000080
    assert names["buffer"].read_bytes()[:8] == b"abcdefgh"
    assert bus.transfer(bus.context, clip, 5000, words, 64, 10, ctypes.pointer(received)) == code("BUS")
    assert bus.transfer(bus.context, clip, 100, words, 4000, 10, ctypes.pointer(received)) == code("BUS")
    library.hypgcn_close_uio(byref(device))
    assert device.core_file == -1 and not device.core
    library.hypgcn_close_uio(byref(device))


def test_uio_waits_for_an_interrupt_that_is_there(library, uio_files):
    names, _ = uio_files
    device, bus = Uio(), Bus()
    assert library.hypgcn_open_uio(byref(device), byref(uio_paths(names)), byref(bus)) == 0
    assert library.hypgcn_wait_uio_interrupt(byref(device), 10) == 0  # a file can always be read
    library.hypgcn_close_uio(byref(device))
    assert library.hypgcn_wait_uio_interrupt(byref(device), 10) == code("BUS")
    assert library.hypgcn_wait_uio_interrupt(None, 10) == code("ARGUMENT")


@pytest.mark.parametrize("missing", ["core", "dma", "buffer", "buffer_phys"])
def test_uio_without_a_device(missing, library, uio_files, tmp_path):
    names, _ = uio_files
    device, bus = Uio(), Bus()
    paths = uio_paths(names, **{missing: tmp_path / "nothing"})
    assert library.hypgcn_open_uio(byref(device), byref(paths), byref(bus)) == code("BUS")
    assert device.core_file == -1
    assert library.hypgcn_open_uio(byref(device), byref(uio_paths(names, **{missing: None})), byref(bus)) \
        == code("ARGUMENT")


def test_uio_with_a_bad_address_or_a_dead_dma(library, uio_files):
    names, engine = uio_files
    device, bus = Uio(), Bus()
    names["phys"].write_text("none", encoding="utf-8")
    assert library.hypgcn_open_uio(byref(device), byref(uio_paths(names)), byref(bus)) == code("BUS")
    names["phys"].write_text("70000000", encoding="utf-8")
    engine.stop = True
    engine.join()
    assert library.hypgcn_open_uio(byref(device), byref(uio_paths(names)), byref(bus)) == code("TIMEOUT")
    assert library.hypgcn_open_uio(None, None, None) == code("ARGUMENT")


@pytest.fixture
def xdma(library, tmp_path):
    """A device on a file and two pipes, and the far ends of the pipes."""
    (tmp_path / "user").write_bytes(bytes(8192))
    ends = []
    for name in ("h2c", "c2h"):
        os.mkfifo(tmp_path / name)
        ends.append(os.open(tmp_path / name, os.O_RDWR | os.O_NONBLOCK))
    device, bus = Xdma(), Bus()
    paths = XdmaPaths(*(str(tmp_path / name).encode() for name in ("user", "h2c", "c2h")), 4096)
    assert library.hypgcn_open_xdma(byref(device), byref(paths), byref(bus)) == 0
    yield device, bus, ends, tmp_path
    library.hypgcn_close_xdma(byref(device))
    for end in ends:
        os.close(end)


def test_xdma(xdma):
    device, bus, (h2c, c2h), folder = xdma
    assert bus.write32(bus.context, 8, 0x12345678) == 0
    assert (folder / "user").read_bytes()[4104:4108] == b"\x78\x56\x34\x12"
    value, received = c_uint32(), c_size_t()
    assert bus.read32(bus.context, 8, ctypes.pointer(value)) == 0 and value.value == 0x12345678
    os.write(c2h, b"result")
    words = ctypes.create_string_buffer(64)
    assert bus.transfer(bus.context, ctypes.c_char_p(b"clip"), 4, words, 64, 100, ctypes.pointer(received)) == 0
    assert (os.read(h2c, 100), received.value, words.raw[:6]) == (b"clip", 6, b"result")


def test_xdma_timeouts(xdma):
    device, bus, (h2c, c2h), _ = xdma
    words, received = ctypes.create_string_buffer(64), c_size_t()
    assert bus.transfer(bus.context, ctypes.c_char_p(b"clip"), 4, words, 64, 30, ctypes.pointer(received)) \
        == code("TIMEOUT")
    fill(h2c)
    assert bus.transfer(bus.context, ctypes.c_char_p(b"clip"), 4, words, 64, 30, ctypes.pointer(received)) \
        == code("TIMEOUT")


def fill(pipe):
    while True:
        try:
            os.write(pipe, bytes(4096))
        except BlockingIOError:
            return


def test_xdma_timeout_is_of_the_whole_transfer(xdma):
    """What sending has used up is not there for receiving: a result within the time of receiving alone is late."""
    device, bus, (h2c, c2h), _ = xdma
    words, received = ctypes.create_string_buffer(64), c_size_t()
    fill(h2c)
    drain = threading.Timer(0.6, os.read, (h2c, 1 << 16))
    result = threading.Timer(1.4, os.write, (c2h, b"result"))
    drain.start()
    result.start()
    error = bus.transfer(bus.context, ctypes.c_char_p(b"clip"), 4, words, 64, 1000, ctypes.pointer(received))
    result.cancel()
    drain.join()
    result.join()
    assert error == code("TIMEOUT")


def test_signals_do_not_end_a_wait(xdma):
    device, bus, (_, c2h), _ = xdma
    words, received = ctypes.create_string_buffer(64), c_size_t()
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    answer = threading.Timer(0.5, os.write, (c2h, b"result"))
    answer.start()
    try:
        error = bus.transfer(bus.context, None, 0, words, 64, 10_000, ctypes.pointer(received))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        answer.join()
    assert (error, received.value) == (0, 6)


def test_xdma_failures(xdma, library):
    device, bus, _, folder = xdma
    value, received = c_uint32(), c_size_t()
    os.truncate(folder / "user", 0)
    assert bus.read32(bus.context, 8, ctypes.pointer(value)) == code("BUS")
    words = ctypes.create_string_buffer(64)
    library.hypgcn_close_xdma(byref(device))
    assert (device.user, device.h2c, device.c2h) == (-1, -1, -1)
    library.hypgcn_close_xdma(byref(device))
    library.hypgcn_close_xdma(None)
    assert bus.write32(bus.context, 8, 1) == code("BUS")
    assert bus.transfer(bus.context, None, 0, words, 64, 10, ctypes.pointer(received)) != 0
    assert bus.transfer(bus.context, ctypes.c_char_p(b"clip"), 4, words, 64, 10, ctypes.pointer(received)) != 0


@pytest.mark.parametrize("missing", ["user", "h2c", "c2h"])
def test_xdma_without_a_device(missing, library, tmp_path):
    for name in {"user", "h2c", "c2h"} - {missing}:
        (tmp_path / name).write_bytes(b"")
    device, bus = Xdma(), Bus()
    names = {name: str(tmp_path / name).encode() for name in ("user", "h2c", "c2h")}
    assert library.hypgcn_open_xdma(byref(device), byref(XdmaPaths(**names)), byref(bus)) == code("BUS")
    assert (device.user, device.h2c, device.c2h) == (-1, -1, -1)
    assert library.hypgcn_open_xdma(byref(device), byref(XdmaPaths(**{**names, missing: None})), byref(bus)) \
        == code("ARGUMENT")
    assert library.hypgcn_open_xdma(None, None, None) == code("ARGUMENT")
