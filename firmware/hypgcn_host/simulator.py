"""The simulated core as a bus: a shared library that :mod:`hypgcn_sim.cosim` has built."""

import ctypes
import os
from ctypes import POINTER, c_char_p, c_double, c_int, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path

from .errors import BusError, BusTimeout, CoreError

__all__ = ["SimulatedBus"]

OK, TIMEOUT = 0, 3

_FUNCTIONS: dict[str, tuple] = {
    "read32": (c_int, c_uint32, POINTER(c_uint32)),
    "write32": (c_int, c_uint32, c_uint32),
    "transfer": (c_int, c_char_p, c_size_t, c_void_p, c_size_t, c_uint32, POINTER(c_size_t)),
    "send": (c_int, c_char_p, c_size_t, c_char_p, c_int),
    "run": (c_int, c_uint64),
    "reset_pins": (c_int, c_uint32),
    "finish": (c_int,),
    "cycles": (c_uint64,),
    "waiting": (c_uint64,),
    "irq": (c_int,),
    "error": (c_char_p,),
    "close": (None,),
}
"""Result and arguments after the device."""


class SimulatedBus:
    """Registers and streams as :class:`~hypgcn_host.core.Bus`; time stands still between calls.

    Parameters
    ----------
    library
        Path of the shared library; memory images are beside it.
    seed : int
        Of the pauses, and of what nothing resets.
    idle, stall : float
        Chance per cycle that a source rests and that a sink does not take, 0 and more, below 1.
    cycles_per_ms : int
        Cycles that count as a millisecond of a timeout.
    """

    def __init__(self, library, *, seed: int = 1, idle: float = 0.0, stall: float = 0.0, cycles_per_ms: int = 1000):
        for name, value in (("idle", idle), ("stall", stall)):
            if not 0.0 <= value < 1.0:
                raise ValueError(f"{name} must be at least 0 and below 1, not {value!r}")
        if cycles_per_ms < 1:
            raise ValueError(f"cycles_per_ms must be at least 1, not {cycles_per_ms!r}")
        path = Path(library).resolve()
        try:
            self.library = ctypes.CDLL(str(path))
            for name, (result, *arguments) in _FUNCTIONS.items():
                function = getattr(self.library, f"hypgcn_sim_{name}")
                function.restype, function.argtypes = result, [c_void_p, *arguments]
        except (OSError, AttributeError) as error:
            raise CoreError(f"{path} is not a simulated core: {error}") from error
        self.library.hypgcn_sim_open.restype = c_void_p
        self.library.hypgcn_sim_open.argtypes = [c_char_p, c_uint64, c_double, c_double, c_uint32]
        self.cycles_per_ms = cycles_per_ms
        self.context = self.library.hypgcn_sim_open(os.fsencode(path.parent), seed, idle, stall, cycles_per_ms)
        if not self.context:
            raise CoreError(f"the model in {path.parent} does not start")

    def read32(self, address: int) -> int:
        """One register."""
        value = c_uint32()
        self._call("read32", address, ctypes.byref(value))
        return value.value

    def write32(self, address: int, value: int):
        """One register."""
        self._call("write32", address, value)

    def transfer(self, data: bytes | None, size: int, timeout: float) -> bytes:
        """See :class:`~hypgcn_host.core.Bus`."""
        buffer, received = ctypes.create_string_buffer(max(1, size)), c_size_t()
        self._call("transfer", data or None, len(data or b""), buffer, size, max(1, round(timeout * 1000)),
                   ctypes.byref(received))
        return buffer.raw[:received.value]

    def now(self) -> float:
        """Seconds that have been simulated."""
        return self.cycles / (1000 * self.cycles_per_ms)

    def send(self, data: bytes, *, last: bool = True, keep: bytes | None = None):
        """Queue bytes; they are sent while anything else is done. ``last`` : with TLAST at their end; ``keep`` : a
        byte per byte, 0 where TKEEP is low."""
        if keep is not None and len(keep) != len(data):
            raise ValueError(f"keep must have the {len(data)} bytes of the data, not {len(keep)}")
        self._call("send", data, len(data), keep, last)

    def run(self, cycles: int):
        """Simulate ``cycles`` cycles."""
        self._call("run", cycles)

    def reset_pins(self, cycles: int = 1):
        """``aresetn`` low for so many cycles; what was to be sent is forgotten."""
        self._call("reset_pins", cycles)

    def finish(self):
        """Check that every request to the registers has been answered."""
        self._call("finish")

    @property
    def cycles(self) -> int:
        """Cycles so far."""
        return self.library.hypgcn_sim_cycles(self._device())

    @property
    def waiting(self) -> int:
        """Beats that are queued and have not been taken."""
        return self.library.hypgcn_sim_waiting(self._device())

    @property
    def irq(self) -> bool:
        """The interrupt output."""
        return bool(self.library.hypgcn_sim_irq(self._device()))

    @property
    def error(self) -> str:
        """The rule of a bus that was broken, empty when none was."""
        return self.library.hypgcn_sim_error(self._device()).decode()

    def close(self):
        """End the simulation."""
        if self.context:
            self.library.hypgcn_sim_close(self.context)
            self.context = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _device(self):
        if not self.context:
            raise BusError("the simulation has been closed")
        return self.context

    def _call(self, name, *arguments):
        status = getattr(self.library, f"hypgcn_sim_{name}")(self._device(), *arguments)
        if status == TIMEOUT:
            raise BusTimeout(self.error or f"{name}: the core did not answer in time")
        if status != OK:
            raise BusError(self.error or f"{name}: the packet was longer than its buffer")
