"""One budget for several networks: as fast as each other, within it together, and no worse than by hand."""

import dataclasses
from fractions import Fraction

import pytest
from ensembles import small_network

from hypgcn.design.ensemble import Ensemble
from hypgcn.planning.allocator import streams
from hypgcn.planning.allocator.allocate import Allocator
from hypgcn.planning.allocator.streams import StreamAllocator, cycles_of_streams, estimate_streams, streams_within
from hypgcn.planning.budget import PLENTY, Budget
from hypgcn.planning.estimate import Activity, clip_cycles, mean_activities

SHAPE = dict(frames=20, joints=5, persons=1)


def ensemble_of(*designs):
    return Ensemble(name="e", streams=tuple(f"s{index}" for index in range(len(designs))), designs=designs,
                    weights=(Fraction(1),) * len(designs))


@pytest.fixture(scope="module")
def uneven():
    """A wide network of two blocks beside a narrow one."""
    return ensemble_of(small_network("joint", widths=(32, 32), strides=(1, 1), **SHAPE),
                       small_network("bone", seed=2, widths=(16,), **SHAPE))


@pytest.fixture(scope="module")
def allocator(uneven):
    return StreamAllocator(uneven)


def budget(dsp):
    return Budget(dsp=dsp, bram36=PLENTY, lut=PLENTY)


