"""``hypgcn allocate``: a folding for a device; ``hypgcn estimate``: cycles and resources of a design and folding."""

import json
import re
from pathlib import Path

from ..design.ensemble import Ensemble
from ..design.files import check_out_file
from .device import Device, devices
from .device_table import CLOCK_MHZ
from .streams_command import allocate_streams, estimate_of_streams

__all__ = ["parse_latency", "register_allocate", "register_estimate"]

_LATENCY = re.compile(r"(\d+)|(\d+(?:\.\d+)?)ms")


def parse_latency(text: str, mhz: float) -> float | None:
    """Cycles of a latency in cycles (``"40000"``) or ms (``"0.3ms"``) at ``mhz``; ``None`` of ``"least"``.

    Raises
    ------
    ValueError
        If it is none of these, or 0.
    """
    if text == "least":
        return None
    match = _LATENCY.fullmatch(text)
    cycles = 0.0 if match is None else float(match[1]) if match[1] else 1e3 * mhz * float(match[2])
    if cycles <= 0:
        raise ValueError(f"latency must be cycles such as 40000, a time such as 0.3ms, or least, not {text!r}")
    return cycles


def register_allocate(commands, networks):
    """Add the parser of ``hypgcn allocate``; ``networks`` adds the options of what it is for, and reads them."""
    parser = commands.add_parser("allocate", help="choose the folding of a design for a device and budgets")
    networks.add_options(parser)
    parser.add_argument("--device", default="xcku115", metavar="NAME",
                        help=f"{', '.join(devices())}, or a TOML file (default: %(default)s)")
    for name, text in (("dsp", "multipliers"), ("bram36", "block RAMs of 36 kbit"), ("lut", "LUTs")):
        parser.add_argument(f"--{name}", metavar="N", help=f"maximum of {text}: a count, or a share such as 80%% of "
                                                           f"the device (default: all)")
    parser.add_argument("--cycles", type=int, metavar="N",
                        help="target in cycles per clip: the cheapest folding that reaches it (default: the fastest "
                             "that fits)")
    parser.add_argument("--latency", metavar="CYCLES", help="longest time from a clip's last frame to its scores, in "
                        "cycles, or as 0.3ms: the fastest folding that keeps to it; or least")
    parser.add_argument("--mhz", type=float, default=CLOCK_MHZ, metavar="MHZ",
                        help="clock of latencies in ms (default: %(default)g)")
    parser.add_argument("-o", "--out", metavar="FILE", type=Path, default=Path("build/folding.json"),
                        help="the folding, for hypgcn verilog --folding (default: %(default)s)")
    _add_activity(parser)
    parser.add_argument("--report", metavar="FILE", type=Path, help="write everything that is printed as JSON")
    parser.set_defaults(run=lambda args: _run_allocate(args, networks))


def _run_allocate(args, networks):
    from .allocator.allocate import Allocator, Budget  # the solver is slow to import, and only needed here
    from .estimate import last_frame_latency

    check_out_file("--out", args.out)
    if args.report:
        check_out_file("--report", args.report)
    if args.cycles is not None and args.latency is not None:
        raise ValueError("--latency must not be given with --cycles")
    if not args.mhz > 0:
        raise ValueError(f"--mhz must be more than 0, not {args.mhz:g}")
    wanted = None if args.latency is None else parse_latency(args.latency, args.mhz)
    device = Device.load(args.device)
    budget = Budget.of(device, dsp=args.dsp, bram36=args.bram36, lut=args.lut)
    design = networks.load(args)
    if isinstance(design, Ensemble):
        _refuse(args, "latency")
        return allocate_streams(args, design, device, budget)
    clips = _clips(args, design)
    allocator = Allocator(design, device.mac, None if clips else _activities(args, design), clips, device.multiplier,
                          device.uram, by_latency=args.latency is not None)
    allocation = (allocator.solve(budget, cycles=args.cycles) if args.latency is None
                  else allocator.within_latency(budget, wanted))
    latency = last_frame_latency(design, allocation.folding, allocator.activities)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(allocation.folding.to_json(), encoding="utf-8", newline="\n")

    slowest = (f"mean over {len(allocation.clips)} clips" if allocation.clips
               else f"slowest unit {allocation.estimate.slowest}")
    print(f"design {design.name} on {device.name}: {allocation.cycles:,.0f} cycles per clip, {slowest}")
    for name, used in allocation.used.items():
        print(f"  {name:7} {used:>9,g} of {getattr(device if name == 'uram' else budget, name):>9,g}")
    print(f"latency after the last frame {latency:,.0f} cycles, {latency / args.mhz / 1e3:.3f} ms at {args.mhz:g} MHz")
    faster, cheaper = allocator.better(allocation), allocator.cheaper(allocation)
    for text, other in (("5 % faster", faster), ("5 % less of the scarcest resource", cheaper)):
        print(f"{text}: " + ("none" if other is None else ", ".join(f"{value:,g} {name}"
                                                                    for name, value in other.items())))
    print(f"folding written to {args.out}")
    if args.report:
        args.report.write_text(json.dumps({
            "design": design.name, "hash": design.hash, "device": device.name, "cycles": round(allocation.cycles),
            "latency": round(latency),
            "clips": [round(cycles) for cycles in allocation.clips], "slowest": allocation.estimate.slowest,
            "used": allocation.used, "better": faster, "cheaper": cheaper,
            "units": _rows(allocation.estimate)}, indent=1) + "\n", encoding="utf-8", newline="\n")


