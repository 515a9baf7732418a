"""The command ``hypgcn``.

Every subcommand is registered by a function that takes argparse's subparsers, adds its parser, and sets the default
``run`` to a function of the parsed arguments that returns the exit status (``None`` is 0). Subcommands of the hardware
library are registered here; other packages add theirs through the entry-point group ``hypgcn.commands``, whose modules
are imported for every call and therefore import heavy libraries only inside ``run``.

Exit status: 0 success; 1 a check failed; 2 bad input, with one line that names it; 130 interrupted.
"""

import argparse
import difflib
import importlib.metadata
import io
import sys
import time
from pathlib import Path

import numpy as np

from . import __version__
from .boards.command import register as register_board
from .design import Design
from .design.checks import check_int
from .design.files import check_out_file, check_out_folder, write_json
from .design.folding import Folding
from .design.names import check_module_name
from .design.presets import PRESETS, preset
from .doctor import register as register_doctor
from .emission.update import check_foreign
from .input_options import add_input_options, with_input
from .needs import install_command
from .planning.commands import register_allocate, register_estimate
from .planning.device_table import register_devices
from .progress import Progress
from .report.command import register_report
from .usage import peak_memory_mb
from .vivado.command import register as register_vivado

__all__ = ["load_design", "load_folding", "main"]

GROUP = "hypgcn.commands"
"""Entry-point group of the subcommands of other packages."""


def load_design(text: str) -> Design:
    """Design of a folder or ``design.json``, or the preset of that name; :exc:`ValueError` names the mistake."""
    path = Path(text)
    if path.exists():
        try:
            return Design.load(path)
        except TypeError as error:
            raise ValueError(f"{path}: {error}") from error
    if text in PRESETS:
        return preset(text)
    raise ValueError(f"design {text!r} is neither a folder with design.json nor a preset ({', '.join(PRESETS)})")


def load_folding(text: str | None, design: Design) -> Folding | None:
    """Folding of a file, checked against ``design``; ``None`` for no file leaves the choice to the generator."""
    if text is None:
        return None
    try:
        folding = Folding.load(text)
        folding.validate(design)
    except TypeError as error:
        raise ValueError(f"{text}: {error}") from error
    return folding


def _register_verilog(commands):
    parser = commands.add_parser("verilog", help="write SystemVerilog, memory images and the JSON sidecar of a design")
    parser.add_argument("design", metavar="DESIGN", help=f"folder of a design, or a preset: {', '.join(PRESETS)}")
    parser.add_argument("-o", "--out", metavar="DIR", default="build/verilog",
                        help="output folder (default: %(default)s)")
    parser.add_argument("--folding", metavar="FILE",
                        help="JSON file with the parallelism of each block (default: chosen)")
    parser.add_argument("--name", default="hypgcn", help="name of the top module (default: %(default)s)")
    parser.add_argument("--bus-width", type=int, default=32, metavar="BITS",
                        help="bits of the input stream, 8 to 512 (default: %(default)s)")
    parser.add_argument("--bare", action="store_true", help="the network alone, without AXI buses and registers")
    parser.add_argument("--testbench", nargs="?", const="", metavar="CLIPS",
                        help="also write a SystemVerilog testbench into DIR/tb, with generated clips, or those of a "
                             "recording or of a file of clips")
    parser.add_argument("--clips", type=int, default=2, metavar="N",
                        help="clips of the testbench (default: %(default)s)")
    parser.add_argument("--source", action="store_true",
                        help="attributes src: the files and lines of the Python text that signals come from")
    add_input_options(parser)
    parser.add_argument("--measure", metavar="FILE", type=Path, help="write run time, peak memory and sizes as JSON")
    parser.set_defaults(run=_run_verilog)


