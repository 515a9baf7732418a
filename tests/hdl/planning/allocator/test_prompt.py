"""Foldings by latency: the fastest within a bound, the soonest, and what is said where there is none."""

from dataclasses import replace

import pytest

from hypgcn.design.presets import preset
from hypgcn.planning.allocator.allocate import PLENTY, Allocator, Budget
from hypgcn.planning.allocator.options import Option, pareto_front
from hypgcn.planning.allocator.prompt import FEWER_ROWS, Prompt, soon, with_fewer_rows
from hypgcn.planning.allocator.search import Search
from hypgcn.planning.estimate import estimate, last_frame_latency

BUDGET = Budget(dsp=60, bram36=PLENTY, lut=PLENTY)
FREE = {"dsp": 0, "bram": 0, "lut": 0}


def option(cycles, dsp, latency):
    return Option(fields={"dsp": dsp}, cycles=cycles, x_reads=0, dsp=dsp, bram=0, lut=1, latency=latency)


# Two choices share 60 multipliers. Equally fast they take 100 cycles; a fast second one is sooner.
CHOICES = [(0, [option(100, 30, 10), option(110, 20, 11), option(300, 5, 30)]),
           (1, [option(100, 30, 90), option(50, 40, 45), option(40, 55, 36)])]


def judge(chosen):
    """Latency is the sum over the options."""
    return [Prompt(folding=tuple(option.dsp for option in chosen), cycles=max(option.cycles for option in chosen),
                   latency=sum(option.latency for option in chosen))]


@pytest.mark.parametrize(("latency", "dsp", "cycles"), [(100, (30, 30), 100), (60, (20, 40), 110)])
def test_no_slower_than_it_must_be(latency, dsp, cycles):
    fastest, _ = soon(Search(CHOICES, FREE), BUDGET, latency, judge)
    assert (fastest.folding, fastest.cycles) == (dsp, cycles) and fastest.latency <= latency


def test_the_soonest():
    fastest, soonest = soon(Search(CHOICES, FREE), BUDGET, 50, judge)
    assert fastest is None and soonest.latency == 56
    assert soon(Search(CHOICES, FREE), BUDGET, None, judge) == (None, soonest)
    assert soon(Search(CHOICES, FREE), Budget(dsp=20, bram36=PLENTY, lut=PLENTY), None, judge) == (None, None)


def test_options_that_are_sooner_alone_are_kept_on_request():
    both = [option(100, 30, 90), option(100, 30, 40)]
    assert pareto_front(both) == both[:1]
    assert pareto_front([option(100, 30, 40), option(90, 29, 41)], Option.key_and_latency) == [
        option(90, 29, 41), option(100, 30, 40)]


def test_fewer_rows_stay_legal():
    design = preset("tiny")
    folding = Allocator(design).solve(BUDGET).folding
    for fewer in (*FEWER_ROWS, 60):
        found = with_fewer_rows(design, folding, fewer)
        found.validate(design)
        assert [block.x_rows for block in found.blocks] == [
            max(block.x_rows - fewer, design.pad + 1) for block in folding.blocks]
        assert [block.h_rows for block in found.blocks] == [
            max(block.h_rows - fewer, design.kernel) for block in folding.blocks]


@pytest.fixture(scope="module")
def tiny():
    return Allocator(preset("tiny"), by_latency=True)


def test_of_a_network(tiny):
    plain = tiny.solve(BUDGET)
    usual = last_frame_latency(tiny.design, plain.folding)
    assert tiny.within_latency(BUDGET, usual + 1).cycles <= plain.cycles
    soonest = tiny.within_latency(BUDGET, None)
    least = last_frame_latency(tiny.design, soonest.folding)
    assert least < usual and soonest.used["dsp"] <= 60
    between = tiny.within_latency(BUDGET, (least + usual) / 2)
    assert last_frame_latency(tiny.design, between.folding) <= (least + usual) / 2
    assert plain.cycles <= between.cycles <= soonest.cycles


@pytest.mark.parametrize("lut", [9680, 9800, 11_000])
def test_fewer_rows_keep_the_budget(tiny, lut):
    """A store of fewer rows may be in LUTs, which are short here, in place of block RAMs."""
    budget = Budget(dsp=PLENTY, bram36=PLENTY, lut=lut)
    found = tiny.within_latency(budget, None)
    assert found.used["lut"] <= lut
    fewer = with_fewer_rows(tiny.design, found.folding, FEWER_ROWS[-1])
    assert estimate(tiny.design, fewer).resources.lut > lut, "the bound must matter"


@pytest.mark.parametrize(("budget", "latency", "text"), [
    (BUDGET, 500, r"latency must be at least about \d+ cycles within this budget, not 500: the soonest folding takes"),
    (BUDGET, 0, "latency must be at least 1 cycle, not 0"),
    (replace(BUDGET, dsp=1), 10**6, "it needs .* dsp, .* more than the budget of 1"),
])
def test_says_what_cannot_be(tiny, budget, latency, text):
    with pytest.raises(ValueError, match=text):
        tiny.within_latency(budget, latency)
