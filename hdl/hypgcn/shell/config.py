"""What fixes the shell around a network."""

from dataclasses import dataclass

from ..design import Design
from .registers import MAX_BLOCKS

__all__ = ["BUS_WIDTHS", "ShellConfig"]

BUS_WIDTHS = (8, 16, 32, 64, 128, 256, 512)


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
        for name, low, high in (("persons", 1, 16), ("frames", 1, 4096), ("joints", 1, 64), ("channels", 1, 16),
                                ("classes", 1, 1024), ("logit_width", 2, 48), ("blocks", 1, MAX_BLOCKS),
                                ("clips_inside", 2, 32)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be an integer, not {value!r}")
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, not {value!r}")
        if self.bus_width not in BUS_WIDTHS:
            raise ValueError(f"bus_width must be one of {', '.join(map(str, BUS_WIDTHS))}, not {self.bus_width!r}")
        try:
            int(self.hash[:16], 16)
        except (TypeError, ValueError):
            raise ValueError(f"hash must be hexadecimal digits, not {self.hash!r}") from None
        if len(self.hash) < 16:
            raise ValueError(f"hash must be at least 16 digits, not {self.hash!r}")

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
