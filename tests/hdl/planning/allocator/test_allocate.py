"""The allocator: best by brute force on a small choice, legal on every preset, clear about what does not fit."""

import itertools
import time

import pytest

from hypgcn.design.presets import preset
from hypgcn.planning.allocator.allocate import PLENTY, Allocator, Budget, allocate, reaching, within
from hypgcn.planning.allocator.options import Option
from hypgcn.planning.estimate import estimate

EVERYTHING = Budget(dsp=PLENTY, bram36=PLENTY, lut=PLENTY)


@pytest.fixture(scope="module")
def tiny():
    return Allocator(preset("tiny"))


def brute_force(allocator, budget):
    """Fewest cycles over all combinations of a thinned-out choice, and the least sum of shares with these."""
    best = None
    for options in itertools.product(*(options for _, options in allocator.choices)):
        used = {name: allocator.fixed[name] + sum(getattr(option, name) for option in options)
                for name in ("dsp", "bram", "lut")}
        if used["dsp"] > budget.dsp or used["bram"] > 2 * budget.bram36 or used["lut"] > budget.lut:
            continue
        reads = [sum(option.x_reads for (where, _), option in zip(allocator.choices, options) if where == index)
                 for index in range(len(allocator.design.blocks))]
        cycles = max(*(option.cycles for option in options), *reads)
        if best is None or cycles < best:
            best = cycles
    return best


def test_what_is_scarcest_is_spared(tiny):
    """Equally fast: a multiplier less for two more block RAMs, where multipliers are short."""
    mine = tiny.choosing([(None, [Option(fields={"head_width": width}, cycles=tiny.least_cycles, clips=(), x_reads=0,
                                         dsp=dsp, bram=bram, lut=1) for width, dsp, bram in ((4, 40, 1), (8, 39, 3))])])
    budget = Budget(dsp=tiny.fixed["dsp"] + 40, bram36=tiny.fixed["bram"] / 2 + 20, lut=PLENTY)
    chosen = mine._run(budget, tiny.least_cycles)
    assert [each.dsp for each in chosen] == [40]
    assert [each.dsp for each in mine._spared(budget, chosen, None)] == [39]


@pytest.mark.parametrize("share", [0.5, 0.7, 0.9])
def test_no_combination_is_faster(tiny, share):
    thin = Allocator.__new__(Allocator)
    thin.__dict__ |= {**tiny.__dict__, "choices": [(index, options[::max(1, len(options) // 4)])
                                                   for index, options in tiny.choices]}
    most = {name: thin.fixed[name] + sum(max(getattr(option, name) for option in options)
                                         for _, options in thin.choices) for name in ("dsp", "bram", "lut")}
    budget = Budget(dsp=int(share * most["dsp"]), bram36=PLENTY, lut=int(share * most["lut"]))
    chosen = thin._fastest(budget)
    reads = [sum(option.x_reads for (where, _), option in zip(thin.choices, chosen) if where == index)
             for index in range(2)]
    assert max(*(option.cycles for option in chosen), *reads) == brute_force(thin, budget)


@pytest.mark.parametrize("target", [1, 1000, 100_000])
def test_always_legal(target):
    for name in ("tiny", "small"):
        reaching(preset(name), target).validate(preset(name))


def test_fewer_cycles_cost_more(tiny):
    slow, fast = (tiny.solve(EVERYTHING, cycles=cycles) for cycles in (4000, tiny.least_cycles))
    assert fast.cycles < slow.cycles <= 4000
    assert fast.used["dsp"] > slow.used["dsp"] and fast.used["lut"] > slow.used["lut"]


def test_report_is_the_estimate_of_the_folding(tiny):
    found = tiny.solve(EVERYTHING, cycles=2000)
    again = estimate(tiny.design, found.folding)
    assert (again.cycles, again.resources) == (found.estimate.cycles, found.estimate.resources)


def test_same_request_same_folding():
    budget = Budget(dsp=60, bram36=60, lut=25_000)
    first, second = (allocate(preset("tiny"), budget) for _ in range(2))
    assert first.folding == second.folding
    assert all(first.used[name] <= getattr(budget, name) for name in first.used)


def test_neighbours(tiny):
    found = tiny.solve(Budget(dsp=60, bram36=60, lut=30_000))
    better, cheaper = tiny.better(found), tiny.cheaper(found)
    assert better["cycles"] < found.cycles < cheaper["cycles"]
    assert any(better[name] > found.used[name] for name in found.used)
    assert tiny.better(tiny.solve(EVERYTHING, cycles=tiny.least_cycles)) is None
    least = tiny.solve(EVERYTHING, cycles=PLENTY)
    tight = Budget(dsp=PLENTY, bram36=PLENTY, lut=int(least.used["lut"]) + 20)
    assert tiny.cheaper(tiny.solve(tight, cycles=PLENTY)) is None


def test_seconds_not_minutes():
    start = time.process_time()
    within(preset("small"), 200)
    assert time.process_time() - start < 8


@pytest.mark.parametrize(("budget", "cycles", "text"), [
    (Budget(dsp=10, bram36=PLENTY, lut=PLENTY), None, r"does not fit at any speed: it needs \d+ dsp, \d+ more than the "
                                                      r"budget of 10$"),
    (Budget(dsp=PLENTY, bram36=PLENTY, lut=300), 5000, r"does not fit for 5000 cycles per clip: it needs \d+ lut, \d+ "
                                                       r"more than the budget of 300$"),
    (Budget(dsp=1, bram36=1, lut=PLENTY), 5000, r"dsp, .* and .* bram36, .* more than the budget of 1$"),
    (EVERYTHING, 3, r"cycles must be at least \d+, not 3: blocks\[\d\] takes as many with "),
    (EVERYTHING, 0, "cycles must be at least 1, not 0"),
])
def test_says_what_fails_and_by_how_much(tiny, budget, cycles, text):
    with pytest.raises(ValueError, match=text):
        tiny.solve(budget, cycles=cycles)


def test_what_is_told_to_be_missing_is_enough(tiny):
    with pytest.raises(ValueError) as caught:
        tiny.solve(Budget(dsp=10, bram36=PLENTY, lut=PLENTY), cycles=3000)
    needed = int(str(caught.value).split("it needs ")[1].split()[0])
    assert tiny.solve(Budget(dsp=needed, bram36=PLENTY, lut=PLENTY), cycles=3000).used["dsp"] == needed
    with pytest.raises(ValueError):
        tiny.solve(Budget(dsp=needed - 1, bram36=PLENTY, lut=PLENTY), cycles=3000)
