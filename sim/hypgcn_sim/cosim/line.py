"""A network on a serial line, simulated: what ``hypgcn_host.uart`` takes for a port."""

import ctypes
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
    """The shared library of ``top`` with the host's end of its wires (see line.cpp), built in ``cache`` or found there.

    Memory images are beside it. The model is that of the emitted text, random where nothing is reset.
    """
    return build_model(top, cache, (HERE / "line.cpp", HERE / "model.hpp"))


class SimulatedLine:
    """Writes and reads bytes; the board's time goes on only while something is read.

    Parameters
    ----------
    library : path of the shared library; memory images are beside it
    divisor : cycles of a bit, as the board's UART has it
    clock_hz : of the board: what a second of the host's patience is in cycles
    seed : of what nothing resets
    drift : how much longer the host's bits are than the board's, as a share
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
        self._line = self._library.hypgcn_line_open(str(path.parent).encode(), seed, divisor * (1 + drift))
        if not self._line:
            raise OSError(f"the model in {path.parent} does not start")

    def write(self, data: bytes):
        """Queue ``data``; it leaves while something is read."""
        self._library.hypgcn_line_write(self._line, bytes(data), len(data))

    def read(self, seconds: float) -> bytes:
        """What has come; nothing when the line was quiet for ``seconds``."""
        buffer = ctypes.create_string_buffer(_CHUNK)
        count = self._library.hypgcn_line_read(self._line, buffer, _CHUNK, max(1, round(seconds * self.clock_hz)))
        return buffer.raw[:count]

    @property
    def cycles(self) -> int:
        """Simulated so far."""
        return self._library.hypgcn_line_cycles(self._line)

    @property
    def busy(self) -> int:
        """Those of them in which a request was worked on."""
        return self._library.hypgcn_line_busy(self._line)

    @property
    def broken(self) -> int:
        """Bytes from the board that had no stop bit."""
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
