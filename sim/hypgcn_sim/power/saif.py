"""Read SAIF, the switching activity that Verilator writes (IEEE 1801, annex on SAIF)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

__all__ = ["Instance", "instances"]

_INSTANCE = re.compile(r"\s*\(INSTANCE (\S+)")
_NET = re.compile(r"\s*\((\S+) \(T0 (\d+)\) \(T1 (\d+)\).*\(TC (\d+)\)")


@dataclass
class Instance:
    """Activity of the nets of one instance.

    Attributes
    ----------
    path : tuple of str
        Names from the outermost instance.
    nets : dict of str to (int, int)
        Time high and number of toggles by bit, as ``name`` or ``name[index]``; time in units of the file.
    """

    path: tuple[str, ...]
    nets: dict[str, tuple[int, int]] = field(default_factory=dict)


def instances(lines: Iterable[str]) -> Iterator[Instance]:
    """Instances of a SAIF file in its order, children behind the nets of their parent.

    Raises
    ------
    ValueError
        When parentheses do not match.
    """
    stack: list[str | None] = []
    current = None
    for number, line in enumerate(lines, 1):
        if match := _INSTANCE.match(line):
            stack.append(match[1])
            if current is not None:
                yield current
            current = Instance(tuple(name for name in stack if name))
        elif match := _NET.match(line):
            if current is None:
                raise ValueError(f"line {number}: a net outside of instances")
            current.nets[match[1].replace("\\", "")] = int(match[3]), int(match[4])
        elif line.strip() in ("(NET", "(SAIFILE"):
            stack.append(None)
        elif line.strip() == ")":
            if not stack:
                raise ValueError(f"line {number}: a parenthesis too many")
            stack.pop()
    if current is not None:
        yield current
    if stack:
        raise ValueError(f"{len(stack)} parentheses are not closed")
