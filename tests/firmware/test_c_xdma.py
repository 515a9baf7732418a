"""The C driver's XDMA back end on a model of AMD's Linux driver, and on pipes where waiting is what is tested."""

import ctypes
import errno
import os
import select
import shutil
import signal
import subprocess
import threading
from ctypes import byref, c_size_t, c_uint32

import pytest
from firmware.c_driver import SOURCES, Bus, Core, FakeCore, build, code, load
from firmware.devices import Devices, Xdma, XdmaPaths, build_modelled
from firmware.xdma_model import C2H, ERESTARTSYS, PAGE, RING, Card

from hypgcn.shell.registers import register

CLIP = bytes(range(18))
RESULT = 52  # bytes, of 10 classes


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return load(build_modelled(tmp_path_factory.mktemp("modelled")))


class Host:
    """The back end on a card with a core of 10 classes."""

    def __init__(self, library, folder, *, words=None, **options):
        self.library, self.fake = library, FakeCore(**{"NETWORK": 4 << 24 | 2 << 16 | 10, **(words or {})})
        self.card = Card(self.fake, base=0x1000, **options)
        for name in ("user", "h2c", "c2h"):
            if not (folder / name).exists():
                os.mkfifo(folder / name)  # no regular file, for stat
        self.devices = Devices(library)
        self.devices.files(self.card.call)
        self.device, self.bus, self.core = Xdma(), Bus(), Core()
        self.paths = XdmaPaths(*(str(folder / name).encode() for name in ("user", "h2c", "c2h")), 0x1000)

    def open(self):
        return self.library.hypgcn_open_xdma(byref(self.device), byref(self.paths), byref(self.bus))

    def open_core(self):
        assert self.open() == 0
        error = self.library.hypgcn_open_core(byref(self.core), byref(self.bus), FakeCore.HASH)
        self.card.calls.clear()
        return error

    def classify(self, clip=CLIP, words=13):
        """Of a clip at a multiple of 64 bytes."""
        self.space = ctypes.create_string_buffer(len(clip) + PAGE)
        start = -(-ctypes.addressof(self.space) // PAGE) * PAGE
        ctypes.memmove(start, clip, len(clip))
        result, buffer = ctypes.create_string_buffer(32), (c_uint32 * words)()
        classify_clip = self.library.hypgcn_classify_clip
        kept, classify_clip.argtypes = classify_clip.argtypes, None
        try:
            error = classify_clip(byref(self.core), ctypes.c_void_p(start), c_size_t(len(clip)), buffer,
                                  c_size_t(words), result)
        finally:
            classify_clip.argtypes = kept
        return error, list(buffer)

    def transfer(self, tx_size=0, rx_size=RESULT):
        words, received = ctypes.create_string_buffer(8192), c_size_t()
        error = self.bus.transfer(self.bus.context, words, tx_size, words, rx_size, 100, ctypes.pointer(received))
        return error, received.value, words.raw


@pytest.fixture
def host(library, tmp_path):
    made = []

    def make(**options):
        made.append(Host(library, tmp_path, **options))
        return made[-1]
    yield make
    for each in made:
        library.hypgcn_close_xdma(byref(each.device))
        each.devices.close()


def test_clips_with_results_that_fill_no_beat(host):
    """Results of 52 bytes are read as 64, into one page, and each read ends with its packet."""
    used = host()
    assert used.open_core() == 0
    for number in range(3):
        error, words = used.classify()
        assert (error, words[0], words[11]) == (0, sum(CLIP), number)
    reads = [(address, size) for name, address, size in used.card.calls if name == "read"]
    assert len(reads) == 3
    assert all(address % PAGE == 0 and size == 64 for address, size in reads)
    assert used.card.flags[C2H] & os.O_TRUNC
    assert used.card.packets == [] and used.card.sent == [(CLIP, False)] * 3


@pytest.mark.parametrize("classes", [1, 13, 1021, 1022, 1024])
def test_results_of_every_size(classes, host):
    """With more than 1021 classes a result is longer than a page."""
    used = host(words={"NETWORK": 4 << 24 | 2 << 16 | classes})
    assert used.open_core() == 0
    for number in range(2):
        error, words = used.classify(words=classes + 3)
        assert (error, words[classes + 1]) == (0, number)


def test_model_without_the_flag_waits_for_the_next_packet(library):
    """What the back end avoids: a buffer over a page boundary, and no end of packet."""
    card = Card(FakeCore())
    card.opened, card.flags, card.packets = {C2H}, {C2H: 0}, [b"first", b"second"]
    space = ctypes.create_string_buffer(3 * PAGE)
    edge = -(-ctypes.addressof(space) // PAGE) * PAGE + PAGE
    assert card.call("read", C2H, edge - 64, 128, 0) == 11, "two packets in one read"
    assert card.call("read", C2H, edge - 32, 64, 0) == card.call("read", C2H, edge, 52, 0) == -errno.EINVAL


@pytest.mark.parametrize("number", [errno.ETIMEDOUT, ERESTARTSYS])
def test_time_outs_of_the_driver(number, host, library):
    """Until 2026 the driver's time-outs came out as an error number that no program should see."""
    used = host(timeout=number)
    assert used.open_core() == 0
    assert used.transfer()[0] == code("TIMEOUT")
    used.card.fail["write"] = -number
    assert used.classify()[0] == code("TIMEOUT")
    used.card.fail.clear()
    assert library.hypgcn_reset_core(byref(used.core), True) == 0
    assert used.classify()[0] == 0


@pytest.mark.parametrize(("function", "result", "name"), [
    ("write", -errno.EINTR, "SIGNAL"), ("read", -errno.EINTR, "SIGNAL"), ("read", -errno.EIO, "BUS"),
    ("write", -errno.EIO, "BUS"), ("read", -errno.EINVAL, "ALIGNMENT"), ("write", -errno.EINVAL, "ALIGNMENT"),
    ("write", 10, "PARTIAL"), ("write", 0, "PARTIAL"), ("read", 0, "PARTIAL"), ("read", -errno.EAGAIN, "TIMEOUT")])
def test_failures_have_a_code_each(function, result, name, host):
    used = host()
    assert used.open_core() == 0
    used.card.fail[function] = result
    assert used.classify()[0] == code(name)
    assert len([entry for entry in used.card.calls if entry[0] == function]) == 1, "nothing is sent twice"


def test_result_of_another_size_is_no_result(host, library):
    used = host()
    assert used.open_core() == 0
    assert used.classify()[0] == 0
    for size in (48, 64):
        used.card.packets = [bytes(size)]
        error, received, _ = used.transfer()
        assert (error, received) == (0, size)
        used.card.packets = [bytes(size)]
        assert used.classify()[0] == code("RESULT")
        used.card.packets.clear()
        assert library.hypgcn_reset_core(byref(used.core), True) == 0
        assert used.classify()[0] == 0


def test_clip_that_begins_within_a_beat(host):
    """The driver's parts between pages would have gaps in TKEEP; the core would flag them."""
    used = host()
    assert used.open_core() == 0
    space, received = ctypes.create_string_buffer(3 * PAGE), c_size_t()
    start = -(-ctypes.addressof(space) // PAGE) * PAGE
    for shift, name in ((0, "OK"), (64, "OK"), (16, "ALIGNMENT"), (1, "ALIGNMENT")):
        assert used.bus.transfer(used.bus.context, start + shift, 5000, None, 0, 100,
                                 ctypes.pointer(received)) == code(name)
    assert [gaps for _, gaps in used.card.sent] == [False, False]


def test_clip_that_wraps_round_the_ring_of_descriptors(host, library):
    """The driver ends a packet there: only a part was sent, and the clip is sent again after a reset."""
    shape = {"SHAPE_0": 25 << 16 | 300, "CLIP_BYTES": 22_500}
    used = host(words=shape, ring_at=RING - 2)
    assert used.open_core() == 0
    clip = bytes(n % 251 for n in range(22_500))
    assert used.classify(clip)[0] == code("PARTIAL")
    assert len(used.card.sent[0][0]) == 2 * PAGE
    assert library.hypgcn_reset_core(byref(used.core), True) == 0
    assert used.classify(clip)[0] == 0


def test_clip_longer_than_a_packet_is_found_at_open(host):
    shape = {"SHAPE_0": 64 << 16 | 4096, "SHAPE_1": 2 << 16 | 16, "CLIP_BYTES": 64 * 4096 * 32}
    used = host(words=shape)
    assert used.open_core() == code("PACKET")
    assert not [entry for entry in used.fake.log if entry[0] == "write"]
    assert used.transfer(rx_size=36_929)[0] == code("BUFFER")


def test_stream_that_is_a_file_keeps_its_contents(host, tmp_path):
    """The device is opened with O_TRUNC: a clip given in its place must survive."""
    (tmp_path / "c2h").write_bytes(CLIP)
    used = host()
    used.devices.close()
    paths = XdmaPaths(*(str(tmp_path / "c2h").encode(),) * 3, 0)
    assert used.library.hypgcn_open_xdma(byref(used.device), byref(paths), byref(used.bus)) == code("DEVICE")
    assert (tmp_path / "c2h").read_bytes() == CLIP


def test_device_that_is_in_use(host):
    used, other = host(), Xdma()
    assert used.open() == 0
    assert used.library.hypgcn_open_xdma(byref(other), byref(used.paths), byref(Bus())) == code("DEVICE")


@pytest.mark.parametrize("missing", ["user", "h2c", "c2h"])
def test_missing_device(missing, host):
    used = host()
    setattr(used.paths, missing, b"/nothing/there")
    assert used.open() == code("DEVICE")
    assert (used.device.user, used.device.h2c, used.device.c2h) == (-1, -1, -1) and used.card.opened == set()
    setattr(used.paths, missing, None)
    assert used.open() == code("ARGUMENT")
    assert used.library.hypgcn_open_xdma(None, None, None) == code("ARGUMENT")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The library as it is built for hosts."""
    if not shutil.which("gcc"):
        pytest.skip("no C compiler: gcc is not on the path")
    return load(build(tmp_path_factory.mktemp("driver")))


@pytest.fixture
def pipes(plain, tmp_path):
    """The back end as it is on a file and two pipes, and the far ends of the pipes."""
    found = plain
    (tmp_path / "user").write_bytes(bytes(8192))
    ends = []
    for name in ("h2c", "c2h"):
        os.mkfifo(tmp_path / name)
        ends.append(os.open(tmp_path / name, os.O_RDWR | os.O_NONBLOCK))
    device, bus = Xdma(), Bus()
    paths = XdmaPaths(*(str(tmp_path / name).encode() for name in ("user", "h2c", "c2h")), 4096)
    assert found.hypgcn_open_xdma(byref(device), byref(paths), byref(bus)) == 0
    space = ctypes.create_string_buffer(256)
    clip = -(-ctypes.addressof(space) // 64) * 64
    words, received = ctypes.create_string_buffer(64), c_size_t()

    def transfer(size, timeout):
        error = bus.transfer(bus.context, clip, size, words, 64, timeout, ctypes.pointer(received))
        return error, received.value
    transfer.words, transfer.space = words, space
    yield found, device, bus, ends, transfer
    found.hypgcn_close_xdma(byref(device))
    for end in ends:
        os.close(end)


def fill(pipe):
    while True:
        try:
            os.write(pipe, bytes(4096))
        except BlockingIOError:
            return


def test_files_and_pipes(pipes, tmp_path):
    found, device, bus, (h2c, c2h), transfer = pipes
    assert bus.write32(bus.context, 8, 0x12345678) == 0
    assert (tmp_path / "user").read_bytes()[4104:4108] == b"\x78\x56\x34\x12"
    value = c_uint32()
    assert bus.read32(bus.context, 8, ctypes.pointer(value)) == 0 and value.value == 0x12345678
    os.write(c2h, b"result")
    assert transfer(4, 100) == (0, 6) and transfer.words.raw[:6] == b"result"
    assert os.read(h2c, 100) == bytes(4)
    os.truncate(tmp_path / "user", 0)
    assert bus.read32(bus.context, 8, ctypes.pointer(value)) == code("BUS")
    found.hypgcn_close_xdma(byref(device))
    found.hypgcn_close_xdma(byref(device))
    found.hypgcn_close_xdma(None)
    assert (device.user, device.h2c, device.c2h) == (-1, -1, -1)
    assert bus.write32(bus.context, 8, 1) == code("BUS")
    assert transfer(0, 10)[0] != 0 and transfer(4, 10)[0] != 0


def test_waits_end_in_time(pipes):
    _, _, _, (h2c, _), transfer = pipes
    assert transfer(4, 30)[0] == code("TIMEOUT")
    fill(h2c)
    assert transfer(4, 30)[0] == code("TIMEOUT")


def test_time_is_that_of_the_whole_transfer(pipes):
    """What sending has used up is not there for receiving: a result within the time of receiving alone is late."""
    _, _, _, (h2c, c2h), transfer = pipes
    fill(h2c)
    drain = threading.Timer(0.6, os.read, (h2c, 1 << 16))
    result = threading.Timer(1.4, os.write, (c2h, b"result"))
    drain.start()
    result.start()
    error, _ = transfer(4, 1000)
    result.cancel()
    drain.join()
    result.join()
    assert error == code("TIMEOUT")


def test_signals_do_not_end_a_wait(pipes):
    _, _, _, (_, c2h), transfer = pipes
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    answer = threading.Timer(0.5, os.write, (c2h, b"result"))
    answer.start()
    try:
        found = transfer(0, 10_000)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        answer.join()
    assert found == (0, 6)


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    if not shutil.which("make") or not shutil.which("gcc"):
        pytest.skip("make or gcc is not on the path")
    out = tmp_path_factory.mktemp("out")
    subprocess.run(["make", "-s", f"OUT={out}"], cwd=SOURCES, check=True)
    assert {path.name for path in out.iterdir()} >= {"libhypgcn.a", "libhypgcn.so", "hypgcn-example"}
    return out / "hypgcn-example"


def end_resets(path, stop):
    """The part of a core that the example waits for: RESET reads 0 soon after it was written."""
    with open(path, "r+b", buffering=0) as file:
        while not stop.wait(0.001):
            file.seek(register("RESET").offset)
            if file.read(4) != bytes(4):
                file.seek(register("RESET").offset)
                file.write(bytes(4))


@pytest.mark.parametrize(("size", "changed", "text"), [
    (18, {}, ": class 0, score 153, flags 0"), (17, {}, "not of the size"), (19, {}, "not of the size"),
    (25 * 4096 * 16, {"SHAPE_0": 25 << 16 | 4096, "SHAPE_1": 16 << 16 | 1, "CLIP_BYTES": 25 * 4096 * 16},
     ": class 1, score")])
def test_example_takes_clips_of_any_design(size, changed, text, example, tmp_path):
    """4096 frames and 16 channels too: it takes the size from the core."""
    fake = FakeCore(**changed)
    (tmp_path / "clip").write_bytes(bytes(n % 18 for n in range(min(size, 18))) + b"\xff" * (size - 18))
    ends = []
    for name in ("h2c", "c2h"):
        os.mkfifo(tmp_path / name)
        ends.append(os.open(tmp_path / name, os.O_RDWR))
    words = bytearray(4096)
    for address, value in fake.words.items():
        words[address:address + 4] = value.to_bytes(4, "little")
    (tmp_path / "user").write_bytes(words)
    core = threading.Thread(target=end_resets, args=(tmp_path / "user", stop := threading.Event()), daemon=True)
    core.start()
    command = [str(example), *(str(tmp_path / name) for name in ("user", "h2c", "c2h")), f"{FakeCore.HASH:x}",
               str(tmp_path / "clip")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    try:
        if "class" in text:
            clip = b""
            while len(clip) < size and select.select(ends[:1], [], [], 10)[0]:
                clip += os.read(ends[0], 1 << 16)
            os.write(ends[1], fake.answer(clip))
        output = process.communicate(timeout=20)[0]
    finally:
        process.kill()
        stop.set()
        core.join()
        for end in ends:
            os.close(end)
    assert text in output
    assert process.returncode == (0 if "class" in text else 1)


@pytest.mark.parametrize("hash", ["xyz", "12g", "", "11112222333344445"])
def test_example_refuses_a_hash_that_is_none(hash, example):
    done = subprocess.run([str(example), "user", "h2c", "c2h", hash, "clip"], capture_output=True, encoding="utf-8")
    assert done.returncode == 1 and "HASH must be" in done.stderr
