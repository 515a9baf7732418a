"""The process of one test case: ``python -m hypgcn_sim.unit_tests.worker UNIT CONTEXT FOLDER CACHE FAULT``.

An empty FAULT is none.
"""

import json
import sys
from pathlib import Path

from ..verilator import build as verilator
from .cases import TEST_CASES
from .context import Context
from .faults import plant
from .runner import prepare

__all__ = ["main"]


def main(unit: str, context_path: str, folder_path: str, cache: str, fault: str):
    """Make the case, emit, build and run it; leaves ``result.json`` in the folder.

    Parameters
    ----------
    unit : str
        Key of :data:`hypgcn_sim.unit_tests.cases.TEST_CASES`.
    context_path : str
        Folder of the saved context.
    folder_path : str
        Folder of this run.
    cache : str
        Folder that keeps simulators.
    fault : str
        Key of :data:`hypgcn_sim.unit_tests.faults.FAULTS`, or empty.
    """
    folder = Path(folder_path)
    try:
        context = Context.load(Path(context_path))
        with plant(fault):
            case = TEST_CASES[unit](context)
            case.idle = case.idle if context.idle is None else context.idle
            case.stall = case.stall if context.stall is None else context.stall
            prepare(case, folder)
    except Exception as error:  # reported as a failed case; the process log has the traceback
        (folder / "result.json").write_text(json.dumps({"error": f"{type(error).__name__}: {error}"}), encoding="utf-8",
                                            newline="\n")
        raise
    try:
        verilator.build_and_run(folder, Path(cache))
    finally:
        path = folder / "result.json"
        if path.exists():
            result = json.loads(path.read_text(encoding="utf-8"))
            path.write_text(json.dumps({**result, "clips": case.clips, "real_clips": case.real_clips}),
                            encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