def _refuse(args, *names):
    """Raise :exc:`ValueError` for options that ensembles do not have."""
    for name in names:
        if getattr(args, name):
            raise ValueError(f"--{name} must be left out for an ensemble: it is of one network")


def register_estimate(commands, networks):
    """Add the parser of ``hypgcn estimate``; ``networks`` is as for :func:`register_allocate`."""
    parser = commands.add_parser("estimate", help="cycles, DSPs, block RAMs and LUTs of every unit under a folding")
    networks.add_options(parser)
    parser.add_argument("--folding", metavar="FILE", required=True, help="folding that hypgcn allocate wrote")
    _add_activity(parser)
    parser.add_argument("--memory", action="store_true",
                        help="show the memories of features instead: stores, mini-banks, and the savings by sharing "
                             "and compression")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write what is shown as JSON")
    parser.set_defaults(run=lambda args: _run_estimate(args, networks))


def _run_estimate(args, networks):
    from .estimate import clip_cycles, estimate, last_frame_latency, storage

    if args.json:
        check_out_file("--json", args.json)
    design = networks.load(args)
    if isinstance(design, Ensemble):
        _refuse(args, "memory")
        return estimate_of_streams(args, design, networks.load_foldings(args.folding, design))
    folding, activities = networks.load_foldings(args.folding, design), _activities(args, design)
    if args.memory:
        memories = storage(design, folding, activities)
        print(memories.table())
        _save(args.json, memories.report())
        return
    network = estimate(design, folding, activities)
    rows = _rows(network)
    latency = last_frame_latency(design, folding, activities)
    print(f"latency after the last frame {latency:,.0f} cycles, clips following each other without a gap")
    print(f"{'unit':24} {'cycles':>9} {'busy':>6} {'dsp':>6} {'bram36':>7} {'lut':>8}")
    for row in rows:
        print(f"{row['unit']:24} {row['cycles']:9,} {row['cycles'] / network.cycles:6.0%} {row['dsp']:6} "
              f"{row['bram36']:7g} {row['lut']:8,}")
    total = network.resources
    print(f"{'all':24} {network.cycles:9,.0f} {'':6} {total.dsp:6} {total.bram36:7g} {total.lut:8,.0f}")
    if clips := _clips(args, design):
        per_clip = clip_cycles(design, folding, clips)
        print(f"mean over {len(per_clip)} clips, by the slowest unit of each: {sum(per_clip) / len(per_clip):,.0f} "
              f"cycles, {min(per_clip):,.0f} to {max(per_clip):,.0f}")
    _save(args.json, rows)


def _add_activity(parser):
    """Add the option for measured non-zeros."""
    parser.add_argument("--activity", action="append", default=[], metavar="FILE",
                        help="non-zeros as measured by hypgcn activity; for an ensemble STREAM=FILE, once for each "
                             "stream (default: the densities of the design)")


def _activities(args, design):
    """Activities over all clips, or ``None`` without a file."""
    path = _activity_file(args)
    if path is None:
        return None
    from .estimate import load_activities

    return load_activities(path, design)


def _activity_file(args) -> Path | None:
    """The file of ``--activity`` for one network, ``None`` without."""
    if len(args.activity) > 1:
        raise ValueError(f"--activity must be given once for one network, not {len(args.activity)} times")
    return Path(args.activity[0]) if args.activity else None


def _clips(args, design):
    """Activities of single clips, where the file has them."""
    path = _activity_file(args)
    if path is None:
        return []
    from .estimate import load_clips

    return load_clips(path, design)


def _save(path: Path | None, report):
    """Write ``report`` as JSON, if a file is asked for."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8", newline="\n")


def _rows(network) -> list[dict]:
    """One row per unit of an estimate."""
    return [{"unit": name, "cycles": round(unit.cycles), "dsp": unit.resources.dsp, "bram36": unit.resources.bram36,
             "lut": round(unit.resources.lut)} for name, unit in network.units.items()]
