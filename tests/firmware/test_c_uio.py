"""The C driver's UIO back end: core and DMA as models, behind device memory that refuses unaligned accesses."""

import ctypes
import errno
import mmap
import os
import shutil
import subprocess
from ctypes import byref, c_size_t, c_uint32

import pytest
from firmware.axidma_model import MM2S, S2MM, STATUS, AxiDma, Memory
from firmware.c_driver import SOURCES, WARNINGS, Bus, Core, FakeCore, classify, code, load
from firmware.devices import Devices, Uio, UioPaths, build_modelled, declare

PHYS, SIZE = 0x7000_0000, 65536
CLIP = bytes(range(18))


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return declare(load(build_modelled(tmp_path_factory.mktemp("modelled"))))


class Board:
    """Files of a core with 10 classes (results of 52 bytes), a DMA and a buffer, and the models behind them."""

    def __init__(self, library, folder, *, phys=PHYS, words=None, **built):
        self.library, self.folder = library, folder
        for name, size in (("core", 4096), ("dma", 4096), ("buffer", SIZE)):
            (folder / name).write_bytes(bytes(size))
        (folder / "phys_addr").write_text(f"0x{phys:016x}\n", encoding="utf-8")
        self.file = os.open(folder / "buffer", os.O_RDWR)
        self.core = FakeCore(NETWORK=4 << 24 | 2 << 16 | 10, **words or {})
        self.memory = Memory(phys, mmap.mmap(self.file, SIZE))
        self.dma = AxiDma(self.memory, self.core.answer, **built)
        self.devices = Devices(library)
        self.devices.registers(self.core, self.dma)
        self.device, self.bus = Uio(), Bus()

    def paths(self, size=SIZE, address_bits=0, max_bytes=0, **changes):
        names = {"core": "core", "dma": "dma", "buffer": "buffer", "buffer_phys": "phys_addr", **changes}
        return UioPaths(*(None if name is None else str(self.folder / name).encode() for name in names.values()), size,
                        address_bits, max_bytes)

    def open(self, **options):
        return self.library.hypgcn_open_uio(byref(self.device), byref(self.paths(**options)), byref(self.bus))

    def close(self):
        self.library.hypgcn_close_uio(byref(self.device))
        self.devices.close()
        self.memory.content.close()
        os.close(self.file)


@pytest.fixture
def board(library, tmp_path):
    made = []

    def make(**options):
        made.append(Board(library, tmp_path, **options))
        return made[-1]
    yield make
    for each in made:
        each.close()


