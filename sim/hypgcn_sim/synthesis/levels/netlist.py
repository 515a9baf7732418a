"""All instances of a mapped netlist as one graph, and the logic levels of its nets."""

from dataclasses import dataclass, field

from .cells import Template, template_of

__all__ = ["Arrival", "Netlist"]


@dataclass(slots=True)
class Arrival:
    """Deepest paths that arrive at a net.

    Attributes
    ----------
    levels : int
        From registers; -1 without such a path.
    begin : int
        Net at which that path begins.
    ports : dict of str to int
        Levels from each input port.
    """

    levels: int = -1
    begin: int = -1
    ports: dict[str, int] = field(default_factory=dict)


class Netlist:
    """All instances below a top module as one graph of nets.

    Parameters
    ----------
    modules : dict
        Modules of Yosys' ``write_json``.
    top : str
        The top module.

    Attributes
    ----------
    driver : dict of int to list
        (net, levels) of the sources of each driven net.
    begins : dict of int to str
        Nets at which paths begin, with the names of their registers.
    ends : list of (int, str)
        Nets at which paths end, with the names of their registers.
    hard : list of (str, list of int)
        Outputs of block RAMs and DSPs without an output register, and of shift registers of a fixed length.
    inputs, outputs : dict of str to list of int
        Nets of the ports.
    """

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
        """Add an instance of module ``kind``; ``nets`` maps its own nets to those of the graph and grows."""
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

    def nets_into_logic(self) -> set[int]:
        """Nets that feed logic, directly or through wires."""
        feeding = {net for sources in self.driver.values() for net, cost in sources if cost}
        wires = {net: sources for net, sources in self.driver.items() if sources and not any(c for _, c in sources)}
        more = feeding
        while more:
            more = {source for net in wires.keys() & more for source, _ in wires[net]} - feeding
            feeding |= more
        return feeding

    def arrivals(self) -> dict[int, Arrival]:
        """Deepest paths to every net.

        Raises
        ------
        ValueError
            When the netlist has a combinational loop.
        """
        arrivals = {net: Arrival(0, net) for net in self.begins}
        for name, nets in self.inputs.items():
            for net in nets:
                arrivals[net] = Arrival(ports={name: 0})
        for first in self.driver:
            stack = [first]
            pending = set()
            while stack:
                net = stack[-1]
                if net in arrivals:
                    stack.pop()
                    pending.discard(net)
                    continue
                missing = [source for source, _ in self.driver.get(net, ()) if source not in arrivals]
                if missing:
                    if net in pending:
                        raise ValueError("the netlist must have no loop of logic without a register")
                    pending.add(net)
                    stack += missing
                    continue
                arrival = arrivals[net] = Arrival()
                for source, cost in self.driver.get(net, ()):
                    before = arrivals[source]
                    if before.levels >= 0 and before.levels + cost > arrival.levels:
                        arrival.levels, arrival.begin = before.levels + cost, before.begin
                    for port, levels in before.ports.items():
                        arrival.ports[port] = max(arrival.ports.get(port, 0), levels + cost)
                stack.pop()
                pending.discard(net)
        return arrivals
