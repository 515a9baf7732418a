"""``hypgcn vivado``: writes project files for Vivado, and runs Vivado on them where it is installed."""

import shutil
import subprocess
from pathlib import Path

from ..console import examples, finished, introduce
from ..design.ensemble_folding import foldings_of
from ..design.files import check_out_folder
from ..design.names import check_vivado_folder
from ..planning.defaults import DEFAULT_MULTIPLIERS
from ..planning.device import Device
from ..planning.part import Part
from ..progress import Progress
from .settings import VivadoSettings

__all__ = ["register", "run_vivado"]

SCRIPTS = {"build": "build.tcl", "package": "package.tcl", "block-design": "block_design.tcl"}
"""File of each script that ``--run`` names."""


def register(commands, networks):
    """Add the parser of ``hypgcn vivado``.

    Parameters
    ----------
    commands
        Of :mod:`argparse`.
    networks : ~hypgcn.stream_options.Networks
        Options of networks, and what they are.
    """
    default = VivadoSettings()
    parser = commands.add_parser("vivado", help="write RTL, constraints and Tcl for Vivado; run Vivado on them")
    examples(parser, "hypgcn vivado tiny --part xck26-sfvc784-2LV-c -o build/vivado_tiny",
             "hypgcn vivado nwucla_small --mhz 172",
             "hypgcn vivado build/two -o build/vivado_two")
    networks.add_options(parser)
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, default=Path("build/vivado"),
                        help="output folder (default: %(default)s)")
    parser.add_argument("--folding", metavar="FILE",
                        help="the parallelism of each block, a file of hypgcn allocate (default: the fastest folding "
                             f"with at most {DEFAULT_MULTIPLIERS} multipliers that leaves a fifth of the part)")
    parser.add_argument("--part", default=default.part, help="part as Vivado writes it (default: %(default)s)")
    parser.add_argument("--device", metavar="NAME", help="device, or TOML file, whose resources bound the folding that "
                                                         "is chosen (default: those of the part)")
    parser.add_argument("--mhz", type=float, default=default.mhz, help="target clock (default: %(default)g)")
    parser.add_argument("--name", default=default.name,
                        help="name of the top module and the IP; 8 digits follow that no other design or folding has "
                             "(default: %(default)s)")
    parser.add_argument("--exact-name", action="store_true",
                        help="leave the 8 digits out: another design of this name takes the place of this one")
    parser.add_argument("--bus-width", type=int, default=default.bus_width, metavar="BITS",
                        help="bits of the input stream (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=default.jobs,
                        help="processes that Vivado may start (default: %(default)s)")
    parser.add_argument("--run", action="append", choices=SCRIPTS, default=[], dest="scripts",
                        help="also run this script in Vivado, which must be on the PATH; may be repeated")

    def run(args) -> int:
        from .budget import resources_of  # the allocator is slow to import

        settings = VivadoSettings(part=args.part, mhz=args.mhz, name=args.name, bus_width=args.bus_width,
                                  jobs=args.jobs, exact_name=args.exact_name)
        check_vivado_folder("--out", args.out)
        check_out_folder("--out", args.out)
        device = Device.load(args.device) if args.device else None
        if args.folding is None:
            resources_of(Part.parse(settings.part), device)
        elif device:
            raise ValueError("--device must not be given with --folding, which needs no choice")
        network = networks.load(args)
        return _run(args, network, networks.load_foldings(args.folding, network), settings, device)
    parser.set_defaults(run=run)


def _run(args, network, folding, settings, device) -> int:
    from .budget import SHARE, choose_folding
    from .project import write_project  # elaboration is not needed for the other commands

    introduce(network, f"folding {args.folding}" if folding else
              f"folding: the fastest with at most {DEFAULT_MULTIPLIERS:,} multipliers and {SHARE} % of "
              f"{device.name if device else settings.part}")
    if folding is None:
        folding = choose_folding(network, Part.parse(settings.part), device)
    macs = sorted({one.mac for one in foldings_of(folding)})
    progress = Progress("emission")
    emission = write_project(network, folding, args.out, settings, progress=progress)
    progress.finish()
    note = (f"{emission.name}, {len(emission.files)} files of RTL for {settings.part} at {settings.mhz:g} MHz, "
            f"multipliers {', '.join(macs)}, {', '.join(SCRIPTS.values())}")
    if args.scripts:
        finished(args.out, note=note)
        return run_vivado(args.out, args.scripts)
    finished(args.out, note=note, then=[*args.words, "--run", "build"])
    return 0


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
