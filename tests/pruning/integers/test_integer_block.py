"""Blocks of other shapes than those of a network: against the golden model's block."""

import numpy as np
import pytest
import torch

from hypgcn.design.presets import random_design
from hypgcn.golden.block import run_block
from hypgcn_pruning.integers.integer_block import IntegerBlock, zeroed


def test_zeroed():
    values = torch.tensor([-5.0, -4, 0, 4, 5, -128])
    assert zeroed(values, 4).tolist() == [-5, 0, 0, 0, 5, -128]
    assert zeroed(values, 0) is values


@pytest.mark.parametrize("frames", [1, 2, 5, 8])
@pytest.mark.parametrize("raised", [0, 9])
def test_against_the_golden_block(frames, raised):
    """Strides, kernels wider than the clip, kept channels, both shortcuts; every tensor."""
    design = random_design(3, name="d", frames=frames, joints=4, persons=1, classes=3, kernel=9,
                           widths=(20, 20, 36, 36), strides=(1, 2, 2, 1), keep=0.4)
    for index, block in enumerate(design.blocks):
        rng = np.random.default_rng(index)
        x = rng.integers(-128, 128, (2, design.block_frames(index), 4, block.in_channels))
        found = IntegerBlock(block).run(torch.from_numpy(x).float(), raised)
        for n in range(2):
            expected = run_block(x[n], block, raised)
            for name in ("x_stored", "x_lost", "a", "h", "h_stored", "h_lost", "b", "y"):
                np.testing.assert_array_equal(found[name][n].numpy(), expected[name], err_msg=f"{index} {name}")
            z = expected["z"][..., block.kept.astype(bool)]
            np.testing.assert_array_equal(found["z"][n].numpy(), z.transpose(1, 0, 2, 3))
