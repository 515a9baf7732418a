"""Text files of an output folder: written in one step, and only where their content changes."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from ..design.files import write_files

__all__ = ["check_foreign", "earlier_files", "update_files"]

_INSIDE = re.compile(r"(?:(?:sim|tb)/)?[\w-]+\.(?:sv|mem|f|md)|tb/Makefile")


def earlier_files(sidecar: Path) -> list[str]:
    """Files that an earlier emission wrote, from its sidecar; none where that is missing or of somebody else."""
    return [name for name in _listed(sidecar) or () if _INSIDE.fullmatch(name)]


def _listed(sidecar: Path) -> dict | None:
    try:
        data = json.loads(sidecar.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    ours = isinstance(data, dict) and data.get("generator") == "hypgcn" and isinstance(data.get("files"), dict)
    return data["files"] if ours else None


def check_foreign(out_dir, texts: Mapping[str, str | None]):
    """Raise :exc:`ValueError` when a file that is to be written would replace one that hypgcn did not write.

    Its own files are those that a sidecar in the folder lists, sidecars themselves, and those that say in their first
    line that hypgcn wrote them, which a run leaves that was stopped before its sidecar.

    Parameters
    ----------
    out_dir : path
        Folder; it may be missing.
    texts : {path relative to the folder: text}
        What is to be written; ``None`` for a text that is not known yet, which counts as another one.
    """
    out = Path(out_dir)
    there = [name for name, text in texts.items()
             if (out / name).is_file() and (text is None or not _is_current(out / name, text))]
    if not there:
        return
    ours: set[str] = set()
    for sidecar in out.glob("*.json"):
        if (listed := _listed(sidecar)) is not None:
            ours |= {sidecar.name, *listed}
    foreign = [name for name in there if name not in ours and not _says_ours(out / name)]
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise ValueError(f"{out / foreign[0]}{more} would be overwritten, and hypgcn did not write it: take another "
                         f"folder, or remove it")


def _says_ours(path: Path) -> bool:
    with open(path, "rb") as file:
        return b"written by hypgcn" in file.readline(200)


def update_files(out_dir, texts: dict[str, str]) -> list[str]:
    """Write the texts that differ from the files in ``out_dir``.

    Files with the same content are not touched, so that tools which compare times do not build again. A failure leaves
    all old files.

    Parameters
    ----------
    out_dir : path
        Folder; it is made where it is missing.
    texts : dict
        {path relative to the folder: text}, in the order in which files are replaced.

    Returns
    -------
    list of str
        Paths of the files that were written.
    """
    out = Path(out_dir)
    changed = [name for name, text in texts.items() if not _is_current(out / name, text)]
    write_files({out / name: texts[name] for name in changed})
    return changed


def _is_current(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False
