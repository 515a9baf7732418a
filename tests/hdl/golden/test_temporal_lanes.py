"""The golden convolution of the lanes against the formula of docs/numbers.md, term by term."""

from dataclasses import replace

import numpy as np
import pytest

from hypgcn.design.presets import random_block
from hypgcn.golden.temporal.lanes import conv_temporal


@pytest.mark.parametrize(("frames", "stride", "kernel", "shortcut"), [
    (5, 1, 3, "conv"), (6, 2, 5, "conv"), (5, 2, 9, "none"), (1, 1, 1, "none")])
def test_against_the_formula(frames, stride, kernel, shortcut):
    block = random_block(4, joints=2, subsets=1, in_channels=3, out_channels=5, stride=stride, kernel=kernel, filters=3,
                         keep_taps=2, shortcut_h="conv", shortcut_y=shortcut)
    rng = np.random.default_rng(1)
    h, x = rng.integers(0, 128, (frames, 2, 5)), rng.integers(-128, 128, (frames, 2, 3))
    found = conv_temporal(h, x, block)
    assert found.shape == (-(-frames // stride), 2, 5)
    for t, v, o in np.ndindex(found.shape):
        total = sum(int(h[row, v, c]) * int(block.temporal[o, i, c]) for i in range(kernel) for c in range(5)
                    if 0 <= (row := t * stride + i - kernel // 2) < frames)
        if block.res is not None:
            total += sum(int(x[t * stride, v, c]) * int(block.res[o, c]) for c in range(3))
        assert found[t, v, o] == total


def test_sums_of_wide_values_do_not_wrap():
    block = random_block(4, joints=1, subsets=1, in_channels=3, out_channels=2, kernel=1, shortcut_y="none")
    wide = replace(block, temporal=np.full_like(block.temporal, 127))
    np.testing.assert_array_equal(conv_temporal(np.full((1, 1, 2), 127), np.zeros((1, 1, 3)), wide), 2 * 127 * 127)
