"""Sizes of foldings that nobody chose are those of the documents and of the commands."""

from pathlib import Path

from hypgcn import generate
from hypgcn.planning.defaults import DEFAULT_MULTIPLIERS, SIMULATED_MULTIPLIERS

ROOT = Path(__file__).parents[3]


def test_one_place_has_them():
    assert generate.DEFAULT_MULTIPLIERS is DEFAULT_MULTIPLIERS
    from hypgcn_sim.commands import defaults
    from hypgcn_sim.cosim import cores

    assert defaults.MULTIPLIERS is SIMULATED_MULTIPLIERS and cores.MULTIPLIERS is SIMULATED_MULTIPLIERS


def test_the_page_of_foldings_has_the_rule():
    text = (ROOT / "docs/folding.md").read_text(encoding="utf-8")
    assert f"{DEFAULT_MULTIPLIERS:,} multipliers" in text and f"{SIMULATED_MULTIPLIERS} where" in text
