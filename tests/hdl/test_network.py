# amaranth: UnusedElaboratable=no
"""The whole tiny network on the Amaranth simulator: every block output and the scores, clip after clip."""

import dataclasses
import functools

import numpy as np
import pytest
from hdl.network_check import check
from lively_design import lively
from random_clips import random_clip

from hypgcn.design.folding import BlockFolding, Folding, ScalesFolding
from hypgcn.design.limits import REQUANTISERS
from hypgcn.design.presets import preset, random_design, with_joint_biases
from hypgcn.design.scale_presets import with_scales
from hypgcn.golden.absent import absent_response
from hypgcn.golden.network import run as golden
from hypgcn.network import Network
from hypgcn.planning.allocator.allocate import reaching


# Slow with stalls and a second clip: eight times the cycles; smaller networks have both below.
# Half a minute a run; the raised threshold and the absent persons hold smaller networks against golden.
@pytest.mark.slow
@pytest.mark.parametrize("idle,stall,count", [(0, 0, 1), (0.4, 0.6, 2)])
def test_tiny_network(idle, stall, count):
    design = preset("tiny")
    clips = [random_clip(design, 1), np.zeros((2, 6, 5, 3), np.int8)]
    check(design, reaching(design, 1000), clips[:count], seed=5, idle=idle, stall=stall)


@pytest.mark.parametrize("folding", [{}, {"conv_lanes": 1, "conv_pairs": 4}], ids=["array", "lanes"])
def test_a_bias_for_each_joint(folding):
    design = with_joint_biases(random_design(5, name="st", frames=3, joints=3, classes=3, widths=(8, 12),
                                             strides=(1, 2), keep=0.5), 2)
    blocks = tuple(BlockFolding(**folding) for _ in design.blocks)
    check(design, Folding(blocks=blocks), seed=3, idle=0.3, stall=0.3, clips=[random_clip(design, 4)])


@pytest.mark.parametrize(("fields", "form"), [
    ({}, "serial"), *(pytest.param(fields, form, marks=pytest.mark.slow) for form in REQUANTISERS.values[1:]
                      for fields in ({}, {"conv_lanes": 1, "conv_pairs": 4, "y_width": 4, "lane_pairs": 3}))])
def test_requantisers_of_few_multipliers(fields, form):
    """Of H and of Y, behind array and lanes, with both kinds of shortcuts."""
    design = random_design(5, name="few", frames=2, joints=2, classes=3, widths=(3, 12), strides=(1, 2), keep=0.5)
    blocks = tuple(BlockFolding(h_requant=form, y_requant=form, **fields) for _ in design.blocks)
    assert {block.shortcut_h for block in design.blocks} == {"identity", "conv"}
    check(design, Folding(blocks=blocks), seed=3, idle=0.3, stall=0.3, clips=[random_clip(design, 4)])


@pytest.mark.parametrize("raised", [0, pytest.param(20, marks=pytest.mark.slow)])
def test_multi_scale_blocks(raised):
    """Two blocks, strides 1 and 2, that lose values, with an absent person in the second clip."""
    design = with_scales(random_design(5, name="ms", frames=4, joints=2, persons=2, classes=3, widths=(8, 12),
                                       strides=(1, 2), keep=0.5, margin=0.7), 2, margin=0.7)
    clips = [random_clip(design, 4), random_clip(design, 5)]
    clips[1][1] = 0
    blocks = (BlockFolding(h_rows=1, lanes=2, scales=ScalesFolding(p_lanes=2, q_lanes=2)),) * 2
    assert golden(design, clips[0], raised)["overflow"] or raised
    check(design, Folding(blocks=blocks), clips, threshold_raise=raised, seed=3, idle=0.2, stall=0.2)


def test_threshold_raise():
    design = random_design(2, name="raise", frames=2, joints=2, classes=2, widths=(8, 8), strides=(1, 1), keep=0.5)
    clips = [random_clip(design, 3)]
    plain, raised = (golden(design, clips[0], t)["blocks.1.y"] for t in (0, 30))
    assert np.count_nonzero(raised) < np.count_nonzero(plain)
    check(design, Folding(blocks=(BlockFolding(conv_pairs=4, lane_pairs=4),) * 2), clips, threshold_raise=30)


@pytest.mark.slow
def test_denser_than_planned():
    design = random_design(
        4, name="dense", frames=3, joints=2, persons=2, classes=2, widths=(16, 16), strides=(1, 1), margin=0.4
    )
    clips = [random_clip(design, 1), np.zeros((2, 3, 2, 3), np.int8)]
    assert golden(design, clips[0])["overflow"]
    check(design, Folding(blocks=(BlockFolding(conv_pairs=4, lane_pairs=4),) * 2), clips)


