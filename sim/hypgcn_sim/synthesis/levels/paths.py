"""How many LUTs are on the longest paths of a mapped netlist, from register to register and at the ports.

A *level* is a LUT or an inverter; a carry chain, however long, is one level, and so is the read of a LUT RAM from its
address or of a shift register from its tap. The multiplexers MUXF7 to MUXF9 are free: they are in the slice of the LUTs
that they join. Paths begin at outputs of flip-flops, block RAMs, DSPs, LUT RAMs' and shift registers' own
contents, or at ports of the top; they end at any input of these (enables and resets too) or at a port. Borders of
modules are no ends: the netlist is walked as one, so a valid or a ready that runs through many units counts in full.
"""
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .netlist import Netlist

__all__ = ["Levels", "Path", "joined", "logic_levels"]


@dataclass(frozen=True)
class Path:
    """The deepest of some paths: ``levels``, and names of where it begins and ends."""

    levels: int
    begin: str
    end: str

    def as_dict(self) -> dict:
        """For a row of JSON."""
        return {"levels": self.levels, "from": self.begin, "to": self.end}


@dataclass
class Levels:
    """What :func:`logic_levels` finds.

    registers : deepest path between registers, or None without one
    units : the same by unit, of the paths that end in it
    into, out_of : by port, without its bits: deepest path from it to a register, and from a register to it
    through : by (port in, port out), the deepest path between them
    ends : levels of every register with the name of its deepest path's begin, the deepest first, one each per
        name without index
    unregistered : block RAMs and DSPs whose outputs meet logic before a register
    """

    registers: Path | None = None
    units: dict[str, Path] = field(default_factory=dict)
    into: dict[str, Path] = field(default_factory=dict)
    out_of: dict[str, Path] = field(default_factory=dict)
    through: dict[tuple[str, str], Path] = field(default_factory=dict)
    ends: list[Path] = field(default_factory=list)
    unregistered: list[str] = field(default_factory=list)

    @property
    def most(self) -> int:
        """Levels of the deepest path between registers; 0 without one."""
        return self.registers.levels if self.registers else 0

    def classes(self) -> dict[str, int]:
        """Deepest of each kind of path: between registers, from a port, to a port, between ports."""
        return {"max_logic_levels": self.most,
                "levels_from_ports": max((path.levels for path in self.into.values()), default=0),
                "levels_to_ports": max((path.levels for path in self.out_of.values()), default=0),
                "levels_between_ports": max((path.levels for path in self.through.values()), default=0)}

    def as_dict(self) -> dict:
        """For a file of JSON, without ``ends``."""
        return {**self.classes(), "deepest": self.registers and self.registers.as_dict(),
                "units": {name: path.as_dict() for name, path in self.units.items()},
                "into": {name: path.as_dict() for name, path in self.into.items()},
                "out_of": {name: path.as_dict() for name, path in self.out_of.items()},
                "through": [path.as_dict() for path in self.through.values()], "unregistered": self.unregistered}

    @classmethod
    def from_dict(cls, found: dict) -> "Levels":
        """What :meth:`as_dict` gave."""
        def path(row: dict) -> Path:
            return Path(row["levels"], row["from"], row["to"])

        def paths(kind: str) -> dict[str, Path]:
            return {name: path(row) for name, row in found[kind].items()}

        return cls(registers=found["deepest"] and path(found["deepest"]), unregistered=found["unregistered"],
                   through={(row["from"], row["to"]): path(row) for row in found["through"]},
                   units=paths("units"), into=paths("into"), out_of=paths("out_of"))

def _stem(name: str) -> str:
    return re.sub(r"\[\d+\]$", "", name)


def logic_levels(netlist: dict, top: str, *, unit_of: Callable[[str], str] | None = None) -> Levels:
    """Deepest paths of module ``top`` of a ``write_json`` of Yosys, mapped to LUTs.

    ``unit_of`` gives the unit that a register's name belongs to. Raises :exc:`ValueError` for cells that are neither
    logic nor registers, and for loops of logic.
    """
    graph = Netlist(netlist["modules"], top)
    found = graph.arrivals()
    levels = Levels()
    deepest: dict[tuple[str, str], Path] = {}

    def keep(table: dict, key, levels_: int, begin: str, end: str):
        if key not in table or levels_ > table[key].levels:
            table[key] = Path(levels_, begin, end)

    for net, name in graph.ends:
        arrival = found.get(net)
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
            if (arrival := found.get(net)) is None:
                continue
            if arrival.levels >= 0:
                keep(levels.out_of, port, arrival.levels, graph.begins[arrival.begin], port)
            for source, depth in arrival.ports.items():
                keep(levels.through, (source, port), depth, source, port)
    levels.ends = sorted(deepest.values(), key=lambda path: (-path.levels, path.end))
    levels.registers = levels.ends[0] if levels.ends else None
    met = graph.met_by_logic()
    levels.unregistered = sorted(name for name, nets in graph.hard if met.intersection(nets))
    return levels


def joined(parts: Mapping[str, Levels], streams: Iterable[tuple[tuple[str, str], tuple[str, str]]]) -> Path | None:
    """Deepest path that runs through the ``streams`` between parts, each ``((source part, its stream), (sink part, its
    stream))``: a bound, that takes all bits of a port to be as deep as the deepest.

    Raises :exc:`ValueError` when the parts and streams make a loop of logic.
    """
    forward: dict[tuple[str, str], tuple[str, str]] = {}
    for (source, o), (sink, i) in streams:
        forward |= {(source, f"{o}__{name}"): (sink, f"{i}__{name}") for name in ("payload", "valid")}
        forward[sink, f"{i}__ready"] = source, f"{o}__ready"
    best: Path | None = None

    def follow(part: str, port: str, so_far: Path, seen: frozenset):
        """Go on behind output ``port`` of ``part``."""
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
