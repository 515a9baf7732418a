"""What units cost: memories as primitives of the device, LUT building blocks, and the sums of both.

Every unit has one estimator, in ``cost.py`` of its folder (``io_cost.py`` for input, head and absent persons). It gives
the cycles of a clip, DSPs, block RAMs and LUTs together as a :class:`UnitCost`.
"""

from .memory import Memory, Primitives, different_bits, rom_width, varying_bits
from .resources import Resources, UnitCost

__all__ = ["Memory", "Primitives", "Resources", "UnitCost", "different_bits", "rom_width", "varying_bits"]
