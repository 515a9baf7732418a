"""Words that memories of a store have anyway."""

__all__ = ["filled_words"]

_LUT_RAM, _BLOCK_RAM = 64, 512
"""Words of a mini-bank that a level of LUT RAM holds, and half of a block RAM."""


def filled_words(words: int) -> int:
    """``words`` of a mini-bank rounded up to what primitives and addresses of its memory have room for."""
    return 1 << (words - 1).bit_length() if words <= _LUT_RAM else -(-words // _BLOCK_RAM) * _BLOCK_RAM
