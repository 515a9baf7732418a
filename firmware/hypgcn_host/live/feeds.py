"""Where lines come from: a file, the standard input, a WebSocket."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from .schema import MAX_LINE

__all__ = ["QUEUE", "Feed", "FileFeed", "QueueFeed", "bounded_lines", "open_feed"]

QUEUE = 256
"""Lines that wait at most; whoever sends more has to wait."""


class Feed(Protocol):
    """Lines of a stream, one behind the other; the iteration ends with the stream."""

    def __iter__(self) -> Iterator[bytes]:
        """Lines."""

    def behind(self, frame_time: float) -> bool:
        """Wait until a frame of this time is due; whether later ones are due already."""

    def close(self) -> None:
        """End it."""


def bounded_lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines of ``file``; of one that is too long the beginning, which is too long still, and not the rest."""
    while line := file.readline(MAX_LINE + 2):
        yield line
        while line and not line.endswith(b"\n") and len(line) > MAX_LINE:
            line = file.readline(MAX_LINE + 2)


class FileFeed:
    """A recorded stream at its speed.

    Parameters
    ----------
    path : path
        JSON lines.
    speed : float
        Factor of the recorded speed, above 0; 0 for no waiting.
    now, sleep
        The clock, for tests.
    """

    def __init__(self, path, speed: float, *, now: Callable[[], float] = time.monotonic,
                 sleep: Callable[[float], None] = time.sleep):
        if not 0 <= speed < float("inf"):
            raise ValueError(f"speed must be above 0, or 0 for no waiting, not {speed!r}")
        self.file = open(path, "rb")
        self.speed, self._now, self._sleep = speed, now, sleep
        self._start = self._last = 0.0
        self._begun = False

    def __iter__(self) -> Iterator[bytes]:
        yield from bounded_lines(self.file)

    def behind(self, frame_time: float) -> bool:
        """See :class:`Feed`; a clock that goes back, or ahead by more than 10 s, is a new beginning."""
        if not self.speed:
            return False
        now, step = self._now(), frame_time - self._last
        if not self._begun or not -1 < step < 10:
            self._start, self._begun, step = now - frame_time / self.speed, True, 0.0
        self._last = frame_time
        wait = self._start + frame_time / self.speed - now
        if wait > 0:
            self._sleep(wait)
        return -wait > max(step, 0) / self.speed > 0

    def close(self):
        """Close the file."""
        self.file.close()


class QueueFeed:
    """Lines that a thread puts into a bounded queue while earlier ones are worked on.

    Parameters
    ----------
    lines : iterable of bytes
        What the thread reads. An :exc:`OSError` of it is raised to whoever iterates.
    keep_up : bool
        Frames are behind while others wait.
    """

    def __init__(self, lines, *, keep_up: bool = True):
        self._queue: queue.Queue[bytes | OSError | None] = queue.Queue(QUEUE)
        self._closed, self._keep_up = threading.Event(), keep_up
        threading.Thread(target=self._read, args=(lines,), daemon=True, name="hypgcn-live-feed").start()

    def _read(self, lines):
        end: OSError | None = None
        try:
            for line in lines:
                if not self._put(line):
                    return
        except OSError as error:
            end = error
        self._put(end)

    def _put(self, entry) -> bool:
        while not self._closed.is_set():
            try:
                self._queue.put(entry, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    def __iter__(self) -> Iterator[bytes]:
        while (entry := self._queue.get()) is not None:
            if isinstance(entry, OSError):
                raise entry
            yield entry

    def behind(self, frame_time: float) -> bool:
        """See :class:`Feed`: more lines are waiting."""
        return self._keep_up and not self._queue.empty()

    def close(self):
        """Let the thread end at its next line."""
        self._closed.set()


def open_feed(source: str, *, speed: float, every: bool, stdin: BinaryIO) -> Feed:
    """The lines of ``source``.

    Parameters
    ----------
    source : str
        A file, ``-`` for ``stdin``, or ``ws://...`` or ``wss://...``.
    speed : float
        Of a file, see :class:`FileFeed`.
    every : bool
        Every answer that is due is given, however late.
    stdin : binary file

    Raises
    ------
    OSError
        There is no such file, or nobody answers at the address.
    """
    if source == "-":
        return QueueFeed(bounded_lines(stdin), keep_up=not every)
    if source.startswith(("ws://", "wss://")):
        from .socket_lines import SocketLines

        return QueueFeed(SocketLines(source), keep_up=not every)
    if "://" in source:
        raise ValueError(f"--source must be a file, - or ws://HOST:PORT/PATH, not {source!r}")
    return FileFeed(source, 0 if every and speed == 1 else speed)
