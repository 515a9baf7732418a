"""A simulated network on a serial line: a port for ``hypgcn_host.uart``."""

import ctypes
import os
from ctypes import c_char_p, c_double, c_size_t, c_uint64, c_void_p
from pathlib import Path

from hypgcn.boards.uart_top import UartTop

from .build import HERE, build_model

__all__ = ["SimulatedLine", "build_line"]

_CHUNK = 4096
_FUNCTIONS: dict[str, tuple] = {
    "open": (c_void_p, c_char_p, c_uint64, c_double),
    "close": (None, c_void_p),
    "write": (None, c_void_p, c_char_p, c_size_t),
    "read": (c_size_t, c_void_p, c_void_p, c_size_t, c_uint64),
    "cycles": (c_uint64, c_void_p),
    "busy": (c_uint64, c_void_p),
    "broken": (c_uint64, c_void_p),
}


def build_line(top: UartTop, cache: Path) -> Path:
    """Shared library of ``top`` with the host's UART, see line.cpp; memory images are beside it.

    Parameters
    ----------
    top : UartTop
        The network with its UART.
    cache : Path
        Keeps libraries by the hash of the emitted text; one that is there is not built again.
    """
    return build_model(top, cache, (HERE / "line.cpp", HERE / "model.hpp"))


class SimulatedLine:
    """A serial port; the simulation runs only while something is read.

    Parameters
    ----------
    library : Path
        The shared library.
    divisor : int
        Cycles of a bit of the board's UART.
    clock_hz : float
        Clock of the board: cycles of a second of the host's timeouts.
    seed : int
        Of the random contents of registers and memories without a reset.
    drift : float, -0.5..0.5
        By how much the host's bits are longer than the board's, as a share.
    """

    def __init__(self, library, divisor: int, clock_hz: float, *, seed: int = 1, drift: float = 0.0):
        if clock_hz <= 0:
            raise ValueError(f"clock_hz must be more than 0, not {clock_hz!r}")
        if not -0.5 < drift < 0.5:
            raise ValueError(f"drift must be between -0.5 and 0.5, not {drift!r}")
        path = Path(library).resolve()
        self.clock_hz = clock_hz
        self._library = ctypes.CDLL(str(path))
        for name, (result, *arguments) in _FUNCTIONS.items():
            function = getattr(self._library, f"hypgcn_line_{name}")
            function.restype, function.argtypes = result, arguments
        self._line = self._library.hypgcn_line_open(os.fsencode(path.parent), seed, divisor * (1 + drift))
        if not self._line:
            raise OSError(f"the model in {path.parent} does not start")

    def write(self, data: bytes):
        """Queue ``data``; it is sent while something is read."""
        self._library.hypgcn_line_write(self._line, bytes(data), len(data))

    def read(self, seconds: float) -> bytes:
        """Bytes that have arrived; none when the line was quiet for ``seconds``."""
        buffer = ctypes.create_string_buffer(_CHUNK)
        count = self._library.hypgcn_line_read(self._line, buffer, _CHUNK, max(1, round(seconds * self.clock_hz)))
        return buffer.raw[:count]

    @property
    def cycles(self) -> int:
        """Cycles simulated so far."""
        return self._library.hypgcn_line_cycles(self._line)

    @property
    def busy(self) -> int:
        """Cycles in which the board processed a request."""
        return self._library.hypgcn_line_busy(self._line)

    @property
    def broken(self) -> int:
        """Framing errors: bytes from the board without a stop bit."""
        return self._library.hypgcn_line_broken(self._line)

    def close(self):
        """End the simulation."""
        if self._line:
            self._library.hypgcn_line_close(self._line)
            self._line = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
