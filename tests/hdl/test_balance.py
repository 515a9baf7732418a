"""The balanced folding is legal and follows its target."""

import pytest

from hypgcn.balance import balance, balance_to, multipliers, row_cycles
from hypgcn.presets import preset


@pytest.mark.parametrize("name", ["tiny", "small", "full"])
@pytest.mark.parametrize("target", [1, 10_000, 10_000_000])
def test_always_legal(name, target):
    design = preset(name)
    balance(design, target).validate(design)


def test_fewer_cycles_cost_more_multipliers():
    design = preset("full")
    fast, slow = balance(design, 200_000), balance(design, 800_000)
    assert multipliers(design, fast) > multipliers(design, slow)
    for index, folding in enumerate(slow.blocks):
        budget = 800_000 / (design.persons * design.block_frames(index))
        assert max(row_cycles(design, index, folding).values()) <= budget


def test_fits_a_number_of_multipliers():
    design = preset("full")
    chosen = balance_to(design, 3000)
    assert multipliers(design, chosen) <= 3000
    with pytest.raises(ValueError, match="needs at least .* multipliers, not 10"):
        balance_to(design, 10)


def test_rejects():
    with pytest.raises(ValueError, match="cycles_per_clip must be at least 1, not 0"):
        balance(preset("tiny"), 0)
