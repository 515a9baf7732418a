"""Stores of few rows: how long their neighbours wait for each other."""

__all__ = ["PIPES", "loop"]

PIPES = 100
"""About the cycles that a row takes through the pipes of a block, beside those that its units work on it."""


def loop(rows: int, reach: int, stride: int, come: float, pace: float, rest: float) -> float:
    """Cycles per row that a store of ``rows`` rows allows.

    An output row whose work is done frees ``stride`` rows. Into these come the rows that a later output row waits for;
    the last of them is ``reach`` beyond its middle. It takes ``come`` cycles to come in, others before it ``pace``, and
    then ``rest`` until the output row is done, which frees rows again. Such a loop goes on at its mean, though all
    units in it may be faster: the mean of a cycle of a marked graph, whose marks are the rows.
    """
    ahead = (stride + rows - 1 - reach) // stride       # output rows from one end of the loop to the other
    others = ahead * stride + reach - rows              # rows that come meanwhile, before the last
    return (others * pace + come + rest) / (ahead * stride)
