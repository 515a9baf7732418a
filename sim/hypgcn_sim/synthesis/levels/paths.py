"""Logic levels: LUTs on the longest paths of a mapped netlist, from register to register and at the ports.

A *level* is a LUT or an inverter; a carry chain of any length is one level, and so is the read of a LUT RAM from its
address or of a shift register from its tap. The multiplexers MUXF7 to MUXF9 are free: they are in the slice of the LUTs
that they join. Paths begin at outputs of flip-flops, block RAMs, DSPs, LUT RAMs' and shift registers' own contents, or
at ports of the top; they end at any input of these (enables and resets too) or at a port. Module boundaries do not end
a path: a valid or a ready that passes many units counts in full.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .netlist import Netlist

__all__ = ["Levels", "Path", "joined", "logic_levels"]


@dataclass(frozen=True)
class Path:
    """The deepest of some paths.

    Attributes
    ----------
    levels : int
        Its logic levels.
    begin, end : str
        Names of its first and last register or port.
    """

    levels: int
    begin: str
    end: str

    def as_dict(self) -> dict:
        """The path for JSON."""
        return {"levels": self.levels, "from": self.begin, "to": self.end}


@dataclass
class Levels:
    """Deepest paths of a netlist.

    Attributes
    ----------
    registers : Path or None
        Between registers; ``None`` without one.
    units : dict of str to Path
        Between registers, by the unit in which they end.
    into, out_of : dict of str to Path
        From each port to a register, and from a register to each port.
    through : dict of (str, str) to Path
        From an input port to an output port.
    ends : list of Path
        To each register (one for all bits of a name), the deepest first.
    unregistered : list of str
        Block RAMs, DSPs and shift registers whose outputs, which come late in a cycle, feed logic before a register.
    """

    registers: Path | None = None
    units: dict[str, Path] = field(default_factory=dict)
    into: dict[str, Path] = field(default_factory=dict)
    out_of: dict[str, Path] = field(default_factory=dict)
    through: dict[tuple[str, str], Path] = field(default_factory=dict)
    ends: list[Path] = field(default_factory=list)
    unregistered: list[str] = field(default_factory=list)

    @property
    def max_levels(self) -> int:
        """Levels of the deepest path between registers; 0 without one."""
        return self.registers.levels if self.registers else 0

    def classes(self) -> dict[str, int]:
        """Levels of the deepest path of each kind: between registers, from ports, to ports, between ports."""
        return {"max_logic_levels": self.max_levels,
                "levels_from_ports": max((path.levels for path in self.into.values()), default=0),
                "levels_to_ports": max((path.levels for path in self.out_of.values()), default=0),
                "levels_between_ports": max((path.levels for path in self.through.values()), default=0)}

    def as_dict(self) -> dict:
        """The levels for JSON, without ``ends``."""
        return {**self.classes(), "deepest": self.registers and self.registers.as_dict(),
                "units": {name: path.as_dict() for name, path in self.units.items()},
                "into": {name: path.as_dict() for name, path in self.into.items()},
                "out_of": {name: path.as_dict() for name, path in self.out_of.items()},
                "through": [path.as_dict() for path in self.through.values()], "unregistered": self.unregistered}

    @classmethod
    def from_dict(cls, entry: dict) -> "Levels":
        """The inverse of :meth:`as_dict`."""
        def path(row: dict) -> Path:
            return Path(row["levels"], row["from"], row["to"])

        def paths(kind: str) -> dict[str, Path]:
            return {name: path(row) for name, row in entry[kind].items()}

        return cls(registers=entry["deepest"] and path(entry["deepest"]), unregistered=entry["unregistered"],
                   through={(row["from"], row["to"]): path(row) for row in entry["through"]},
                   units=paths("units"), into=paths("into"), out_of=paths("out_of"))


def _stem(name: str) -> str:
    return re.sub(r"\[\d+\]$", "", name)


def logic_levels(netlist: dict, top: str, *, unit_of: Callable[[str], str] | None = None) -> Levels:
    """Deepest paths of a netlist that is mapped to LUTs.

    Parameters
    ----------
    netlist : dict
        Of Yosys' ``write_json``.
    top : str
        The top module.
    unit_of : callable or None
        Unit of the name of a register.

    Raises
    ------
    ValueError
        For cells that are neither logic nor registers, and for combinational loops.
    """
    graph = Netlist(netlist["modules"], top)
    arrivals = graph.arrivals()
    levels = Levels()
    deepest: dict[tuple[str, str], Path] = {}

    def keep(table: dict, key, levels_: int, begin: str, end: str):
        if key not in table or levels_ > table[key].levels:
            table[key] = Path(levels_, begin, end)

    for net, name in graph.ends:
        arrival = arrivals.get(net)
        if arrival is None:
            continue
        if arrival.levels >= 0:
            begin = graph.begins[arrival.begin]
            keep(deepest, _stem(name), arrival.levels, begin, name)
            if unit_of is not None:
                keep(levels.units, unit_of(name), arrival.levels, begin, name)
        for port, depth in arrival.ports.items():
            keep(levels.into, port, depth, port, name)
    for port, nets in graph.outputs.items():
        for net in nets:
            if (arrival := arrivals.get(net)) is None:
                continue
            if arrival.levels >= 0:
                keep(levels.out_of, port, arrival.levels, graph.begins[arrival.begin], port)
            for source, depth in arrival.ports.items():
                keep(levels.through, (source, port), depth, source, port)
    levels.ends = sorted(deepest.values(), key=lambda path: (-path.levels, path.end))
    levels.registers = levels.ends[0] if levels.ends else None
    feeding = graph.nets_into_logic()
    levels.unregistered = sorted({_stem(name) for name, nets in graph.hard if feeding.intersection(nets)})
    return levels


def joined(parts: Mapping[str, Levels], streams: Iterable[tuple[tuple[str, str], tuple[str, str]]]) -> Path | None:
    """Deepest path across the streams between parts.

    It is a bound: all bits of a port are taken to be as deep as the deepest.

    Parameters
    ----------
    parts : mapping of str to Levels
        The parts.
    streams : iterable
        ``((source part, its stream), (sink part, its stream))`` each.

    Returns
    -------
    Path or None
        ``None`` when no path crosses a stream.

    Raises
    ------
    ValueError
        When parts and streams make a combinational loop.
    """
    forward: dict[tuple[str, str], tuple[str, str]] = {}
    for (source, o), (sink, i) in streams:
        forward |= {(source, f"{o}__{name}"): (sink, f"{i}__{name}") for name in ("payload", "valid")}
        forward[sink, f"{i}__ready"] = source, f"{o}__ready"
    best: Path | None = None

    def follow(part: str, port: str, so_far: Path, seen: frozenset):
        """Follow the path behind output ``port`` of ``part``."""
        nonlocal best
        if (part, port) not in forward:
            return
        part, port = forward[part, port]
        if (part, port) in seen:
            raise ValueError(f"parts must not make a loop of logic, not one through {part}.{port}")
        if (path := parts[part].into.get(port)) is not None:
            levels = so_far.levels + path.levels
            if best is None or levels > best.levels:
                best = Path(levels, so_far.begin, f"{part}.{path.end}")
        for (source, out), path in parts[part].through.items():
            if source == port:
                follow(part, out, Path(so_far.levels + path.levels, so_far.begin, ""), seen | {(part, port)})

    for name, part in parts.items():
        for port, path in part.out_of.items():
            follow(name, port, Path(path.levels, f"{name}.{path.begin}", ""), frozenset())
    return best
