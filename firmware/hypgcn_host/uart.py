"""A network on a serial line: the host's side of the protocol of ``docs/boards.md``.

>>> with open_port("/dev/ttyUSB0", 1_000_000) as port:
...     client = UartClient(port)
...     print(client.hello())
...     print(client.classify(clip).argmax)
"""

import os
import select
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from .errors import BusError, CoreError

__all__ = ["Identity", "Port", "ProtocolError", "Result", "UartClient", "crc16", "open_port", "unwrap", "wrap"]

FLAG, ESCAPE, FLIP = 0x7E, 0x7D, 0x20
HELLO, CLIP = 0x01, 0x02
IDENTITY, RESULT, ERROR = 0x81, 0x82, 0x83
ERRORS = {1: "the frame was damaged", 2: "the request is unknown", 3: "the length of the request is wrong"}
DAMAGED = 1
SPARE_BYTES = 4096
"""Bytes of noise and old answers that are skipped while one answer is due."""
MAGIC, PROTOCOL, ENSEMBLE_PROTOCOL = b"HGCN", 1, 2


class ProtocolError(CoreError):
    """The board does not answer, or not as it should; the text names what was received."""


def crc16(data: bytes) -> int:
    """CRC-16/X-25."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc ^ 0xFFFF


def wrap(payload: bytes) -> bytes:
    """The frame around ``payload``."""
    body = payload + crc16(payload).to_bytes(2, "little")
    inside = b"".join(bytes([ESCAPE, byte ^ FLIP]) if byte in (FLAG, ESCAPE) else bytes([byte]) for byte in body)
    return bytes([FLAG]) + inside + bytes([FLAG])


def unwrap(inside: bytes) -> bytes | None:
    """Payload of what was between two flags; ``None`` when it is damaged."""
    body, escaped = bytearray(), False
    for byte in inside:
        if byte == ESCAPE:
            if escaped:
                return None
            escaped = True
        else:
            body.append(byte ^ FLIP if escaped else byte)
            escaped = False
    if escaped or len(body) < 3 or crc16(bytes(body[:-2])) != int.from_bytes(body[-2:], "little"):
        return None
    return bytes(body[:-2])


RAW = 0x80
"""Bit of the identity's channels: clips are raw joints, int16."""


