"""The C driver on emulated device memory and device files (device_memory.c), and ctypes of its back ends."""

import ctypes
import shutil
import subprocess
import sys
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char,
    c_char_p,
    c_int,
    c_long,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
)

import pytest
from firmware.c_driver import LIBRARY, SOURCES, WARNINGS

from contracts.tree import ROOT

IO_READ = CFUNCTYPE(c_uint32, c_void_p, c_uint32)
IO_WRITE = CFUNCTYPE(None, c_void_p, c_uint32, c_uint32)
CLOCK = CFUNCTYPE(c_uint32, c_void_p)
DEVICE_READ = CFUNCTYPE(c_long, c_int, c_size_t)
DEVICE_WRITE = CFUNCTYPE(None, c_int, c_size_t, c_uint32)
DEVICE_CALL = CFUNCTYPE(c_long, c_char_p, c_int, c_void_p, c_size_t, c_long)
SHIM = ROOT / "tests/firmware/device_memory.c"
WRAPPED = ("mmap", "memcpy", "memmove", "memset", "open", "open64", "read", "write", "pread64", "pwrite64", "poll",
           "close")
ANNOUNCED = ["-fsanitize=kernel-address", "--param", "asan-instrumentation-with-call-threshold=0", "--param",
             "asan-globals=0", "--param", "asan-stack=0"]
"""Options by which GCC calls a function before each access, and adds nothing else."""


class Limits(Structure):
    _fields_ = [(name, c_uint32) for name in ("alignment", "address_bits", "max_bytes")]


class Io(Structure):
    _fields_ = [("context", c_void_p), ("read32", IO_READ), ("write32", IO_WRITE), ("milliseconds", CLOCK)]


class XdmaPaths(Structure):
    _fields_ = [("user", c_char_p), ("h2c", c_char_p), ("c2h", c_char_p), ("base", c_uint64)]


class Xdma(Structure):
    _fields_ = [("user", c_int), ("h2c", c_int), ("c2h", c_int), ("base", c_uint64), ("space", c_char * 41024)]


class UioPaths(Structure):
    _fields_ = [(name, c_char_p) for name in ("core", "dma", "buffer", "buffer_phys")] + [
        ("buffer_size", c_size_t), ("address_bits", c_uint32), ("max_bytes", c_uint32)]


class Uio(Structure):
    _fields_ = [("core", c_void_p), ("dma", c_void_p), ("core_file", c_int), ("dma_file", c_int),
                ("buffer_file", c_int), ("buffer", c_void_p), ("buffer_size", c_size_t), ("phys", c_uint64),
                ("limits", Limits)]


def declare(library):
    """Types of the AXI DMA's engine, whose addresses are wider than Python's default."""
    library.hypgcn_transfer_axidma.argtypes = [POINTER(Io), POINTER(Limits), c_uint64, c_size_t, c_uint64, c_size_t,
                                               c_uint32, POINTER(c_size_t)]
    library.hypgcn_check_axidma.argtypes = [POINTER(Limits), c_uint64, c_size_t]
    library.hypgcn_probe_axidma.argtypes = [POINTER(Io), c_uint32, POINTER(Limits)]
    return library


def build_modelled(folder, **planted):
    """Path of the driver as a library on emulated devices; skips where GCC or the linker's --wrap is missing.

    ``planted`` : source in place of one of the library, by its name without ``.c``
    """
    if sys.platform != "linux" or not shutil.which("gcc"):
        pytest.skip("emulated devices need Linux, GCC and the --wrap of its linker")
    path, objects = folder / "libmodelled.so", []
    for name in (*(SOURCES / name for name in LIBRARY), SHIM):
        source = planted.get(name.stem, name)
        objects.append(str(folder / f"{name.stem}.o"))
        announced = [] if source == SHIM else ANNOUNCED
        standard = "-std=gnu11" if source == SHIM else "-std=c11"
        subprocess.run(["gcc", standard, *WARNINGS[1:], "-O1", "-fPIC", *announced, "-c", "-I", str(SOURCES),
                        str(source), "-o", objects[-1]], check=True)
    wrapped = [f"-Wl,--wrap={name}" for name in WRAPPED]
    subprocess.run(["gcc", "-shared", *objects, *wrapped, "-o", str(path)], check=True)
    return path


class Devices:
    """The emulated devices of a loaded library: faults and accesses, and what is behind them."""

    def __init__(self, library):
        self.library, self.kept = library, []
        library.device_forget()

    def registers(self, *models):
        """Models with ``read`` and ``write`` behind the regions that are mapped first."""
        self._set("device_read", DEVICE_READ(lambda region, offset: models[region].read(offset)))
        self._set("device_write", DEVICE_WRITE(lambda region, offset, value: models[region].write(offset, value)))

    def files(self, call):
        """``call`` (function, file, address, size, where) behind all files."""
        self._set("device_call", DEVICE_CALL(lambda name, *arguments: call(name.decode(), *arguments)))

    def _set(self, name, callback):
        self.kept.append(callback)
        c_void_p.in_dll(self.library, name).value = ctypes.cast(callback, c_void_p).value

    def close(self):
        for name in ("device_read", "device_write", "device_call"):
            c_void_p.in_dll(self.library, name).value = None
        self.library.device_forget()

    @property
    def faults(self):
        """Number of refused accesses, and the first."""
        return c_uint32.in_dll(self.library, "device_faults").value, \
            (c_char * 128).in_dll(self.library, "device_first_fault").value.decode()

    @property
    def accesses(self):
        """Announced accesses of the regions."""
        return list((c_uint32 * 3).in_dll(self.library, "device_accesses"))
