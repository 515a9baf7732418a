"""Parameters of a combiner, and of the requantiser in it."""

from dataclasses import dataclass

from amaranth import unsigned
from amaranth.lib import data

from ..arith import PackedMacConfig, RequantConfig, requant_tables
from ..design.checks import check_limit
from ..design.limits import JOINTS, LANES
from .layer import SparseLayer
from .schedule import LaneSchedule

__all__ = ["CombineConfig", "requant_of"]


@dataclass(frozen=True, kw_only=True)
class CombineConfig:
    """Parameters of a combiner.

    Parameters
    ----------
    schedule : LaneSchedule
        Which accumulator holds the sum of which channel.
    joints : int, 1..64
        Joints V of a row.
    lanes : int, 1..32
        Lanes whose results arrive.
    mac : PackedMacConfig
        Format of the raw sums.
    mult : tuple of int
        Multiplier of each output channel.
    bias : tuple of int
        Bias of each output channel, or of each joint and output channel, the channels of a joint beside each other.
    shift : int
        Right shift of the requantiser.
    res_mult : int
        Multiplier of the shortcut.
    res_shift : int
        Left shift of the shortcut.
    x_channels : int
        X is added to so many channels from the first on; 0: no shortcut.
    requant_form : str
        What multiplies in the requantiser, see :data:`~hypgcn.design.limits.REQUANTISERS`.
    counters : bool
        With the port ``state``.
    """

    schedule: LaneSchedule
    joints: int
    lanes: int
    mac: PackedMacConfig
    mult: tuple[int, ...]
    bias: tuple[int, ...]
    shift: int
    res_mult: int = 0
    res_shift: int = 0
    x_channels: int = 0
    requant_form: str = "dsp"
    counters: bool = False

    def __post_init__(self):
        check_limit("joints", self.joints, JOINTS)
        check_limit("lanes", self.lanes, LANES)
        groups, width = len(self.schedule.steps), self.schedule.width
        if -(-len(self.mult) // width) != groups:
            raise ValueError(f"mult must hold one value per output channel, "
                             f"{(groups - 1) * width + 1}..{groups * width}, not {len(self.mult)}")
        if len(self.bias) not in (len(self.mult), self.joints * len(self.mult)):
            raise ValueError(f"bias must hold {len(self.mult)} values, one per mult, or as many for each of "
                             f"{self.joints} joints, not {len(self.bias)}")

    @classmethod
    def of(cls, layer: SparseLayer, schedule: LaneSchedule, *, joints: int, lanes: int,
           mac: PackedMacConfig, requant_form: str = "dsp", counters: bool = False) -> "CombineConfig":
        """Config for ``layer``."""
        return cls(schedule=schedule, joints=joints, lanes=lanes, mac=mac, mult=tuple(layer.mult.tolist()),
                   bias=tuple(layer.bias.ravel().tolist()), shift=layer.shift, res_mult=layer.res_mult,
                   res_shift=layer.res_shift, requant_form=requant_form, counters=counters,
                   x_channels=layer.x_channels if layer.shortcut == "identity" else 0)

    @property
    def x_groups(self) -> int:
        """Groups to which X is added."""
        return min(len(self.schedule.steps), -(-self.x_channels // self.schedule.width))

    @property
    def sums(self) -> data.ArrayLayout:
        """Payload of a result of a lane: ``lane_pairs`` raw sums."""
        return data.ArrayLayout(unsigned(self.mac.raw_width), self.schedule.lane_pairs)

    @property
    def words(self) -> int:
        """Words of the requantiser's table: one for each group, or for each joint and group."""
        return len(self.schedule.steps) * (len(self.bias) // len(self.mult))

    @property
    def requant(self) -> RequantConfig:
        """Parameters of the requantiser; channels beyond the last give 0."""
        return _requant(self.schedule.width, self.mac.acc_width, self.mult, self.bias, self.shift, self.res_mult,
                        self.res_shift, self.requant_form)


def _requant(width, acc_width, mult, bias, shift, res_mult, res_shift, form) -> RequantConfig:
    """Parameters of a requantiser of ``width`` lanes, with channels padded to a multiple of ``width``."""
    return RequantConfig(lanes=width, acc_width=acc_width, **requant_tables(mult, bias, -len(mult) % width),
                         shift=shift, low=0, high=127, res_mult=res_mult, res_shift=res_shift,
                         form=form, meta=data.StructLayout({"overflow": 1, "last": 1}))


def requant_of(layer: SparseLayer, width: int, form: str = "dsp") -> RequantConfig:
    """Parameters of the requantiser of ``layer``, slices of ``width`` values, with multipliers of ``form``."""
    return _requant(width, layer.acc_width, tuple(layer.mult.tolist()), tuple(layer.bias.ravel().tolist()),
                    layer.shift, layer.res_mult, layer.res_shift, form)
