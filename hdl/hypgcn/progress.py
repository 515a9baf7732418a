"""Progress of long work: one line with the share that is done and the time that is left."""

import sys
import time

__all__ = ["Progress", "duration"]


def duration(seconds: float) -> str:
    """Text of ``seconds``: ``8 s``, ``2 min 05 s``, ``1 h 10 min``."""
    seconds = int(seconds + 0.5)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"


class Progress:
    """Prints the share of the work that is done, and the time left.

    Calls may be frequent. On a terminal one line is rewritten at most ten times a second; elsewhere, as in a log, a new
    line appears at most every ``quiet`` seconds.

    Parameters
    ----------
    title : str
        Name of the work.
    out : text file
        Output; the standard error stream by default.
    quiet : float
        Seconds between lines where ``out`` is not a terminal.
    clock : callable
        Returns the time in seconds; for tests.
    """

    def __init__(self, title: str, *, out=None, quiet: float = 10.0, clock=time.monotonic):
        self.title = title
        self.out = sys.stderr if out is None else out
        self.terminal = bool(getattr(self.out, "isatty", lambda: False)())
        self.clock = clock
        self.pause = 0.1 if self.terminal else quiet
        self.start = self.shown = clock()
        self.width = 0

    def __call__(self, done: float, total: float, text: str = ""):
        """Report that ``done`` of ``total`` units of work are finished, and ``text``, the present one."""
        now = self.clock()
        if now - self.shown < self.pause:
            return
        self.shown = now
        share = min(1.0, done / total) if total > 0 else 1.0
        left = f", {duration((now - self.start) * (1 - share) / share)} left" if share > 0 else ""
        self._show(f"{self.title}: {100 * share:3.0f} %{left}{'  ' + text if text else ''}")

    def finish(self, text: str = "done"):
        """Close the line with ``text`` and the time it took."""
        self._show(f"{self.title}: {text} in {duration(self.clock() - self.start)}")
        if self.terminal:
            self.out.write("\n")
            self.out.flush()

    def _show(self, line: str):
        if self.terminal:
            self.out.write("\r" + line.ljust(self.width))
            self.width = len(line)
        else:
            self.out.write(line + "\n")
        self.out.flush()
