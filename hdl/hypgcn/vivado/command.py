"""``hypgcn vivado``: writes project files for Vivado, and runs Vivado on them where it is installed."""

import shutil
import subprocess
from pathlib import Path

from ..progress import Progress
from .settings import VivadoSettings

__all__ = ["register", "run_vivado"]

SCRIPTS = {"build": "build.tcl", "package": "package.tcl", "block-design": "block_design.tcl"}
"""File of each script that ``--run`` names."""


def register(commands, load_design, load_folding):
    """Add the parser of ``hypgcn vivado``; the loaders turn what the user typed into a design and its folding."""
    default = VivadoSettings()
    parser = commands.add_parser("vivado", help="write RTL, constraints and Tcl for Vivado; run Vivado on them")
    parser.add_argument("design", metavar="DESIGN", help="folder of a design, or a preset")
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, default=Path("build/vivado"),
                        help="output folder (default: %(default)s)")
    parser.add_argument("--folding", metavar="FILE",
                        help="JSON file with the parallelism of each block (default: chosen)")
    parser.add_argument("--part", default=default.part, help="device-package-speed (default: %(default)s)")
    parser.add_argument("--mhz", type=float, default=default.mhz, help="target clock (default: %(default)g)")
    parser.add_argument("--name", default=default.name,
                        help="name of the top module and the IP (default: %(default)s)")
    parser.add_argument("--bus-width", type=int, default=default.bus_width, metavar="BITS",
                        help="bits of the input stream (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=default.jobs,
                        help="processes that Vivado may start (default: %(default)s)")
    parser.add_argument("--run", action="append", choices=SCRIPTS, default=[], dest="scripts",
                        help="also run this script in Vivado, which must be on the PATH; may be repeated")

    def run(args) -> int:
        design = load_design(args.design)
        return _run(args, design, load_folding(args.folding, design))
    parser.set_defaults(run=run)


def _run(args, design, folding) -> int:
    from .project import write_project  # elaboration is not needed for the other commands

    settings = VivadoSettings(part=args.part, mhz=args.mhz, name=args.name, bus_width=args.bus_width, jobs=args.jobs)
    progress = Progress("vivado")
    emission = write_project(design, folding, args.out, settings, progress=progress)
    progress.finish()
    print(f"written to {args.out}: {len(emission.files)} files of RTL for {settings.part} at {settings.mhz:g} MHz, "
          f"{', '.join(SCRIPTS.values())}")
    return run_vivado(args.out, args.scripts)


def run_vivado(folder: Path, scripts) -> int:
    """Run ``scripts`` in ``folder``; 0, or 1 when Vivado fails.

    Raises :exc:`FileNotFoundError` when scripts are given and Vivado is not on the PATH.
    """
    program = shutil.which("vivado")
    if scripts and program is None:
        raise FileNotFoundError(f"vivado is not on the PATH, so nothing was run; the project is in {folder}")
    for script in scripts:
        done = subprocess.run([str(program), "-mode", "batch", "-source", SCRIPTS[script], "-nojournal",
                               "-log", f"{script}.log"], cwd=folder)
        if done.returncode:
            print(f"vivado -source {SCRIPTS[script]} exited with status {done.returncode}; log: {folder / script}.log")
            return 1
    return 0
