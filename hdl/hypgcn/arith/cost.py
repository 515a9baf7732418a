"""Cost of the packed multiply-accumulate and the requantiser, and the LUTs of what units build around them."""

from math import ceil

from ..cost import Memory, Resources, rom_width
from ..design.checks import bits_signed
from .packed_mac import FIELDS
from .requant import signed_digits
from .requant_config import RequantConfig

__all__ = ["DSP48E2_OPERAND", "mac_luts", "multipliers", "raw_bits", "requantiser", "unpack_luts"]

DSP48E2_OPERAND = 27
"""Bits of the wider operand of a DSP48E2, sign included."""
SHORTCUT_DIGIT = 10
"""LUTs per value and signed digit of the shortcut's multiplier; a negative digit takes as many again."""
REQUANTISER, REQUANTISED_VALUE = 30, 43
"""LUTs of a requantiser, and per value: addend, rounding, clamp, and the metadata that travels beside."""
ROW_BITS = 2
"""Bits by which a row of adders for two bits of a multiplier is wider than the accumulator; a LUT each."""
SERIAL_VALUE = 32
"""LUTs per value that a serial multiplier has no use for, beside an adder as wide as the addend."""
SHARED_BIT, SHARED_TABLE_BIT = 1, 1
"""Where lanes share a multiplier: LUTs per bit and further lane of the choice of the value, and per bit of the table in
logic, whose words are narrow and up to 64."""
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
    each = cfg.one if cfg.shared else cfg
    digits = [digit for digit, _ in signed_digits(cfg.res_mult)]
    value: float = REQUANTISED_VALUE + SHORTCUT_DIGIT * (len(digits) + digits.count(-1))
    if cfg.multiplier == "logic":
        value += cfg.rows * (cfg.acc_width + ROW_BITS) + cfg.acc_width
    if cfg.multiplier == "serial":
        value += cfg.addend_width - SERIAL_VALUE
    in_blocks, bits = each.table_style == "block", rom_width(each.table_words)
    table_bit = SHARED_TABLE_BIT if cfg.shared else TABLE_BIT
    logic = 0.0 if in_blocks or each.groups <= MERGED_WORDS else table_bit * bits
    if cfg.joints > 1 and each.joint_groups > MERGED_WORDS:     # the multipliers, for which joints have no own words
        logic += table_bit * each.lanes * bits_signed(max(map(abs, cfg.mult)))
    if cfg.shared:
        logic += SHARED_BIT * (cfg.lanes - 1) * (cfg.acc_width + 8 * (cfg.res_mult > 0))
    dsp = each.lanes * ceil(cfg.acc_width / multiplier) if cfg.multiplier == "dsp" else 0
    return Resources.of(dsp=dsp, lut=REQUANTISER + each.lanes * value + logic,
                        memories=[Memory.table(bits, each.groups)] if in_blocks else [])
