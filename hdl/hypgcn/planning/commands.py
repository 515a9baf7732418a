"""``hypgcn allocate``: a folding for a device; ``hypgcn estimate``: cycles and resources of a design under a folding."""

import json
from pathlib import Path

from .device import Device, devices

__all__ = ["register_allocate", "register_estimate"]


def _budget_arguments(parser):
    parser.add_argument("--device", default="xcku115", metavar="NAME",
                        help=f"{', '.join(devices())}, or a TOML file (default: %(default)s)")
    for name, text in (("dsp", "multipliers"), ("bram36", "block RAMs of 36 kbit"), ("lut", "LUTs")):
        parser.add_argument(f"--{name}", metavar="N", help=f"{text} at most: a count, or a share such as 80%% of the "
                                                           f"device (default: all)")


def register_allocate(commands, load_design):
    """Add the parser of ``hypgcn allocate``."""
    parser = commands.add_parser("allocate", help="choose the folding of a design for a device and budgets")
    parser.add_argument("design", metavar="DESIGN", help="folder of a design, or a preset")
    _budget_arguments(parser)
    parser.add_argument("--cycles", type=int, metavar="N",
                        help="cycles per clip that are enough (default: as few as fit)")
    parser.add_argument("-o", "--out", metavar="FILE", type=Path, default=Path("build/folding.json"),
                        help="the folding, for hypgcn verilog --folding (default: %(default)s)")
    _add_activity(parser)
    parser.add_argument("--report", metavar="FILE", type=Path, help="write everything that is printed as JSON")
    parser.set_defaults(run=lambda args: _run_allocate(args, load_design))


def _run_allocate(args, load_design):
    from .allocator.allocate import Allocator, Budget  # the solver is not needed for the other commands

    device = Device.load(args.device)
    budget = Budget.of(device, dsp=args.dsp, bram36=args.bram36, lut=args.lut)
    design = load_design(args.design)
    clips = _clips(args, design)
    allocator = Allocator(design, device.mac, None if clips else _activities(args, design), clips,
                          device.multiplier)
    found = allocator.solve(budget, cycles=args.cycles)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(found.folding.to_json())
    decides = f"mean over {len(found.clips)} clips" if found.clips else f"{found.estimate.slowest} decides"
    print(f"design {design.name} on {device.name}: {found.cycles:,.0f} cycles per clip, {decides}")
    for name, used in found.used.items():
        print(f"  {name:7} {used:>9,g} of {getattr(budget, name):>9,g}")
    report = _rows(found.estimate)
    better, cheaper = allocator.better(found), allocator.cheaper(found)
    for text, other in (("faster by 5 %", better), ("cheaper by 5 % in what is scarcest", cheaper)):
        print(f"{text}: " + ("none" if other is None else ", ".join(f"{value:,g} {name}"
                                                                    for name, value in other.items())))
    print(f"folding written to {args.out}")
    if args.report:
        args.report.write_text(json.dumps({
            "design": design.name, "hash": design.hash, "device": device.name, "cycles": round(found.cycles),
            "clips": [round(each) for each in found.clips], "slowest": found.estimate.slowest,
            "used": found.used, "better": better, "cheaper": cheaper, "units": report}, indent=1) + "\n")


def register_estimate(commands, load_design, load_folding):
    """Add the parser of ``hypgcn estimate``."""
    parser = commands.add_parser("estimate", help="cycles, DSPs, block RAMs and LUTs of every unit under a folding")
    parser.add_argument("design", metavar="DESIGN", help="folder of a design, or a preset")
    parser.add_argument("--folding", metavar="FILE", required=True, help="what hypgcn allocate wrote")
    _add_activity(parser)
    parser.add_argument("--memory", action="store_true", help="show where features are kept instead: stores, "
                                                              "mini-banks, and what sharing and compression save")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write what is shown as JSON")
    parser.set_defaults(run=lambda args: _run_estimate(args, load_design, load_folding))


def _run_estimate(args, load_design, load_folding):
    from .estimate import clip_cycles, estimate, storage

    design = load_design(args.design)
    folding, activities = load_folding(args.folding, design), _activities(args, design)
    if args.memory:
        held = storage(design, folding, activities)
        print(held.table())
        _save(args.json, held.report())
        return
    found = estimate(design, folding, activities)
    rows = _rows(found)
    print(f"{'unit':24} {'cycles':>9} {'busy':>6} {'dsp':>6} {'bram36':>7} {'lut':>8}")
    for row in rows:
        print(f"{row['unit']:24} {row['cycles']:9,} {row['cycles'] / found.cycles:6.0%} {row['dsp']:6} "
              f"{row['bram36']:7g} {row['lut']:8,}")
    total = found.resources
    print(f"{'all':24} {found.cycles:9,.0f} {'':6} {total.dsp:6} {total.bram36:7g} {total.lut:8,.0f}")
    if clips := _clips(args, design):
        each = clip_cycles(design, folding, clips)
        print(f"mean over {len(each)} clips, each with its slowest unit: {sum(each) / len(each):,.0f} cycles, "
              f"{min(each):,.0f} to {max(each):,.0f}")
    _save(args.json, rows)


def _add_activity(parser):
    parser.add_argument("--activity", metavar="FILE", type=Path, help="non-zeros as hypgcn activity measured them "
                                                                      "(default: the densities of the design)")


def _activities(args, design):
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


def _save(path: Path | None, found):
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found, indent=1) + "\n")


def _rows(found) -> list[dict]:
    """One row per unit."""
    named = {f"blocks[{index}].{name}": unit for index, units in enumerate(found.blocks)
             for name, unit in units.items()} | found.rest
    return [{"unit": name, "cycles": round(unit.cycles), "dsp": unit.resources.dsp, "bram36": unit.resources.bram36,
             "lut": round(unit.resources.lut)} for name, unit in named.items()]
