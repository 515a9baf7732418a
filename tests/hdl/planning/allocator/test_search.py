"""The search by one activity: minimal by brute force, and sparing of the scarcest resource."""

import itertools

import pytest

from hypgcn.design.presets import preset
from hypgcn.planning.allocator.allocate import PLENTY, Allocator, Budget
from hypgcn.planning.allocator.options import Option
from hypgcn.planning.allocator.search import Search

EVERYTHING = Budget(dsp=PLENTY, bram36=PLENTY, lut=PLENTY)
FREE = {"dsp": 0, "bram": 0, "lut": 0}
RESOURCES = tuple(FREE)


def option(cycles, dsp, *, bram=0, reads=0, **fields):
    return Option(fields=fields or {"dsp": dsp}, cycles=cycles, x_reads=reads, dsp=dsp, bram=bram, lut=1)


@pytest.fixture(scope="module")
def tiny():
    """Search over a few options of every choice of the preset ``tiny``."""
    search = Allocator(preset("tiny")).search
    return Search([(index, options[::max(1, len(options) // 4)]) for index, options in search.choices], search.fixed)


def cycles_of(choices, chosen):
    """Cycles of the slowest option and of the busiest X store."""
    reads = [sum(option.x_reads for (where, _), option in zip(choices, chosen) if where == index)
             for index in {index for index, _ in choices}]
    return max(*(option.cycles for option in chosen), *reads)


def by_brute_force(search, budget):
    """Fewest cycles over all combinations within ``budget``."""
    limits = search.limits(budget)
    return min(cycles_of(search.choices, chosen)
               for chosen in itertools.product(*(options for _, options in search.choices))
               if all(sum(getattr(option, name) for option in chosen) <= limits[name] for name in RESOURCES))


@pytest.mark.parametrize("share", [0.5, 0.7, 0.9])
def test_no_combination_is_faster(tiny, share):
    largest = {name: tiny.fixed[name] + sum(max(getattr(option, name) for option in options)
                                            for _, options in tiny.choices) for name in RESOURCES}
    budget = Budget(dsp=int(share * largest["dsp"]), bram36=PLENTY, lut=int(share * largest["lut"]))
    assert cycles_of(tiny.choices, tiny.fastest(budget)) == by_brute_force(tiny, budget)


def test_scarcest_resource_is_spared():
    """Equally fast: a multiplier less for two more block RAMs, where multipliers are short."""
    search = Search([(None, [option(90, 40, bram=1), option(90, 39, bram=3)])], {"dsp": 5, "bram": 2, "lut": 7})
    budget = Budget(dsp=45, bram36=21, lut=PLENTY)
    chosen = search.cheapest(budget, 90)
    assert [option.dsp for option in chosen] == [40]
    assert [option.dsp for option in search.sparing(budget, chosen)] == [39]
    assert [option.dsp for option in search.solve(budget)] == [39]


def test_fewest_cycles_may_be_reads():
    """No option takes 120 cycles, but the reads of the block's X store do."""
    search = Search([(0, [option(100, 1, reads=70)]),
                     (0, [option(90, 2, reads=50), option(130, 1, reads=10)])], FREE)
    assert [option.dsp for option in search.fastest(EVERYTHING)] == [1, 2]
    assert search.cheapest(EVERYTHING, 119) is None


def test_bounds_of_the_cycles():
    search = Search([(0, [option(100, 1, reads=70, lanes=3)]), (None, [option(90, 2), option(130, 1)])], FREE)
    assert (search.min_cycles, search.max_cycles) == (100, 130 + 70)
    assert search.bound == "blocks[0] takes as many with lanes = 3"
    assert Search(search.choices[1:], FREE).bound == "head takes as many with dsp = 2"


def test_limits_are_what_the_fixed_resources_leave():
    search = Search([(None, [option(90, 2)])], {"dsp": 3, "bram": 5, "lut": 7})
    assert search.limits(Budget(dsp=10, bram36=4.5, lut=20)) == {"dsp": 7, "bram": 4, "lut": 13}
    assert search.solve(Budget(dsp=4, bram36=4, lut=20)) is None
    overdrawn = search.cheapest(Budget(dsp=4, bram36=4, lut=20), 90, overdraw=True)
    assert [option.dsp for option in overdrawn] == [2]
