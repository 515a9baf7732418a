"""Compare the beats of a stream with those of the golden model, and name the place of the first difference."""

from .payload import difference, unpack, width_of

__all__ = ["Scoreboard"]


def _mask(shape: dict, name: str) -> int:
    """Bits of the field ``name`` of a structure."""
    return sum(((1 << width_of(field)) - 1) << offset for own, offset, field in shape["struct"] if own == name)


class Scoreboard:
    """Compares payloads one by one, in order.

    Parameters
    ----------
    name : str
        Name of the stream.
    member : dict
        Its entry in ``case.json``: ``shape``, ``tensor``, ``axes``, ``ignore``, ``void``, see
        :class:`hypgcn_sim.unit_tests.case.Sink`.
    words : list of int
        The expected payloads.

    Attributes
    ----------
    seen : int
        Payloads compared so far.
    """

    def __init__(self, name: str, member: dict, words: list[int]):
        self.name, self.member, self.words = name, member, words
        self.seen = 0
        shape = member["shape"]
        self._compared = ~sum(_mask(shape, field) for field in member.get("ignore", ()))
        self._void = _mask(shape, member["void"]) if member.get("void") else 0
        self._compared_if_void = self._void | _mask(shape, "last") if self._void else 0

    @property
    def complete(self) -> bool:
        """Whether all expected payloads have arrived."""
        return self.seen == len(self.words)

    def place(self, number: int) -> str:
        """``tensor[axis index, ...]`` of a beat."""
        indices = []
        for axis, length in reversed(self.member["axes"]):
            names = length if isinstance(length, list) else None
            number, index = divmod(number, length if names is None else max(1, len(names)))
            indices.append(names[index] if names else f"{axis} {index}")
        if number or not indices:
            indices.append(f"beat {number}")
        return f"{self.member['tensor']}[{', '.join(reversed(indices))}]"

    def check(self, word: int, cycle: int):
        """Compare the next payload.

        Parameters
        ----------
        word : int
            Its bits.
        cycle : int
            Cycle of the transfer, for messages.

        Raises
        ------
        AssertionError
            When it differs, or none is expected: names tensor, index, field, expected and got.
        """
        if self.complete:
            raise AssertionError(
                f"{self.name}: {unpack(self.member['shape'], word)} follows the {len(self.words)} expected "
                f"beats of {self.member['tensor']}, at cycle {cycle}"
            )
        expected, word = self.words[self.seen] & self._compared, word & self._compared
        if expected & self._void:
            expected, word = expected & self._compared_if_void, word & self._compared_if_void
        if (first := difference(self.member["shape"], expected, word)) is not None:
            field, value, got = first
            raise AssertionError(
                f"{self.place(self.seen)}{'.' if field else ''}{field}: expected {value}, got {got} "
                f"(stream {self.name}, beat {self.seen}, cycle {cycle})"
            )
        self.seen += 1
