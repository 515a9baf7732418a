"""Foldings for several clips: the mean over clips is minimal by brute force, and one clip is one activity."""

import itertools
import random
from dataclasses import replace

import pytest

from hypgcn.design.presets import preset
from hypgcn.planning.allocator.allocate import PLENTY, Allocator, Budget, allocate
from hypgcn.planning.allocator.clips import ClipSearch, cycles_of_clips, fastest
from hypgcn.planning.allocator.options import Option
from hypgcn.planning.estimate import Activity, clip_cycles, estimate, mean_activities

# So many frames that each clip is by itself in the pipeline.
TINY = replace(preset("tiny"), frames=8)
EVERYTHING = Budget(dsp=PLENTY, bram36=PLENTY, lut=PLENTY)
NOTHING_FIXED = {"dsp": 0, "bram": 0, "lut": 0}


def full(share_x, share_h):
    """Activities of a clip of ``TINY`` with these shares of X and H that are not zero, one for each block."""
    return [Activity.assumed(replace(block, density_x=x, density_h=h), TINY.joints)
            for block, x, h in zip(TINY.blocks, share_x, share_h, strict=True)]


CLIPS = [full((0.9, 0.2), (0.9, 0.1)), full((0.3, 0.8), (0.1, 0.9)), full((0.5, 0.5), (0.5, 0.4))]


def lanes(cycles, dsp, reads=0, **fields):
    return Option(fields=fields or {"dsp": dsp}, cycles=round(sum(cycles) / len(cycles)), clips=cycles, dsp=dsp,
                  x_reads=reads, bram=0, lut=1)


# Two parts. The first takes 100 cycles on every clip or, for 2 DSPs more, 95; the second is quick on the first clip.
BY_HAND = [(0, [lanes((100, 100), 4), lanes((95, 95), 6)]),
           (1, [lanes((50, 140), 3), lanes((45, 105), 5), lanes((40, 90), 8)])]


def by_brute_force(choices, dsp):
    """Fewest cycles of all clips together, and the fewest DSPs with these."""
    found = [(sum(cycles_of_clips(choices, chosen)), sum(option.dsp for option in chosen))
             for chosen in itertools.product(*(options for _, options in choices))]
    return min(pair for pair in found if pair[1] <= dsp)


def solved(choices, dsp):
    """The choice for both clips, begun with the one of the least cycles for a mean clip."""
    limits = {"dsp": dsp, "bram": 9, "lut": 9}
    legal = [chosen for chosen in itertools.product(*(options for _, options in choices))
             if sum(option.dsp for option in chosen) <= dsp]
    means = min(legal, key=lambda chosen: (max(option.cycles for option in chosen), sum(o.dsp for o in chosen)))
    alone = [min(legal, key=lambda chosen: cycles_of_clips(choices, chosen)[number]) for number in range(2)]
    return means, fastest(choices, limits, NOTHING_FIXED, alone, means)


def test_mean_of_the_slowest_is_not_the_slowest_of_the_means():
    """With 9 DSPs, a mean clip is quickest with the faster first part: 95 cycles, but the clips take 95 and 140. The
    faster second part lets them take 100 and 105."""
    means, chosen = solved(BY_HAND, 9)
    assert [option.dsp for option in means] == [6, 3] and max(option.cycles for option in means) == 95
    assert cycles_of_clips(BY_HAND, means) == [95, 140]
    assert [option.dsp for option in chosen] == [4, 5] and cycles_of_clips(BY_HAND, chosen) == [100, 105]


@pytest.mark.parametrize("dsp", range(7, 16))
def test_no_choice_by_hand_is_faster_or_as_fast_and_cheaper(dsp):
    _, chosen = solved(BY_HAND, dsp)
    found = sum(cycles_of_clips(BY_HAND, chosen)), sum(option.dsp for option in chosen)
    assert found == by_brute_force(BY_HAND, dsp)


