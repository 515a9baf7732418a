"""Parameters of the 1x1 array, and the counts that follow from them."""

from dataclasses import dataclass, field

import numpy as np
from amaranth.hdl import signed
from amaranth.lib import data

from ..arith import PackedDot
from ..design.checks import check_choice, check_limit, check_range, check_tensor
from ..design.limits import ACC_WIDTH, CONV_DEPTH, JOINTS, MAC_FORMS, WEIGHT, WIDTHS

__all__ = ["MEMORY_LATENCY", "ConvArrayConfig"]

MEMORY_LATENCY = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class ConvArrayConfig:
    """Numbers that fix a 1x1 array.

    ``joints`` V 1..64; ``weights`` int8 (O, E); ``conv_joints`` J 1..V; ``conv_pairs`` P, a multiple of
    ``width / 2``; ``conv_depth`` D 1..8, entries at once; ``width`` 2, 4, 8 or 16; ``acc_width`` 9..27; ``mac``: form
    of the packed MACs.
    """

    joints: int
    weights: np.ndarray = field(repr=False)
    conv_joints: int
    conv_pairs: int
    width: int
    acc_width: int
    conv_depth: int = 1
    mac: str = "dsp48e2"
    counters: bool = False

    def __post_init__(self):
        check_limit("joints", self.joints, JOINTS)
        if not isinstance(self.weights, np.ndarray) or self.weights.ndim != 2 or not self.weights.size:
            raise ValueError("weights must be an array (O, E) with O and E at least 1, "
                             f"not {getattr(self.weights, 'shape', self.weights)!r}")
        check_tensor("weights", self.weights, self.weights.shape, np.int8, WEIGHT.low, WEIGHT.high)
        check_range("conv_joints", self.conv_joints, 1, self.joints)
        check_choice("width", self.width, WIDTHS)
        check_range("conv_pairs", self.conv_pairs, self.width // 2, 1024)
        if 2 * self.conv_pairs % self.width:
            raise ValueError(f"conv_pairs must be a multiple of {self.width // 2}, not {self.conv_pairs!r}")
        check_limit("conv_depth", self.conv_depth, CONV_DEPTH)
        check_limit("acc_width", self.acc_width, ACC_WIDTH)
        check_choice("mac", self.mac, MAC_FORMS)

    @property
    def outputs(self) -> int:
        """Output channels O."""
        return self.weights.shape[0]

    @property
    def entries(self) -> int:
        """Words of ``i`` per row, E."""
        return self.weights.shape[1]

    @property
    def steps(self) -> int:
        """Steps of a walk, S: each takes ``conv_depth`` entries."""
        return -(-self.entries // self.conv_depth)

    @property
    def delay(self) -> int:
        """Cycles from the read of a step's first entry to the sums that contain the step."""
        return MEMORY_LATENCY + 1 + PackedDot.LATENCY + self.conv_depth - 1

    @property
    def rows_style(self) -> str:
        """Style of the memories of the row. With several entries at once they are wide and shallow: as LUT RAM they
        would take more LUTs than the chains save."""
        return "block" if self.conv_depth > 1 and 2 * self.steps > 32 else "auto"

    @property
    def groups(self) -> int:
        """Groups of ``width`` output channels."""
        return -(-self.outputs // self.width)

    @property
    def pass_groups(self) -> int:
        """Groups of a pass."""
        return 2 * self.conv_pairs // self.width

    @property
    def passes(self) -> int:
        """Passes over the entries for each group of joints."""
        return -(-self.outputs // (2 * self.conv_pairs))

    @property
    def joint_groups(self) -> int:
        """Groups of joints in lockstep."""
        return -(-self.joints // self.conv_joints)

    @property
    def macs(self) -> int:
        """Packed MACs."""
        return self.conv_joints * self.conv_pairs * self.conv_depth

    @property
    def weight_tables(self) -> np.ndarray:
        """Weights as they are stored: int8 (D, passes * S, 2 P), entry in the step / pass, step / channel of the pass;
        0 beyond O and E."""
        padded = np.zeros((self.passes * 2 * self.conv_pairs, self.steps * self.conv_depth), np.int8)
        padded[:self.outputs, :self.entries] = self.weights
        words = padded.reshape(self.passes, 2 * self.conv_pairs, self.steps, self.conv_depth).transpose(3, 0, 2, 1)
        return np.ascontiguousarray(words).reshape(self.conv_depth, -1, 2 * self.conv_pairs)

    @property
    def o_layout(self) -> data.StructLayout:
        """Shape of ``o``."""
        return data.StructLayout({"acc": data.ArrayLayout(signed(self.acc_width), self.width),
                                  "joint": range(max(2, self.joints)), "group": range(max(2, self.groups)), "last": 1})

    @property
    def cycles(self) -> int:
        """Cycles per row.

        A walk takes its steps, but at least the words that leave meanwhile, and with few steps half the pipe. It may
        take less where short and long walks alternate.
        """
        doubled = 0
        for groups, passes in self._real(self.groups, self.pass_groups):
            for joints, joint_groups in self._real(self.joints, self.conv_joints):
                walk = max(2 * self.steps, 2 * groups * joints, self.steps + self.delay)
                doubled += passes * joint_groups * walk
        return -(-doubled // 2)

    @staticmethod
    def _real(total, step):
        """Sizes of the parts of ``total`` when each but the last takes ``step``, and how many there are of each."""
        return [(size, count) for size, count in ((step, total // step), (total % step, 1)) if size and count]
