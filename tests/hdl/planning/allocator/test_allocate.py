"""The allocator: legal foldings on every preset, and clear messages about what does not fit."""

from dataclasses import replace

import pytest

from hypgcn.design.presets import preset
from hypgcn.planning.allocator.allocate import PLENTY, Allocator, Budget, allocate, reaching, within
from hypgcn.planning.estimate import estimate

EVERYTHING = Budget(dsp=PLENTY, bram36=PLENTY, lut=PLENTY)


@pytest.fixture(scope="module")
def tiny():
    return Allocator(preset("tiny"))


@pytest.fixture(scope="module")
def small():
    return Allocator(preset("small"))


@pytest.mark.parametrize("target", [1, 1000, 100_000])
def test_always_legal(tiny, small, target):
    for allocator in (tiny, small):
        found = allocator.solve(EVERYTHING, cycles=max(target, allocator.min_cycles))
        found.folding.validate(allocator.design)
        assert found.cycles <= max(target, allocator.min_cycles)


def test_reaching_is_the_cheapest_or_the_fastest(tiny):
    for target in (1, 3000):
        wanted = tiny.solve(EVERYTHING, cycles=max(target, tiny.min_cycles)).folding
        assert reaching(tiny.design, target) == wanted


def test_within_limits_the_multipliers_alone(tiny):
    assert within(tiny.design, 60) == tiny.solve(Budget(dsp=60, bram36=PLENTY, lut=PLENTY)).folding


def test_fewer_cycles_cost_more(tiny):
    slow, fast = (tiny.solve(EVERYTHING, cycles=cycles) for cycles in (4000, tiny.min_cycles))
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
    assert tiny.better(tiny.solve(EVERYTHING, cycles=tiny.min_cycles)) is None
    smallest = tiny.solve(EVERYTHING, cycles=PLENTY)
    tight = Budget(dsp=PLENTY, bram36=PLENTY, lut=int(smallest.used["lut"]) + 20)
    assert tiny.cheaper(tiny.solve(tight, cycles=PLENTY)) is None


@pytest.mark.parametrize(("budget", "cycles", "text"), [
    (Budget(dsp=1, bram36=PLENTY, lut=PLENTY), None, r"does not fit at any speed: it needs \d+ dsp, \d+ more than the "
                                                     r"budget of 1$"),
    (Budget(dsp=PLENTY, bram36=PLENTY, lut=300), 5000, r"does not fit for 5000 cycles per clip: it needs \d+ lut, \d+ "
                                                       r"more than the budget of 300$"),
    (Budget(dsp=1, bram36=1, lut=PLENTY), 5000, r"dsp, .* and .* bram36, .* more than the budget of 1$"),
    (EVERYTHING, 3, r"cycles must be at least \d+, not 3: blocks\[\d\] takes as many with "),
    (EVERYTHING, 0, "cycles must be at least 1, not 0"),
])
def test_says_what_fails_and_by_how_much(tiny, budget, cycles, text):
    with pytest.raises(ValueError, match=text):
        tiny.solve(budget, cycles=cycles)


def test_reported_shortfall_is_exact(tiny):
    with pytest.raises(ValueError) as caught:
        tiny.solve(Budget(dsp=10, bram36=PLENTY, lut=PLENTY), cycles=3000)
    needed = int(str(caught.value).split("it needs ")[1].split()[0])
    assert tiny.solve(Budget(dsp=needed, bram36=PLENTY, lut=PLENTY), cycles=3000).used["dsp"] == needed
    with pytest.raises(ValueError):
        tiny.solve(Budget(dsp=needed - 1, bram36=PLENTY, lut=PLENTY), cycles=3000)


def least(part: Allocator, name: str) -> int:
    """The least of a resource that ``part`` needs, of all others as much as there is."""
    with pytest.raises(ValueError, match="does not fit at any speed") as error:
        part._solve(replace(EVERYTHING, **{name: 1}), None)
    return int(str(error.value).partition("it needs ")[2].split()[0])


