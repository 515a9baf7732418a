"""``hypgcn allocate``: a folding for a device; ``hypgcn estimate``: cycles and resources of a design and folding."""

import re
from pathlib import Path

from ..console import add_json, examples, finished, introduce, show
from ..design.ensemble import Ensemble
from ..design.files import check_out_file, write_file
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
    examples(parser, "hypgcn allocate tiny --device xc7a100t -o build/tiny_folding.json",
             "hypgcn allocate tiny --latency 0.5ms --mhz 100 --bram36 50% -o build/tiny_prompt.json",
             "hypgcn allocate --stream joint=checkpoints/nwucla_small/design --stream "
             "bone=checkpoints/nwucla_small_bone/design --input raw --dsp 1000 -o build/pair.json")
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
    add_json(parser)
    parser.set_defaults(run=lambda args: _run_allocate(args, networks))


def _run_allocate(args, networks):
    from .allocator.allocate import Allocator, Budget  # the solver is slow to import, and only needed here
    from .estimate import last_frame_latency

    check_out_file("--out", args.out)
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
    limits = [f"{limit} {name}" for name in ("dsp", "bram36", "lut") if (limit := getattr(args, name))]
    introduce(design, f"the fastest within {' and '.join([f'{device.name} (--device)', *limits])}"
              if args.cycles is None else f"the cheapest on {device.name} (--device) with {args.cycles:,} cycles")
    following = ["verilog", *networks.words(args), "--folding", args.out]
    if isinstance(design, Ensemble):
        return allocate_streams(args, design, device, budget, following)
    clips = _clips(args, design)
    allocator = Allocator(design, activities=None if clips else _activities(args, design), clips=clips,
                          by_latency=args.latency is not None, **device.options)
    allocation = (allocator.solve(budget, cycles=args.cycles) if args.latency is None
                  else allocator.within_latency(budget, wanted))
    latency = last_frame_latency(design, allocation.folding, allocator.activities)
    write_file(args.out, allocation.folding.to_json())

    slowest = (f"mean over {len(allocation.clips)} clips" if allocation.clips
               else f"slowest unit {allocation.estimate.slowest}")
    lines = [f"design {design.name} on {device.name}: {allocation.cycles:,.0f} cycles per clip, {slowest}"]
    available = {name: getattr(device if name == "uram" else budget, name) for name in allocation.used}
    lines += [f"  {name:7} {used:>9,g} of {available[name]:>9,g}" for name, used in allocation.used.items()]
    lines.append(f"latency after the last frame {latency:,.0f} cycles, {latency / args.mhz / 1e3:.3f} ms at "
                 f"{args.mhz:g} MHz")
    faster, cheaper = allocator.better(allocation), allocator.cheaper(allocation)
    for text, other in (("5 % faster", faster), ("5 % less of the scarcest resource", cheaper)):
        lines.append(f"{text}: " + ("none" if other is None else ", ".join(f"{value:,g} {name}"
                                                                           for name, value in other.items())))
    show(args, {"design": design.name, "hash": design.hash, "device": device.name, "cycles": round(allocation.cycles),
                "latency": round(latency), "clips": [round(cycles) for cycles in allocation.clips],
                "slowest": allocation.estimate.slowest, "used": allocation.used, "available": available,
                "better": faster, "cheaper": cheaper, "units": _rows(allocation.estimate)}, "\n".join(lines))
    finished(args.out, then=following)


def _refuse(args, *names):
    """Raise :exc:`ValueError` for options that ensembles do not have."""
    for name in names:
        if getattr(args, name):
            raise ValueError(f"--{name} must be left out for an ensemble: it is of one network")


def register_estimate(commands, networks):
    """Add the parser of ``hypgcn estimate``; ``networks`` is as for :func:`register_allocate`."""
    parser = commands.add_parser("estimate", help="cycles, DSPs, block RAMs and LUTs of every unit of a folding")
    examples(parser, "hypgcn estimate tiny --folding build/tiny_folding.json",
             "hypgcn estimate tiny --folding build/tiny_folding.json --memory --json")
    networks.add_options(parser)
    parser.add_argument("--folding", metavar="FILE", required=True, help="folding that hypgcn allocate wrote")
    _add_activity(parser)
    parser.add_argument("--memory", action="store_true",
                        help="show the memories of features instead: stores, mini-banks, and the savings by sharing "
                             "and compression")
    add_json(parser)
    parser.set_defaults(run=lambda args: _run_estimate(args, networks))


def _run_estimate(args, networks):
    from .estimate import clip_cycles, storage

    design = networks.load(args)
    following = ["verilog", *networks.words(args), "--folding", args.folding]
    if isinstance(design, Ensemble):
        _refuse(args, "memory")
        return estimate_of_streams(args, design, networks.load_foldings(args.folding, design), following)
    folding, activities = networks.load_foldings(args.folding, design), _activities(args, design)
    if args.memory:
        memories = storage(design, folding, activities)
        show(args, memories.report(), memories.table())
    else:
        clips = _clips(args, design)
        figures, text = _estimated(design, folding, activities, clip_cycles(design, folding, clips) if clips else [])
        show(args, figures, text)
    finished(then=following)


def _estimated(design, folding, activities, per_clip) -> tuple[dict, str]:
    """Figures of ``hypgcn estimate``, and their table."""
    from .estimate import estimate, last_frame_latency

    network, latency = estimate(design, folding, activities), last_frame_latency(design, folding, activities)
    rows, total = _rows(network), network.resources
    figures = {"design": design.name, "hash": design.hash, "latency": round(latency), "units": rows,
               "cycles": round(network.cycles), "dsp": total.dsp, "bram36": total.bram36, "lut": round(total.lut),
               "clips": [round(cycles) for cycles in per_clip]}
    lines = [f"latency after the last frame {latency:,.0f} cycles, clips following each other without a gap",
             f"{'unit':24} {'cycles':>9} {'busy':>6} {'dsp':>6} {'bram36':>7} {'lut':>8}"]
    lines += [f"{row['unit']:24} {row['cycles']:9,} {row['cycles'] / network.cycles:6.0%} {row['dsp']:6} "
              f"{row['bram36']:7g} {row['lut']:8,}" for row in rows]
    lines.append(f"{'all':24} {network.cycles:9,.0f} {'':6} {total.dsp:6} {total.bram36:7g} {total.lut:8,.0f}")
    if per_clip:
        lines.append(f"mean over {len(per_clip)} clips, by the slowest unit of each: "
                     f"{sum(per_clip) / len(per_clip):,.0f} cycles, {min(per_clip):,.0f} to {max(per_clip):,.0f}")
    return figures, "\n".join(lines)


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


def _rows(network) -> list[dict]:
    """One row per unit of an estimate."""
    return [{"unit": name, "cycles": round(unit.cycles), "dsp": unit.resources.dsp, "bram36": unit.resources.bram36,
             "lut": round(unit.resources.lut)} for name, unit in network.units.items()]
