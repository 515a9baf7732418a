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

__all__ = ["Arrival", "Levels", "Path", "joined", "logic_levels"]

LUT = re.compile(r"LUT[1-6]|INV")
WIRE = re.compile(r"MUXF[789]|BUFG|BUF|IBUF|OBUF")
CARRY = re.compile(r"CARRY[48]")
FLIP_FLOP = re.compile(r"FD[A-Z]+(_1)?")
SHIFT = re.compile(r"SRL.*")
LUT_RAM = re.compile(r"RAM\d+[A-Z]\d*(_1)?")
BLOCK = re.compile(r"RAMB(18|36)E[12]|DSP48E2")
NOTHING = re.compile(r"VCC|GND|\$scopeinfo")
DATA_OUT = re.compile(r"CAS(DO|DOP).*|D(OUT|OUTP|O|OP)[AB].*|P|PCOUT")
CLOCKS = {"C", "CLK", "WCLK", "CLKARDCLK", "CLKBWRCLK"}


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


@dataclass(slots=True)
class Arrival:
    """Levels up to a net from registers and from each port, and where these paths begin."""

    levels: int = -1
    begin: int = -1
    ports: dict[str, int] = field(default_factory=dict)


@dataclass
class _Template:
    """A module's cells, by what a path does there; nets are its own numbers."""

    inputs: dict[str, list] = field(default_factory=dict)
    outputs: dict[str, list] = field(default_factory=dict)
    logic: list[tuple[object, list[tuple[object, int]]]] = field(default_factory=list)
    begins: list[tuple[object, str]] = field(default_factory=list)
    ends: list[tuple[object, str]] = field(default_factory=list)
    hard: list[tuple[str, list]] = field(default_factory=list)
    children: list[tuple[str, str, dict]] = field(default_factory=list)


def _register_name(names: Mapping, cell: str, nets: Iterable) -> str:
    return next((names[net] for net in nets if net in names), cell)


def _names(module: dict) -> dict:
    """A readable name of each net: public before hidden, then the shortest."""
    found: dict[object, tuple] = {}
    for name, net in module["netnames"].items():
        bits = net["bits"]
        key = (net.get("hide_name", 0) or name.startswith("$") or "$" in name, len(name), name)
        for place, bit in enumerate(bits):
            if not isinstance(bit, str) and (bit not in found or key < found[bit][0]):
                found[bit] = key, f"{name}[{place}]" if len(bits) > 1 else name
    return {bit: name for bit, (key, name) in found.items() if not key[0]}


def _template(module: dict, modules: dict) -> _Template:
    template, names = _Template(), _names(module)
    for name, port in module.get("ports", {}).items():
        if port["direction"] == "inout":
            raise ValueError(f"port {name} must be an input or an output, not an inout")
        (template.inputs if port["direction"] == "input" else template.outputs)[name] = port["bits"]
    chained = {bit for cell in module["cells"].values() if CARRY.fullmatch(cell["type"])
               for bit in cell["connections"].get("CO", ())}
    for name, cell in module["cells"].items():
        kind, pins = cell["type"], cell["connections"]
        if kind in modules and not modules[kind].get("attributes", {}).get("blackbox"):
            template.children.append((name, kind, pins))
        elif LUT.fullmatch(kind) or WIRE.fullmatch(kind):
            cost = 1 if LUT.fullmatch(kind) else 0
            (out,) = pins["O"]
            template.logic.append((out, [(bit, cost) for pin, bits in pins.items() if pin != "O" for bit in bits]))
        elif CARRY.fullmatch(kind):
            _carry(template, pins, chained)
        elif FLIP_FLOP.fullmatch(kind):
            label = _register_name(names, name, pins["Q"])
            template.begins += [(bit, label) for bit in pins["Q"]]
            _ends(template, pins, {"Q"}, label)
        elif SHIFT.fullmatch(kind) or LUT_RAM.fullmatch(kind):
            _small_memory(template, names, name, kind, pins)
        elif BLOCK.fullmatch(kind):
            outs = [bit for pin, bits in pins.items() if DATA_OUT.fullmatch(pin) for bit in bits]
            template.begins += [(bit, name) for bit in outs]
            _ends(template, pins, {pin for pin in pins if DATA_OUT.fullmatch(pin)}, name)
            if not _registered(cell):
                template.hard.append((name, outs))
        elif not NOTHING.fullmatch(kind):
            raise ValueError(f"cell {name} must be of a known type, not {kind}")
    return template


def _ends(template: _Template, pins: dict, outputs: set[str], label: str):
    template.ends += [(bit, label) for pin, bits in pins.items() if pin not in outputs | CLOCKS for bit in bits]


def _carry(template: _Template, pins: dict, chained: set):
    """Bit k of a carry chain follows the propagates up to k, the generates below; one level where they enter, none
    from the cell before."""
    into = [(bit, 0 if bit in chained else 1) for bit in pins.get("CI", ())]
    into += [(bit, 1) for bit in pins.get("CYINIT", ())]
    for k in range(len(pins["S"])):
        into.append((pins["S"][k], 1))
        if k < len(pins.get("O", ())):
            template.logic.append((pins["O"][k], list(into)))
        into.append((pins["DI"][k], 1))
        if k < len(pins.get("CO", ())):
            template.logic.append((pins["CO"][k], list(into)))


