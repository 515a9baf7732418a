"""Golden motion: the next frame minus this one, to the ends of the range."""

import numpy as np
import pytest

from hypgcn.golden.raw_input import raw_motion


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_sums_lead_back(frames):
    values = np.random.default_rng(frames).integers(-65535, 65536, (2, frames, 3, 2))
    motion = raw_motion(values)
    assert (motion[:, -1] == 0).all()
    np.testing.assert_array_equal(values[:, :1] + np.cumsum(motion, axis=1)[:, :-1], values[:, 1:])
