"""Multi-scale blocks in the independent integers against the golden model's block."""

import numpy as np
import pytest
import torch

from hypgcn.design.presets import random_design
from hypgcn.design.scale_presets import with_scales
from hypgcn.golden.block import run_block
from hypgcn.golden.network import run
from hypgcn_pruning.integers.integer import predict_integer, run_integer
from hypgcn_pruning.integers.integer_block import IntegerBlock


@pytest.mark.parametrize("frames", [1, 2, 8])
@pytest.mark.parametrize("raised", [0, 9])
@pytest.mark.parametrize("margin", [1.0, 0.3])
def test_against_the_golden_block(frames, raised, margin):
    """Strides, kernels wider than the clip, both shortcuts, stores that lose values; every tensor."""
    design = with_scales(random_design(3, name="d", frames=frames, joints=4, classes=3, widths=(20, 20, 36, 36),
                                       strides=(1, 2, 2, 1), keep=0.4), frames, margin=margin)
    lost = 0
    for index, block in enumerate(design.blocks):
        x = np.random.default_rng(index).integers(-128, 128, (2, design.block_frames(index), 4, block.in_channels))
        found = IntegerBlock(block).run(torch.from_numpy(x).float(), raised)
        for n in range(2):
            expected = run_block(x[n], block, raised)
            for name in expected.keys() - {"z"}:
                np.testing.assert_array_equal(found[name][n].numpy(), expected[name], err_msg=f"{index} {name}")
            lost += expected["p_lost"].sum() + expected["q_lost"].sum()
    assert (lost > 0) == (margin < 1)


def test_a_network():
    design = with_scales(random_design(5, name="d", frames=12, joints=4, persons=2, classes=3, widths=(20, 36),
                                       strides=(1, 2)), margin=0.4)
    clips = np.random.default_rng(0).integers(-128, 128, (3, 2, 12, 4, 3)).astype(np.int8)
    logits, overflow = predict_integer(design, clips, 2)
    expected = [run(design, clip) for clip in clips]
    np.testing.assert_array_equal(logits, [one["logits"] for one in expected])
    assert overflow.tolist() == [one["overflow_count"] for one in expected] and overflow.any()
    assert {"blocks.1.p", "blocks.1.q_stored", "blocks.0.p_lost"} <= run_integer(design, clips).keys()
