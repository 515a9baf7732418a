"""Compiler launcher for Verilator's makefiles that compiles Verilator's own sources once for all builds.

Called as ``python objcache.py FOLDER COMPILER ARGUMENTS...``. Other sources are compiled without the cache.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["main"]

SHARED = {"verilated.cpp", "verilated_dpi.cpp", "verilated_vpi.cpp", "verilated_threads.cpp"}


def main(folder: str, command: list[str]) -> int:
    """Run ``command``, or copy the object that it made before.

    Parameters
    ----------
    folder : str
        Keeps the objects.
    command : list of str
        Compiler and its arguments; the last one is the source.

    Returns
    -------
    int
        Exit status of the compiler.
    """
    source = Path(command[-1])
    if source.name not in SHARED or "-o" not in command:
        os.execvp(command[0], command)
    target = Path(command[command.index("-o") + 1])
    key = hashlib.sha256(os.fsencode("\0".join(command)) + source.read_bytes()).hexdigest()[:24]
    kept = Path(folder) / f"{source.stem}-{key}.o"
    if kept.exists():
        shutil.copyfile(kept, target)
        return 0
    status = subprocess.run(command).returncode
    if status == 0:
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        shutil.copyfile(target, part)
        os.replace(part, kept)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
