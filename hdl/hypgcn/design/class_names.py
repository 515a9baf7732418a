"""Classes are compared by name, because the same number may mean another class elsewhere."""

from collections.abc import Sequence

__all__ = ["class_order"]

MAX_LISTED = 5


def class_order(names: Sequence[str], wanted: Sequence[str], what: str) -> list[int]:
    """For each class of ``wanted`` its number in ``names``.

    Parameters
    ----------
    names, wanted : sequence of str
    what : str
        What has ``names``, for messages.

    Raises
    ------
    ValueError
        A class of ``wanted`` that ``names`` lacks, or a name that two classes have.
    """
    names, wanted = list(names), list(wanted)
    if names == wanted:
        return list(range(len(names)))
    for group in (names, wanted):
        double = sorted({name for name in group if group.count(name) > 1})
        if double:
            raise ValueError(f"class names must differ, so that classes can be compared by name, but {double[0]!r} is "
                             f"there twice")
    missing = [name for name in wanted if name not in names]
    if missing:
        raise ValueError(f"{what} must have the same classes, but lacks {_listed(missing)}; it has {_listed(names)}")
    return [names.index(name) for name in wanted]


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - MAX_LISTED
    return ", ".join(map(repr, names[:MAX_LISTED])) + (f" and {rest} more" if rest > 0 else "")
