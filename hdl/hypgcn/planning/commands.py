"""``hypgcn allocate``: a folding for a device; ``hypgcn estimate``: cycles and resources of a design and folding."""

import json
from pathlib import Path

from ..design.files import check_out_file
from .device import Device, devices

__all__ = ["register_allocate", "register_estimate"]


def register_allocate(commands, load_design):
    """Add the parser of ``hypgcn allocate``."""
    parser = commands.add_parser("allocate", help="choose the folding of a design for a device and budgets")
    parser.add_argument("design", metavar="DESIGN", help="folder of a design, or a preset")
    parser.add_argument("--device", default="xcku115", metavar="NAME",
                        help=f"{', '.join(devices())}, or a TOML file (default: %(default)s)")
    for name, text in (("dsp", "multipliers"), ("bram36", "block RAMs of 36 kbit"), ("lut", "LUTs")):
        parser.add_argument(f"--{name}", metavar="N", help=f"maximum of {text}: a count, or a share such as 80%% of "
                                                           f"the device (default: all)")
    parser.add_argument("--cycles", type=int, metavar="N",
                        help="target in cycles per clip: the cheapest folding that reaches it (default: the fastest "
                             "that fits)")
    parser.add_argument("-o", "--out", metavar="FILE", type=Path, default=Path("build/folding.json"),
                        help="the folding, for hypgcn verilog --folding (default: %(default)s)")
    _add_activity(parser)
    parser.add_argument("--report", metavar="FILE", type=Path, help="write everything that is printed as JSON")
    parser.set_defaults(run=lambda args: _run_allocate(args, load_design))


def _run_allocate(args, load_design):
    from .allocator.allocate import Allocator, Budget  # the solver is slow to import, and only needed here

    check_out_file("--out", args.out)
    if args.report:
        check_out_file("--report", args.report)
    device = Device.load(args.device)
    budget = Budget.of(device, dsp=args.dsp, bram36=args.bram36, lut=args.lut)
    design = load_design(args.design)
    clips = _clips(args, design)
    allocator = Allocator(design, device.mac, None if clips else _activities(args, design), clips, device.multiplier,
                          device.uram)
    allocation = allocator.solve(budget, cycles=args.cycles)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(allocation.folding.to_json(), encoding="utf-8", newline="\n")

    slowest = (f"mean over {len(allocation.clips)} clips" if allocation.clips
               else f"slowest unit {allocation.estimate.slowest}")
    print(f"design {design.name} on {device.name}: {allocation.cycles:,.0f} cycles per clip, {slowest}")
    for name, used in allocation.used.items():
        print(f"  {name:7} {used:>9,g} of {getattr(device if name == 'uram' else budget, name):>9,g}")
    faster, cheaper = allocator.better(allocation), allocator.cheaper(allocation)
    for text, other in (("5 % faster", faster), ("5 % less of the scarcest resource", cheaper)):
        print(f"{text}: " + ("none" if other is None else ", ".join(f"{value:,g} {name}"
                                                                    for name, value in other.items())))
    print(f"folding written to {args.out}")
    if args.report:
        args.report.write_text(json.dumps({
            "design": design.name, "hash": design.hash, "device": device.name, "cycles": round(allocation.cycles),
            "clips": [round(cycles) for cycles in allocation.clips], "slowest": allocation.estimate.slowest,
            "used": allocation.used, "better": faster, "cheaper": cheaper,
            "units": _rows(allocation.estimate)}, indent=1) + "\n", encoding="utf-8", newline="\n")


def register_estimate(commands, load_design, load_folding):
    """Add the parser of ``hypgcn estimate``."""
    parser = commands.add_parser("estimate", help="cycles, DSPs, block RAMs and LUTs of every unit under a folding")
    parser.add_argument("design", metavar="DESIGN", help="folder of a design, or a preset")
    parser.add_argument("--folding", metavar="FILE", required=True, help="folding that hypgcn allocate wrote")
    _add_activity(parser)
    parser.add_argument("--memory", action="store_true",
                        help="show the memories of features instead: stores, mini-banks, and the savings by sharing "
                             "and compression")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write what is shown as JSON")
    parser.set_defaults(run=lambda args: _run_estimate(args, load_design, load_folding))


def _run_estimate(args, load_design, load_folding):
    from .estimate import clip_cycles, estimate, storage

    if args.json:
        check_out_file("--json", args.json)
    design = load_design(args.design)
    folding, activities = load_folding(args.folding, design), _activities(args, design)
    if args.memory:
        memories = storage(design, folding, activities)
        print(memories.table())
        _save(args.json, memories.report())
        return
    network = estimate(design, folding, activities)
    rows = _rows(network)
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
    parser.add_argument("--activity", metavar="FILE", type=Path, help="non-zeros as measured by hypgcn activity "
                                                                      "(default: the densities of the design)")


def _activities(args, design):
    """Activities over all clips, or ``None`` without a file."""
    if args.activity is None:
        return None
    from .estimate import load_activities

    return load_activities(args.activity, design)


def _clips(args, design):
    """Activities of single clips, where the file has them."""
    if args.activity is None:
        return []
    from .estimate import load_clips

    return load_clips(args.activity, design)


def _save(path: Path | None, report):
    """Write ``report`` as JSON, if a file is asked for."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8", newline="\n")


def _rows(network) -> list[dict]:
    """One row per unit of an estimate."""
    return [{"unit": name, "cycles": round(unit.cycles), "dsp": unit.resources.dsp, "bram36": unit.resources.bram36,
             "lut": round(unit.resources.lut)} for name, unit in network.units.items()]
