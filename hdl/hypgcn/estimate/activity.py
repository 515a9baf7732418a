"""How many non-zeros the units of a block meet: what the cycles of a clip depend on beside shapes and folding."""

from dataclasses import dataclass

import numpy as np

from ..design import BANK, Block

__all__ = ["Activity"]


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Means over the rows of one block.

    x_channels : non-zero joints per row, of each channel of X
    x_banks, h_banks : non-zeros per vector, of each bank of X and of H
    """

    x_channels: tuple[float, ...]
    x_banks: tuple[float, ...]
    h_banks: tuple[float, ...]

    @classmethod
    def assumed(cls, block: Block, joints: int) -> "Activity":
        """From the two densities that a design holds: all channels alike."""
        return cls(x_channels=(joints * block.density_x,) * block.in_channels,
                   x_banks=tuple(_sizes(block.in_channels) * block.density_x),
                   h_banks=tuple(_sizes(block.out_channels) * block.density_h))

    @classmethod
    def measured(cls, x: np.ndarray, h: np.ndarray) -> "Activity":
        """From X and H, arrays (..., V, C), as the stores of the block hold them."""
        x_full, h_full = (np.count_nonzero(part.reshape(-1, *part.shape[-2:]), axis=1).mean(axis=0) for part in (x, h))
        joints = x.shape[-2]
        return cls(x_channels=tuple(x_full.tolist()), x_banks=_per_bank(x_full / joints),
                   h_banks=_per_bank(h_full / joints))


def _sizes(channels: int) -> np.ndarray:
    """Channels of each bank."""
    return np.minimum(BANK, channels - np.arange(0, channels, BANK))


def _per_bank(per_channel: np.ndarray) -> tuple[float, ...]:
    return tuple(float(per_channel[start:start + BANK].sum()) for start in range(0, len(per_channel), BANK))
