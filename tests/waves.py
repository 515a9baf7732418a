"""Signals of a simulation as a timing diagram in text, as docs/integration.md shows them."""

__all__ = ["draw"]

CELL = 5


def draw(rows: dict[str, list], first: int = 0) -> str:
    """A line for each signal, a cell for each cycle.

    Parameters
    ----------
    rows : dict
        {name: value in every cycle}; a ``bool`` is drawn as a level, text as it is (empty: don't care).
    first : int
        Number of the first cycle.
    """
    width = max(map(len, rows))
    count = {len(values) for values in rows.values()}
    if len(count) != 1:
        raise ValueError(f"all signals must have as many cycles, not {sorted(count)}")
    lines = [" " * width + " " + "".join(f"{first + cycle:<{CELL}}" for cycle in range(count.pop())).rstrip()]
    for name, values in rows.items():
        cells, before = "", None
        for value in values:
            if isinstance(value, bool):
                edge = {(False, True): "/", (True, False): "\\"}.get((before, value), "~" if value else "_")
                cells += edge + ("~" if value else "_") * (CELL - 1)
            else:
                cells += f"{value:<{CELL}}"
            before = value
        lines.append(f"{name:{width}} {cells}".rstrip())
    return "\n".join(lines)
