"""Files of results, written whole or not at all."""

import json
import os
from pathlib import Path

__all__ = ["save_json"]


def save_json(data, path: Path):
    """Write plain data as JSON, indented by one space; a failure leaves the old file.

    Parameters
    ----------
    data : list or dict
        Plain data.
    path : Path
        Its folder is made where it is missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_text(json.dumps(data, indent=1) + "\n")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
