"""The choice of one option each as a model for CP-SAT: what :mod:`~hypgcn.planning.allocator.search` and
:mod:`~hypgcn.planning.allocator.clips` share."""

from collections.abc import Callable, Sequence
from operator import attrgetter

from ortools.sat.python import cp_model

from .options import Choice, Option

__all__ = ["SCARCE", "SECONDS", "ChoiceModel", "block_reads", "scarcest"]

SECONDS = 30
"""Limit of the deterministic time of one solver run."""
SCARCE = 10
"""Weight of the share of the scarcest resource, once it is known which that is; the others count once."""


def block_reads(choices: Sequence[Choice], chosen: Sequence[Option]) -> list[int]:
    """Reads of the X store per clip, of each block, by the ``chosen`` option of every choice; last those of the head,
    which are 0."""
    reads: dict[int | None, int] = {}
    for (index, _), option in zip(choices, chosen):
        reads[index] = reads.get(index, 0) + option.x_reads
    return list(reads.values())


def scarcest(chosen: Sequence[Option], limits: dict[str, int], fixed: dict[str, int]) -> str:
    """The resource of which ``chosen`` takes the largest share of its budget; ``limits``, ``fixed``: see
    :meth:`ChoiceModel.within`."""
    def share(name: str) -> float:
        return (fixed[name] + sum(getattr(option, name) for option in chosen)) / max(1, limits[name] + fixed[name])

    return max(limits, key=share)


class ChoiceModel(cp_model.CpModel):
    """Exactly one of the options of every choice.

    Parameters
    ----------
    choices : sequence of Choice
        Index of the block (``None``: no block) and options, of each choice.
    """

    def __init__(self, choices: Sequence[Choice]):
        super().__init__()
        self.choices = choices
        self.flags = [[self.new_bool_var(f"c{number}o{at}") for at in range(len(options))]
                      for number, (_, options) in enumerate(choices)]
        for flags in self.flags:
            self.add_exactly_one(flags)

    def sums(self, weight: Callable[..., int]) -> list:
        """``weight`` of the chosen option of every choice, as expressions."""
        return [sum(weight(option) * flag for option, flag in zip(options, flags))
                for (_, options), flags in zip(self.choices, self.flags)]

    def x_reads(self) -> list:
        """Reads of the X store of every block, as expressions."""
        per_block: dict[int, list] = {}
        for (index, _), reads in zip(self.choices, self.sums(lambda option: option.x_reads)):
            if index is not None:
                per_block.setdefault(index, []).append(reads)
        return [sum(reads) for reads in per_block.values()]

    def within(self, limits: dict[str, int], fixed: dict[str, int], overdraw: bool = False, scarce: str | None = None):
        """Constrain the resources and give the sum of their shares.

        Parameters
        ----------
        limits : dict of int
            What is left of the budgets, by ``dsp``, ``bram`` (halves) and ``lut``.
        fixed : dict of int
            What is taken of the budgets beside the choices.
        overdraw : bool
            What goes beyond ``limits`` is not forbidden, but counts a thousand times.
        scarce : str, optional
            The resource whose share counts :data:`SCARCE` times.

        Returns
        -------
        linear expression
            Sum of the shares, in millionths of each budget.
        """
        shares, beyond = [], []
        for name, limit in limits.items():
            used = sum(self.sums(attrgetter(name)))
            weight = max(1, 1_000_000 // max(1, limit + fixed[name]))
            shares.append((SCARCE if name == scarce else 1) * weight * used)
            if overdraw:
                more = self.new_int_var(0, 1 << 31, f"more_{name}")
                beyond.append(1000 * weight * more)
                self.add(used <= limit + more)
            else:
                self.add(used <= limit)
        return sum(shares) + sum(beyond)

    def start_from(self, chosen: Sequence[Option]):
        """Begin the search with ``chosen``, as far as these options are offered."""
        for (_, options), flags, start in zip(self.choices, self.flags, chosen):
            for option, flag in zip(options, flags):
                self.add_hint(flag, option.fields == start.fields)

    def run(self) -> list[Option] | None:
        """The chosen options, or ``None`` when there are none. One worker and a fixed seed: always the same."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.max_deterministic_time = SECONDS
        if solver.solve(self) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return [options[next(at for at, flag in enumerate(flags) if solver.boolean_value(flag))]
                for (_, options), flags in zip(self.choices, self.flags)]