def test_requantisers_of_few_multipliers_where_multipliers_are_short():
    """They make a folding possible, and faster; where neither is needed nothing changes."""
    design = preset("tiny")
    allocator = Allocator(design, few_multipliers=True)
    plain, few = allocator, allocator.with_forms
    assert least(few, "dsp") <= least(plain, "dsp") - 8      # two blocks with two requantisers of two values
    tight = replace(EVERYTHING, dsp=least(plain, "dsp") - 1)
    found = allocator.solve(tight)
    found.folding.validate(design)
    forms = [form for block in found.folding.blocks for form in (block.h_requant, block.y_requant)]
    assert set(forms) - {"dsp"} and found.used["dsp"] <= tight.dsp
    assert found.estimate.resources == estimate(design, found.folding).resources
    assert allocator.cheaper(found) is None or allocator.cheaper(found)["dsp"] < found.used["dsp"]
    faster = allocator.better(found)
    assert faster is None or faster["cycles"] <= 0.95 * found.cycles
    assert allocator.solve(EVERYTHING).folding == Allocator(design).solve(EVERYTHING).folding
    slow = allocator.solve(EVERYTHING, cycles=100_000)
    assert slow.folding == Allocator(design).solve(EVERYTHING, cycles=100_000).folding


@pytest.mark.parametrize("name", ["dsp", "lut"])
def test_requantisers_of_few_multipliers_where_nothing_else_fits(name):
    """On devices of many multipliers as well; and what was asked before changes no other answer."""
    design = preset("tiny")
    plain, few = Allocator(design), Allocator(design, few_multipliers=True)
    enough = least(plain, name)
    assert least(few.with_forms, name) < enough
    tight, fits = (replace(EVERYTHING, **{name: count}) for count in (enough - 1, enough))
    assert plain.solve(tight).folding == few.solve(tight).folding
    assert plain.solve(tight, cycles=100_000).used[name] < enough
    assert plain.solve(fits).folding == Allocator(design).solve(fits).folding != plain.solve(tight).folding
    prompt = Allocator(design, by_latency=True)
    assert prompt.within_latency(tight, None).used[name] < enough
    with pytest.raises(ValueError, match=f"it needs {least(few.with_forms, name)} {name}, "):
        plain.solve(replace(EVERYTHING, **{name: 1}))


def test_requantisers_without_multipliers():
    """Where there are none left: adders, and with time enough the form of the fewest LUTs."""
    few = Allocator(preset("tiny"), few_multipliers=True).with_forms
    none_left = Budget(dsp=12, bram36=PLENTY, lut=PLENTY)
    fast, slow = (few._solve(none_left, cycles).folding for cycles in (None, 100_000))
    assert {form for block in fast.blocks for form in (block.h_requant, block.y_requant)} <= {
        "logic", "logic_shared", "serial"}
    assert all(block.h_requant == block.y_requant == "serial" for block in slow.blocks)


def test_ultra_ram_where_block_ram_is_short():
    """The stores of H that save the most move; without need for it nothing changes."""
    design = preset("full")
    plain = Allocator(design)
    with pytest.raises(ValueError, match="does not fit at any speed") as error:
        plain.solve(Budget(dsp=PLENTY, bram36=10, lut=PLENTY))
    least = float(str(error.value).partition("it needs ")[2].split()[0])
    tight = Budget(dsp=PLENTY, bram36=int(least) - 10, lut=PLENTY)
    with pytest.raises(ValueError, match="does not fit at any speed"):
        plain.solve(tight)
    found = Allocator(design, uram=24).solve(tight)
    assert 0 < found.used["uram"] <= 24 and found.used["bram36"] <= tight.bram36
    memories = [block.h_memory for block in found.folding.blocks]
    assert {"auto", "ultra"} == set(memories)
    assert all(block.h_ports == 1 for block in found.folding.blocks if block.h_memory == "ultra")
    enough = Allocator(design, uram=24).solve(EVERYTHING, cycles=500_000)
    assert "uram" not in enough.used