def _run_verilog(args):
    check_module_name("--name", args.name)
    if args.bare and args.testbench is not None:
        raise ValueError("--testbench needs the AXI buses, which --bare leaves out")
    check_int("--clips", args.clips, 1)
    check_out_folder("--out", args.out)
    check_foreign(args.out, {f"{args.name}.sv": None, f"{args.name}.json": None})
    if args.measure:
        check_out_file("--measure", args.measure)
    design = with_input(load_design(args.design), args)
    folding = load_folding(args.folding, design)
    clips = None if args.testbench is None else _testbench_clips(design, args.testbench, args.clips)
    from .generate import generate  # elaboration is not needed for the other commands

    print(f"hypgcn {__version__}: design {design.name}, hash {design.hash[:16]}")
    start = time.monotonic()
    progress = Progress("verilog")
    emission = generate(design, folding, Path(args.out), name=args.name,
                        bus_width=None if args.bare else args.bus_width, testbench=clips, source=args.source,
                        progress=progress)
    progress.finish()
    measured = {
        "design": design.name, "hash": design.hash, "blocks": len(design.blocks),
        "multipliers": emission.sidecar["multipliers"], "files": len(emission.files) + 1,
        "megabytes": round(sum(map(len, emission.files.values())) / 1e6, 1),
        "seconds": round(time.monotonic() - start, 1), "peak_memory_mb": peak_memory_mb(),
    }
    memory = "unknown" if measured["peak_memory_mb"] is None else f"{measured['peak_memory_mb']} MB"
    print(f"written to {args.out}: {measured['files']} files, {measured['megabytes']} MB, "
          f"{measured['multipliers']} multipliers; {measured['seconds']} s, peak memory {memory}")
    if args.measure:
        write_json(args.measure, measured)


def _testbench_clips(design, path, count):
    """Clips of the file, or generated ones for an empty path."""
    from .testbench.clip_files import read_clips
    from .testbench.clips import generated_clips

    if not path:
        return generated_clips(design, count)
    found, total = read_clips(Path(path), design, count)
    if total < count:
        raise ValueError(f"{path} holds {total} clips, fewer than the {count} of --clips")
    return np.stack([clip.clip for clip in found])


def _register_presets(commands):
    parser = commands.add_parser("presets", help="list the designs with seeded weights")
    parser.set_defaults(run=_run_presets)


def _run_presets(args):
    print(f"{'preset':10} {'blocks':>6} {'channels':>9} {'joints':>6} {'frames':>6} {'persons':>7} {'classes':>7}")
    for name in PRESETS:
        design = preset(name)
        widths = [block.out_channels for block in design.blocks]
        print(f"{name:10} {len(widths):6} {f'{min(widths)}-{max(widths)}':>9} {design.joints:6} {design.frames:6} "
              f"{design.persons:7} {design.classes:7}")


def _plugins():
    """(name, register) of the commands of other installed packages."""
    for entry in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            yield entry.name, entry.load()
        except ImportError as error:
            yield entry.name, _missing(entry.name, error)


def _missing(name, error):
    """Register function of a command whose only action is to name the missing library."""
    def run(args):
        raise ValueError(f"hypgcn {name} needs {error.name or error}, which is not installed: run "
                         f"{install_command('sim', 'train')}")

    def register(commands):
        # No prefix characters: any options are accepted, so that the message is about the library.
        parser = commands.add_parser(name, help=f"(not installed: needs {error.name or error})",
                                     prefix_chars="\0", add_help=False)
        parser.add_argument("rest", nargs="*")
        parser.set_defaults(run=run)
    return register


class _Parser(argparse.ArgumentParser):
    """Parser that names the command that was probably meant, in place of all of them."""

    def _check_value(self, action, value):
        choices = list(action.choices or ())
        if action.dest == argparse.SUPPRESS and value not in choices:
            meant = difflib.get_close_matches(str(value), choices, n=1)
            hint = f"did you mean {meant[0]}?" if meant else "hypgcn --help lists them"
            raise argparse.ArgumentError(None, f"{value!r} is no command: {hint}")
        super()._check_value(action, value)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="hypgcn", description="Generator of sparse on-chip 2s-AGCN accelerators, from checkpoint to RTL.")
    parser.add_argument("--version", action="version", version=f"hypgcn {__version__}")
    parser.add_argument("--traceback", action="store_true", help="print the traceback of an error")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _register_verilog(commands)
    _register_presets(commands)
    register_allocate(commands, load_design)
    register_estimate(commands, load_design, load_folding)
    register_devices(commands, load_design)
    register_report(commands, load_design, load_folding)
    register_vivado(commands, load_design, load_folding)
    register_board(commands, load_design, load_folding)
    for _, register in _plugins():
        register(commands)
    register_doctor(commands)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command line ``argv`` (default: that of the process) and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a console without umlauts is no reason to stop
    args = _parser().parse_args(argv)
    try:
        return args.run(args) or 0
    except KeyboardInterrupt:
        if args.traceback:
            raise
        print("\nhypgcn: interrupted; finished files are whole, and the same command goes on from what is there",
              file=sys.stderr)
        return 130
    except (ValueError, OSError) as error:
        if args.traceback:
            raise
        text = " ".join(str(error).split())
        print(f"hypgcn: error: {text}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
