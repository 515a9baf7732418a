"""Foldings for several clips: the mean over clips of the cycles that each takes is least.

A clip takes as long as the unit that is slowest on it, and which one that is differs from clip to clip, because the
lanes' work depends on zeros and that of the 1x1 arrays does not. So the mean over clips is more than what the slowest
unit takes for a mean clip. With C[s] for each clip s, and the choices and budgets of
:mod:`~hypgcn.planning.allocator.allocate`:

    cycles on clip s of a chosen option             <= C[s]    for every choice and clip
    reads of the X store by the options of a block  <= C[s]    for every block and clip
    minimise sum C[s], or sum C[s] <= clips * the cycles that are given; then the shares as there

No clip can take less than the fastest folding for it alone. This bound makes many options equal, so that few remain.
"""

from collections.abc import Sequence

from .model import ChoiceModel, scarcest
from .options import Option, front

__all__ = ["cheapest", "clips_of", "fastest", "least"]

Choices = Sequence[tuple[int | None, list[Option]]]


def least(choices: Choices) -> list[int]:
    """Of every clip the cycles of the slowest choice at its fastest."""
    return [max(each) for each in zip(*(map(min, zip(*(option.clips for option in options)))
                                        for _, options in choices))]


def clips_of(choices: Choices, chosen: Sequence[Option]) -> list[int]:
    """Cycles of every clip with the ``chosen`` option of every choice."""
    reads: dict[int | None, int] = {}
    for (index, _), option in zip(choices, chosen):
        reads[index] = reads.get(index, 0) + option.x_reads
    return [max(*each, *reads.values()) for each in zip(*(option.clips for option in chosen))]


def cheapest(choices: Choices, limits: dict[str, int], fixed: dict[str, int], total: int, *,
             lows: Sequence[int] | None = None, overdraw: bool = False,
             start: Sequence[Option] | None = None) -> list[Option] | None:
    """The options of least shares whose clips take ``total`` cycles together, what is scarcest of these spared first;
    ``None`` when there are none.

    ``lows``: cycles that every clip takes at least; ``overdraw``: see :meth:`~.allocate_model.ChoiceModel.within`
    """
    def run(start: Sequence[Option] | None, scarce: str | None) -> list[Option] | None:
        model, _ = _model(choices, lows or least(choices), total)
        if model is None:
            return None
        model.minimize(model.within(limits, fixed, overdraw, scarce))
        if start is not None:
            model.start_from(start)
        return model.run()

    chosen = run(start, None)
    if chosen is None or overdraw:
        return chosen
    return run(chosen, scarcest(chosen, limits, fixed)) or chosen


def fastest(choices: Choices, limits: dict[str, int], fixed: dict[str, int], alone: Sequence[Sequence[Option]],
            start: Sequence[Option]) -> list[Option]:
    """The options whose clips take the fewest cycles together, and of these the cheapest.

    ``alone``: of every clip the fastest options when only that clip counts; ``start``: a choice to begin with
    """
    lows = [clips_of(choices, chosen)[number] for number, chosen in enumerate(alone)]
    best = list(min((start, *alone), key=lambda chosen: sum(clips_of(choices, chosen))))
    model, cycles = _model(choices, lows, sum(clips_of(choices, best)))
    model.within(limits, fixed)
    model.minimize(cycles)
    model.start_from(best)
    best = model.run() or best
    return cheapest(choices, limits, fixed, sum(clips_of(choices, best)), lows=lows, start=best) or best


def _model(choices: Choices, lows: Sequence[int], total: int):
    """The model of options that can be part of a choice with ``total`` cycles, and these cycles in it; ``(None, 0)``
    where some choice has none."""
    kept = [(index, [option for option in options if sum(map(max, option.clips, lows)) <= total])
            for index, options in choices]
    if not all(options for _, options in kept):
        return None, 0
    reads: dict[int | None, int] = {}
    for index, options in kept:
        reads[index] = reads.get(index, 0) + max(option.x_reads for option in options)
    busy = {index for index, most in reads.items() if most > min(lows)}

    def key(option: Option) -> tuple[int, ...]:
        return *map(max, option.clips, lows), *option.cost()

    def key_with_reads(option: Option) -> tuple[int, ...]:
        return *key(option), option.x_reads

    model = ChoiceModel([(index, front(options, key_with_reads if index in busy else key)) for index, options in kept])
    spare = total - sum(lows)
    cycles = [model.new_int_var(low, low + spare, f"clip{number}") for number, low in enumerate(lows)]
    for number, (limit, low) in enumerate(zip(cycles, lows)):
        sums = model.sums(lambda option, number=number: option.clips[number])
        for (_, options), each in zip(model.choices, sums):
            if any(option.clips[number] > low for option in options):
                model.add(each <= limit)
        for each in model.x_reads() if busy else ():
            model.add(each <= limit)
    model.add(sum(cycles) <= total)
    return model, sum(cycles)
