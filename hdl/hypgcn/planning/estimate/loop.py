"""Stores of few rows: how long the units around a store wait for each other."""

__all__ = ["PIPELINE", "row_loop"]

PIPELINE = 100
"""About the cycles that a row takes through the pipeline registers of a block, beside those that units work on it."""


def row_loop(rows: int, reach: int, stride: int, arrival: float, row_cycles: float, response: float) -> float:
    """Cycles per row that a store of ``rows`` rows allows.

    An output row that is done frees ``stride`` row slots. The rows that a later output row waits for enter these.
    Such a loop proceeds at its mean rate even if all units in it are faster: the cycle mean of a marked graph
    (a timed event graph), whose tokens are the row slots.

    Parameters
    ----------
    rows : int
        Row slots of the store.
    reach : int
        Rows by which the last row that an output row waits for is beyond its middle.
    stride : int
        Rows per output row.
    arrival : float
        Cycles in which the awaited row arrives.
    row_cycles : float
        Cycles per row of the rows that arrive before it.
    response : float
        Cycles from the arrival of the awaited row until its output row is done, which frees row slots again.
    """
    ahead = (stride + rows - 1 - reach) // stride       # output rows from one end of the loop to the other
    before = ahead * stride + reach - rows              # rows that arrive meanwhile, before the awaited one
    return (before * row_cycles + arrival + response) / (ahead * stride)
