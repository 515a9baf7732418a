"""The process of one bench: ``python -m hypgcn_sim.unit_tests.worker BENCH CONTEXT FOLDER CACHE FAULT``; an empty
FAULT is
none."""

import json
import sys
from pathlib import Path

from ..verilator import build as verilator
from .cases import BENCHES
from .context import Context
from .faults import plant
from .runner import prepare

__all__ = ["main"]


def main(bench: str, context_path: str, folder_path: str, cache: str, fault: str):
    """Make the case, with or without a fault in its hardware, emit, build and run it; leaves ``result.json`` in the
    folder."""
    folder = Path(folder_path)
    try:
        context = Context.load(Path(context_path))
        with plant(fault):
            case = BENCHES[bench](context)
            case.idle = case.idle if context.idle is None else context.idle
            case.stall = case.stall if context.stall is None else context.stall
            prepare(case, folder)
    except Exception as error:  # a bench that cannot start is a failed bench; the process log has the details
        (folder / "result.json").write_text(json.dumps({"error": f"{type(error).__name__}: {error}"}))
        raise
    try:
        verilator.build_and_run(folder, Path(cache))
    finally:
        path = folder / "result.json"
        if path.exists():
            found = json.loads(path.read_text())
            path.write_text(json.dumps({**found, "clips": case.clips, "real_clips": case.real_clips}))


if __name__ == "__main__":
    main(*sys.argv[1:])
