"""Lists of results that commands write: rows with the command that measures each again."""

import json
from collections.abc import Sequence
from pathlib import Path

from hypgcn.design.files import write_json

from ..recordings.readers import Source

__all__ = ["check_place", "relative", "source_options", "update_rows"]


def relative(name: str, path) -> str:
    """``path`` as text; :exc:`ValueError` when it is absolute, because rows must not depend on where a checkout is."""
    if Path(path).is_absolute():
        raise ValueError(f"{name} must be a path relative to the checkout, because it becomes part of the results, "
                         f"not {str(path)!r}")
    return str(path)


def check_place(name: str, path, validate: str, results: Sequence[str]):
    """Raise :exc:`ValueError` where figures of validation clips would go among the ``results`` of the test clips."""
    if validate and Path(path) in map(Path, results):
        raise ValueError(f"{name} must be another file than {path} with --validate {validate}: that one holds "
                         f"results on the test clips")


def source_options(data: str | Source) -> list[str]:
    """The options of the command line for ``data``."""
    if not isinstance(data, Source):
        return ["--data", relative("data", data)]
    words = ["--data", relative("data", data.path)]
    for option, value, default in (("--data-format", data.format, None), ("--protocol", data.protocol, None),
                                   ("--every", data.every, 1), ("--classes", data.classes, "")):
        if value != default:
            words += [option, str(value)]
    return words if data.replay else [*words, "--no-replay"]


def update_rows(path: Path, rows: Sequence[dict], key, order) -> list[dict]:
    """Write ``rows`` into the JSON list at ``path`` and return all of its rows.

    Each takes the place of the one with the same ``key``; they are sorted by ``order``. The file is left alone when
    nothing changes.
    """
    old = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    if not isinstance(old, list) or not all(isinstance(row, dict) for row in old):
        raise ValueError(f"{path} must hold a list of rows")
    merged = {key(row): row for row in [*old, *rows]}
    new = sorted(merged.values(), key=order)
    if new != old:
        write_json(path, new)
    return new
