"""Cost of the packed multiply-accumulate and the requantiser, and the LUTs of what units build around them."""

from math import ceil

from ..cost import Memory, Resources, rom_width
from ..design.checks import bits_signed
from ..mem import table_style
from .packed_mac import FIELDS
from .requant import RequantConfig, signed_digits

__all__ = ["DSP48E2_OPERAND", "mac_luts", "multipliers", "raw_bits", "requantiser", "unpack_luts"]

DSP48E2_OPERAND = 27
"""Bits of the wider operand of a DSP48E2, sign included."""
SHORTCUT_DIGIT = 10
"""LUTs per value and signed digit of the shortcut's multiplier; a negative digit takes as many again."""
REQUANTISER, REQUANTISED_VALUE = 30, 43
"""LUTs of a requantiser, and per value: addend, rounding, clamp, and the metadata that travels beside."""
TABLE_BIT, MERGED_WORDS = 1.3, 4
"""LUTs per bit of a table in logic, and words up to which it merges with the logic behind it."""


def multipliers(macs: int, form: str) -> int:
    """Hardware multipliers of ``macs`` packed MACs: only the form ``"single"`` takes two each."""
    return macs * (2 if form == "single" else 1)


def mac_luts(acc_width: int, form: str, depth: int = 1) -> float:
    """LUTs of a packed MAC, or of a chain of them: the counter of wraps of the lower field.

    Parameters
    ----------
    acc_width : int, 9..27
        Bits of each sum.
    form : str
        Form of the packed MAC; ``"inferred"`` keeps its wide sum in LUTs, ``"single"`` both sums, and ``"dsp48e1"``
        adds up those of a chain there.
    depth : int
        MACs of the chain, of which the last one has the sums.
    """
    if form == "single":
        return acc_width + 16 * depth
    if form == "dsp48e1" and depth > 1:
        return 2 * acc_width
    wraps = max(0, acc_width - FIELDS[form])
    return (45 * depth if form == "inferred" else 0) + (1 + 2 * wraps if wraps else 0)


def raw_bits(acc_width: int) -> int:
    """Bits of the two raw sums of a packed MAC with its wrap counter; an upper bound for the forms ``"single"`` and
    ``"dsp48e1"`` below ``acc_width`` 19.
    """
    return max(FIELDS["dsp48e2"] + acc_width, 2 * acc_width)


def unpack_luts(pairs: float, acc_width: int) -> float:
    """LUTs of the subtraction that separates the two sums of each of ``pairs`` MACs."""
    return pairs * acc_width


def requantiser(cfg: RequantConfig, multiplier: int = DSP48E2_OPERAND) -> Resources:
    """Resources of a requantiser with its tables.

    Parameters
    ----------
    cfg : RequantConfig
        Its parameters; a product wider than ``multiplier`` takes several multipliers.
    multiplier : int
        Bits of the wider operand of the device's multipliers, sign included.
    """
    digits = [digit for digit, _ in signed_digits(cfg.res_mult)]
    value = REQUANTISED_VALUE + SHORTCUT_DIGIT * (len(digits) + digits.count(-1))
    in_blocks, bits = table_style(cfg.groups) == "block", rom_width(cfg.table_words)
    logic = 0.0 if in_blocks or cfg.groups <= MERGED_WORDS else TABLE_BIT * bits
    if cfg.joints > 1 and cfg.joint_groups > MERGED_WORDS:      # the multipliers, for which joints have no own words
        logic += TABLE_BIT * cfg.lanes * bits_signed(max(map(abs, cfg.mult)))
    return Resources.of(dsp=cfg.lanes * ceil(cfg.acc_width / multiplier), lut=REQUANTISER + cfg.lanes * value + logic,
                        memories=[Memory.table(bits, cfg.groups)] if in_blocks else [])
