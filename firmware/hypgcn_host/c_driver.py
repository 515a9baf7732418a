"""The C driver as a shared library, with the interface of :class:`~hypgcn_host.core.Core`."""

import ctypes
from ctypes import POINTER, Structure, byref, c_bool, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p

import numpy as np

from .answers import BlockCounters, Counters, Identity, Result, flag_names
from .errors import (
    AbiError,
    BusError,
    BusTimeout,
    CoreError,
    HashError,
    IdentityError,
    ResultError,
    ShapeError,
)
from .registers import FIELDS, MAX_STREAMS
from .sources import c_sources

__all__ = ["CBus", "CDriver"]

_ERRORS: dict[int, type[Exception]] = {
    1: ValueError, 2: BusError, 3: BusTimeout, 4: IdentityError, 5: AbiError, 6: HashError, 7: ShapeError,
    8: ValueError, 9: ResultError, **dict.fromkeys(range(10, 25), BusError)}
"""By ``enum hypgcn_error``; from 10 on, of a back end."""


class CBus(Structure):
    """``struct hypgcn_bus``: functions by their addresses, and what they get as their context; ``check`` may be 0."""

    _fields_ = [(name, c_void_p) for name in ("context", "read32", "write32", "transfer", "check")]

    @classmethod
    def simulated(cls, bus) -> "CBus":
        """The functions of a :class:`~hypgcn_host.simulator.SimulatedBus`: from driver to model without Python."""
        functions = {name: ctypes.cast(getattr(bus.library, f"hypgcn_sim_{name}"), c_void_p)
                     for name in ("read32", "write32", "transfer")}
        return cls(context=bus.context, **functions)


class _Shape(Structure):
    _fields_ = [(name, c_uint32) for name in ("persons", "frames", "joints", "channels", "classes", "blocks",
                                              "bus_bytes", "clip_bytes", "result_words",
                                              "element_bytes", "streams")] + [
        ("stream_blocks", c_uint32 * MAX_STREAMS)]


class _Core(Structure):
    _fields_ = [("bus", CBus), ("shape", _Shape), ("hash", c_uint64),
                *((name, c_uint32) for name in ("version", "timeout_ms", "polls", "next_clip", "stale"))]


class _Result(Structure):
    _fields_ = [("scores", POINTER(ctypes.c_int32)), ("argmax", c_uint32), ("clip", c_uint32), ("flags", c_uint32),
                ("stream_scores", POINTER(ctypes.c_int32))]


_TOTALS = ("clips_in", "clips_out", "clip_cycles")
_PER_BLOCK = ("busy", "starved", "blocked", "overflow")


class _Counters(Structure):
    _fields_ = [("cycles", c_uint64), *((name, c_uint32) for name in _TOTALS)]


class _BlockCounters(Structure):
    _fields_ = [(name, c_uint32) for name in _PER_BLOCK]


_ARGUMENTS = {
    "open_core": (POINTER(CBus), c_uint64),
    "classify_clip": (c_char_p, c_size_t, POINTER(c_uint32), c_size_t, POINTER(_Result)),
    "reset_core": (c_bool,),
    "wait_idle": (),
    "set_threshold": (c_uint32,),
    "read_errors": (c_bool, POINTER(c_uint32)),
    "read_counters": (c_bool, POINTER(_Counters)),
    "read_block_counters": (c_uint32, POINTER(_BlockCounters)),
    "enable_interrupts": (c_uint32,),
    "take_interrupts": (POINTER(c_uint32),),
}


