"""Results of a run: a table for people, a summary for programs."""

from pathlib import Path

from hypgcn.design.files import write_json
from hypgcn.progress import duration

from .runner import Result

__all__ = ["table", "write_summary"]


def table(results: list[Result]) -> str:
    """One line per unit, then the first difference of each that failed."""
    width = max([4, *(len(result.unit) for result in results)])
    lines = [f"{'unit':{width}}  {'clips':>5}  {'real':>4}  {'cycles':>10}  {'time':>12}  result"]
    lines += [f"{result.unit:{width}}  {result.clips or '-':>5}  {result.real_clips if result.clips else '-':>4}  "
              f"{result.cycles:10,}  {duration(result.seconds):>12}  {'equal' if result.passed else 'DIFFERENT'}"
              for result in results]
    failed = [result for result in results if not result.passed]
    lines += ["", *(f"{result.unit}: {result.error}" for result in failed)] if failed else []
    return "\n".join(lines)


def write_summary(results: list[Result], path: Path) -> list[dict]:
    """Write the results as JSON, and return the rows.

    Parameters
    ----------
    results : list of Result
        Of a run.
    path : Path
        List of rows with ``unit``, ``design``, ``clips``, ``real_clips``, ``cycles``, ``passed``, and ``error`` where
        not passed.
    """
    rows = []
    for result in results:
        row = {name: getattr(result, name) for name in ("unit", "design", "clips", "real_clips", "cycles", "passed")}
        rows.append(row if result.passed else {**row, "error": result.error})
    write_json(path, rows)
    return rows
