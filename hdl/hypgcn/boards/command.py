"""``hypgcn board``: files of a board for a design, and its bitstream where the open tools reach."""

from pathlib import Path

from ..progress import Progress, duration
from .board import BOARDS, board

__all__ = ["register"]


def register(commands, load_design, load_folding):
    """Add the parser of ``hypgcn board``; the loaders turn what the user typed into a design and its folding."""
    parser = commands.add_parser("board", help="write a board's files: the network on its UART, pins, build script")
    parser.add_argument("board", metavar="BOARD", help="; ".join(f"{name}: {entry.text}"
                                                                 for name, entry in BOARDS.items()))
    parser.add_argument("design", metavar="DESIGN", nargs="?",
                        help="folder of a design, or a preset (default: the board's own)")
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, help="output folder (default: build/bitstream/BOARD)")
    parser.add_argument("--folding", metavar="FILE", help="JSON file with lanes, widths and units per block")
    parser.add_argument("--bitstream", action="store_true", help="then make the bitstream with the open tools")
    parser.add_argument("--minutes", type=float, default=120.0, metavar="N",
                        help="after which the tools are stopped (default: %(default)g)")

    def run(args) -> int:
        chosen = board(args.board)
        design = load_design(args.design or chosen.design)
        try:
            return _run(args, chosen, design, load_folding(args.folding, design))
        except ModuleNotFoundError as error:
            raise ValueError(f"hypgcn board needs {error.name}, which is not installed: pip install 'hypgcn[boards]'"
                             ) from error
    parser.set_defaults(run=run)


def _run(args, chosen, design, folding) -> int:
    """1 when a tool fails or the clock is missed."""
    from .project import fitting, write_board  # amaranth-boards is not needed for the other commands

    out = args.out or Path("build/bitstream") / chosen.name
    folding = folding or fitting(design, chosen)
    progress = Progress("board")
    emission = write_board(design, folding, chosen, out, progress=progress)
    progress.finish()
    print(f"written to {out}: design {design.name} for {chosen.text}, {len(emission.files)} files of RTL; "
          f"UART at {chosen.baud} baud")
    if not args.bitstream:
        return 0
    from .bitstream import make_bitstream

    if not chosen.device.startswith("lfe5"):
        raise ValueError(f"a bitstream for {chosen.name} needs Vivado: run build_top.sh in {out} where it is installed")
    progress = Progress("bitstream")
    try:
        made = make_bitstream(out, timeout=60 * args.minutes, progress=progress)
    except RuntimeError as error:
        print(error)
        return 1
    progress.finish()
    used = ", ".join(f"{name} {part['used']} of {part['available']}" for name, part in made["utilisation"].items())
    print(f"{out / made['bitstream']}: {made['clock_mhz']} MHz routed, {made['wanted_mhz']:g} MHz wanted; {used}; "
          f"{duration(made['seconds'])}")
    return 0 if made["met"] else 1
