"""Accesses to memories, counted from the time that their enables are high in a simulation."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .saif import Instance

__all__ = ["Accesses", "memory_accesses", "unit_of"]

_BLOCK, _NETWORK = re.compile(r"block(\d+)"), re.compile(r"network(\d+)")


@dataclass
class Accesses:
    """Bits that went into and came out of memories.

    Attributes
    ----------
    ram_reads, ram_writes, rom_reads, lut_writes : int
        Bits: words times their width. RAM and ROM have a read register (block or LUT RAM, by Vivado's choice); LUT RAM
        is read without a clock, so only its writes can be counted.
    """

    ram_reads: int = 0
    ram_writes: int = 0
    rom_reads: int = 0
    lut_writes: int = 0

    @property
    def bits(self) -> int:
        """All of them."""
        return self.ram_reads + self.ram_writes + self.rom_reads + self.lut_writes


def unit_of(path: tuple[str, ...], streams: Sequence[str] = ()) -> str:
    """Unit of an instance below the top module: ``blocks[0].temporal.lane``, ``head``, ``shell``.

    In a core of several networks: ``joint.blocks[0].temporal.lane``, ``sum``, ``shell``.

    Parameters
    ----------
    path : tuple of str
        Names below the top module.
    streams : sequence of str
        Networks of an ensemble; empty for one network.
    """
    if path[:1] != ("core",) or len(path) < 2:
        return "shell"
    network = _NETWORK.fullmatch(path[1]) if streams else None
    if network is not None:
        stream = streams[int(network[1])]
        return f"{stream}.{unit_of(('core', *path[2:]))}" if len(path) > 2 else stream
    match = _BLOCK.fullmatch(path[1])
    if match is None:
        return path[1].rstrip("0123456789")
    # Modules that only hold others are left out: the array and the lanes of a 1x1 convolution are units.
    inside = [stem for name in path[2:] if (stem := name.rstrip("0123456789")) not in ("conv", "lanes")]
    depth = 2 if inside[:1] in (["spatial"], ["temporal"]) else 1
    return ".".join([f"blocks[{match[1]}]", *inside[:depth]])


def memory_accesses(saif: Iterable[Instance], period: int, streams: Sequence[str] = ()) -> dict[str, Accesses]:
    """Accesses of every unit.

    A read is a cycle in which the enable of the read port is high, whether or not the address has changed.

    Parameters
    ----------
    saif : iterable of Instance
        Activity of the whole simulation.
    period : int
        Of the clock, in units of the file.
    streams : sequence of str
        See :func:`unit_of`.
    """
    units: dict[str, Accesses] = {}
    for instance in saif:
        if "DEPTH[0]" not in instance.nets:  # parameter of the hand-written memories, and of nothing else
            continue
        counted = units.setdefault(unit_of(instance.path[2:], streams), Accesses())
        _add(counted, instance.nets, period)
    return {name: counted for name, counted in units.items() if counted.bits}


def _add(counted: Accesses, nets: dict[str, tuple[int, int]], period: int):
    """Add the accesses of one memory."""
    width = sum(1 << bit for bit in range(32) if nets[f"WIDTH[{bit}]"][0])
    reads, writes = ("en", None) if "w_en" not in nets else ("r_en" if "r_en" in nets else None, "w_en")
    read = width * round(nets[reads][0] / period) if reads else 0
    written = width * round(nets[writes][0] / period) if writes else 0
    if writes is None:
        counted.rom_reads += read
    elif reads is None:
        counted.lut_writes += written
    else:
        counted.ram_reads += read
        counted.ram_writes += written
