"""Build files of a board for a design: RTL, pins, constraints and scripts."""

import json
from pathlib import Path

from ..design import Design
from ..design.files import folder_lock, write_files
from ..design.folding import Folding
from ..design.names import check_vivado_folder
from ..emission.emit import Emission, emit
from ..planning.allocator.allocate import Allocator, Budget
from ..planning.device import Device
from .board import Board
from .clip_server import ClipServerConfig
from .stages import synthesis_script
from .uart_top import UartTop

__all__ = ["NAME", "TOP", "emit_for", "fitting", "plan", "write_board"]

NAME = "hypgcn"
"""Name of the emitted module."""
TOP = "top"
"""Name of the board's top module and of all files that the tools write."""

_VIVADO_MEMORIES = """\
foreach file [glob -nocomplain *.mem] {
    add_files $file
    set_property FILE_TYPE {Memory File} [get_files $file]
}"""


def fitting(design: Design, board: Board) -> Folding:
    """Cheapest folding that keeps up with the UART, within the board's share of its device.

    Where none keeps up, the fastest folding within the share. :exc:`ValueError` names the resource that does not
    suffice for any folding.
    """
    device = Device.load(board.device)
    budget = Budget.of(device, **dict.fromkeys(("dsp", "bram36", "lut"), f"{board.share}%"))
    allocator = Allocator(design, device.mac, multiplier=device.multiplier)
    fastest = allocator.solve(budget)
    line = 10 * board.divisor * ClipServerConfig.of(design).clip_bytes
    if fastest.cycles > line:
        return fastest.folding
    return allocator.solve(budget, cycles=line).folding


def emit_for(design: Design, folding: Folding, board: Board, *, progress=None) -> Emission:
    """Emission of the network with the UART of the board."""
    return emit(UartTop.of(design, folding, board.divisor), NAME, progress=progress)


def plan(emission: Emission, platform):
    """Amaranth's plan of the files around ``emission`` for ``platform``; no tool of the vendor is needed."""
    from .board_top import BoardTop, add_sources

    add_sources(platform, emission)
    after_read = {"Trellis": synthesis_script(), "Vivado": _VIVADO_MEMORIES}
    return platform.build(BoardTop(emission.name), name=TOP, do_build=False, debug_verilog=False,
                          script_after_read=after_read[platform.toolchain],
                          synth_opts="-run check:",  # the steps before it are in the script above
                          nextpnr_opts="--report top.report.json --timing-allow-fail --seed 1",
                          ecppack_opts="--compress")


def write_board(design: Design, folding: Folding, board: Board, out_dir, *, progress=None) -> Emission:
    """Write the files of ``board`` for ``design`` into ``out_dir``, ready for ``build_top.sh`` there.

    Returns
    -------
    Emission
        The emitted network.

    Raises
    ------
    ValueError
        Before any work, if the board needs Vivado and that does not support the folder.
    """
    from . import platforms  # first, because the import fails without amaranth-boards

    platform = getattr(platforms, board.platform)()
    if platform.toolchain == "Vivado":
        check_vivado_folder("out", out_dir)
    emission = emit_for(design, folding, board, progress=progress)
    about = {"generator": "hypgcn", "board": board.name, "device": board.device, "clock_hz": board.clock_hz,
             "baud": board.baud, "design": design.name, "hash": design.hash, "folding": json.loads(folding.to_json())}
    out = Path(out_dir)
    files = {out / name: content for name, content in plan(emission, platform).files.items()}
    with folder_lock(out):
        write_files({**files, out / "board.json": json.dumps(about, indent=1) + "\n"})
    return emission
