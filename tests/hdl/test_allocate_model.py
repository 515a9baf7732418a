"""The model of a choice: sums, reads, budgets, and where a search begins."""

import pytest

from hypgcn.allocate_model import ChoiceModel
from hypgcn.allocate_options import Option


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
