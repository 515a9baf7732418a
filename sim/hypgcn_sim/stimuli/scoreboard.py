"""Compare the beats of a stream with what golden says, and name the place of the first difference."""

from hypgcn_sim.stimuli.payload import difference, unpack, width_of

__all__ = ["Checker"]


def _mask(shape: dict, name: str) -> int:
    """The bits of a field."""
    return sum(((1 << width_of(field)) - 1) << offset for found, offset, field in shape["struct"] if found == name)


class Checker:
    """Checks payloads one by one, in order.

    Parameters
    ----------
    name : of the stream
    member : its entry in ``bench.json``: ``shape``, ``tensor``, ``axes``, ``ignore``, ``void``; the length of an axis
        is a number, or a list of what its places are called
    words : the expected payloads
    """

    def __init__(self, name: str, member: dict, words: list[int]):
        self.name, self.member, self.words = name, member, words
        self.seen = 0
        shape = member["shape"]
        self.mask = ~sum(_mask(shape, field) for field in member.get("ignore", ()))
        self.void = _mask(shape, member["void"]) if member.get("void") else 0
        self.rest = self.void | _mask(shape, "last") if self.void else 0

    @property
    def complete(self) -> bool:
        """All expected payloads have come."""
        return self.seen == len(self.words)

    def place(self, number: int) -> str:
        """``tensor[axis index, ...]`` of a beat."""
        parts = []
        for axis, length in reversed(self.member["axes"]):
            names = length if isinstance(length, list) else None
            number, index = divmod(number, length if names is None else max(1, len(names)))
            parts.append(names[index] if names else f"{axis} {index}")
        if number or not parts:
            parts.append(f"beat {number}")
        return f"{self.member['tensor']}[{', '.join(reversed(parts))}]"

    def check(self, word: int, cycle: int):
        """Raise :exc:`AssertionError` that names tensor, index, field, expected and got when ``word`` is not the
        next."""
        if self.complete:
            raise AssertionError(
                f"{self.name}: {unpack(self.member['shape'], word)} follows the {len(self.words)} expected "
                f"beats of {self.member['tensor']}, at cycle {cycle}"
            )
        wanted, word = self.words[self.seen] & self.mask, word & self.mask
        if wanted & self.void:
            wanted, word = wanted & self.rest, word & self.rest
        found = difference(self.member["shape"], wanted, word)
        if found:
            field, expected, got = found
            raise AssertionError(
                f"{self.place(self.seen)}{'.' if field else ''}{field}: expected {expected}, got {got} "
                f"(stream {self.name}, beat {self.seen}, cycle {cycle})"
            )
        self.seen += 1