def _small_memory(template: _Template, names: dict, name: str, kind: str, pins: dict):
    """LUT RAM and shift registers: their contents are registers, their read is a level."""
    outputs = {pin for pin in pins if re.fullmatch(r"Q|Q31|Q15|O|DO[A-H]?|[SD]PO|O[01]", pin)}
    for pin in outputs:
        if re.fullmatch(r"DO[A-H]", pin):
            read = list(pins.get("ADDR" + pin[2], ()))
        else:
            letter = "DPRA" if pin == "DPO" else "A"
            read = [bit for other, bits in pins.items() if re.fullmatch(rf"{letter}\d*", other) for bit in bits]
        for bit in pins[pin]:
            label = _register_name(names, name, [bit])
            if all(isinstance(each, str) for each in read):
                template.begins.append((bit, label))
            else:
                template.logic.append((bit, [(each, 1) for each in read]))
    label = name
    if SHIFT.fullmatch(kind):
        label = _register_name(names, name, [bit for pin in sorted(outputs) for bit in pins[pin]])
    _ends(template, pins, outputs, label)


def _registered(cell: dict) -> bool:
    """A block RAM or DSP with its own output register on."""
    parameters = cell.get("parameters", {})
    if cell["type"] == "DSP48E2":
        return int(str(parameters.get("PREG", "1")), 2) == 1
    return all(int(str(parameters.get(f"DO{side}_REG", "0")), 2) == 1 for side in "AB")


class _Netlist:
    """All instances under ``top`` as one graph of nets."""

    def __init__(self, modules: dict, top: str):
        if top not in modules:
            raise ValueError(f"top must be a module of the netlist, not {top!r}")
        self.modules = modules
        self.templates: dict[str, _Template] = {}
        self.driver: dict[int, list[tuple[int, int]]] = {}
        self.begins: dict[int, str] = {}
        self.ends: list[tuple[int, str]] = []
        self.hard: list[tuple[str, list[int]]] = []
        self.nets = 0
        ports = modules[top]["ports"]
        nets = {bit: self._new() for port in ports.values() for bit in port["bits"] if not isinstance(bit, str)}
        self._place(top, "", nets)
        self.inputs, self.outputs = (
            {name: [nets[bit] for bit in port["bits"] if bit in nets] for name, port in ports.items()
             if port["direction"] == direction} for direction in ("input", "output"))

    def _new(self) -> int:
        self.nets += 1
        return self.nets

    def _place(self, kind: str, prefix: str, nets: dict):
        """Put an instance down; ``nets``: what its ports' nets are outside, and all others once they are met."""
        if kind not in self.templates:
            self.templates[kind] = _template(self.modules[kind], self.modules)
        template = self.templates[kind]

        def of(bit):
            if isinstance(bit, str):
                return None
            if bit not in nets:
                nets[bit] = self._new()
            return nets[bit]

        for out, into in template.logic:
            if (net := of(out)) is not None:
                self.driver[net] = [(source, cost) for bit, cost in into if (source := of(bit)) is not None]
        for bit, name in template.begins:
            if (net := of(bit)) is not None:
                self.begins[net] = prefix + name
        self.ends += [(net, prefix + name) for bit, name in template.ends if (net := of(bit)) is not None]
        self.hard += [(prefix + name, [net for bit in bits if (net := of(bit)) is not None])
                      for name, bits in template.hard]
        for name, child, pins in template.children:
            if child not in self.templates:
                self.templates[child] = _template(self.modules[child], self.modules)
            inside: dict = {}
            for port, bits in self.templates[child].inputs.items():
                for bit, outer in zip(bits, pins.get(port, ())):
                    inside[bit] = of(outer)
            for port, bits in self.templates[child].outputs.items():
                for bit, outer in zip(bits, pins.get(port, ())):
                    net = of(outer)
                    if isinstance(bit, str) or net is None:
                        continue
                    if bit not in inside:
                        inside[bit] = net
                    elif inside[bit] is not None:    # the same net at two ports
                        self.driver[net] = [(inside[bit], 0)]
            self._place(child, f"{prefix}{name}.", inside)

    def met_by_logic(self) -> set[int]:
        """Nets that feed logic."""
        met = {net for sources in self.driver.values() for net, cost in sources if cost}
        wires = {net: sources for net, sources in self.driver.items() if sources and not any(c for _, c in sources)}
        more = met
        while more:
            more = {source for net in wires.keys() & more for source, _ in wires[net]} - met
            met |= more
        return met

    def arrivals(self) -> dict[int, Arrival]:
        """Of every net that a path passes."""
        found = {net: Arrival(0, net) for net in self.begins}
        for name, nets in self.inputs.items():
            for net in nets:
                found[net] = Arrival(ports={name: 0})
        for first in self.driver:
            stack = [first]
            on_way = set()
            while stack:
                net = stack[-1]
                if net in found:
                    stack.pop()
                    on_way.discard(net)
                    continue
                missing = [source for source, _ in self.driver.get(net, ()) if source not in found]
                if missing:
                    if net in on_way:
                        raise ValueError("the netlist must have no loop of logic without a register")
                    on_way.add(net)
                    stack += missing
                    continue
                arrival = found[net] = Arrival()
                for source, cost in self.driver.get(net, ()):
                    before = found[source]
                    if before.levels >= 0 and before.levels + cost > arrival.levels:
                        arrival.levels, arrival.begin = before.levels + cost, before.begin
                    for port, levels in before.ports.items():
                        arrival.ports[port] = max(arrival.ports.get(port, 0), levels + cost)
                stack.pop()
                on_way.discard(net)
        return found


def _stem(name: str) -> str:
    return re.sub(r"\[\d+\]$", "", name)


def logic_levels(netlist: dict, top: str, *, unit_of: Callable[[str], str] | None = None) -> Levels:
    """Deepest paths of module ``top`` of a ``write_json`` of Yosys, mapped to LUTs.

    ``unit_of`` gives the unit that a register's name belongs to. Raises :exc:`ValueError` for cells that are neither
    logic nor registers, and for loops of logic.
    """
    graph = _Netlist(netlist["modules"], top)
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
