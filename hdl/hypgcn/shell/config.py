"""Parameters of the shell around a network."""

from dataclasses import dataclass

from ..design import Design, limits
from ..design.checks import check_choice, check_hash, check_limit, check_range
from ..design.ensemble import Ensemble
from ..design.raw_input import RAW_BITS
from .registers import TRAILER

__all__ = ["ShellConfig"]


@dataclass(frozen=True, kw_only=True)
class ShellConfig:
    """Shape of the clips and results, and the input bus.

    Parameters
    ----------
    persons, frames, joints, channels : int
        M, T, V, C of a clip, within :data:`~hypgcn.design.limits.SHAPE`.
    classes : int
        Scores of a result.
    logit_width : int, 2..48
        Bits of a signed score.
    blocks : int, 1..64
        Blocks of the network.
    hash : str
        Hash of the design, at least 16 hexadecimal digits.
    bus_width : 8, 16, 32, 64, 128, 256 or 512
        Bits of ``s_axis_tdata``.
    clips_inside : int, 2..32
        Clips that may be in flight; no further one is admitted meanwhile.
    element_width : 8 or 16
        Bits of an element of a clip: int8, or int16 of raw joints. A beat has at least one.
    stream_widths : tuple of int, each 2..48
        Bits of a signed score of each network of an ensemble, whose scores follow the sums; empty for one network.
    stream_blocks : tuple of int
        Blocks of each of these networks; they sum up to ``blocks``.
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
    element_width: int = 8
    stream_widths: tuple[int, ...] = ()
    stream_blocks: tuple[int, ...] = ()

    def __post_init__(self):
        for name, limit in limits.SHAPE.items():
            check_limit(name, getattr(self, name), limit)
        check_limit("logit_width", self.logit_width, limits.LOGIT_WIDTH)
        check_limit("blocks", self.blocks, limits.BLOCKS)
        check_limit("clips_inside", self.clips_inside, limits.CLIPS_INSIDE)
        check_choice("bus_width", self.bus_width, limits.BUS_WIDTHS)
        check_hash("hash", self.hash)
        check_choice("element_width", self.element_width, (8, RAW_BITS))
        if self.stream_widths:
            check_range("streams", len(self.stream_widths), limits.STREAMS.low, limits.STREAMS.high)
        for index, width in enumerate(self.stream_widths):
            check_limit(f"stream_widths[{index}]", width, limits.LOGIT_WIDTH)
        if len(self.stream_blocks) != len(self.stream_widths) or self.stream_blocks and (
                min(self.stream_blocks) < 1 or sum(self.stream_blocks) != self.blocks):
            raise ValueError(f"stream_blocks must be at least 1 for each of {len(self.stream_widths)} streams, "
                             f"{self.blocks} together, not {self.stream_blocks!r}")
        if self.bus_width < self.element_width:
            raise ValueError(f"bus_width must be at least {self.element_width} for raw joints, which have "
                             f"{self.element_width} bits a coordinate, not {self.bus_width!r}")

    @classmethod
    def of(cls, design: Design, bus_width: int = 32) -> "ShellConfig":
        """Parameters of the shell of ``design``."""
        names = ("persons", "frames", "joints", "channels", "classes", "logit_width", "hash", "element_width")
        return cls(**{name: getattr(design, name) for name in names}, blocks=len(design.blocks), bus_width=bus_width)

    @classmethod
    def of_ensemble(cls, ensemble: Ensemble, bus_width: int = 32) -> "ShellConfig":
        """Parameters of the shell of ``ensemble``, whose blocks are those of its networks, one after another."""
        design = ensemble.designs[0]
        shape = {name: getattr(design, name) for name in
                 ("persons", "frames", "joints", "channels", "classes", "element_width")}
        return cls(**shape, logit_width=ensemble.score_width, hash=ensemble.hash, bus_width=bus_width,
                   blocks=sum(ensemble.block_counts), stream_widths=ensemble.logit_widths,
                   stream_blocks=ensemble.block_counts)

    @classmethod
    def of_network(cls, network: Design | Ensemble, bus_width: int = 32) -> "ShellConfig":
        """:meth:`of_ensemble` for an ensemble, else :meth:`of`."""
        return (cls.of_ensemble(network, bus_width) if isinstance(network, Ensemble)
                else cls.of(network, bus_width))

    @property
    def elements(self) -> int:
        """Elements of a clip."""
        return self.persons * self.frames * self.joints * self.channels

    @property
    def element_bytes(self) -> int:
        """Bytes of an element."""
        return self.element_width // 8

    @property
    def clip_bytes(self) -> int:
        """Bytes of a clip."""
        return self.elements * self.element_bytes

    @property
    def bus_bytes(self) -> int:
        """Bytes of a beat."""
        return self.bus_width // 8

    @property
    def result_words(self) -> int:
        """Words of a result: scores, those of each stream of an ensemble, trailer."""
        return self.classes * (1 + len(self.stream_widths)) + len(TRAILER)

    @property
    def hash_words(self) -> tuple[int, int]:
        """Values of HASH_LOW and HASH_HIGH."""
        return int(self.hash[8:16], 16), int(self.hash[:8], 16)
