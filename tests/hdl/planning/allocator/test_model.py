"""The model of a choice: sums, reads, budgets, and where a search begins."""

import pytest

from hypgcn.planning.allocator.model import ChoiceModel, scarcest
from hypgcn.planning.allocator.options import Option


def option(number, dsp, reads=0):
    return Option(fields={"n": number}, cycles=1, x_reads=reads, dsp=dsp, bram=0, lut=1)


CHOICES = [(0, [option(0, 3, 5), option(1, 5, 1)]), (0, [option(2, 4, 4), option(3, 6, 2)]), (None, [option(4, 1)])]
FREE = {"dsp": 0, "bram": 0, "lut": 0}


@pytest.mark.parametrize(("reads", "wanted"), [(9, 8), (8, 10), (5, 10), (3, 12), (2, None)])
def test_cheapest_with_few_reads(reads, wanted):
    model = ChoiceModel(CHOICES)
    for block in model.x_reads():
        model.add(block <= reads)
    model.minimize(model.within({"dsp": 20, "bram": 1, "lut": 9}, FREE))
    found = model.run()
    assert (None if found is None else sum(each.dsp for each in found)) == wanted


def test_budget_is_kept_or_overdrawn():
    limits = {"dsp": 5, "bram": 1, "lut": 9}
    model = ChoiceModel(CHOICES)
    model.minimize(model.within(limits, FREE))
    assert model.run() is None
    model = ChoiceModel(CHOICES)
    model.minimize(model.within(limits, FREE, overdraw=True))
    assert sum(each.dsp for each in model.run()) == 8


def test_search_begins_with_a_choice():
    model = ChoiceModel(CHOICES)
    model.start_from([option(1, 5), option(3, 6), option(4, 1)])
    assert list(model.proto.solution_hint.values) == [0, 1, 0, 1, 1]


def test_scarcest_counts_what_is_fixed():
    chosen, limits = [option(0, 3), option(1, 5)], {"dsp": 20, "bram": 1, "lut": 9}
    assert scarcest(chosen, limits, FREE) == "dsp"
    assert scarcest(chosen, limits, {"dsp": 0, "bram": 0, "lut": 9}) == "lut"


@pytest.mark.parametrize(("scarce", "wanted"), [(None, 8), ("dsp", 7)])
def test_the_scarce_share_counts_more(scarce, wanted):
    """For one multiplier less two more block RAMs, of which there are plenty."""
    model = ChoiceModel([(0, [Option(fields={}, cycles=1, x_reads=0, dsp=dsp, bram=bram, lut=1)
                              for dsp, bram in ((8, 1), (7, 3))])])
    model.minimize(model.within({"dsp": 8, "bram": 10, "lut": 9}, FREE, scarce=scarce))
    assert [each.dsp for each in model.run()] == [wanted]
