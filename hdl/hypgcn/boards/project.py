"""Build files of a board for a design: RTL, pins, constraints and scripts."""

import json
from pathlib import Path

from ..design import Design
from ..design.ensemble import Ensemble
from ..design.ensemble_folding import Foldings, foldings_to_json
from ..design.files import folder_lock, write_files
from ..design.names import check_vivado_folder
from ..emission.emit import Emission, emit
from ..planning.allocator.allocate import Allocator, Budget
from ..planning.allocator.streams import StreamAllocator
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


def fitting(network: Design | Ensemble, board: Board) -> Foldings:
    """Cheapest folding, or foldings, that keep up with the UART, within the board's share of its device.

    Where none keeps up, the fastest folding within the share. :exc:`ValueError` names the resource that does not
    suffice for any folding.
    """
    device = Device.load(board.device)
    budget = Budget.of(device, **dict.fromkeys(("dsp", "bram36", "lut"), f"{board.share}%"))
    bits = 10 * board.divisor
    if isinstance(network, Ensemble):
        streams = StreamAllocator(network, **device.options)
        whole = streams.solve(budget)
        line = bits * ClipServerConfig.of_ensemble(network).clip_bytes
        return (whole if whole.cycles > line else streams.solve(budget, cycles=line)).foldings
    allocator = Allocator(network, **device.options)
    fastest = allocator.solve(budget)
    line = bits * ClipServerConfig.of(network).clip_bytes
    return (fastest if fastest.cycles > line else allocator.solve(budget, cycles=line)).folding


def emit_for(network: Design | Ensemble, folding: Foldings, board: Board, *, progress=None) -> Emission:
    """Emission of the network, or networks, with the UART of the board."""
    top = (UartTop.of_ensemble(network, folding, board.divisor) if isinstance(network, Ensemble)
           else UartTop.of(network, folding, board.divisor))
    return emit(top, NAME, progress=progress)


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


def write_board(network: Design | Ensemble, folding: Foldings, board: Board, out_dir, *, progress=None) -> Emission:
    """Write the files of ``board`` for ``network`` into ``out_dir``, ready for ``build_top.sh`` there.

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
    emission = emit_for(network, folding, board, progress=progress)
    text = foldings_to_json(network, folding) if isinstance(folding, tuple) else folding.to_json()
    about = {"generator": "hypgcn", "board": board.name, "device": board.device, "clock_hz": board.clock_hz,
             "baud": board.baud, "design": network.name, "hash": network.hash, "folding": json.loads(text)}
    out = Path(out_dir)
    files = {out / name: content for name, content in plan(emission, platform).files.items()}
    with folder_lock(out):
        write_files({**files, out / "board.json": json.dumps(about, indent=1) + "\n"})
    return emission
