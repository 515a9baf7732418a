"""Activity from tensors and from densities."""

import dataclasses

import numpy as np
import pytest

from hypgcn.estimate import Activity
from hypgcn.presets import preset


def test_measured():
    x = np.zeros((2, 3, 20), np.int8)
    x[0, :, 0], x[0, 0, 17] = 5, 1
    found = Activity.measured(x, x[:, :, :16])
    assert found.x_channels[0] == 1.5 and found.x_channels[17] == 0.5
    assert found.x_banks == pytest.approx((0.5, 1 / 6)) and found.h_banks == (0.5,)


def test_assumed_follows_the_densities():
    block = dataclasses.replace(preset("tiny").blocks[1], density_x=0.5, density_h=0.25)
    found = Activity.assumed(block, 5)
    assert found.x_channels == (2.5,) * 16 and found.x_banks == (8.0,) and found.h_banks == (4.0, 1.0)
