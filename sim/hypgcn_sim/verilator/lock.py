"""One build at a time in a folder that several processes share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["build_lock"]


@contextmanager
def build_lock(folder: Path) -> Iterator[None]:
    """Wait until no other process builds in ``folder``, and keep others out while the block runs.

    Parameters
    ----------
    folder : Path
        Must exist; the file ``lock`` stays in it.

    Raises
    ------
    OSError
        On a system without such locks, Windows: Verilator's makefiles do not run there either.
    """
    try:
        import fcntl
    except ModuleNotFoundError:
        raise OSError("a simulator is built on Linux or macOS only; on Windows use WSL") from None
    with open(folder / "lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
