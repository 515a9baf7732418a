"""What the memories share: RAM styles, checks of their parameters, contents before the first write."""

import random

STYLES = ("auto", "block", "distributed")
RAM_STYLES = (*STYLES, "ultra")
"""Styles of memories without contents: UltraRAM has none when it is configured."""


def garbage(width, depth, platform):
    """Contents of a RAM before the first write: in simulation, words that expose a unit which relies on zeros.

    Parameters
    ----------
    width : int
        Bits of a word.
    depth : int
        Words.
    platform : object or None
        None in simulation.

    Returns
    -------
    list of int
        ``depth`` words, the same for the same size; for a platform none, so that the memory stays uninitialised.
    """
    if platform is not None:
        return []
    rng = random.Random(width * depth)
    return [rng.getrandbits(width) for _ in range(depth)]
