"""The design: everything that the hardware, the golden model and the host need of one pruned int8 network.

``design.json`` holds shapes, shortcuts, shifts, thresholds and store depths; ``weights.safetensors`` beside it the
tensors. ``docs/numbers.md`` defines each number. Loading validates: every :class:`Design` object is legal.
"""

from .banks import BANK, MINI_BANK, MINI_BANKS, bank_count, split_banks
from .block import Block, even_taps
from .checks import bits_signed
from .network import DESIGN_FORMAT, DESIGN_VERSION, Design
from .scales import MAX_ROWS, Scales

__all__ = ["BANK", "MAX_ROWS", "MINI_BANK", "MINI_BANKS", "Block", "DESIGN_FORMAT", "DESIGN_VERSION", "Design",
           "Scales", "bank_count", "even_taps", "bits_signed", "split_banks"]
