import pytest
import torch

from hypgcn_pruning.network.temporal_conv import threshold


def test_threshold_is_inclusive():
    x = torch.tensor([0.0, 0.5, 0.50001, 2.0])
    assert threshold(x, torch.tensor(0.5)).tolist() == pytest.approx([0, 0, 0.50001, 2])
