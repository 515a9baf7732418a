"""``hypgcn board``: build files of a board for a design, and its bitstream where open tools support the device."""

from pathlib import Path

from ..console import examples, finished, introduce
from ..design.files import check_out_folder, folder_lock
from ..needs import checked
from ..progress import Progress, duration
from .board import BOARDS, board

__all__ = ["register"]


def register(commands, load_network, load_foldings):
    """Add the parser of ``hypgcn board``; the loaders make a network and its folding, or foldings, of what is typed."""
    parser = commands.add_parser("board", help="write build files of a board: network, UART, pins, script")
    examples(parser, "hypgcn board ulx3s", "hypgcn board kcu105 nwucla_small -o build/kcu105")
    parser.add_argument("board", metavar="BOARD", help="; ".join(f"{name}: {entry.text}"
                                                                 for name, entry in BOARDS.items()))
    parser.add_argument("design", metavar="DESIGN", nargs="?",
                        help="folder of a design or of an ensemble, or a preset (default: the preset of the board)")
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, help="output folder (default: build/bitstream/BOARD)")
    parser.add_argument("--folding", metavar="FILE",
                        help="JSON file with the parallelism of each block (default: chosen for the board)")
    parser.add_argument("--bitstream", action="store_true", help="also make the bitstream with the open tools")
    parser.add_argument("--minutes", type=float, default=120.0, metavar="N",
                        help="minutes after which the tools are stopped (default: %(default)g)")

    def run(args) -> int:
        target = board(args.board)
        if args.out:
            check_out_folder("--out", args.out)
        network = load_network(args.design or target.design)
        return _run(args, target, network, load_foldings(args.folding, network))
    parser.set_defaults(run=run)
    checked(parser, "board", ("boards",))


def _run(args, target, network, folding) -> int:
    """Write the files and build: 1 when a tool fails or the clock is missed."""
    from .project import fitting, write_board  # amaranth-boards is not needed for the other commands

    out = args.out or Path("build/bitstream") / target.name
    introduce(network, f"folding {args.folding}" if folding else f"folding: the fastest that fits {target.name}")
    folding = folding or fitting(network, target)
    progress = Progress("emission")
    emission = write_board(network, folding, target, out, progress=progress)
    progress.finish()
    open_tools = target.device.startswith("lfe5")
    finished(out, note=f"{len(emission.files)} files of RTL for {target.text}; UART at {target.baud} baud",
             then=[*args.words, "--bitstream"] if open_tools and not args.bitstream else ())
    if not args.bitstream:
        return 0
    from .bitstream import make_bitstream

    if not open_tools:
        raise ValueError(f"a bitstream for {target.name} needs Vivado: run build_top.sh in {out} where it is installed")
    progress = Progress("bitstream")
    try:
        with folder_lock(out, wait=0):
            made = make_bitstream(out, timeout=60 * args.minutes, progress=progress)
    except RuntimeError as error:
        print(error)
        return 1
    progress.finish()
    used = ", ".join(f"{name} {row['used']} of {row['available']}" for name, row in made["utilisation"].items())
    finished(out / made["bitstream"], note=f"{made['clock_mhz']} MHz routed, target {made['wanted_mhz']:g} MHz; "
                                           f"{used}; {duration(made['seconds'])}")
    return 0 if made["met"] else 1