def test_no_network_waits_for_resources_that_another_has_too_many_of(uneven, allocator):
    """By hand: every split of the multipliers between the two, each allocated alone, is at most as fast."""
    total = 90
    found = allocator.solve(budget(total))
    assert found.resources.dsp <= total
    alone = [Allocator(design) for design in uneven.designs]
    shared = found.shared_resources.dsp
    best = PLENTY
    for first in range(20, total - shared - 20, 5):
        try:
            parts = [part.solve(budget(dsp)) for part, dsp in zip(alone, (first, total - shared - first))]
        except ValueError:
            continue
        best = min(best, max(part.cycles for part in parts))
    assert found.cycles <= best
    even = max(part.solve(budget((total - shared) // 2)).cycles for part in alone)
    assert found.cycles < even, "half of the budget each is slower"
    wide, narrow = (part.resources.dsp for part in found.estimates)
    assert wide > narrow


def test_what_is_shared_counts(uneven, allocator):
    found = allocator.solve(budget(90))
    assert set(found.shared) == {"fork", "sum", "scores"}
    networks = sum(part.resources.dsp for part in found.estimates)
    assert found.resources.dsp == networks + 2 and found.resources.lut > sum(
        part.resources.lut for part in found.estimates)
    assert allocator.solve(budget(networks)).resources.dsp <= networks, "the sum takes its part of the budget"


def test_every_block_of_every_network_has_its_own_store(uneven, monkeypatch):
    """Blocks are numbered through: what two networks read is not added up for one port."""
    searched = []
    real = streams.Search
    monkeypatch.setattr(streams, "Search", lambda choices, fixed: searched.append((choices, fixed))
                        or real(choices, fixed))
    allocator = StreamAllocator(uneven)
    allocator.solve(budget(90))
    choices, fixed = searched[0]
    alone = [part.choices for part in allocator.allocators]
    assert len(choices) == sum(map(len, alone))
    assert {index for index, _ in choices} == {None, 0, 1, 2}
    assert [index for index, _ in choices[len(alone[0]):]] == [None if index is None else index + 2
                                                               for index, _ in alone[1]]
    assert fixed["dsp"] == 2 and fixed["lut"] > 0


def test_least_resources_for_given_cycles(allocator):
    target = round(1.5 * allocator.solve(budget(200)).cycles)
    found = allocator.solve(budget(200), cycles=target)
    assert found.cycles <= target
    assert found.resources.dsp < allocator.solve(budget(200)).resources.dsp


def test_errors_name_the_stream_and_the_shortfall(allocator):
    with pytest.raises(ValueError, match=r"ensemble e does not fit at any speed: it needs \d+ dsp, \d+ more than the "
                                         "budget of 1"):
        allocator.solve(budget(1))
    with pytest.raises(ValueError, match="cycles must be at least 1, not 0"):
        allocator.solve(budget(100), cycles=0)
    with pytest.raises(ValueError, match=r"cycles must be at least \d+, not 1: s\d: (head|blocks\[\d\]) takes as many"):
        allocator.solve(budget(100), cycles=1)


def test_streams_may_share_a_design(uneven, monkeypatch):
    """Its options are made once."""
    made = []
    real = streams.Allocator
    monkeypatch.setattr(streams, "Allocator", lambda design, *args, **options: made.append(design)
                        or real(design, *args, **options))
    narrow = uneven.designs[1]
    found = StreamAllocator(ensemble_of(narrow, narrow, narrow)).solve(budget(120))
    assert made == [narrow] and len(found.foldings) == 3
    assert len({part.cycles for part in found.estimates}) == 1


def test_ultra_rams_are_shared_equally(uneven, monkeypatch):
    given = []
    real = streams.Allocator

    def make(design, *args, uram, **options):
        given.append(uram)
        return real(design, *args, uram=uram, **options)
    monkeypatch.setattr(streams, "Allocator", make)
    StreamAllocator(uneven, uram=9).solve(budget(120))
    assert given == [4, 4]


def test_requantisers_of_few_multipliers(uneven):
    """Where a device has few, or where nothing else fits; what was asked before changes no other answer."""
    plain = StreamAllocator(uneven)
    least = int(plain._found(plain.alternatives, budget(10), None)[1].partition("it needs ")[2].split()[0])
    found = StreamAllocator(uneven, few_multipliers=True).solve(budget(least - 1))
    forms = {form for folding in found.foldings for block in folding.blocks
             for form in (block.h_requant, block.y_requant)}
    assert found.resources.dsp < least and forms - {"dsp"}
    assert plain.solve(budget(least - 1)).foldings == found.foldings
    assert plain.solve(budget(least)).foldings == StreamAllocator(uneven).solve(budget(least)).foldings
    assert plain.solve(budget(least)).foldings != found.foldings


def test_default_foldings_and_their_estimate(uneven):
    foldings = streams_within(uneven, 90)
    found = estimate_streams(uneven, foldings)
    assert found.foldings == foldings and found.resources.dsp <= 90
    assert found.cycles == max(part.cycles for part in found.estimates)
    for folding, design in zip(foldings, uneven.designs):
        folding.validate(design)
    assert dataclasses.replace(found, shared={}).resources.dsp == found.resources.dsp - 2


def clips_of(design, *shares):
    """Activities of clips of ``design``, each with a share of X and H that is not zero."""
    return [[Activity.assumed(dataclasses.replace(block, density_x=share, density_h=share), design.joints)
             for block in design.blocks] for share in shares]


def test_clips_on_which_different_networks_are_slow(uneven):
    """One network is busy on the first half of the clips and one on the others.

    By the mean over clips of the slowest on each the choice is faster than by their mean activities.
    """
    clips = [clips_of(uneven.designs[0], 0.9, 0.8, 0.1, 0.2), clips_of(uneven.designs[1], 0.1, 0.2, 0.9, 0.8)]

    def mean(foldings):
        each = cycles_of_streams(uneven, foldings, clips)
        return sum(each) / len(each)

    by_mean = StreamAllocator(uneven, activities=[mean_activities(each) for each in clips]).solve(budget(90))
    found = StreamAllocator(uneven, clips=clips).solve(budget(90))
    assert found.resources.dsp <= 90 and len(found.clips) == 4
    assert found.cycles == mean(found.foldings) < mean(by_mean.foldings)
    alone = [clip_cycles(design, folding, each) for design, folding, each in zip(uneven.designs, found.foldings, clips)]
    assert found.clips == tuple(map(max, *alone))
    assert [part.cycles for part in found.estimates] == [part.cycles for part in estimate_streams(
        uneven, found.foldings, activities=[mean_activities(each) for each in clips]).estimates]


def test_one_clip_is_its_activities(uneven):
    clips = [clips_of(design, 0.4) for design in uneven.designs]
    found = StreamAllocator(uneven, clips=clips).solve(budget(90))
    assert found == StreamAllocator(uneven, activities=[each[0] for each in clips]).solve(budget(90))


@pytest.mark.parametrize("counts,shown", [((2, 3), "2, 3"), ((2,), "2"), ((2, 0), "2, 0")])
def test_the_same_clips_for_each_network(uneven, counts, shown):
    clips = [clips_of(design, *(0.5,) * count) for design, count in zip(uneven.designs, counts)]
    with pytest.raises(ValueError, match=f"clips must be the same for each of 2 networks, not {shown}$"):
        StreamAllocator(uneven, clips=clips)
