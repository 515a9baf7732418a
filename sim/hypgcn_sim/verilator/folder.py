"""Folders that simulators can be built in."""

import re
from pathlib import Path

__all__ = ["check_build_folder"]


def check_build_folder(name: str, path):
    """Raise :exc:`ValueError` unless Verilator's makefiles and the shell take the folder ``path``.

    GNU make cannot have spaces in the names of files, and the shell that it calls would take other characters as its
    own: with ``a$b`` objects were written into ``a``.
    """
    folder = str(Path(path).resolve())
    if wrong := sorted(set(re.findall(r"[^\w./\\:@+~=,-]", folder))):
        raise ValueError(f"{name} must be a folder without {' '.join(map(ascii, wrong))}, which make and the shell do "
                         f"not take, not {folder!r}")
