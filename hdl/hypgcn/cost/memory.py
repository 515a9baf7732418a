"""Which primitives a memory takes: the choice of Yosys ``synth_xilinx -family xcu``, as a rule.

Yosys gives every mapping a cost and takes the cheapest: block RAM (an 18 kbit half costs 129, a whole 257), LUT RAM
(16 per RAM32M16 or RAM64M8, times the share of its width that is used) and, for contents that are never written, plain
logic (1/64 per bit). Several primitives in depth add half a point per bit of the multiplexers behind them. Bits of a
ROM that are the same in all words take nothing.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np

from ..mem import table_style

__all__ = ["LUTS_OF_LUT_RAM", "Memory", "Primitives", "different_bits", "rom_width", "varying_bits"]

HALF_COST, WHOLE_COST = 129, 257
BLOCK_RAMS = (
    # Yosys' cost, log2 of the bits at width 1, port widths, 18 kbit halves
    (HALF_COST, 14, (1, 2, 4, 9, 18), 1),
    (WHOLE_COST, 15, (1, 2, 4, 9, 18, 36), 2),
    (HALF_COST, 14, (1, 2, 4, 9, 18, 36), 1),
    (WHOLE_COST, 15, (1, 2, 4, 9, 18, 36, 72), 2),
)
ULTRA_RAM = (4096, 72)
"""Words and bits of an UltraRAM (UG573); it has two ports, one to write and one to read."""
BYTE = 9
"""Bits of a block RAM's byte with its parity bit: writes are enabled by such bytes."""
LUT_RAMS = ((5, 14), (6, 7))
"""log2 of the depth, and the width, of RAM32M16 and RAM64M8 with one write and one read port."""
LUTS_OF_LUT_RAM = 8
"""LUTs of one such primitive."""


@dataclass(frozen=True)
class Primitives:
    """What a memory is mapped to.

    Parameters
    ----------
    bram36 : float
        Block RAMs of 36 kbit; an 18 kbit half counts 0.5.
    lut_rams : int
        LUT RAM primitives of :data:`LUTS_OF_LUT_RAM` LUTs.
    logic_bits : int
        Bits of a ROM that become plain logic.
    uram : int
        UltraRAMs, :data:`ULTRA_RAM` words and bits each.
    """

    bram36: float = 0.0
    lut_rams: int = 0
    logic_bits: int = 0
    uram: int = 0


@dataclass(frozen=True)
class Memory:
    """One memory of a unit.

    Parameters
    ----------
    kind : str
        ``"ram"`` (registered read), ``"rom"`` or ``"async"`` (combinational read, always LUT RAM); ``"block"`` and
        ``"block rom"`` are always block RAM, ``"ultra"`` is UltraRAM.
    width : int
        Bits of a word; of a ROM only those that differ between words (:func:`rom_width`).
    depth : int
        Words.
    """

    kind: str
    width: int
    depth: int

    @classmethod
    def table(cls, bits: int, words: int) -> "Memory":
        """ROM of ``words`` short words that is read in one cycle, as block RAM or not by
        :func:`hypgcn.mem.table_style`.
        """
        return cls("block rom" if table_style(words) == "block" else "rom", bits, words)

    @property
    def primitives(self) -> Primitives:
        """Primitives that Yosys takes for it."""
        return _primitives(self)


# The allocator estimates tens of thousands of foldings, but these have only some hundred different memories.
@lru_cache(maxsize=1 << 16)
def _primitives(memory: Memory) -> Primitives:
    if memory.width < 1:
        return Primitives()
    if memory.kind == "ultra":
        return Primitives(uram=ceil(memory.depth / ULTRA_RAM[0]) * ceil(memory.width / ULTRA_RAM[1]))
    if memory.kind == "async":
        return Primitives(lut_rams=_lut_ram(memory)[1])
    cost, halves = _block_ram(memory)
    if memory.kind.startswith("block"):
        return Primitives(bram36=halves / 2)
    if memory.kind == "rom":
        bits = memory.width * memory.depth
        return Primitives(logic_bits=bits) if cost >= bits // 64 else Primitives(bram36=halves / 2)
    lut_cost, count = _lut_ram(memory)
    return Primitives(lut_rams=count) if lut_cost <= cost else Primitives(bram36=halves / 2)


def _block_ram(memory: Memory) -> tuple[float, int]:
    """Yosys' cost and the 18 kbit halves of the cheapest mapping to block RAM."""
    read_only = memory.kind.endswith("rom")
    mappings = []
    for cost, log2_bits, widths, halves in BLOCK_RAMS:
        for log2_width, unit in enumerate(widths):
            deep = ceil(memory.depth / (1 << log2_bits - log2_width))
            step = 1 if read_only else min(unit, BYTE)
            count = ceil(deep * ceil(memory.width / step) * step / unit)
            total = cost * count + (deep - 1) * memory.width / 2 + 2
            if deep > 1 and not read_only:
                total += deep / 2
            mappings.append((total, halves * count))
    return min(mappings, key=_cost)


def _lut_ram(memory: Memory) -> tuple[float, int]:
    """Yosys' cost and the primitives of the cheapest mapping to LUT RAM."""
    mappings = []
    for log2_depth, unit in LUT_RAMS:
        deep = ceil(memory.depth / (1 << log2_depth))
        total = 16 * deep * memory.width / unit + (deep - 1) * memory.width / 2 + 2
        if deep > 1:
            total += deep / 2
        mappings.append((total, deep * ceil(memory.width / unit)))
    return min(mappings, key=_cost)


def _cost(mapping: tuple[float, int]) -> float:
    """Cost alone: of equal ones Yosys takes the first."""
    return mapping[0]


def rom_width(words) -> int:
    """Bits of integers ``words`` that are not the same in all of them."""
    first, differ = words[0], 0
    for word in words:
        differ |= word ^ first
    return differ.bit_count()


def varying_bits(words: np.ndarray) -> int:
    """Bits that are not the same in all rows of ``words``, int8 (word, byte); 0 without rows."""
    raw = words.view(np.uint8)
    return int(np.bitwise_count(np.bitwise_or.reduce(raw ^ raw[:1], axis=0)).sum()) if len(raw) else 0


def different_bits(words: np.ndarray) -> int:
    """Bits that are neither the same in all rows of ``words``, int8 (word, byte), nor like another bit in all rows: in
    logic those share their LUTs, such as the sign and the upper bits of small weights.
    """
    if not len(words):
        return 0
    bits = np.unpackbits(words.view(np.uint8), axis=1)
    varying = bits[:, (bits != bits[:1]).any(axis=0)]
    return len({column.tobytes() for column in np.packbits(varying, axis=0).T})
