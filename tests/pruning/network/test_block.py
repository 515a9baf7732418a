import pytest
import torch


def test_a_block_is_what_the_formulas_say(make_network):
    """Block 2 computed by loops over subsets and taps, straight from the design note's formulas."""
    model = make_network()
    block = model.blocks[1]
    x = torch.randn(2, 20, 6, 7).relu()

    def normed(bn, t):
        shape = (1, -1, 1, 1)
        normal = (t - bn.running_mean.view(shape)) / (bn.running_var.view(shape) + bn.eps).sqrt()
        return normal * bn.weight.view(shape) + bn.bias.view(shape)

    total = 0
    for k in range(3):
        z = torch.einsum("nctv,vw->nctw", x, block.gcn1.A[k] + block.gcn1.PA[k])
        conv = block.gcn1.conv_d[k]
        total = total + torch.einsum("nctw,oc->notw", z, conv.weight[:, :, 0, 0]) + conv.bias.view(1, -1, 1, 1)
    h = (normed(block.gcn1.bn, total) + x).relu()
    padded = torch.nn.functional.pad(h, (0, 0, 2, 2))
    conv = block.tcn1.conv
    taps = sum(torch.einsum("nctv,oc->notv", padded[:, :, i:i + 6], conv.weight[:, :, i, 0]) for i in range(5))
    y = (normed(block.tcn1.bn, taps + conv.bias.view(1, -1, 1, 1)) + x).relu()
    torch.testing.assert_close(block(x), y, rtol=1e-4, atol=1e-4)


def test_masks_act_as_zero_weights(make_network):
    torch.manual_seed(1)
    model = make_network()
    clips = torch.randn(2, 1, 16, 7, 3)
    for block in model.blocks[1:]:
        block.kept[::3] = 0
        block.filters[1::4] = 0
        block.taps[:, 2] = 0
    masked = model(clips)
    for block in model.blocks:
        block.apply_masks()
        for name in ("kept", "filters", "taps"):
            getattr(block, name).fill_(1)
    torch.testing.assert_close(model(clips), masked, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("filters", "taps", "cavity"), [
    (slice(0, 0), slice(0, 0), slice(0, 0)), (slice(3, 9), slice(1, 2), slice(0, 0)),
    (slice(0, 19), slice(0, 4), slice(0, 0)), (slice(0, 20), slice(0, 0), slice(0, 0)),
    (slice(2, 5), slice(0, 0), slice(0, 3))])
def test_sparse_temporal_path_is_the_masked_convolution(make_network, stride, training, filters, taps, cavity):
    """What is not computed is what the whole convolution with masked weights gives; so are gradients, statistics."""
    model = make_network(blocks=((20, 1), (20, stride)))
    block = model.blocks[1]
    block.filters[filters] = 0
    block.taps[:, taps] = 0
    block.cavity[cavity, 2] = 0
    block.settle()
    conv, bn = block.tcn1.conv, block.tcn1.bn.train(training)
    other = torch.nn.BatchNorm2d(20).train(training)
    other.load_state_dict(bn.state_dict())
    x = torch.randn(3, 20, 9, 7)
    mask = block.temporal_mask()
    weight = conv.weight.detach().clone().requires_grad_()
    masked = weight if mask is None else weight * mask[..., None]
    whole = other(torch.nn.functional.conv2d(x, masked, conv.bias.detach(), (stride, 1), (2, 0)))
    found = block.tcn1(x, mask)
    torch.testing.assert_close(found, whole, rtol=1e-4, atol=1e-4)
    factor = torch.randn_like(whole)
    alive = block.filters != 0
    (found * factor).sum().backward()
    (whole * factor).sum().backward()
    if alive.any():
        torch.testing.assert_close(conv.weight.grad, weight.grad, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(bn.bias.grad, other.bias.grad, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(bn.running_mean[alive], other.running_mean[alive], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(bn.running_var[alive], other.running_var[alive], rtol=1e-4, atol=1e-4)
