"""The design: everything that the hardware, the golden model and the host need to know of one pruned int8 network.

``design.json`` holds shapes, shortcuts, shifts, thresholds and store depths; ``weights.safetensors`` beside it the
tensors. ``docs/numbers.md`` defines what each number means. Loading validates: a :class:`Design` that exists is legal.
"""

from .block import BANK, MINI_BANKS, Block
from .checks import bits_signed
from .network import DESIGN_FORMAT, DESIGN_VERSION, Design

__all__ = ["BANK", "MINI_BANKS", "Block", "DESIGN_FORMAT", "DESIGN_VERSION", "Design", "bits_signed"]
