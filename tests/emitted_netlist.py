"""Names and reset loads in emitted SystemVerilog text, for checks of constraints against it."""

import re
from functools import cache

__all__ = ["Netlist"]

_MODULE = re.compile(r"^module \\?([^\s(]+).*?^endmodule$", re.MULTILINE | re.DOTALL)
_INSTANCE = re.compile(r"^  \\?(\S+)\s+(?:#\(.*?\)\s*)?\\?\S+\s+\(\n(.*?)^  \);", re.MULTILINE | re.DOTALL)
_COPY = re.compile(r"^  assign \\?(\S+)\s*= \\?([^\s;]+)\s*;", re.MULTILINE)
_SELECT = re.compile(r"= \\?(\S+)\s+\? ")
_PORT = re.compile(r"\.\\?(\S+?)\s*\(\\?([^\s()]+)\s*\)")


class Netlist:
    """Modules of emitted ``texts``; ``top`` is the name of the one whose nets are asked for."""

    def __init__(self, texts, top: str):
        self.modules = {match[1]: match[0] for text in texts for match in _MODULE.finditer(text)}
        self.top = self.modules[top]
        self.loads = cache(self._loads)

    def nets(self) -> set[str]:
        """Nets of the top module."""
        return set(re.findall(r"^  (?:wire|reg|logic) (?:signed )?(?:\[[^]]*\] )?\\?([^\s;]+)", self.top, re.MULTILINE))

    def registers(self) -> set[str]:
        """Registers of the top module: what a clocked process assigns."""
        return set(re.findall(r"^\s+\\?(\S+?)\s*<= ", self.top, re.MULTILINE))

    def reset_loads(self, net: str) -> int:
        """Multiplexers that ``net`` of the top module selects, in all instances below: a reset is one of a register."""
        return self._loads(self.top, net)

    def _loads(self, body, net):
        names = {net}
        while more := {copy for copy, source in _COPY.findall(body) if source in names} - names:
            names |= more
        own = sum(name in names for name in _SELECT.findall(body))
        for child, ports in _INSTANCE.findall(body):
            if child in self.modules:
                own += sum(self.loads(self.modules[child], port) for port, wire in _PORT.findall(ports)
                           if wire in names)
        return own