def test_between_what_is_best_for_the_mean_and_for_single_clips():
    """Three parts at random, each with sizes of which more DSPs take fewer cycles: as fast and as cheap as by brute
    force, also where no choice that the search begins with is the best."""
    rng, between = random.Random(4), 0
    for _ in range(30):
        choices = []
        for part in range(3):
            work = [rng.randint(200, 900) for _ in range(2)]
            choices.append((part, [lanes(tuple(-(-each // size) for each in work), size) for size in range(1, 7)]))
        dsp = rng.randint(6, 15)
        means, chosen = solved(choices, dsp)
        found = sum(cycles_of_clips(choices, chosen))
        assert (found, sum(option.dsp for option in chosen)) == by_brute_force(choices, dsp)
        legal = [each for each in itertools.product(*(options for _, options in choices))
                 if sum(option.dsp for option in each) <= dsp]
        alone = [min(legal, key=lambda each: cycles_of_clips(choices, each)[number]) for number in range(2)]
        between += found < min(sum(cycles_of_clips(choices, each)) for each in (means, *alone))
    assert between >= 3


def test_what_is_scarcest_is_spared():
    """Equally fast: a multiplier less for two more block RAMs, where multipliers are short."""
    choices = [(0, [replace(lanes((90, 90), dsp), bram=bram) for dsp, bram in ((8, 1), (7, 3))])]
    for budget, wanted in ((8, 7), (30, 8)):
        limits = {"dsp": budget, "bram": 10 if budget == 8 else 3, "lut": 9}
        start = [choices[0][1][0]]
        assert [each.dsp for each in fastest(choices, limits, NOTHING_FIXED, [start], start)] == [wanted]


def test_reads_of_a_block_count_on_every_clip():
    """Both parts of a block read its X store through one port: 70 and 50 reads keep every clip at 120 cycles."""
    choices = [(0, [lanes((80, 80), 1, reads=70)]), (0, [lanes((40, 110), 2, reads=50), lanes((90, 119), 3, reads=20)])]
    assert cycles_of_clips(choices, [choices[0][1][0], choices[1][1][0]]) == [120, 120]
    _, chosen = solved(choices, 9)
    assert chosen[1].dsp == 3 and cycles_of_clips(choices, chosen) == [90, 119]


@pytest.mark.parametrize("share", [0.5, 0.7, 0.9])
def test_no_combination_is_faster(share):
    search = Allocator(TINY, clips=CLIPS).search
    thin = ClipSearch([(index, options[::max(1, len(options) // 4)]) for index, options in search.choices],
                      search.fixed, len(CLIPS))
    budget = Budget(dsp=int(thin.fixed["dsp"] + share * sum(max(option.dsp for option in options)
                                                            for _, options in thin.choices)), bram36=PLENTY, lut=PLENTY)
    best = min(sum(cycles_of_clips(thin.choices, chosen))
               for chosen in itertools.product(*(options for _, options in thin.choices))
               if thin.fixed["dsp"] + sum(option.dsp for option in chosen) <= budget.dsp)
    assert sum(cycles_of_clips(thin.choices, thin.fastest(budget))) == best


@pytest.mark.parametrize("budget", [Budget(dsp=60, bram36=60, lut=30_000), Budget(dsp=90, bram36=60, lut=40_000)])
def test_never_slower_than_by_means(budget):
    many, mean = allocate(TINY, budget, clips=CLIPS), allocate(TINY, budget, activities=mean_activities(CLIPS))
    assert many.cycles <= sum(clip_cycles(TINY, mean.folding, CLIPS)) / len(CLIPS) * (1 + 1e-3)
    assert all(many.used[name] <= getattr(budget, name) for name in many.used)
    assert many.clips == tuple(clip_cycles(TINY, many.folding, CLIPS))
    assert many.cycles == sum(many.clips) / len(CLIPS) >= many.estimate.cycles


def test_one_clip_is_one_activity():
    budget = Budget(dsp=60, bram36=60, lut=25_000)
    one, same = Allocator(TINY, clips=CLIPS[:1]), Allocator(TINY, activities=CLIPS[0])
    for cycles in (None, 4000):
        found, wanted = one.solve(budget, cycles=cycles), same.solve(budget, cycles=cycles)
        assert found.folding == wanted.folding and found.cycles == wanted.cycles and found.clips == ()


def test_equal_clips_take_as_long_as_one():
    budget = Budget(dsp=60, bram36=60, lut=25_000)
    assert allocate(TINY, budget, clips=[CLIPS[0]] * 3).cycles == pytest.approx(
        allocate(TINY, budget, activities=CLIPS[0]).cycles)


def test_cycles_that_are_given_are_a_mean():
    allocator = Allocator(TINY, clips=CLIPS)
    slow, quick = (allocator.solve(EVERYTHING, cycles=cycles) for cycles in (1500, allocator.min_cycles))
    assert quick.cycles <= allocator.min_cycles < slow.cycles <= 1500 < max(slow.clips)
    assert quick.used["dsp"] > slow.used["dsp"]
    tight = allocator.solve(Budget(dsp=60, bram36=60, lut=30_000))
    better, cheaper = allocator.better(tight), allocator.cheaper(tight)
    assert better["cycles"] < tight.cycles < cheaper["cycles"]


def test_same_request_same_folding():
    budget = Budget(dsp=60, bram36=60, lut=25_000)
    first, second = (allocate(TINY, budget, clips=CLIPS) for _ in range(2))
    assert first.folding == second.folding and first.clips == second.clips


def test_cycles_of_clips_are_those_of_their_estimates():
    folding = allocate(TINY, Budget(dsp=60, bram36=60, lut=25_000)).folding
    assert clip_cycles(TINY, folding, CLIPS) == [estimate(TINY, folding, clip).cycles for clip in CLIPS]
    assert clip_cycles(TINY, folding, []) == []


@pytest.mark.parametrize(("words", "text"), [
    ({"clips": CLIPS, "activities": CLIPS[0]}, "activities must be None where clips are given"),
    ({"clips": [CLIPS[0], CLIPS[1][:1]]}, r"clips\[1\] must be of 2 blocks, not 1"),
])
def test_bad_clips(words, text):
    with pytest.raises(ValueError, match=text):
        Allocator(TINY, **words)


def test_what_does_not_fit():
    allocator = Allocator(TINY, clips=CLIPS)
    with pytest.raises(ValueError, match="cycles must be at least .*, not 3: the mean over 3 clips with the"):
        allocator.solve(EVERYTHING, cycles=3)
    with pytest.raises(ValueError, match=r"at any speed: it needs \d+ dsp, \d+ more than the budget of 1$"):
        allocator.solve(Budget(dsp=1, bram36=PLENTY, lut=PLENTY))
    with pytest.raises(ValueError, match=r"3000 cycles per clip: it needs \d+ lut, \d+ more than the budget of 300$"):
        allocator.solve(Budget(dsp=PLENTY, bram36=PLENTY, lut=300), cycles=3000)