@pytest.mark.slow  # corner sizes are crossed by the tests of each unit
def test_one_frame_one_joint():
    design = random_design(6, name="dot", frames=1, joints=1, classes=1, widths=(4, 8), strides=(1, 2), keep=0.5)
    check(
        design,
        Folding(blocks=(BlockFolding(),) * 2, mac="single", head_width=1),
        [random_clip(design, s) for s in range(3)],
    )


SMALL = lively(random_design(8, name="pair", frames=3, joints=2, persons=2, classes=2, widths=(8,), strides=(2,),
                             kernel=3, subsets=1))
FOLDED = Folding(blocks=(BlockFolding(conv_pairs=4, lane_pairs=4),), head_width=16)


@functools.cache
def small():
    """``SMALL`` in hardware: its compiled simulator serves the tests below."""
    return Network(SMALL, FOLDED, observe=True)


def mixed_clips(design, *persons):
    """A clip for each word: per person ``p`` for one that is present, ``a`` for an absent one, ``z`` for one that is
    zero in all frames but the last, ``j`` for one of whom only the first joint is not zero."""
    clips = [random_clip(design, seed) for seed in range(len(persons))]
    for clip, word in zip(clips, persons):
        for part, kind in zip(clip, word, strict=True):
            part[:-1] *= kind in "pj"
            part[-1] *= kind in "pz"
            if kind == "j":
                part.reshape(-1, design.channels)[1:] = 0
                part[0, 0] = -3
    return clips


WORDS = ("pa", "ap", "aa", "aa", "za", "pz", "aj", "pa")


@pytest.mark.parametrize("idle,stall", [
    (0.4, 0.6), *(pytest.param(*pattern, marks=pytest.mark.slow) for pattern in ((0, 0), (0.5, 0), (0, 0.5)))])
def test_absent_persons(idle, stall):
    """Whoever is absent, the scores are golden's, and no block sees an absent person; clips without a gap."""
    assert absent_response(SMALL).constant.all() and absent_response(SMALL).scores.any(axis=1).all()
    assert (absent_response(SMALL).scores[0] != absent_response(SMALL).scores[1]).any()
    check(SMALL, FOLDED, mixed_clips(SMALL, *WORDS), seed=4, idle=idle, stall=stall, dut=small())


@pytest.mark.slow
def test_absent_persons_of_several_blocks():
    design = lively(random_design(8, name="two", frames=3, joints=2, persons=2, classes=2, widths=(8, 8),
                                  strides=(1, 2), keep=0.5))
    folding = Folding(blocks=(BlockFolding(conv_pairs=4, lane_pairs=4),) * 2)
    check(design, folding, mixed_clips(design, *WORDS, "pp", "zz", "aa", "ja"), seed=4, idle=0.2, stall=0.2)


@pytest.mark.slow  # two runs of a network; the cycles of an absent person by itself are held in test_absent.py
def test_absent_persons_take_no_time():
    clips = mixed_clips(SMALL, *["pa"] * 5)
    every = dataclasses.replace(FOLDED, skip_absent=False)
    assert check(SMALL, FOLDED, clips, dut=small())["cycles"] < 0.65 * check(SMALL, every, clips)["cycles"]


def test_raised_thresholds_make_absent_persons_be_computed():
    clips = mixed_clips(SMALL, "pa", "aa")
    plain, raised = (golden(SMALL, clips[1], t)["logits"] for t in (0, 20))
    assert (plain != raised).any()
    check(SMALL, FOLDED, clips, threshold_raise=20, dut=small())


@pytest.mark.parametrize("frames,joints", [(1, 1), pytest.param(5, 1, marks=pytest.mark.slow)])
def test_the_only_person_may_be_absent(frames, joints):
    design = lively(random_design(9, name="one", frames=frames, joints=joints, classes=2, widths=(8,), strides=(1,)))
    assert absent_response(design).scores.any()
    check(design, FOLDED, mixed_clips(design, *"aapazpaajp"), idle=0.3, stall=0.3, seed=1)


@pytest.mark.slow  # test_absent.py holds which persons are computed, by golden
def test_an_absent_person_whose_response_overflows_is_computed():
    """Its stores lose values, and the result carries the overflow flag."""
    design = dataclasses.replace(SMALL, blocks=(dataclasses.replace(SMALL.blocks[0], h_depths=(1,) * 4),))
    clips = mixed_clips(SMALL, "pa", "aa", "ap")
    lost = golden(design, clips[1])["blocks.0.h_lost"].any(axis=1)
    assert lost.any() and (absent_response(design).constant == ~lost).all()
    check(design, FOLDED, clips, idle=0.2, stall=0.2)


def test_folding_of_another_design_is_refused():
    design = preset("tiny")
    with pytest.raises(ValueError, match="blocks must hold 2 foldings, one per block, not 1"):
        Network(design, dataclasses.replace(reaching(design, 2000), blocks=(BlockFolding(),)))
