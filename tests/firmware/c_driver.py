"""The C driver as a shared library, its structures, and a fake core behind its bus, for tests."""

import ctypes
import os
import re
import subprocess
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    byref,
    c_bool,
    c_char_p,
    c_int,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
    cast,
)

from contracts.tree import ROOT
from hypgcn.shell.registers import ABI, MAGIC, RESULT_FLAGS, register

SOURCES = ROOT / "firmware/c"
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
FLAG = {flag.name: flag.mask for flag in RESULT_FLAGS}
ERRORS = tuple(name for name in re.findall(r"^    HYPGCN_(?:ERROR_)?(\w+)(?: = 0)?,?(?: +/\*.*)?$",
                                           (SOURCES / "hypgcn.h").read_text(encoding="utf-8"), re.MULTILINE))
"""Names of ``enum hypgcn_error``, by number."""
MAX_ACCESSES = 1_000_000
"""After which a fake core reports a failure: a driver that waits for ever fails its test and does not stop it."""
READ = CFUNCTYPE(c_int, c_void_p, c_uint32, POINTER(c_uint32))
WRITE = CFUNCTYPE(c_int, c_void_p, c_uint32, c_uint32)
TRANSFER = CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t, c_void_p, c_size_t, c_uint32, POINTER(c_size_t))
CHECK = CFUNCTYPE(c_int, c_void_p, c_size_t, c_size_t)
LIBRARY = ("hypgcn.c", "hypgcn_axidma.c", "hypgcn_mmio.c", "hypgcn_uio.c", "hypgcn_xdma.c")


def code(name):
    return ERRORS.index(name)


class Bus(Structure):
    _fields_ = [("context", c_void_p), ("read32", READ), ("write32", WRITE), ("transfer", TRANSFER),
                ("check", CHECK)]


class Shape(Structure):
    _fields_ = [(name, c_uint32) for name in ("persons", "frames", "joints", "channels", "classes", "blocks",
                                              "bus_bytes", "clip_bytes", "result_words",
                                              "element_bytes", "streams")] + [("stream_blocks", c_uint32 * 8)]


class Core(Structure):
    _fields_ = [("bus", Bus), ("shape", Shape), ("hash", c_uint64),
                *((name, c_uint32) for name in ("version", "timeout_ms", "polls", "next_clip", "stale"))]


class Result(Structure):
    _fields_ = [("scores", POINTER(ctypes.c_int32)), ("argmax", c_uint32), ("clip", c_uint32), ("flags", c_uint32),
                ("stream_scores", POINTER(ctypes.c_int32))]


class Counters(Structure):
    _fields_ = [("cycles", c_uint64), ("clips_in", c_uint32), ("clips_out", c_uint32), ("clip_cycles", c_uint32)]


class BlockCounters(Structure):
    _fields_ = [(name, c_uint32) for name in ("busy", "starved", "blocked", "overflow")]


def build(folder, *extra):
    """Path of the library, built with all warnings as errors."""
    path = folder / "libhypgcn.so"
    command = [os.environ.get("CC", "gcc"), *WARNINGS, "-O1", "-fPIC", "-shared", *extra,
               *(str(SOURCES / name) for name in LIBRARY), "-o", str(path)]
    subprocess.run(command, check=True)
    return path


def load(path):
    library = ctypes.CDLL(str(path))
    library.hypgcn_describe_error.restype = c_char_p
    library.hypgcn_open_core.argtypes = [POINTER(Core), POINTER(Bus), c_uint64]
    library.hypgcn_reset_core.argtypes = [POINTER(Core), c_bool]
    library.hypgcn_classify_clip.argtypes = [POINTER(Core), c_char_p, c_size_t, POINTER(c_uint32), c_size_t,
                                        POINTER(Result)]
    library.hypgcn_read_errors.argtypes = [POINTER(Core), c_bool, POINTER(c_uint32)]
    library.hypgcn_read_counters.argtypes = [POINTER(Core), c_bool, POINTER(Counters)]
    return library


class FakeCore:
    """A core in Python behind the three functions: the scores are the sum of the clip, its negative, and lower ones.

    ``fail`` : {(what, address or None): error} of the next access of that kind; ``log`` : all accesses
    ``packets`` : results that come before the real ones; ``silent`` : no result comes
    ``streams`` : networks of an ensemble, whose scores are 10, 11, ..., 20, 21, ...
    """

    HASH = 0x0123456789abcdef

    def __init__(self, **words):
        self.words = {
            register("MAGIC").offset: MAGIC, register("VERSION").offset: ABI << 24 | 0x000102,
            register("HASH_LOW").offset: self.HASH & 0xffffffff, register("HASH_HIGH").offset: self.HASH >> 32,
            register("SHAPE_0").offset: 3 << 16 | 2, register("SHAPE_1").offset: 3 << 16 | 1,
            register("NETWORK").offset: 4 << 24 | 2 << 16 | 2, register("CLIP_BYTES").offset: 18,
            register("CONTROL").offset: 4,
            **{register(name).offset: value for name, value in words.items()},
        }
        self.fail, self.log, self.packets = {}, [], []
        self.silent, self.reset_lasts, self.flags, self.number, self.streams = False, 0, 0, 0, 0
        self.bus = Bus(None, READ(self._read), WRITE(self._write), TRANSFER(self._transfer), CHECK())

    def answer(self, clip):
        """Result packet of the bytes of a clip."""
        total = sum(value - 256 * (value > 127) for value in clip)
        classes = self.words[register("NETWORK").offset] & 0xffff
        scores = [total, -total, *(-abs(total) - n for n in range(2, classes))][:classes]
        of_streams = [10 * (stream + 1) + n for stream in range(self.streams) for n in range(classes)]
        words = [*scores, *of_streams, scores.index(max(scores)), self.number, self.flags]
        self.number += 1
        return b"".join((word & 0xffffffff).to_bytes(4, "little") for word in words)

    def read(self, address):
        """Value of a register."""
        value = c_uint32()
        self._read(None, address, ctypes.pointer(value))
        return value.value

    def write(self, address, value):
        """Write a register."""
        self._write(None, address, value)

    def _error(self, what, address=None):
        self.log.append((what, address))
        if len(self.log) > MAX_ACCESSES:
            return code("BUS")
        return code(self.fail.get((what, address), "OK"))

    def _read(self, context, address, value):
        value[0] = self.words.get(address, 0)
        if address == register("RESET").offset:
            value[0] = int(self.reset_lasts > 0)
            self.reset_lasts -= 1
        return self._error("read", address)

    def _write(self, context, address, value):
        self.log.append(("value", address, value))
        if address == register("RESET").offset:
            self.number = 0
        elif address == register("ERRORS").offset:
            self.words[address] &= ~value
        elif address != register("CONTROL").offset:
            self.words[address] = value
        return self._error("write", address)

    def _transfer(self, context, tx, tx_size, rx, rx_size, timeout_ms, received):
        self.timeout_ms = timeout_ms
        if tx_size:
            self.packets.append(self.answer(ctypes.string_at(tx, tx_size)))
        if rx_size and (self.silent or not self.packets):
            return code("TIMEOUT")
        content = self.packets.pop(0) if rx_size else b""
        ctypes.memmove(rx, content, len(content))
        received[0] = len(content)
        return self._error("transfer")


def classify(library, core, clip, words=5):
    """(error, result) of a clip of bytes."""
    result, buffer = Result(), (c_uint32 * words)()
    error = library.hypgcn_classify_clip(byref(core), clip, len(clip), cast(buffer, POINTER(c_uint32)), words,
                                         byref(result))
    result.buffer = buffer  # keeps the words
    return error, result
