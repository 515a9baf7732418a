"""The command ``hypgcn``.

Every subcommand is registered by a function that takes argparse's subparsers, adds its parser, and sets the default
``run`` to a function of the parsed arguments that returns the exit status (``None`` is 0). Subcommands of the hardware
library are registered here; other packages add theirs through the entry-point group ``hypgcn.commands``, whose modules
are imported for every call and therefore import heavy libraries only inside ``run``.

Exit status: 0 success; 1 a check failed; 2 bad input, with one line that names it; 130 interrupted; 141 the program
that read the output ended before it had all.
"""

import argparse
import importlib.metadata
import io
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from . import __version__
from .boards.command import register as register_board
from .choices import (
    add_folding_options,
    chosen_folding,
    folding_words,
    load_design,
    load_design_or_ensemble,
    load_folding,
    load_foldings_of,
)
from .console import Commands, HelpFormatter, Parser, add_json, examples, finished, introduce, json_alone, show, texts
from .console.completion import register_completion
from .console.groups import listing
from .console.output import output_is_closed
from .design.checks import check_int
from .design.ensemble import Ensemble, designs_of
from .design.files import check_out_file, check_out_folder, write_json
from .design.names import check_module_name
from .design.presets import PRESETS, preset
from .design.shipped import SHIPPED
from .doctor import register as register_doctor
from .emission.update import check_foreign
from .input_options import add_input_options
from .needs import install_command
from .planning.commands import register_allocate, register_estimate
from .planning.device_table import register_devices
from .progress import Progress
from .report.command import register_report
from .stream_options import Networks, add_stream_options, load_network, register_ensemble
from .usage import cpu_seconds, peak_memory_mb
from .vivado.command import register as register_vivado

__all__ = ["load_design", "load_folding", "load_foldings_of", "main", "whole_parser"]

GROUP = "hypgcn.commands"
"""Entry-point group of the subcommands of other packages."""


def _register_verilog(commands):
    parser = commands.add_parser("verilog", help="write SystemVerilog, memory images and a JSON sidecar")
    examples(parser, "hypgcn verilog tiny -o build/tiny",
             "hypgcn verilog nwucla_small --multipliers 256 --testbench --clips 2 -o build/nwucla",
             "hypgcn verilog --stream joint=checkpoints/nwucla_small/design --stream "
             "bone=checkpoints/nwucla_small_bone/design --input raw -o build/pair")
    parser.add_argument("design", metavar="DESIGN", nargs="?",
                        help=f"folder of a design or of an ensemble, or a preset: {', '.join(PRESETS)} (default: "
                             f"{SHIPPED}, trained, which comes with hypgcn)")
    add_stream_options(parser)
    parser.add_argument("-o", "--out", metavar="DIR", default="build/verilog",
                        help="output folder (default: %(default)s)")
    add_folding_options(parser)
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
    network = load_network(args, load_design, SHIPPED)
    designs = designs_of(network)
    from . import generate  # elaboration is not needed for the other commands
    from .shell.config import ShellConfig

    if not args.bare:
        ShellConfig.of_network(network, args.bus_width)  # a width that cannot be is said before any work
    clips = None if args.testbench is None else _testbench_clips(designs[0], args.testbench, args.clips)
    introduce(network, folding_words(args, network))
    folding = chosen_folding(args, network)

    start, used = time.monotonic(), cpu_seconds()
    progress = Progress("emission")
    options: dict[str, Any] = {"name": args.name, "bus_width": None if args.bare else args.bus_width,
                               "testbench": clips, "source": args.source, "progress": progress}
    emission = (generate.generate_ensemble(network, folding, Path(args.out), **options)
                if isinstance(network, Ensemble) else generate.generate(network, folding, Path(args.out), **options))
    progress.finish()
    measured = {
        "design": network.name, "hash": network.hash, "blocks": sum(len(design.blocks) for design in designs),
        "multipliers": emission.sidecar["multipliers"], "files": len(emission.files) + 1,
        "megabytes": round(sum(map(len, emission.files.values())) / 1e6, 1),
        "seconds": round(time.monotonic() - start, 1), "cpu_seconds": round(cpu_seconds() - used, 1),
        "peak_memory_mb": peak_memory_mb(),
    }
    memory = "unknown" if measured["peak_memory_mb"] is None else f"{measured['peak_memory_mb']} MB"
    if args.measure:
        write_json(args.measure, measured)
    finished(args.out, args.measure,
             note=f"{measured['files']} files, {measured['megabytes']} MB, {measured['multipliers']} multipliers; "
                  f"{measured['seconds']} s, peak memory {memory}",
             then=["lint", args.out, *(["--name", args.name] if args.name != "hypgcn" else [])])


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
    examples(parser, "hypgcn presets", "hypgcn presets --json")
    add_json(parser)
    parser.set_defaults(run=_run_presets)


