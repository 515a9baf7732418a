"""LUTs of the building blocks that units share, with constants fitted to Yosys' counts.

A unit's LUTs are a sum over its structure: a multiplexer of n words takes a share of a LUT6 per bit and word, an adder
or comparator one LUT per bit, registers with an enable none. The sums are within 20 % of ``synth_xilinx -family xcu``
for every unit that the tests compare (``results/synth.json``, ``tests/hdl/cost/large_units.json``).
"""

from ..design import BANK
from .memory import LUTS_OF_LUT_RAM, Primitives

__all__ = ["VECTOR", "multiplexer", "of_memory", "queue"]

VECTOR = BANK * 9 + 1
"""Bits of a compressed vector (values, mask, overflow); also about the LUTs of a register slice for one."""
ROM_BIT = 1 / 55
"""LUTs per bit of a ROM in logic: a LUT6 holds 64 bits, and wider ROMs take multiplexers beside them."""
MULTIPLEXER_BIT = 0.36
"""LUTs per bit and further word of a multiplexer: a LUT6 is a 4:1 multiplexer, 1/3 of a LUT per further word."""


def of_memory(primitives: Primitives) -> float:
    """LUTs of a memory: its LUT RAM and its logic."""
    return LUTS_OF_LUT_RAM * primitives.lut_rams + ROM_BIT * primitives.logic_bits


def multiplexer(words: float, bits: float) -> float:
    """LUTs of a multiplexer of ``words`` words of ``bits`` bits; 0 for one word or none."""
    return MULTIPLEXER_BIT * max(0, words - 1) * bits


def queue(depth: int) -> float:
    """LUTs of the control of a queue of ``depth`` words: pointers and level, without its memory."""
    return 8 + 3 * max(1, (depth - 1).bit_length())