def test_clips_over_device_memory_that_refuses_unaligned_accesses(library, board):
    """Results of 52 bytes: a C library's copy would access them unaligned, which a 64-bit Arm refuses."""
    used, core = board(), Core()
    assert used.open() == 0
    assert library.hypgcn_open_core(byref(core), byref(used.bus), FakeCore.HASH) == 0
    for number, clip in enumerate((CLIP, bytes(18), bytes([250] * 18))):
        error, result = classify(library, core, clip, 13)
        assert (error, result.clip) == (0, number)
        assert result.scores[0] == sum(value - 256 * (value > 127) for value in clip)
    assert used.devices.faults == (0, "")
    word = ctypes.sizeof(ctypes.c_void_p)
    assert used.devices.accesses[2] == 3 * (-(-18 // word) + -(-52 // word)), "whole words of the processor"
    assert used.dma.starts[:2] == [(S2MM, PHYS + 128, 52), (MM2S, PHYS, 18)]


def test_copies_of_a_c_library_would_be_refused(tmp_path):
    """The checker finds what it is for: the same back end with memcpy in place of its two copies."""
    source = tmp_path / "planted.c"
    source.write_text("""#include "hypgcn_mmio.h"
#include <string.h>
void hypgcn_write_device_memory(volatile void *device, const void *source, size_t size)
{
    memcpy((void *)(uintptr_t)device, source, size);
}
void hypgcn_read_device_memory(void *target, const volatile void *device, size_t size)
{
    memcpy(target, (const void *)(uintptr_t)device, size);
}
""", encoding="utf-8")
    planted = declare(load(build_modelled(tmp_path, hypgcn_mmio=source)))
    used, core = Board(planted, tmp_path), Core()
    try:
        assert used.open() == 0
        assert planted.hypgcn_open_core(byref(core), byref(used.bus), 0) == 0
        assert classify(planted, core, CLIP, 13)[0] == 0, "x86 forgives it"
        assert used.devices.faults == (2, "memcpy of 18 bytes at ...000")
    finally:
        used.close()


@pytest.mark.parametrize("compiler", ["gcc", "clang", "aarch64-linux-gnu-gcc", "arm-linux-gnueabihf-gcc"])
def test_copies_call_nothing(compiler, tmp_path):
    """No compiler makes a memcpy or memset of their loops: the object has no undefined symbol."""
    tool = "nm" if compiler == "clang" else compiler.removesuffix("gcc") + "nm"
    if not (shutil.which(compiler) and shutil.which(tool)):
        pytest.skip(f"{compiler} or {tool} is not installed")
    target = tmp_path / "mmio.o"
    for level in ("-O0", "-O1", "-O2", "-O3", "-Os"):
        subprocess.run([compiler, *WARNINGS, level, "-c", str(SOURCES / "hypgcn_mmio.c"), "-o", str(target)],
                       check=True)
        undefined = subprocess.run([tool, "-u", str(target)], capture_output=True, encoding="utf-8", check=True).stdout
        assert undefined == "", level


@pytest.mark.parametrize("size", range(20))
def test_copies_of_every_size(size, library):
    space, back = ctypes.create_string_buffer(b"\xff" * 32, 32), ctypes.create_string_buffer(b"\xee" * 32, 32)
    source = bytes(range(1, 21))
    library.hypgcn_write_device_memory(space, source, c_size_t(size))
    word = ctypes.sizeof(ctypes.c_void_p)
    whole = -(-size // word) * word
    assert space.raw == source[:size] + bytes(whole - size) + b"\xff" * (32 - whole)
    for shift in (0, 1):
        target = ctypes.byref(back, shift)
        library.hypgcn_read_device_memory(target, space, c_size_t(size))
        assert back.raw[shift:shift + size] == source[:size]
        assert back.raw[shift + size:] == b"\xee" * (32 - shift - size)
        ctypes.memset(back, 0xee, 32)


def test_registers_of_the_core(board):
    used = board()
    assert used.open() == 0
    value = c_uint32()
    assert used.bus.write32(used.bus.context, 0x30, 5) == 0
    assert used.bus.read32(used.bus.context, 0x30, ctypes.pointer(value)) == 0
    assert value.value == 5 and used.core.words[0x30] == 5


def test_clip_longer_than_the_length_register_is_found_at_open(library, board):
    """22,500 bytes and a register of 14 bits: nothing is sent, and the core is not reset."""
    shape = {"SHAPE_0": 25 << 16 | 300, "CLIP_BYTES": 22_500}
    used = board(length_bits=14, words=shape)
    assert used.open() == 0
    assert library.hypgcn_open_core(byref(Core()), byref(used.bus), 0) == code("DMA_LENGTH")
    assert b"length register" in library.hypgcn_describe_error(code("DMA_LENGTH"))
    assert not [entry for entry in used.core.log if entry[0] == "write"] and used.dma.starts == []
    used = board(length_bits=15, words=shape)
    assert used.open() == 0
    assert library.hypgcn_open_core(byref(Core()), byref(used.bus), 0) == 0


def test_buffer_above_the_addresses_is_found_at_open(board):
    assert board(phys=0x8_0000_1000, address_bits=32).open() == code("DMA_ADDRESS")
    assert board(phys=0xffff_8000, address_bits=32).open() == code("DMA_ADDRESS"), "its end is"
    assert board(phys=0x8_0000_1000, address_bits=40).open() == 0
    assert board(phys=0x8_0000_1000, address_bits=64).open(address_bits=35) == code("DMA_ADDRESS"), "as stated"


def test_dma_built_otherwise_is_found_at_open(board):
    assert board(scatter_gather=True).open() == code("DMA_SG")
    assert board(channels=(MM2S,)).open() == code("DMA_MISSING")
    assert board(phys=PHYS + 64).open() == code("ALIGNMENT")
    assert board(reset_reads=1 << 60).open() == code("TIMEOUT")
    assert board().open(address_bits=1) == code("ARGUMENT")


def test_buffer_too_small_for_the_core_is_found_at_open(library, board):
    used = board()
    assert used.open(size=128) == 0
    assert library.hypgcn_open_core(byref(Core()), byref(used.bus), 0) == code("BUFFER")
    received = c_size_t()
    assert used.bus.transfer(used.bus.context, CLIP, 18, None, 129, 10, ctypes.pointer(received)) == code("BUFFER")
    assert used.dma.starts == []


@pytest.mark.parametrize(("files", "name"), [
    ({"size": "65536", "sync_mode": "1"}, "OK"), ({"size": "65535"}, "BUFFER"), ({"sync_mode": "0"}, "CACHED"),
    ({"sync_mode": "4"}, "CACHED"), ({"sync_mode": "6"}, "OK"), ({"sync_mode": "0", "dma_coherent": "1"}, "OK"),
    ({"sync_mode": "0", "dma_coherent": "0"}, "CACHED")])
def test_properties_of_the_buffer(files, name, board, tmp_path):
    """A buffer that stays cached in spite of O_SYNC would give an old result."""
    for file, content in files.items():
        (tmp_path / file).write_text(content + "\n", encoding="utf-8")
    assert board().open() == code(name)


def test_failed_transfer_leaves_the_dma_usable(library, board):
    used, core = board(stuck=(MM2S,)), Core()
    assert used.open() == 0
    assert library.hypgcn_open_core(byref(core), byref(used.bus), 0) == 0
    core.timeout_ms = 5
    assert classify(library, core, CLIP, 13)[0] == code("TIMEOUT")
    used.dma.stuck = set()
    assert library.hypgcn_reset_core(byref(core), True) == 0
    assert classify(library, core, CLIP, 13)[0] == 0
    used.dma.error = 0x20
    assert classify(library, core, CLIP, 13)[0] == code("DMA_SLAVE")
    used.dma.error, used.dma.result = 0, None
    assert library.hypgcn_reset_core(byref(core), True) == 0
    assert classify(library, core, CLIP, 13)[0] == 0
    assert used.devices.faults == (0, "")


@pytest.mark.parametrize("missing", ["core", "dma", "buffer", "buffer_phys"])
def test_missing_device(missing, board):
    used = board()
    assert used.open(**{missing: "nothing"}) == code("DEVICE")
    assert used.device.core_file == -1
    assert used.open(**{missing: None}) == code("ARGUMENT")


@pytest.mark.parametrize("text", ["none", "", "0x1ffffffffffffffff"])
def test_address_that_is_none(text, board, tmp_path):
    used = board()
    (tmp_path / "phys_addr").write_text(text, encoding="utf-8")
    assert used.open() == code("DEVICE")


def test_missing_arguments_and_closing_twice(library, board):
    used = board()
    assert library.hypgcn_open_uio(None, None, None) == code("ARGUMENT")
    assert used.open(size=0) == code("ARGUMENT")
    assert used.open() == 0
    library.hypgcn_close_uio(byref(used.device))
    library.hypgcn_close_uio(byref(used.device))
    library.hypgcn_close_uio(None)
    assert used.device.core_file == -1 and not used.device.core


def test_interrupt(library, board):
    used, calls, results = board(), [], {}
    assert used.open() == 0
    assert library.hypgcn_wait_uio_interrupt(byref(used.device), 10) == 0  # a file can always be read

    def call(name, file, data, size, where):
        calls.append((name, size))
        return results.get(name, size)

    used.devices.files(call)
    for function, number, name in (("read", 4, "OK"), ("write", -errno.EIO, "NO_INTERRUPT"),
                                   ("write", -errno.ENOSYS, "NO_INTERRUPT"), ("write", -errno.EBADF, "BUS"),
                                   ("read", -errno.EIO, "BUS")):
        calls.clear()
        results.clear()
        results[function] = number
        assert library.hypgcn_wait_uio_interrupt(byref(used.device), 10) == code(name)
        assert calls[0] == ("write", 4)
    assert library.hypgcn_wait_uio_interrupt(None, 10) == code("ARGUMENT")


def test_status_of_the_model_is_that_of_the_manual(board):
    """PG021, MM2S_DMASR: Halted after a reset, SGIncld with scatter-gather."""
    assert board().dma.read(MM2S + STATUS) & 0xffff == 1
    assert board(scatter_gather=True).dma.read(S2MM + STATUS) & 0xffff == 9