def _run_presets(args):
    rows = []
    for name in PRESETS:
        design = preset(name)
        widths = [block.out_channels for block in design.blocks]
        rows.append({"preset": name, "blocks": len(widths), "fewest_channels": min(widths),
                     "most_channels": max(widths), "joints": design.joints, "frames": design.frames,
                     "persons": design.persons, "classes": design.classes})
    lines = [f"{'preset':10} {'blocks':>6} {'channels':>9} {'joints':>6} {'frames':>6} {'persons':>7} {'classes':>7}"]
    for row in rows:
        channels = f"{row['fewest_channels']}-{row['most_channels']}"
        lines.append(f"{row['preset']:10} {row['blocks']:6} {channels:>9} {row['joints']:6} {row['frames']:6} "
                     f"{row['persons']:7} {row['classes']:7}")
    show(args, rows, "\n".join(lines))
    finished(then=["verilog", "tiny"])


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


def whole_parser() -> argparse.ArgumentParser:
    """The parser of all commands that are installed."""
    parser = Parser(prog="hypgcn", formatter_class=HelpFormatter)
    parser.add_argument("--version", action="version", version=f"hypgcn {__version__}")
    parser.add_argument("--traceback", action="store_true", help="print the traceback of an error")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, action=Commands)
    _register_verilog(commands)
    _register_presets(commands)
    register_ensemble(commands, load_design)
    networks = Networks(load_design=load_design, load_foldings=load_foldings_of)
    register_allocate(commands, networks)
    register_estimate(commands, networks)
    register_devices(commands, load_design)
    register_report(commands, networks)
    register_vivado(commands, networks)
    register_board(commands, load_design_or_ensemble, load_foldings_of)
    for _, register in _plugins():
        register(commands)
    register_doctor(commands)
    register_completion(commands, whole_parser)
    parser.description = ("Generator of sparse on-chip accelerators for skeleton action recognition, from checkpoint "
                          f"to RTL.\n\n{listing(texts(commands))}\n\nhypgcn COMMAND --help shows the options of a "
                          "command, and examples that run.")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command line ``argv`` (default: that of the process) and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a console without umlauts is no reason to stop
    args = whole_parser().parse_args(argv)
    args.words = sys.argv[1:] if argv is None else list(argv)  # for a next command that is this one with an option more
    try:
        with json_alone(args):
            status = args.run(args) or 0
        sys.stdout.flush()  # here, where a closed pipe is not yet an error at the end of the interpreter
        return status
    except KeyboardInterrupt:
        if args.traceback:
            raise
        print("\nhypgcn: interrupted; finished files are whole, and the same command goes on from what is there",
              file=sys.stderr)
        return 130
    except (ValueError, OSError) as error:
        if isinstance(error, BrokenPipeError) and output_is_closed():
            return 141
        if args.traceback:
            raise
        text = " ".join(str(error).split())
        print(f"hypgcn: error: {text}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
