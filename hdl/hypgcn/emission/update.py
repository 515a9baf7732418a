"""Text files of an output folder: written in one step, and only where their content changes."""

from pathlib import Path

from ..design.files import write_files

__all__ = ["update_files"]


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
