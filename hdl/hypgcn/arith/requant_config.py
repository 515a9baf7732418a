"""Parameters of a requantiser, and the words of its tables."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from amaranth.hdl import signed
from amaranth.lib import data

from ..design.checks import check_choice, check_int, check_limit, check_range
from ..design.limits import ACC_WIDTH, ACTIVATION, BIAS, INPUT_MULT, REQUANTISERS, RES_MULT, RES_SHIFT, SHIFT
from ..mem import table_style

__all__ = ["RequantConfig", "requant_tables", "signed_width"]

SHARED_WORDS = 64
"""Words up to which the table of a shared multiplier is built as logic: as many as a 6-input LUT reads of one bit. It
has as many bits as a table of fewer, wider words, which would be logic."""


@dataclass(frozen=True, kw_only=True)
class RequantConfig:
    """Parameters of a requantiser.

    Parameters
    ----------
    lanes : int, 1..64
        Values a cycle.
    acc_width : int, 2..27
        Bits of an accumulator.
    mult : tuple of int, -65535..65535
        Multiplier of each channel, ``groups * lanes`` values.
    bias : tuple of int, magnitude below 2**40
        Bias of each channel, as many values as ``mult``.
    shift : int, 1..31
        Right shift of the sum.
    low : int, -128..127
        Smallest result; 0 makes it a ReLU.
    high : int, -128..127
        Largest result.
    res_mult : int, 0..4095
        Multiplier of the shortcut term; 0: no shortcut, ``res`` is ignored.
    res_shift : int, 0..24
        Left shift of the shortcut term.
    joints : int
        Joints with biases of their own: of each the groups follow, and all have the same ``mult``.
    meta : shape
        Side-band data that travels with the values.
    form : str
        What multiplies: see :data:`~hypgcn.design.limits.REQUANTISERS`.
    """

    lanes: int
    acc_width: int
    mult: tuple[int, ...]
    bias: tuple[int, ...]
    shift: int
    low: int = -128
    high: int = 127
    res_mult: int = 0
    res_shift: int = 0
    joints: int = 1
    meta: object = 0
    form: str = "dsp"

    def __post_init__(self):
        check_range("lanes", self.lanes, 1, 64)
        check_range("acc_width", self.acc_width, 2, ACC_WIDTH.high)
        for name, limit in (("shift", SHIFT), ("low", ACTIVATION), ("high", ACTIVATION), ("res_mult", RES_MULT),
                            ("res_shift", RES_SHIFT)):
            check_limit(name, getattr(self, name), limit)
        if self.low > self.high:
            raise ValueError(f"low must be at most high = {self.high}, not {self.low!r}")
        if not self.mult or len(self.mult) % self.lanes:
            raise ValueError(f"mult must hold a multiple of {self.lanes} values, not {len(self.mult)}")
        if len(self.bias) != len(self.mult):
            raise ValueError(f"bias must hold {len(self.mult)} values, one per mult, not {len(self.bias)}")
        for name, limit in (("mult", INPUT_MULT), ("bias", BIAS)):
            object.__setattr__(self, name, tuple(int(value) for value in getattr(self, name)))
            for value in getattr(self, name):
                check_limit(name, value, limit)
        check_choice("form", self.form, REQUANTISERS)
        check_int("joints", self.joints, 1)
        if self.groups % self.joints or self.mult != self.mult[:len(self.mult) // self.joints] * self.joints:
            raise ValueError(f"mult must be the same for each of {self.joints} joints")

    @property
    def multiplier(self) -> str:
        """What multiplies a value: ``"dsp"``, ``"logic"`` (adders, a value a cycle) or ``"serial"`` (one adder)."""
        return self.form.removesuffix("_shared")

    @property
    def shared(self) -> bool:
        """Whether one multiplier takes the values of a payload one after the other."""
        return self.form != self.multiplier or self.form == "serial"

    @property
    def one(self) -> "RequantConfig":
        """Parameters of the multiplier that the lanes share: one lane, and as many groups more."""
        return replace(self, lanes=1)

    @property
    def cycles(self) -> int:
        """Cycles from a payload to the next one."""
        each = self.mult_bits + 2 + (self.res_mult > 0) if self.multiplier == "serial" else 1
        return each * (self.lanes if self.shared else 1)

    @property
    def mult_bits(self) -> int:
        """Bits of a multiplier that count, sign included where there is one: what takes a row or a cycle each."""
        return max(1, signed_width(self.mult) - (min(self.mult) >= 0))

    @property
    def table_style(self) -> str:
        """ROM style of the table."""
        return "auto" if self.shared and self.groups <= SHARED_WORDS else table_style(self.groups)

    @property
    def groups(self) -> int:
        """Groups of ``lanes`` channels."""
        return len(self.mult) // self.lanes

    @property
    def i_layout(self) -> data.StructLayout:
        """Payload of ``i``."""
        return data.StructLayout({"acc": data.ArrayLayout(signed(self.acc_width), self.lanes),
                                  "res": data.ArrayLayout(signed(8), self.lanes),
                                  "group": range(max(2, self.groups)), "meta": self.meta})

    @property
    def o_layout(self) -> data.StructLayout:
        """Payload of ``o``."""
        return data.StructLayout({"values": data.ArrayLayout(signed(8), self.lanes), "meta": self.meta})

    @property
    def offsets(self) -> tuple[int, ...]:
        """Bias of each channel plus ``2**(shift - 1)``, so that rounding takes no adder of its own.

        Less what rows of adders add beside the product.
        """
        return tuple(value + (1 << self.shift - 1) - self.row_excess for value in self.bias)

    @property
    def rows(self) -> int:
        """Rows of an array of adders, each for two bits of the multiplier."""
        return -(-self.mult_bits // 2)

    @property
    def row_excess(self) -> int:
        """What the rows of an array of adders add beside the product: one each, in their places."""
        return (4 ** self.rows - 1) // 3 if self.multiplier == "logic" else 0

    @property
    def res_limit(self) -> int:
        """Largest magnitude of the shortcut term."""
        return 128 * self.res_mult << self.res_shift

    @property
    def addend_limit(self) -> int:
        """Largest magnitude of what is added to the product."""
        return max(map(abs, self.offsets)) + self.res_limit

    @property
    def addend_width(self) -> int:
        """Bits of what is added to the product."""
        return signed_width((self.addend_limit,))

    @property
    def sum_width(self) -> int:
        """Bits of the sum before the shift, from the real parameters of the channels."""
        largest = max((abs(mult) << self.acc_width - 1) + abs(offset) for mult, offset in zip(self.mult, self.offsets))
        return (largest + self.res_limit).bit_length() + 1

    @property
    def joint_groups(self) -> int:
        """Groups of a joint."""
        return self.groups // self.joints

    @property
    def table_layout(self) -> data.Layout:
        """Word of the table: a multiplier and an offset per lane.

        Where joints have biases, only the offsets, and which group of its joint this is: the multipliers are in a
        table of their own.
        """
        if self.joints > 1:
            return data.StructLayout({"offset": data.ArrayLayout(signed(signed_width(self.offsets)), self.lanes),
                                      "group": range(self.joint_groups)})
        return data.ArrayLayout(data.StructLayout({"mult": signed(signed_width(self.mult)),
                                                   "offset": signed(signed_width(self.offsets))}), self.lanes)

    @property
    def table_words(self) -> list[int]:
        """Words of the table, one per group."""
        mult_width, offset_width = signed_width(self.mult), signed_width(self.offsets)
        words, offsets = [], self.offsets
        if self.joints > 1:
            lanes, mask = range(self.lanes), (1 << offset_width) - 1
            return [sum((offsets[group * self.lanes + lane] & mask) << lane * offset_width for lane in lanes)
                    | group % self.joint_groups << self.lanes * offset_width for group in range(self.groups)]
        for group in range(self.groups):
            word = 0
            for channel in reversed(range(group * self.lanes, (group + 1) * self.lanes)):
                word = word << offset_width | offsets[channel] & (1 << offset_width) - 1
                word = word << mult_width | self.mult[channel] & (1 << mult_width) - 1
            words.append(word)
        return words


def requant_tables(mult: tuple[int, ...], bias: tuple[int, ...], spare: int) -> dict:
    """``mult``, ``bias`` and ``joints`` of a :class:`RequantConfig` for channels in groups.

    The last group has ``spare`` places that give 0. With a bias for each joint and channel, the channels of a joint
    beside each other, the multipliers are repeated for each joint: the group of ``i`` is then ``joint * groups +
    group``.
    """
    beyond, channels = (0,) * spare, len(mult)
    joints = [bias[first:first + channels] + beyond for first in range(0, len(bias), channels)]
    return {"mult": (mult + beyond) * len(joints), "bias": sum(joints, ()), "joints": len(joints)}


def signed_width(values: Iterable[int]) -> int:
    """Bits of a signed number that holds each of ``values`` and its negative."""
    return max(abs(value) for value in values).bit_length() + 1
