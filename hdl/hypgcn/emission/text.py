"""Text of modules as an engineer reads it, from what Yosys writes."""

import inspect
import re
import textwrap
from collections.abc import Mapping, Sequence

__all__ = ["about", "modules_of", "readable"]

_MODULE = re.compile(r"^module (\S+?) ?\((.*?)\);\n(.*?)^endmodule\n", re.MULTILINE | re.DOTALL)
_ATTRIBUTES = r"((?:  \(\*.*\*\)\n)*)"
_DECLARATION = re.compile(_ATTRIBUTES + r"  (input|output|wire|reg) ((?:\[-?\d+:\d+\] )?)((?:\\\S+ )|\w+)([^;\n]*);\n")
_NUMBERED = re.compile(r"_\d+_")
_DIGITS = re.compile(r"(\d+)")


def modules_of(text: str) -> dict[str, tuple[list[str], str]]:
    """{name: (ports, body)} of the modules in what Yosys wrote."""
    return {match[1]: ([port.strip() for port in match[2].replace("\n", "").split(",") if port.strip()], match[3])
            for match in _MODULE.finditer(text)}


def about(component) -> str:
    """First sentence of the docstring of a component's class, as plain text; empty where there is none."""
    text = inspect.getdoc(type(component)) if component is not None else None
    if not text or type(component).__doc__ is None:
        return ""
    text = re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"\1", " ".join(text.partition("\n\n")[0].split())).replace("``", "")
    return re.split(r"(?<=[.:]) (?=[A-Z])", text)[0].rstrip(".:") + "."


def readable(name: str, ports: Sequence[str], body: str, *, comment: str, first: Sequence[str],
             states: Mapping[str, Mapping[int, str]]) -> str:
    """A module with ports in its head, clock and reset first, and named signals before the numbered ones.

    Only declarations are moved: everything behind them is left as Yosys wrote it.

    Parameters
    ----------
    name : str
        Of the module.
    ports : list of str
        Names as Yosys writes them, in their order behind the ``first``.
    body : str
        What is between the head and ``endmodule``.
    comment : str
        Goes before the module.
    first : list of str
        Ports that go first.
    states : dict
        {register: {value: name}}: a simulation shows them as an enumeration, ``REGISTER_name``.

    Raises
    ------
    ValueError
        A port is not declared as Yosys does it.
    """
    heads: dict[str, tuple[str, str, str]] = {}
    kinds: dict[str, tuple[str, str]] = {}
    named, numbered, at = [], [], 0
    while match := _DECLARATION.match(body, at):
        attributes, kind, width, signal, rest = match.groups()
        at, signal = match.end(), signal.strip()
        if kind in ("input", "output"):
            heads[signal] = attributes, kind, width
        elif signal in heads:
            kinds[signal] = kind, rest.rstrip()
        elif width.startswith("[-1:"):
            continue    # fields of no bits come out as wires of two
        elif _NUMBERED.fullmatch(signal):
            numbered.append(f"{attributes}  {kind} {width}{signal}{rest.rstrip()};\n")
        else:
            shown = _shown(signal, states[signal]) if signal in states else ""
            named.append((natural(signal.lstrip("\\")),
                          f"{attributes}  {kind} {width}{match[4]}{rest.rstrip()};\n{shown}"))
    if set(heads) != set(ports) or set(kinds) != set(ports):
        raise ValueError(f"ports of {name} must be declared one by one, not as {sorted(set(heads) ^ set(ports))}")
    order = [port for port in first if port in heads]
    order += [port for port in ports if port not in order]
    lines = [textwrap.fill(comment, 98, initial_indent="// ", subsequent_indent="// ") + "\n"] if comment else []
    lines.append(f"module {name} (\n" if order else f"module {name} ();\n")
    widest = max((len(width) for _, _, width in heads.values()), default=0)
    for port in order:
        attributes, direction, width = heads[port]
        kind, rest = kinds[port]
        lines.append(f"{attributes}  {direction:6} {kind:4} {width:{widest}}{port}{' ' if port[0] == chr(92) else ''}"
                     f"{rest}{',' if port != order[-1] else ''}\n")
    lines += [");\n"] if order else []
    lines += [line for _, line in sorted(named)]
    if numbered:
        lines += ["  // Values within expressions, numbered by Yosys.\n", *numbered]
    return "".join(lines) + body[at:] + "endmodule\n"


def _shown(register: str, states: Mapping[int, str]) -> str:
    """Names of the states for waveforms. Not by a cast, which Icarus 11 lacks."""
    names = {value: f"{register}_{state}" for value, state in states.items()}
    listed = ", ".join([f"{name} = {value}" for value, name in names.items()] + [f"{register}_invalid = -1"])
    cases = "".join(f"    {value}: {register}_name = {name};\n" for value, name in names.items())
    return (f"  // synthesis translate_off\n  enum int {{{listed}}} {register}_name;\n"
            f"  always_comb case ({register})\n{cases}    default: {register}_name = {register}_invalid;\n  endcase\n"
            f"  // synthesis translate_on\n")


def natural(name: str) -> list:
    """Key that sorts names with numbers in the order of the numbers."""
    return [int(part) if part.isdigit() else part for part in _DIGITS.split(name)]
