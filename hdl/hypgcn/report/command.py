"""``hypgcn report``: one HTML file with everything about a design, or about an ensemble and its networks."""

import shlex
from pathlib import Path

from ..console import examples, finished, introduce
from ..design.ensemble import Ensemble
from ..design.files import check_out_file, write_file
from ..planning.budget import Budget
from ..planning.device import Device, devices
from ..progress import Progress

__all__ = ["register_report"]

_TEXT = "one HTML page with everything about a design or an ensemble"


def register_report(commands, networks):
    """Add the parser of ``hypgcn report``; ``networks`` has the options of networks, and says what they are."""
    parser = commands.add_parser("report", help=_TEXT, description=f"Write {_TEXT}: network, pruning, accuracy, "
                                 "resources, cycles, memory, origin. Figures of the hardware are estimates, and the "
                                 "page says so.")
    examples(parser, "hypgcn report nwucla_small",
             "hypgcn report tiny --device xc7a100t --folding build/tiny_folding.json -o build/tiny.html",
             "hypgcn report build/two -o build/two.html")
    networks.add_options(parser)
    parser.add_argument("--device", default="xcku115", metavar="NAME",
                        help=f"{', '.join(devices())}, or a TOML file (default: %(default)s)")
    parser.add_argument("--folding", metavar="FILE",
                        help="folding that hypgcn allocate wrote (default: the fastest that fits the device)")
    parser.add_argument("-o", "--out", type=Path, default=Path("build/report.html"), metavar="FILE",
                        help="the page (default: %(default)s)")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.set_defaults(run=lambda args: _run(args, networks))


def _run(args, networks):
    from ..pages import open_page
    from .ensemble import EnsembleFigures, ensemble_page
    from .figures import Figures
    from .sections import report_page

    check_out_file("--out", args.out)
    device = Device.load(args.device)
    network = networks.load(args)
    folding = networks.load_foldings(args.folding, network)
    chosen = f"from {args.folding}" if folding else f"the fastest that fits {device.name}, by estimate"
    introduce(network, f"{'foldings' if isinstance(network, Ensemble) else 'folding'} {chosen}")
    folding = folding or _fastest(network, device)
    words = ["hypgcn", "report", *networks.words(args), "--device", args.device]
    words += ["--folding", args.folding] if args.folding else []
    made = {"chosen": chosen, "command": shlex.join(words)}
    figures: Figures | EnsembleFigures
    if isinstance(network, Ensemble):
        figures = EnsembleFigures.of(network, folding, device, **made)
        page = ensemble_page(figures)
    else:
        figures = Figures.of(network, folding, device, **made)
        page = report_page(figures)
    write_file(args.out, page)
    print(f"{network.name} on {device.name}, by estimate: {figures.clips_per_second:,.0f} clips/s, "
          + ", ".join(f"{used:,.0f} of {there:,} {name}" for name, (used, there) in figures.used.items()))
    finished(args.out, note="open it in a browser", then=["verilog", *networks.words(args)])
    if args.open:
        open_page(args.out)


def _fastest(network, device: Device):
    """The fastest folding, or foldings, that fit."""
    from ..planning.allocator.allocate import allocate  # the solver is slow to import, and only needed here
    from ..planning.allocator.streams import StreamAllocator

    progress = Progress("choosing the folding")
    found = (StreamAllocator(network, **device.options).solve(Budget.of(device)).foldings
             if isinstance(network, Ensemble) else allocate(network, Budget.of(device), **device.options).folding)
    progress.finish()
    return found
