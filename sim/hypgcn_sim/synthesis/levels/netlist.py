"""All instances of a mapped netlist as one graph, and how deep its nets are."""

from dataclasses import dataclass, field

from .cells import Template, template_of

__all__ = ["Arrival", "Netlist"]


@dataclass(slots=True)
class Arrival:
    """Levels up to a net from registers and from each port, and where these paths begin."""

    levels: int = -1
    begin: int = -1
    ports: dict[str, int] = field(default_factory=dict)

class Netlist:
    """All instances under ``top`` as one graph of nets."""

    def __init__(self, modules: dict, top: str):
        if top not in modules:
            raise ValueError(f"top must be a module of the netlist, not {top!r}")
        self.modules = modules
        self.templates: dict[str, Template] = {}
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
            self.templates[kind] = template_of(self.modules[kind], self.modules)
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
                self.templates[child] = template_of(self.modules[child], self.modules)
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