@dataclass(frozen=True)
class Identity:
    """What is on the board.

    ``hash`` : first 16 hexadecimal digits of the design's; ``score_bytes`` : of one score; ``element_bytes`` : of a
    clip, 1 of prepared coordinates, int8, and 2 of raw joints, int16; ``streams`` : networks of an ensemble, 0 of one
    network.
    """

    hash: str
    frames: int
    joints: int
    persons: int
    channels: int
    classes: int
    score_bytes: int
    element_bytes: int = 1
    streams: int = 0

    @property
    def dtype(self) -> np.dtype:
        """Type of the elements of a clip, in the order of bytes in which the board takes them."""
        return np.dtype(f"<i{self.element_bytes}")

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of a clip: persons, frames, joints, channels."""
        return self.persons, self.frames, self.joints, self.channels


@dataclass(frozen=True)
class Result:
    """Result of a clip.

    ``scores`` : int64 per class; ``overflow`` : a store lost values in this clip, see ``docs/numbers.md``; ``streams``
    : int64 (streams, classes), scores of each network of an ensemble, whose sums are the ``scores``.
    """

    scores: np.ndarray
    overflow: bool
    streams: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int64))

    @property
    def argmax(self) -> int:
        """The class; the lowest of equal ones."""
        return int(np.argmax(self.scores))


class UartClient:
    """Client of a board: one request at a time, repeated when it or its answer was lost or damaged.

    Parameters
    ----------
    port
        With ``write(data)`` and ``read(seconds)``, which returns what has come, at least one byte unless the time is
        over. An OSError of it is a :exc:`~hypgcn_host.errors.BusError` here.
    timeout : float
        Seconds without a byte after which an answer counts as lost.
    retries : int
        How often a request is made again.

    An answer also counts as lost after four times as many bytes as it may have, and :data:`SPARE_BYTES`: what is at the
    other end may be no board of ours and never be silent.
    """

    def __init__(self, port, *, timeout: float = 2.0, retries: int = 3):
        if timeout <= 0:
            raise ValueError(f"timeout must be more than 0, not {timeout!r}")
        if retries < 0:
            raise ValueError(f"retries must be at least 0, not {retries!r}")
        self.port, self.timeout, self.retries = port, timeout, retries
        self.repeated = 0
        self._identity: Identity | None = None
        self._sequence = 0
        self._rest = b""
        self._patience = 0  # bytes that may still come for the answer that is due

    def hello(self, expected_hash: str | None = None) -> Identity:
        """Identity of the board; :exc:`ProtocolError` when it is another device or another design than expected."""
        body = self._ask(HELLO, b"", IDENTITY)
        if body[:4] != MAGIC:
            raise ProtocolError(f"not a hypgcn board: magic {body[:4]!r} instead of {MAGIC!r}")
        if len(body) < 5 or body[4] not in (PROTOCOL, ENSEMBLE_PROTOCOL):
            raise ProtocolError(f"protocol must be {PROTOCOL} or {ENSEMBLE_PROTOCOL}, not "
                                f"{body[4:5].hex() or 'missing'}")
        size = 21 + (body[4] == ENSEMBLE_PROTOCOL)
        if len(body) != size:
            raise ProtocolError(f"the identity must have {size} bytes, not {len(body)}")
        found = Identity(body[5:13].hex(), int.from_bytes(body[13:15], "little"), body[15], body[16],
                         body[17] & ~RAW, int.from_bytes(body[18:20], "little"), body[20], 2 if body[17] & RAW else 1,
                         body[21] if size == 22 else 0)
        if expected_hash is not None and not expected_hash.startswith(found.hash):
            raise ProtocolError(f"the board has design {found.hash}, not {expected_hash[:16]}")
        self._identity = found
        return found

    def classify(self, clip) -> Result:
        """Scores of a clip of the shape (persons, frames, joints, channels) and the type of the identity."""
        found = self._identity or self.hello()
        clip = np.asarray(clip)
        if clip.dtype != found.dtype:
            raise TypeError(f"clip must be {found.dtype}, not {clip.dtype}")
        if clip.shape != found.shape:
            raise ValueError(f"clip must have shape {found.shape}, not {clip.shape}")
        body = self._ask(CLIP, clip.tobytes(), RESULT)
        size = 1 + found.classes * (1 + found.streams) * found.score_bytes
        if len(body) != size:
            raise ProtocolError(f"a result must have {size} bytes, not {len(body)}")
        scores = np.array([int.from_bytes(body[at:at + found.score_bytes], "little", signed=True)
                           for at in range(1, len(body), found.score_bytes)], np.int64)
        sums, *streams = scores.reshape(found.classes, 1 + found.streams).T
        return Result(sums, bool(body[0] & 1), np.array(streams, np.int64))

    def _ask(self, request: int, body: bytes, expected: int) -> bytes:
        seen = "nothing"
        for attempt in range(self.retries + 1):
            self.repeated += attempt > 0
            self._sequence = self._sequence % 255 + 1  # never 0, which answers damaged requests
            with _bus_errors("the serial line failed"):
                self.port.write(wrap(bytes([request, self._sequence]) + body))
            self._patience = SPARE_BYTES + 4 * self._longest()
            while (answer := self._frame()) is not None:
                if len(answer) >= 3 and answer[0] == expected and answer[1] == self._sequence:
                    return answer[2:]
                if len(answer) == 3 and answer[0] == ERROR:
                    seen = ERRORS.get(answer[2], f"error {answer[2]}")
                    if answer[2] != DAMAGED and answer[1] == self._sequence:
                        raise ProtocolError(f"the board refuses: {seen}")
                    if answer[2] == DAMAGED:
                        break
                # Else it is the answer to an earlier attempt.
        raise ProtocolError(f"no answer after {self.retries + 1} attempts; last: {seen}")

    def _longest(self):
        """Bytes of the largest answer, without escapes."""
        found = self._identity
        return 64 if found is None else 64 + found.classes * (1 + found.streams) * found.score_bytes

    def _frame(self) -> bytes | None:
        """Payload of the next good frame, ``None`` when the time is over or too much else has come."""
        while True:
            inside, flag, rest = self._rest.partition(bytes([FLAG]))
            if flag:
                self._rest = rest
                if inside and (payload := unwrap(inside)) is not None:
                    return payload
                continue
            with _bus_errors("the serial line failed"):
                more = self.port.read(self.timeout) if self._patience > 0 else b""
            if not more:
                return None
            self._patience -= len(more)
            self._rest += more


@contextmanager
def _bus_errors(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BusError(f"{what}: {error.strerror or error}") from error


class Port:
    """A serial device of Linux or macOS, raw, 8 data bits, no parity, one stop bit.

    Parameters
    ----------
    path : str
        Of the device.
    baud : int
        Its rate.

    Raises
    ------
    BusError
        When it cannot be opened, is no serial device, or the system is Windows: there :class:`UartClient` takes any
        object with ``write`` and ``read``, such as one around pyserial.
    ValueError
        For a rate that the system does not know.
    """

    def __init__(self, path: str, baud: int):
        try:
            import termios
        except ModuleNotFoundError:
            raise BusError("open_port needs Linux or macOS; UartClient takes another port") from None
        speed = getattr(termios, f"B{baud}", None)
        if speed is None and sys.platform != "darwin":
            raise ValueError(f"baud must be a rate that this system knows, not {baud!r}")
        with _bus_errors(f"{path} cannot be opened"):
            self.file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        try:
            mode = termios.tcgetattr(self.file)
            mode[0:4] = [0, 0, termios.CS8 | termios.CREAD | termios.CLOCAL, 0]
            mode[4:6] = [termios.B9600 if speed is None else speed] * 2
            termios.tcsetattr(self.file, termios.TCSAFLUSH, mode)
            if speed is None:
                _set_speed(self.file, baud)
        except BaseException as error:
            self.close()
            if isinstance(error, (termios.error, OSError)):
                raise BusError(f"{path} is no serial device, or cannot be set to {baud} baud: {error}") from error
            raise

    def write(self, data: bytes):
        """All of ``data``."""
        while data:
            data = data[os.write(self.file, data):]

    def read(self, seconds: float) -> bytes:
        """What has come, at least one byte unless the time is over."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.file], [], [], left)[0]:
                if data := os.read(self.file, 4096):
                    return data
                raise OSError("the device is gone")
        return b""

    def close(self):
        """Give the device back."""
        os.close(self.file)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _set_speed(file: int, baud: int):
    """Any rate, on macOS: IOSSIOSPEED of IOKit's serial/ioss.h, _IOW('T', 2, speed_t)."""
    import fcntl

    fcntl.ioctl(file, 0x8008_5402, struct.pack("@L", baud))


def open_port(path: str, baud: int = 1_000_000) -> Port:
    """The serial device at ``path``."""
    return Port(path, baud)
