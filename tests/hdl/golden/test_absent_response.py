"""The response to an absent person against the golden model."""

from dataclasses import replace

import numpy as np
import pytest
from lively_design import lively

from hypgcn.design.presets import preset, random_block, random_design
from hypgcn.golden.absent import absent_response
from hypgcn.golden.head import head
from hypgcn.golden.network import run

TINY = preset("tiny")
FEW = {"frames": 3, "joints": 2, "widths": (17, 17), "classes": 2}


def golden(design):
    """Scores (M, classes) of an all-zero clip, each person by itself and without bias; persons that lose values."""
    found = run(design, np.zeros((design.persons, design.frames, design.joints, design.channels), np.int8))
    y = found[f"blocks.{len(design.blocks) - 1}.y"]
    lost = sum(value.sum(axis=1) for name, value in found.items() if name.endswith("_lost"))
    return np.array([head(person[None], design)["logits"] - design.head_bias for person in y]), lost > 0


@pytest.mark.parametrize("design", [
    TINY,
    random_design(1, name="edges", persons=3, strides=(1, 2), kernel=3, **FEW),
    random_design(2, name="halves", persons=2, strides=(2, 2), subsets=1, **{**FEW, "frames": 8}),
    lively(random_design(3, name="long", persons=1, frames=33, joints=3, widths=(16, 16, 24), strides=(1, 1, 2),
                         classes=3)),
    lively(random_design(4, name="dot", frames=1, joints=1, widths=(4,), strides=(1,), classes=1, channels=1)),
    replace(TINY, input_threshold=7), lively(preset("small")),
], ids=lambda design: f"{design.name}{design.input_threshold}")
def test_scores_are_those_of_golden(design):
    scores, lost = golden(design)
    assert not lost.any() and absent_response(design).constant.all()
    assert scores.any()
    np.testing.assert_array_equal(absent_response(design).scores, scores)


def test_both_kinds_of_shortcuts_and_pruning_are_in_the_designs():
    kinds = {(block.shortcut_h, block.shortcut_y) for block in (*TINY.blocks, *preset("small").blocks)}
    assert kinds >= {("conv", "none"), ("conv", "conv"), ("identity", "identity")}
    assert not all(block.kept.all() and block.filters.all() for block in TINY.blocks)


@pytest.mark.parametrize("store", ["x_depths", "h_depths"])
@pytest.mark.parametrize("index", [0, 1])
def test_a_store_that_loses_values_makes_it_no_constant(store, index):
    """Golden decides which persons lose values; the first person of this design has more zeros than the second."""
    blocks = list(TINY.blocks)
    for depth in (1, 2, 3, 4, 5):
        blocks[index] = replace(TINY.blocks[index], **{store: (depth,) * 4})
        design = replace(TINY, blocks=tuple(blocks))
        scores, lost = golden(design)
        np.testing.assert_array_equal(absent_response(design).constant, ~lost)
        np.testing.assert_array_equal(absent_response(design).scores, np.where(lost[:, None], 0, scores))
        if depth == 1:
            assert lost.any()


def test_persons_differ_as_their_bias_does():
    same = replace(TINY, input_bias=np.repeat(TINY.input_bias[:1], 2, axis=0))
    assert (absent_response(same).scores[0] == absent_response(same).scores[1]).all()
    assert (absent_response(TINY).scores[0] != absent_response(TINY).scores[1]).any()
    assert (absent_response(TINY).scores[0] == absent_response(same).scores[0]).all()


def test_a_changed_design_has_a_response_of_its_own():
    block = random_block(9, joints=5, in_channels=16, out_channels=20, stride=2)
    other = replace(TINY, blocks=(TINY.blocks[0], block))
    assert (absent_response(TINY).scores != absent_response(other).scores).any()
    assert TINY.hash == replace(TINY).hash and absent_response(TINY) is absent_response(TINY)
