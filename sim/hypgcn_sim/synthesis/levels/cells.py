"""Cells of one mapped module as parts of paths: logic, beginnings, ends."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Template", "template_of"]

LUT = re.compile(r"LUT[1-6]|INV")
WIRE = re.compile(r"MUXF[789]|BUFG|BUF|IBUF|OBUF")
CARRY = re.compile(r"CARRY[48]")
FLIP_FLOP = re.compile(r"FD[A-Z]+(_1)?")
SHIFT = re.compile(r"SRL.*")
LUT_RAM = re.compile(r"RAM\d+[A-Z]\d*(_1)?")
BLOCK = re.compile(r"RAMB(18|36)E[12]|URAM288(_BASE)?|DSP48E[12]")
NUMBERED = re.compile(r"(^|\.)_\d+_$")
"""Values within expressions: Yosys numbers them when it writes Verilog."""
NOTHING = re.compile(r"VCC|GND|\$scopeinfo")
DATA_OUT = re.compile(r"CAS(DO|DOP).*|D(OUT|OUTP|O|OP)_?[AB].*|P|PCOUT")
CLOCKS = {"C", "CLK", "WCLK", "CLKARDCLK", "CLKBWRCLK"}


@dataclass
class Template:
    """Cells of a module by their part in paths; nets have the module's own numbers.

    Attributes
    ----------
    inputs, outputs : dict of str to list
        Nets of the ports.
    logic : list of (net, list of (net, int))
        Driven nets, with their sources and the levels in between.
    begins, ends : list of (net, str)
        Nets at which paths begin and end, with the names of their registers.
    hard : list of (str, list of net)
        Outputs of block RAMs and DSPs without an output register, and of shift registers of a fixed length.
    children : list of (str, str, dict)
        Name, module and connections of instances.
    """

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
    """A readable name of each net: public before hidden, not of an instance beside it, then the shortest."""
    best: dict[object, tuple] = {}
    places = {*module["cells"], *(name.rpartition(".")[0] for name in module["netnames"])}
    for name, net in module["netnames"].items():
        bits = net["bits"]
        hidden = bool(net.get("hide_name", 0) or "$" in name or NUMBERED.search(name))
        key = (hidden, _of_a_child(name, places), len(name), name)
        for place, bit in enumerate(bits):
            if not isinstance(bit, str) and (bit not in best or key < best[bit][0]):
                best[bit] = key, f"{name}[{place}]" if len(bits) > 1 else name
    return {bit: name for bit, (key, name) in best.items() if not key[0]}


def _of_a_child(name: str, places: set[str]) -> bool:
    """Whether a net is called after an instance beside it, one of ``places``: ``loader__o__valid``."""
    place, _, last = name.rpartition(".")
    child = last.partition("__")[0]
    return child != last and (f"{place}.{child}" if place else child) in places


def template_of(module: dict, modules: dict) -> Template:
    """Template of a module.

    Parameters
    ----------
    module : dict
        Of Yosys' ``write_json``.
    modules : dict
        All modules, by name.

    Raises
    ------
    ValueError
        For a cell of an unknown type, and for an inout port.
    """
    template, names = Template(), _names(module)
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


def _ends(template: Template, pins: dict, outputs: set[str], label: str):
    template.ends += [(bit, label) for pin, bits in pins.items() if pin not in outputs | CLOCKS for bit in bits]


def _carry(template: Template, pins: dict, chained: set):
    """A carry chain: bit k depends on the propagates up to k and the generates below it.

    Entering the chain costs one level, going on from the cell before costs none.
    """
    into = [(bit, 0 if bit in chained else 1) for bit in pins.get("CI", ())]
    into += [(bit, 1) for bit in pins.get("CYINIT", ())]
    for k in range(len(pins["S"])):
        into.append((pins["S"][k], 1))
        if k < len(pins.get("O", ())):
            template.logic.append((pins["O"][k], list(into)))
        into.append((pins["DI"][k], 1))
        if k < len(pins.get("CO", ())):
            template.logic.append((pins["CO"][k], list(into)))


def _small_memory(template: Template, names: dict, name: str, kind: str, pins: dict):
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
            if all(isinstance(source, str) for source in read):
                template.begins.append((bit, label))
                template.hard.append((label, [bit]))
            else:
                template.logic.append((bit, [(source, 1) for source in read]))
    label = name
    if SHIFT.fullmatch(kind):
        label = _register_name(names, name, [bit for pin in sorted(outputs) for bit in pins[pin]])
    _ends(template, pins, outputs, label)


def _registered(cell: dict) -> bool:
    """A block RAM or DSP with its own output register on."""
    parameters = cell.get("parameters", {})
    if cell["type"].startswith("DSP48"):
        return int(str(parameters.get("PREG", "1")), 2) == 1
    return all(int(str(parameters.get(f"DO{side}_REG", "0")), 2) == 1 for side in "AB")
