"""``hypgcn devices``: which devices hold which networks, how fast, and what limits each, by estimate."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..console import add_json, examples, finished, show
from ..design import Design
from ..design.ensemble import Ensemble
from ..design.files import check_out_file, write_json
from ..design.raw_conversion import RawSettings, with_raw_input
from ..design.shipped import SHIPPED
from .budget import RESOURCES, Budget
from .device import Device, devices

__all__ = ["CLOCK_MHZ", "NETWORKS", "ON_THE_PAGE", "Entry", "fit", "register_devices", "table"]

CLOCK_MHZ = 172.0
"""Clock that RFC-HyPGCN reports; assumed for all devices."""
ON_THE_PAGE = ("xc7z020", "xc7a100t", "xc7a200t", "xczu3eg", "xck26", "xczu7ev", "xczu9eg", "xcku040", "xcku115",
               "xcu50", "xcu250", "xcvu9p", "lfe5u-85f")
"""Devices of the table when none are given, small ones first."""
NETWORKS = ("checkpoints/nwucla_small/design", "checkpoints/nwucla_small/design+checkpoints/nwucla_small_bone/design",
            "checkpoints/nwucla_joint/design", "checkpoints/nwucla_joint_paper/design")
"""Networks of the table when none are given, in a checkout; elsewhere the one that comes with hypgcn."""
NEARLY_ALL = 0.97
"""Share of a resource from which on it is said to limit: a faster folding rarely fits the rest."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One or several networks on a device.

    Parameters
    ----------
    network, device : str
        Names; several networks are joined by ``+``.
    cycles : float or None
        Cycles of a clip of the slowest network; None where one does not fit.
    used : dict
        DSPs, BRAM36, LUTs and UltraRAMs of all networks and what they share; empty where one does not fit.
    limit : str
        The resources or the unit that limit the throughput, or what is missing.
    boards : tuple of str
        Boards with the device.
    """

    network: str
    device: str
    cycles: float | None
    used: dict[str, float]
    limit: str
    boards: tuple[str, ...] = ()

    @property
    def clips_per_second(self) -> float | None:
        """Clips a second, of each of the networks, at :data:`CLOCK_MHZ`."""
        return None if self.cycles is None else 1e6 * CLOCK_MHZ / self.cycles

    @classmethod
    def of(cls, data: dict) -> "Entry":
        """The entry that :meth:`as_dict` gave."""
        return cls(**{name: data[name] for name in ("network", "device", "cycles", "used", "limit")},
                   boards=tuple(data["boards"]))

    def as_dict(self) -> dict:
        """Plain data for a file."""
        rate = self.clips_per_second
        return {"network": self.network, "device": self.device, "boards": list(self.boards),
                "fits": self.cycles is not None, "cycles": self.cycles and round(self.cycles),
                "clips_per_second_at_172mhz": rate and round(rate, 1),
                "used": self.used, "limit": self.limit}


def fit(designs: list[Design], device: Device) -> Entry:
    """The fastest foldings of ``designs`` in ``device``, with the designs' own densities; several are one ensemble.

    Designs that do not take raw joints get such an input first. :exc:`ValueError` where they cannot be an ensemble.
    """
    from .allocator.allocate import allocate  # the solver is slow to import, and only needed here
    from .allocator.streams import StreamAllocator

    budget = Budget(**{name: getattr(device, name) for name in RESOURCES})
    network = "+".join(design.name for design in designs)
    ensemble = _ensemble(network, designs) if len(designs) > 1 else None
    try:
        if ensemble:
            streams = StreamAllocator(ensemble, **device.options).solve(budget)
            resources, slowest = streams.resources, max(streams.estimates, key=lambda part: part.cycles)
        else:
            slowest = allocate(designs[0], budget, **device.options).estimate
            resources = slowest.resources
    except ValueError as error:
        missing = str(error).partition("it needs ")[2] or str(error)
        return Entry(network=network, device=device.name, cycles=None, used={}, limit=f"needs {missing}",
                     boards=device.boards)
    used = {"dsp": resources.dsp, "bram36": resources.bram36, "lut": round(resources.lut), "uram": resources.uram}
    scarce = [name for name in RESOURCES if used[name] >= NEARLY_ALL * getattr(budget, name)]
    return Entry(network=network, device=device.name, cycles=slowest.cycles, used=used,
                 limit=" and ".join(scarce) or slowest.slowest, boards=device.boards)


def _ensemble(name: str, designs: list[Design]) -> Ensemble:
    raw = [design if design.raw else with_raw_input(design, RawSettings()) for design in designs]
    return Ensemble(name=name, streams=tuple(f"network{index}" for index in range(len(raw))), designs=tuple(raw),
                    weights=(Fraction(1),) * len(raw))


def table(entries: list[Entry]) -> str:
    """Markdown: a line for each network on each device."""
    lines = ["| network | device | boards with it | clips/s | DSP | BRAM36 | LUT | UltraRAM | what limits |",
             "| --- " * 9 + "|"]
    for entry in entries:
        rate, used = entry.clips_per_second, entry.used
        figures = ["does not fit", "", "", "", ""] if rate is None else [
            f"{rate:,.0f}", *(f"{count:,g}" for count in used.values())]
        lines.append(f"| `{entry.network}` | {entry.device} | {', '.join(entry.boards)} | {' | '.join(figures)} | "
                     f"{entry.limit} |")
    return "\n".join(lines)


def register_devices(commands, load_design):
    """Add the parser of ``hypgcn devices``."""
    parser = commands.add_parser("devices", help="which devices hold which networks, and how fast",
                                 description="Which devices hold which networks, how fast, and what limits each, by "
                                             "estimate.")
    examples(parser, "hypgcn devices tiny --device xc7a100t",
             "hypgcn devices nwucla_small --device xck26 --device xcu50 --json")
    parser.add_argument("networks", metavar="DESIGN", nargs="*",
                        help="folders of designs, or presets; DESIGN+DESIGN: both as one ensemble "
                             f"(default: {', '.join(NETWORKS)}; where these are not there {SHIPPED})")
    parser.add_argument("--device", action="append", metavar="NAME",
                        help=f"{', '.join(devices())}, or a TOML file; may be given more than once (default: "
                             f"{', '.join(ON_THE_PAGE)})")
    parser.add_argument("-o", "--out", metavar="FILE", type=Path, default=Path("build/devices.json"),
                        help="the same as JSON (default: %(default)s)")
    add_json(parser)
    parser.set_defaults(run=lambda args: _run(args, load_design))


def _default() -> tuple[str, ...]:
    there = all(Path(path).exists() for text in NETWORKS for path in text.split("+"))
    return NETWORKS if there else (SHIPPED,)


def _run(args, load_design):
    from ..progress import Progress

    check_out_file("--out", args.out)
    chosen = [Device.load(name) for name in args.device or ON_THE_PAGE]
    texts = args.networks or _default()
    networks = [[load_design(path) for path in text.split("+")] for text in texts]
    progress = Progress("choosing foldings")
    entries: list[Entry] = []
    for designs in networks:
        for device in chosen:
            progress(len(entries), len(networks) * len(chosen), f"{designs[0].name} on {device.name}")
            entries.append(fit(designs, device))
    progress.finish()
    rows = [entry.as_dict() for entry in entries]
    write_json(args.out, rows)
    show(args, rows, table(entries))
    fits = next((text for text, designs in zip(texts, networks) for entry in entries
                 if len(designs) == 1 and entry.cycles and entry.network == designs[0].name), None)
    finished(args.out, note=f"by estimate, at an assumed {CLOCK_MHZ:g} MHz",
             then=["allocate", fits, "--device", args.device[0] if args.device else ON_THE_PAGE[0]] if fits else ())
