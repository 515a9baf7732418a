"""One proof: what is claimed, how it is shown, and the change of the unit that must break it."""

import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from unittest import mock

from .harness import Harness

__all__ = ["METHODS", "Mutant", "Proof"]

METHODS = {
    "induction": "for every length of run: no counterexample from reset, and none from any state that the claims allow",
    "BMC": "bounded model checking: no counterexample of as many cycles from reset, and none is excluded beyond",
}
"""How a proof is shown, by name."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A change of one place of a unit that the proof must not survive.

    Parameters
    ----------
    owner : type
        Class of the unit, or of a part of it.
    method : str
        Its method that is changed.
    old, new : str
        Text that is there once, and what takes its place.
    """

    owner: type
    method: str
    old: str
    new: str

    def planted(self):
        """Context in which the unit is elaborated with the change.

        Raises
        ------
        ValueError
            When the text is not there exactly once.
        """
        source = textwrap.dedent(inspect.getsource(getattr(self.owner, self.method)))
        if source.count(self.old) != 1:
            raise ValueError(f"{self.old!r} must be once in {self.owner.__name__}.{self.method}, "
                             f"not {source.count(self.old)} times: the proof's mutant has to follow the unit")
        scope: dict = {}
        exec(source.replace(self.old, self.new), vars(sys.modules[self.owner.__module__]), scope)
        return mock.patch.object(self.owner, self.method, scope[self.method])


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Claims about a unit.

    Parameters
    ----------
    name : str
        Key of the table of proofs.
    text : str
        What is claimed, for the table.
    build : callable
        ``build(harness)`` adds the unit, the claims and what must be reachable to a :class:`~.harness.Harness`.
    mutant : Mutant
        Must give a counterexample.
    depth : int
        Cycles of the bounded search; for an induction also the cycles that its step looks back.
    induction : bool
        The claims are inductive; otherwise they are checked from reset only.
    cover_depth : int or None
        Cycles within which everything must be reached that must be reachable; ``None`` for ``depth``.
    deep : int or None
        Depth with ``--deep``; ``None`` for ``depth``.
    only_deep : bool
        Left out without ``--deep`` and without its name.
    weight : float
        Guess of the relative time, for progress.
    """

    name: str
    text: str
    build: Callable[[Harness], None]
    mutant: Mutant
    depth: int
    induction: bool = False
    cover_depth: int | None = None
    deep: int | None = None
    only_deep: bool = False
    weight: float = 1.0

    @property
    def method(self) -> str:
        """Key of :data:`METHODS`."""
        return "induction" if self.induction else "BMC"