class CDriver:
    """One core through ``libhypgcn.so``.

    Parameters
    ----------
    library
        Path of ``libhypgcn.so``, as ``make`` builds it in the folder of :func:`~hypgcn_host.sources.c_sources`.
    bus : CBus
        Its functions must outlive the driver.
    hash : str or None
        At least 16 digits of the design's hash, or ``None`` for any design.
    timeout : float
        Of a clip in seconds, 0.001 or more.
    """

    def __init__(self, library, bus: CBus, hash: str | None = None, *, timeout: float = 1.0):
        if not timeout >= 0.001:
            raise ValueError(f"timeout must be at least 0.001, not {timeout!r}")
        if hash is not None and len(hash) < 16:
            raise ValueError(f"hash must have at least 16 digits, not {hash!r}")
        try:
            self._library = ctypes.CDLL(str(library))
            for name, arguments in _ARGUMENTS.items():
                function = getattr(self._library, f"hypgcn_{name}")
                function.restype, function.argtypes = c_int, [POINTER(_Core), *arguments]
        except (OSError, AttributeError) as error:
            raise CoreError(f"{library} is not the C driver, which make -C {c_sources()} builds: {error}") from error
        self._library.hypgcn_describe_error.restype = c_char_p
        self._core, self._bus = _Core(), bus
        self._interrupted = False  # a clip was begun and its result did not come
        self._call("open_core", byref(bus), int(hash[:16], 16) if hash else 0)
        self.timeout = timeout
        shape, version = self._core.shape, self._core.version
        self.identity = Identity(
            hash=f"{self._core.hash:016x}", version=".".join(str(version >> at & 255) for at in (16, 8, 0)),
            **{name: getattr(shape, name) for name in ("persons", "frames", "joints", "channels", "classes", "blocks",
                                                       "bus_bytes", "element_bytes")},
            stream_blocks=tuple(shape.stream_blocks[:shape.streams]))

    @property
    def timeout(self) -> float:
        """Limit of the transfer of a packet, in seconds."""
        return self._core.timeout_ms / 1000

    @timeout.setter
    def timeout(self, seconds: float):
        self._core.timeout_ms = max(1, round(seconds * 1000))

    def classify(self, clip) -> Result:
        """Scores of a clip of ``identity.shape`` and ``identity.dtype``.

        After a failure or Ctrl-C the next call begins with a reset.
        """
        clip = np.asarray(clip)
        if clip.dtype != self.identity.dtype:
            raise TypeError(f"clip must be {self.identity.dtype}, not {clip.dtype}")
        if self._interrupted:
            self.reset(source_too=True)
        words, found = (c_uint32 * self._core.shape.result_words)(), _Result()
        self._interrupted = clip.nbytes == self.identity.clip_bytes  # another size is refused before anything is sent
        self._call("classify_clip", clip.tobytes(), clip.nbytes, words, len(words), byref(found))
        self._interrupted = False
        classes, streams = self.identity.classes, len(self.identity.stream_blocks)
        scores = np.ctypeslib.as_array(found.scores, (classes,)).astype(np.int64)
        of_streams = (np.ctypeslib.as_array(found.stream_scores, (streams, classes)).astype(np.int64) if streams
                      else np.zeros((0, 0), np.int64))
        return Result(scores=scores, argmax=found.argmax, clip=found.clip, flags=flag_names(found.flags),
                      streams=of_streams)

    def counters(self, *, clear: bool = False) -> Counters:
        """All counters at this moment; ``clear`` : those of the blocks' cycles start from 0 in the same cycle."""
        totals, blocks = _Counters(), []
        self._call("read_counters", clear, byref(totals))
        for block in range(self.identity.blocks):
            counters = _BlockCounters()
            self._call("read_block_counters", block, byref(counters))
            blocks.append(BlockCounters(**{name: getattr(counters, name) for name in _PER_BLOCK}))
        return Counters(blocks=tuple(blocks), **{name: getattr(totals, name) for name in ("cycles", *_TOTALS)})

    def errors(self, *, clear: bool = False) -> tuple[str, ...]:
        """Sticky errors; ``clear`` : those that were read."""
        word = c_uint32()
        self._call("read_errors", clear, byref(word))
        return flag_names(word.value)

    def reset(self, *, source_too: bool = False):
        """Soft reset; ``source_too`` : what sends clips was stopped in one, its rest will not come."""
        self._call("reset_core", source_too)
        self._interrupted = self._interrupted and not source_too

    def wait_idle(self):
        """Wait until no clip and no result is in flight."""
        self._call("wait_idle")

    def set_threshold(self, raise_by: int):
        """Raise all activation thresholds by 0..127 for the clips that follow."""
        if not 0 <= raise_by < 2 ** 32:
            raise ValueError(f"raise_by must be in 0..127, not {raise_by!r}")
        self._call("set_threshold", raise_by)

    def enable_interrupts(self, *events: str):
        """Let ``done``, ``ready``, ``error`` raise the interrupt output; none disables it."""
        known = FIELDS["INTERRUPT_ENABLE"]
        if unknown := [event for event in events if event not in known]:
            raise ValueError(f"events must be of {', '.join(known)}, not {', '.join(unknown)}")
        self._call("enable_interrupts", sum(known[event][0] for event in set(events)))

    def take_interrupts(self) -> tuple[str, ...]:
        """Events since the last call."""
        word = c_uint32()
        self._call("take_interrupts", byref(word))
        return tuple(name for name, (mask, _) in FIELDS["INTERRUPT_STATUS"].items() if word.value & mask)

    def _call(self, name, *arguments):
        status = getattr(self._library, f"hypgcn_{name}")(byref(self._core), *arguments)
        if status:
            raise _ERRORS.get(status, CoreError)(self._library.hypgcn_describe_error(status).decode())
