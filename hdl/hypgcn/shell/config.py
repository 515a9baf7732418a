"""What fixes the shell around a network."""

from dataclasses import dataclass

from ..design import Design, limits
from ..design.checks import check_choice, check_hash, check_limit

__all__ = ["ShellConfig"]


@dataclass(frozen=True, kw_only=True)
class ShellConfig:
    """Shape of the clips and results, and the input bus.

    Parameters
    ----------
    persons, frames, joints, channels : M, T, V, C of a clip
    classes : scores of a result; ``logit_width`` : bits of a signed score, 2..48
    blocks : of the network, 1..64
    bus_width : bits of ``s_axis_tdata``, 8, 16, 32, 64, 128, 256 or 512
    hash : of the design, at least 16 hexadecimal digits
    clips_inside : clips that may be under way at once, 2..32; no further one is admitted meanwhile
    """

    persons: int
    frames: int
    joints: int
    channels: int
    classes: int
    logit_width: int
    blocks: int
    hash: str
    bus_width: int = 32
    clips_inside: int = 32

    def __post_init__(self):
        for name, limit in limits.SHAPE.items():
            check_limit(name, getattr(self, name), limit)
        check_limit("logit_width", self.logit_width, limits.LOGIT_WIDTH)
        check_limit("blocks", self.blocks, limits.BLOCKS)
        check_limit("clips_inside", self.clips_inside, limits.CLIPS_INSIDE)
        check_choice("bus_width", self.bus_width, limits.BUS_WIDTHS)
        check_hash("hash", self.hash)

    @classmethod
    def of(cls, design: Design, bus_width: int = 32) -> "ShellConfig":
        """The shell of ``design``."""
        names = ("persons", "frames", "joints", "channels", "classes", "logit_width", "hash")
        return cls(**{name: getattr(design, name) for name in names}, blocks=len(design.blocks), bus_width=bus_width)

    @property
    def clip_bytes(self) -> int:
        """Elements of a clip."""
        return self.persons * self.frames * self.joints * self.channels

    @property
    def bus_bytes(self) -> int:
        """Elements of a beat."""
        return self.bus_width // 8

    @property
    def hash_words(self) -> tuple[int, int]:
        """HASH_LOW and HASH_HIGH."""
        return int(self.hash[8:16], 16), int(self.hash[:8], 16)
