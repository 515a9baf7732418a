"""``hypgcn allocate`` and ``hypgcn estimate`` for the networks of an ensemble."""

from collections.abc import Sequence
from pathlib import Path

from ..console import finished, show
from ..cost import Resources, UnitCost
from ..design.ensemble import Ensemble
from ..design.ensemble_folding import foldings_to_json
from ..design.files import write_file
from .budget import Budget
from .device import Device
from .estimate import Activity, load_activities, load_clips

__all__ = ["allocate_streams", "estimate_of_streams"]

_SHARED = "shared"
"""Row of what the networks share: the fork of the joints, the sum, the memory of the scores."""


def allocate_streams(args, ensemble: Ensemble, device: Device, budget: Budget, following: Sequence):
    """Choose foldings within ``budget``, show what they take, and write them to ``args.out``.

    Parameters
    ----------
    args : argparse.Namespace
        With ``activity``, ``cycles``, ``out`` and the option ``--json``.
    ensemble : Ensemble
    device : Device
    budget : Budget
    following : sequence
        Words of the command that usually follows.
    """
    from .allocator.streams import StreamAllocator  # the solver is slow to import

    clips = _clips(args, ensemble)
    allocator = StreamAllocator(ensemble, activities=None if clips else _activities(args, ensemble), clips=clips,
                                **device.options)
    allocation = allocator.solve(budget, cycles=args.cycles)
    write_file(args.out, foldings_to_json(ensemble, allocation.foldings))
    figures, used = _figures(ensemble, allocation), _used(allocation.resources)
    mean = f", mean over {len(clips[0])} clips" if allocation.clips else ""
    available = {name: getattr(device if name == "uram" else budget, name) for name in used}
    show(args, {**figures, "device": device.name, "available": available},
         f"ensemble {ensemble.name} on {device.name}: {allocation.cycles:,.0f} cycles per clip{mean}\n"
         + _table(figures["streams"], available))
    finished(args.out, then=following)


def estimate_of_streams(args, ensemble: Ensemble, foldings: Sequence, following: Sequence):
    """Show what ``ensemble`` takes under ``foldings``; ``following`` are words of the command that usually follows."""
    from .allocator.streams import estimate_streams

    allocation = estimate_streams(ensemble, foldings, activities=_activities(args, ensemble))
    figures = _figures(ensemble, allocation)
    show(args, figures, f"ensemble {ensemble.name}: {allocation.cycles:,.0f} cycles per clip\n"
         + _table(figures["streams"], {}))
    finished(then=following)


def _figures(ensemble: Ensemble, allocation) -> dict:
    """Everything about ``allocation``, as plain data."""
    return {"ensemble": ensemble.name, "hash": ensemble.hash, "cycles": round(allocation.cycles),
            "clips": [round(cycles) for cycles in allocation.clips], "used": _used(allocation.resources),
            "streams": _rows(ensemble, allocation),
            "units": {stream: _units(part.units) for stream, part in zip(ensemble.streams, allocation.estimates)},
            _SHARED: _units(allocation.shared)}


def _activities(args, ensemble: Ensemble) -> list[list[Activity]] | None:
    """Activities of each stream, over all clips of its file; ``None`` without files."""
    files = _files(args, ensemble)
    return [load_activities(path, design) for path, design in zip(files, ensemble.designs)] if files else None


def _clips(args, ensemble: Ensemble) -> list[list[list[Activity]]]:
    """Activities of each stream, for each clip of its file; empty where the files hold none."""
    files = _files(args, ensemble)
    clips = [load_clips(path, design) for path, design in zip(files, ensemble.designs)]
    if len({len(of_stream) for of_stream in clips}) > 1:
        held = ", ".join(f"{path} holds {len(of_stream)}" for path, of_stream in zip(files, clips))
        raise ValueError(f"--activity: files must hold the same clips for each stream: {held}")
    return clips if clips and clips[0] else []


def _files(args, ensemble: Ensemble) -> list[Path]:
    """The file of ``--activity`` of each stream; empty without any."""
    if not args.activity:
        return []
    files = {}
    for text in args.activity:
        stream, _, path = text.partition("=")
        if stream not in ensemble.streams or not path:
            raise ValueError(f"--activity must be STREAM=FILE, with STREAM one of {', '.join(ensemble.streams)}, not "
                             f"{text!r}")
        files[stream] = Path(path)
    if missing := [stream for stream in ensemble.streams if stream not in files]:
        raise ValueError(f"--activity must be given for each stream, or for none: {', '.join(missing)} lacks it")
    return [files[stream] for stream in ensemble.streams]


def _rows(ensemble: Ensemble, allocation) -> list[dict]:
    """A row for each stream, one for what they share, and one for all."""
    rows = [{"stream": stream, "cycles": round(part.cycles), "slowest": part.slowest, **_used(part.resources)}
            for stream, part in zip(ensemble.streams, allocation.estimates)]
    return [*rows, {"stream": _SHARED, **_used(allocation.shared_resources)},
            {"stream": "all", "cycles": round(allocation.cycles), **_used(allocation.resources)}]


def _used(resources: Resources) -> dict[str, float]:
    return {"dsp": resources.dsp, "bram36": resources.bram36, "lut": round(resources.lut),
            **({"uram": resources.uram} if resources.uram else {})}


def _units(units: dict[str, UnitCost]) -> list[dict]:
    return [{"unit": name, "cycles": round(unit.cycles), **_used(unit.resources)} for name, unit in units.items()]


def _table(rows: list[dict], limits: dict[str, float]) -> str:
    """Lines of ``rows``, and one of the budget where there is one."""
    lines = [f"  {'stream':12} {'cycles':>9} {'dsp':>6} {'bram36':>7} {'lut':>8}  slowest unit"]
    for row in rows:
        cycles = f"{row['cycles']:,}" if "cycles" in row else ""
        lines.append(f"  {row['stream']:12} {cycles:>9} {row['dsp']:6} {row['bram36']:7g} {row['lut']:8,}"
                     f"  {row.get('slowest', '')}".rstrip())
    if limits:
        lines.append(f"  {'of':12} {'':9} {limits['dsp']:6} {limits['bram36']:7g} {limits['lut']:8,}")
    return "\n".join(lines)
