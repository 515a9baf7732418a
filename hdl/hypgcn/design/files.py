"""Files that are whole or not there: new content replaces a file in one step, and a failure leaves the old file."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replacing", "write_file", "write_files", "write_json"]


def _temporary(path: Path) -> Path:
    # The number of the process stands in the last suffix: torch.save writes the name without it into the file, whose
    # bytes must be the same in every run.
    return path.with_name(f"{path.name}.part{os.getpid()}")


@contextmanager
def replacing(path) -> Iterator[Path]:
    """Give the path of a temporary file beside ``path``, and rename that to ``path`` when the block is left.

    The folder is made where it is missing. When the block raises, the temporary file is removed and ``path`` stays as
    it was. The temporary name holds the process number, so that several processes may write the same file.
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
