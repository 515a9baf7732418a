"""Who is left out, by the tensors of the whole network."""

from dataclasses import replace

import numpy as np
from random_clips import random_clip

from hypgcn.design.presets import preset
from hypgcn.golden.absent import absent_response, computed, left_out
from hypgcn.golden.network import run

DESIGN = preset("tiny")


def test_zero_throughout_is_absent_and_nothing_else():
    clip = random_clip(DESIGN, 1)
    clip[1] = 0
    assert left_out(clip, run(DESIGN, clip)).tolist() == [False, True]
    assert left_out(clip, run(DESIGN, clip, 3), 3).tolist() == [False, False]
    clip[1, -1, -1, -1] = 1
    assert left_out(clip, run(DESIGN, clip)).tolist() == [False, False]


def test_a_person_that_loses_values_is_computed_and_only_that_one():
    clip = np.zeros((2, DESIGN.frames, DESIGN.joints, DESIGN.channels), np.int8)
    for depth in range(1, 6):
        design = replace(DESIGN, blocks=(replace(DESIGN.blocks[0], h_depths=(depth,) * 4), DESIGN.blocks[1]))
        assert left_out(clip, run(design, clip)).tolist() == absent_response(design).constant.tolist()


def test_names_of_those_that_are_computed():
    assert computed([[True, False], [True, True], [False, False]]) == [
        "clip 0, person 1", "clip 2, person 0", "clip 2, person 1"]
