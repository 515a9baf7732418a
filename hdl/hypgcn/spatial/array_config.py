"""Parameters of the 1x1 array, and the counts that follow from them."""

from dataclasses import dataclass, field

import numpy as np
from amaranth.hdl import signed
from amaranth.lib import data

from ..arith import PackedDot
from ..design.checks import check_choice, check_limit, check_range, check_tensor
from ..design.limits import ACC_WIDTH, JOINTS, MAC_FORMS, WEIGHT, WIDTHS, chain_depth

__all__ = ["MEMORY_LATENCY", "ConvArrayConfig"]

MEMORY_LATENCY = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class ConvArrayConfig:
    """Parameters of a 1x1 array.

    Parameters
    ----------
    joints : int, 1..64
        Joints V of a row.
    weights : int8 (O, E)
        Weights of the output channels, per entry of a row, -127..127.
    conv_joints : int, 1..V
        Joints J that are computed in lockstep.
    conv_pairs : int, a multiple of ``width / 2``
        Pairs P of output channels that are computed in lockstep.
    width : int, one of 2, 4, 8, 16
        Sums that leave per cycle.
    acc_width : int, 9..27
        Bits of a sum.
    conv_depth : int, 1..8
        Entries D that are taken at once.
    mac : str
        Form of the packed MACs.
    counters : bool
        With the port ``state``.
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
        check_limit("acc_width", self.acc_width, ACC_WIDTH)
        check_choice("mac", self.mac, MAC_FORMS)
        check_limit("conv_depth", self.conv_depth, chain_depth(self.mac))

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
        """Steps S of a traversal of the row: each takes ``conv_depth`` entries."""
        return -(-self.entries // self.conv_depth)

    @property
    def delay(self) -> int:
        """Cycles from the read of a step's first entry to the sums that contain the step."""
        return MEMORY_LATENCY + 1 + PackedDot.LATENCY + self.conv_depth - 1

    @property
    def rows_style(self) -> str:
        """Style of the memories of the row; with several entries at once they are wide and shallow, and as LUT RAM they
        would take more LUTs than the chains save."""
        return "block" if self.conv_depth > 1 and 2 * self.steps > 32 else "auto"

    @property
    def groups(self) -> int:
        """Groups of ``width`` output channels."""
        return -(-self.outputs // self.width)

    @property
    def pass_groups(self) -> int:
        """Groups of output channels that one pass computes."""
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
        """Number of packed MACs."""
        return self.conv_joints * self.conv_pairs * self.conv_depth

    @property
    def weight_tables(self) -> np.ndarray:
        """Weights as they are stored, int8 (D, passes * S, 2 P): entry of the step, (pass, step), channel of the pass;
        0 beyond O and E."""
        padded = np.zeros((self.passes * 2 * self.conv_pairs, self.steps * self.conv_depth), np.int8)
        padded[:self.outputs, :self.entries] = self.weights
        words = padded.reshape(self.passes, 2 * self.conv_pairs, self.steps, self.conv_depth).transpose(3, 0, 2, 1)
        return np.ascontiguousarray(words).reshape(self.conv_depth, -1, 2 * self.conv_pairs)

    @property
    def o_layout(self) -> data.StructLayout:
        """Payload of ``o``."""
        return data.StructLayout({"acc": data.ArrayLayout(signed(self.acc_width), self.width),
                                  "joint": range(max(2, self.joints)), "group": range(max(2, self.groups)), "last": 1})

    @property
    def cycles(self) -> int:
        """Cycles per row.

        A traversal takes its steps, but at least as long as its words need to leave, and with few steps half the
        pipeline. It may take less where short and long traversals alternate.
        """
        doubled = 0
        for groups, passes in self._groups_of(self.groups, self.pass_groups):
            for joints, joint_groups in self._groups_of(self.joints, self.conv_joints):
                traversal = max(2 * self.steps, 2 * groups * joints, self.steps + self.delay)
                doubled += passes * joint_groups * traversal
        return -(-doubled // 2)

    @staticmethod
    def _groups_of(total, step):
        """(size, count) of the groups of ``step`` into which ``total`` is divided, and of the shorter last one."""
        return [(size, count) for size, count in ((step, total // step), (total % step, 1)) if size and count]
