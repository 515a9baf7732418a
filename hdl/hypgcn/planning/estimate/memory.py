"""Which primitives a memory takes: the choice that Yosys ``synth_xilinx -family xcu`` makes, as a rule.

Yosys weighs block RAM (an 18 kbit half costs 129, a whole 257), LUT RAM (16 per RAM32M16 or RAM64M8, by the share of
its width that is used) and, for contents that are never written, plain logic (1/64 per bit), adds half a point per bit
of the multiplexers that several primitives in depth need, and takes the cheapest. Bits of a ROM that are the same in
all words take nothing.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

__all__ = ["Memory", "Primitives", "rom_width", "varying_bits"]

_HALF, _WHOLE = 129, 257
_BLOCKS = (
    # cost, log2 of the bits at width 1, widths, halves of a BRAM36
    (_HALF, 14, (1, 2, 4, 9, 18), 1),
    (_WHOLE, 15, (1, 2, 4, 9, 18, 36), 2),
    (_HALF, 14, (1, 2, 4, 9, 18, 36), 1),
    (_WHOLE, 15, (1, 2, 4, 9, 18, 36, 72), 2),
)
_BYTE = 9
_LUT_RAMS = ((5, 14), (6, 7))
"""log2 of the depth and the width of the two LUT RAM primitives with one write and one read port."""
LUTS_OF_LUT_RAM = 8


@dataclass(frozen=True)
class Primitives:
    """``bram36``: block RAMs, an 18 kbit half counts 0.5; ``lut_rams``: primitives of 8 LUTs; ``logic_bits``: bits
    of a ROM that become plain logic."""

    bram36: float = 0.0
    lut_rams: int = 0
    logic_bits: int = 0

    def __add__(self, other: "Primitives") -> "Primitives":
        return Primitives(self.bram36 + other.bram36, self.lut_rams + other.lut_rams,
                          self.logic_bits + other.logic_bits)


@dataclass(frozen=True)
class Memory:
    """One memory of a unit.

    kind : ``"ram"`` (registered read), ``"rom"`` or ``"async"`` (combinational read, always LUT RAM);
        ``"block"`` and ``"block rom"`` are always block RAM
    width, depth : as the unit asks for it; of a ROM the width that :func:`rom_width` leaves
    """

    kind: str
    width: int
    depth: int

    @property
    def primitives(self) -> Primitives:
        """What Yosys makes of it."""
        return self._primitives()

    @lru_cache(maxsize=1 << 16)  # noqa: B019 -- memories are small and few
    def _primitives(self) -> Primitives:
        if self.width < 1:
            return Primitives()
        if self.kind == "async":
            return Primitives(lut_rams=self._lut_ram()[1])
        cost, halves = self._block()
        if self.kind.startswith("block"):
            return Primitives(bram36=halves / 2)
        if self.kind == "rom":
            bits = self.width * self.depth
            return Primitives(logic_bits=bits) if cost >= bits // 64 else Primitives(bram36=halves / 2)
        lut_cost, count = self._lut_ram()
        return Primitives(lut_rams=count) if lut_cost <= cost else Primitives(bram36=halves / 2)

    def _block(self) -> tuple[float, int]:
        """Cost and halves of the cheapest way in block RAM."""
        best: tuple[float, int] | None = None
        read_only = self.kind.endswith("rom")
        for cost, abits, widths, halves in _BLOCKS:
            for log2, unit in enumerate(widths):
                deep = -(-self.depth // (1 << abits - log2))
                step = 1 if read_only else min(unit, _BYTE)
                bits = deep * (-(-self.width // step) * step)
                count = -(-bits // unit)
                total = cost * count + (deep - 1) * self.width / 2 + 2
                if deep > 1 and not read_only:
                    total += deep / 2
                if best is None or total < best[0]:
                    best = total, halves * count
        if best is None:
            raise ValueError("no block RAM is known")
        return best

    def _lut_ram(self) -> tuple[float, int]:
        """Cost and count of the cheapest way in LUT RAM."""
        best: tuple[float, int] | None = None
        for abits, unit in _LUT_RAMS:
            deep = -(-self.depth // (1 << abits))
            count = deep * -(-self.width // unit)
            total = 16 * deep * self.width / unit + (deep - 1) * self.width / 2 + 2
            if deep > 1:
                total += deep / 2
            if best is None or total < best[0]:
                best = total, count
        if best is None:
            raise ValueError("no LUT RAM is known")
        return best


def rom_width(words) -> int:
    """Bits that differ between two of ``words``: the others are constants."""
    first, differ = words[0], 0
    for word in words:
        differ |= word ^ first
    return differ.bit_count()


def varying_bits(words: np.ndarray) -> int:
    """Bits that are not constant over the rows of ``words``, int8 (word, byte)."""
    raw = words.view(np.uint8)
    return int(np.bitwise_count(np.bitwise_or.reduce(raw ^ raw[:1], axis=0)).sum()) if len(raw) else 0
