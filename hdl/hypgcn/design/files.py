"""Files that are whole or not there: new content replaces a file in one step, and a failure leaves the old file."""

import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

__all__ = ["check_out_file", "check_out_folder", "folder_lock", "replacing", "write_file", "write_files", "write_json"]


def _temporary(path: Path) -> Path:
    # Random, because threads share the number of their process, and containers the numbers of processes. It stands in
    # the last suffix: torch.save writes the name without it into the file, whose bytes must be the same in every run.
    return path.with_name(f"{path.name}.part{secrets.token_hex(8)}")


def check_out_folder(name: str, path):
    """Raise :exc:`ValueError` unless files can be written into the folder ``path``, which may be missing yet.

    Commands call it before their work, so that a mistake in ``path`` costs none. Nothing is left behind.

    Parameters
    ----------
    name : str
        Option that ``path`` comes from, for the error.
    path : path
    """
    path = place = Path(path)
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise ValueError(f"{name} must be a folder, or a place for a new one, not {path}: {place} is a file")
    try:
        # Permissions alone do not say it: nobody can write into /proc, for one.
        with tempfile.TemporaryDirectory(prefix=".hypgcn", dir=place):
            pass
    except OSError as error:
        raise ValueError(f"{name} must be a folder that can be written, not {path}: nothing can be made in "
                         f"{place}") from error


def check_out_file(name: str, path):
    """Raise :exc:`ValueError` unless the file ``path`` can be written, as :func:`check_out_folder` does."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{name} must be a file, not {path}, which is a folder")
    check_out_folder(name, path.parent)


@contextmanager
def folder_lock(folder, *, wait: float = 60.0) -> Iterator[None]:
    """Hold the lock of ``folder``, which is made where it is missing, while the block runs.

    Whoever writes several files that belong together holds it, so that they are all of one writer. The system releases
    the lock of a process that ends, however it ends. A block may take the lock of a folder inside it.

    Parameters
    ----------
    folder : path
    wait : float
        Seconds to wait for another process or thread.

    Raises
    ------
    TimeoutError
        If the folder is still locked after that time.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + wait
    with _lock_of(folder) as take:
        while not take():
            if time.monotonic() >= end:
                raise TimeoutError(f"{folder} is being written by another run of hypgcn, and still was after "
                                   f"{wait:g} s; wait for it, or take another folder")
            time.sleep(0.05)
        yield


@contextmanager
def _lock_of(folder: Path) -> Iterator[Callable[[], bool]]:
    """Function that tries to lock ``folder``; the lock ends with the block."""
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows
        with _windows_lock(folder / ".hypgcn.lock") as take_file:
            yield take_file
        return
    handle = os.open(folder, os.O_RDONLY)  # the folder itself, so that no file is left in it

    def take():
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system without locks: files are still whole, each by itself
        return True
    try:
        yield take
    finally:
        os.close(handle)


@contextmanager
def _windows_lock(path: Path) -> Iterator[Callable[[], bool]]:
    """:func:`_lock_of` for a system that cannot lock a folder: on a file in it, which is removed at the end."""
    import msvcrt  # type: ignore[import-not-found,unused-ignore]

    handle = os.open(path, os.O_RDWR | os.O_CREAT)

    def take():
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    try:
        yield take
    finally:
        os.close(handle)
        try:
            path.unlink()
        except OSError:
            pass  # another process has it open


@contextmanager
def replacing(path) -> Iterator[Path]:
    """Give the path of a temporary file beside ``path``, and rename that to ``path`` when the block is left.

    The folder is made where it is missing. When the block raises, the temporary file is removed and ``path`` stays as
    it was. The temporary name is of this call alone, so that several processes and threads may write the same file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_files(contents: Mapping[Path, str | bytes]):
    """Write several files: all content is on the disk under temporary names before the first file is replaced.

    Parameters
    ----------
    contents : {path: content}
        Text is written as UTF-8 with the line ends it has. Files are replaced in this order.
    """
    temporary = {Path(path): _temporary(Path(path)) for path in contents}
    try:
        for (path, part), content in zip(temporary.items(), contents.values()):
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content.encode() if isinstance(content, str) else content)
        for path, part in temporary.items():
            os.replace(part, path)
    finally:
        for part in temporary.values():
            part.unlink(missing_ok=True)


def write_file(path, content: str | bytes):
    """Write one file, as :func:`write_files` does."""
    write_files({Path(path): content})


def write_json(path, data):
    """Write plain data as JSON, indented by one space, with a line end behind it."""
    write_file(path, json.dumps(data, indent=1) + "\n")
