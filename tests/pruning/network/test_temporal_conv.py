import pytest
import torch
import torch.nn.functional as F

from hypgcn_pruning.network.temporal_conv import TemporalConv, threshold


def test_threshold_is_inclusive():
    x = torch.tensor([0.0, 0.5, 0.50001, 2.0])
    assert threshold(x, torch.tensor(0.5)).tolist() == pytest.approx([0, 0, 0.50001, 2])


@pytest.mark.parametrize(("inputs", "kernel", "stride", "strided"),
                         [(4, 1, 2, False), (15, 1, 3, False), (16, 1, 2, True), (4, 3, 2, True), (4, 1, 1, True)])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("frames", [1, 6, 7])
def test_narrow_strided_1x1_convolutions_are_not_left_to_one_dnn(monkeypatch, inputs, kernel, stride, strided, masked,
                                                                 frames):
    """Its backward pass would write past its memory; what is computed is the same."""
    seen, convolve = [], F.conv2d

    def watched(x, weight, bias, stride, padding):
        seen.append(tuple(stride))
        return convolve(x, weight, bias, stride, padding)

    torch.manual_seed(0)
    module = TemporalConv(inputs, 8, kernel, stride).eval()
    mask = torch.ones(8, inputs, kernel) if masked else None
    if masked:
        mask[2] = 0
    x = torch.randn(2, inputs, frames, 5)
    monkeypatch.setattr(F, "conv2d", watched)
    found = module(x, mask)
    assert seen == [(stride, 1) if strided else (1, 1)]
    conv = module.conv
    weight = conv.weight if mask is None else conv.weight * mask[..., None]
    torch.testing.assert_close(found, module.bn(convolve(x, weight, conv.bias, conv.stride, conv.padding)))
