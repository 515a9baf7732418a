"""Who is there: people come and go, and share the places of a network's clips."""

from collections.abc import Iterable, Sequence

__all__ = ["People"]


class People:
    """Places of the people in a stream.

    Everybody has a place from the first frame in which they are seen until they were not seen for ``patience`` seconds.
    Places form groups of ``persons``, one clip each: the first group fills first, and whoever comes takes the first
    free place. A group keeps its people as long as they stay, so that its scores may be smoothed.

    Parameters
    ----------
    persons : int
        Places of a group, 1 or more.
    limit : int
        People at most; more are not taken in.
    patience : float
        Seconds.
    """

    def __init__(self, *, persons: int, limit: int, patience: float):
        self.persons, self.limit, self.patience = persons, limit, patience
        self._places: list[int | str | None] = []
        self._seen: dict[int | str, float] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def seen(self, time: float, people: Iterable[int | str]) -> list[int | str]:
        """Note who is seen at ``time``; returns those for whom there is no place."""
        refused = []
        for person in people:
            if person not in self._seen:
                if len(self._seen) == self.limit:
                    refused.append(person)
                    continue
                if None not in self._places:
                    self._places.append(None)
                self._places[self._places.index(None)] = person
            self._seen[person] = max(time, self._seen.get(person, time))
        return refused

    def leave(self, time: float) -> list[int | str]:
        """Give the places free of those who were last seen more than ``patience`` before ``time``; returns them."""
        gone = [person for person, last in self._seen.items() if time - last > self.patience]
        for person in gone:
            del self._seen[person]
            self._places[self._places.index(person)] = None
        return gone

    def forget(self) -> list[int | str]:
        """Give all places free; returns who had one."""
        gone, self._places, self._seen = list(self._seen), [], {}
        return gone

    def groups(self) -> list[tuple[int | str, ...]]:
        """People of each clip, 1 to ``persons``, in the order of their places."""
        groups = (self._of(self._places[first:first + self.persons])
                  for first in range(0, len(self._places), self.persons))
        return [group for group in groups if group]

    @staticmethod
    def _of(places: Sequence[int | str | None]) -> tuple[int | str, ...]:
        return tuple(person for person in places if person is not None)
