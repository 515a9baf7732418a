"""``hypgcn report``: one HTML file with everything about a design."""

import shlex
from pathlib import Path

from ..console import examples, finished, introduce
from ..design.files import check_out_file, write_file
from ..planning.budget import Budget
from ..planning.device import Device, devices
from ..progress import Progress

__all__ = ["register_report"]

_TEXT = "one HTML page with everything about a design"


def register_report(commands, load_design, load_folding):
    """Add the parser of ``hypgcn report``."""
    parser = commands.add_parser("report", help=_TEXT, description=f"Write {_TEXT}: network, pruning, accuracy, "
                                 "resources, cycles, memory, origin. Figures of the hardware are estimates, and the "
                                 "page says so.")
    examples(parser, "hypgcn report nwucla_small",
             "hypgcn report tiny --device xc7a100t --folding build/tiny_folding.json -o build/tiny.html")
    parser.add_argument("design", metavar="DESIGN", help="folder of a design, or a preset")
    parser.add_argument("--device", default="xcku115", metavar="NAME",
                        help=f"{', '.join(devices())}, or a TOML file (default: %(default)s)")
    parser.add_argument("--folding", metavar="FILE",
                        help="folding that hypgcn allocate wrote (default: the fastest that fits the device)")
    parser.add_argument("-o", "--out", type=Path, default=Path("build/report.html"), metavar="FILE",
                        help="the page (default: %(default)s)")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.set_defaults(run=lambda args: _run(args, load_design, load_folding))


def _run(args, load_design, load_folding):
    from ..pages import open_page
    from .figures import Figures
    from .sections import report_page

    check_out_file("--out", args.out)
    device = Device.load(args.device)
    design = load_design(args.design)
    folding = load_folding(args.folding, design)
    chosen = f"from {args.folding}" if folding else f"the fastest that fits {device.name}, by estimate"
    introduce(design, f"folding {chosen}")
    folding = folding or _fastest(design, device)
    words = ["hypgcn", "report", args.design, "--device", args.device]
    words += ["--folding", args.folding] if args.folding else []
    figures = Figures.of(design, folding, device, chosen=chosen, command=shlex.join(words))
    write_file(args.out, report_page(figures))
    print(f"{design.name} on {device.name}, by estimate: {figures.clips_per_second:,.0f} clips/s, "
          + ", ".join(f"{used:,.0f} of {there:,} {name}" for name, (used, there) in figures.used.items()))
    finished(args.out, note="open it in a browser", then=["verilog", args.design])
    if args.open:
        open_page(args.out)


def _fastest(design, device: Device):
    from ..planning.allocator.allocate import allocate  # the solver is slow to import, and only needed here

    progress = Progress("choosing the folding")
    folding = allocate(design, Budget.of(device), mac=device.mac, multiplier=device.multiplier,
                       uram=device.uram, few_multipliers=device.few_multipliers).folding
    progress.finish()
    return folding
