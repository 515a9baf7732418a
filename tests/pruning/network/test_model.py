import pytest
import torch

from hypgcn.design.skeleton import load_skeleton
from hypgcn_pruning.network.model import PAPER_BLOCKS, ModelConfig, Network, threshold


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize(("persons", "frames"), [(1, 16), (2, 9), (1, 1)])
def test_shapes(make_network, dynamic, persons, frames):
    model = make_network(dynamic_graph=dynamic, persons=persons)
    assert model(torch.randn(2, persons, frames, 7, 3)).shape == (2, 3)


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


def test_tanh_graphs_begin_as_none(make_network):
    """alpha starts at 0, so that C does; with another alpha it is bounded by it, whatever the features."""
    model = make_network(dynamic_graph=True, similarity="tanh")
    gcn = model.blocks[1].gcn1
    x = 50 * torch.randn(2, 20, 6, 7)
    assert not gcn.similarity(x, 0).any()
    torch.nn.init.constant_(gcn.alpha, -0.5)
    assert 0.45 < float(gcn.similarity(x, 0).detach().abs().max()) <= 0.5
    assert make_network(dynamic_graph=True).blocks[1].gcn1.alpha is None


def test_strides_shorten_the_clip(make_network):
    model = make_network()
    x = model.features(torch.randn(1, 1, 15, 7, 3))
    frames = []
    for block in model.blocks:
        x = block(x)
        frames.append(x.shape[2])
    assert frames == [15, 15, 8, 8, 4]


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


def test_threshold_is_inclusive():
    x = torch.tensor([0.0, 0.5, 0.50001, 2.0])
    assert threshold(x, torch.tensor(0.5)).tolist() == pytest.approx([0, 0, 0.50001, 2])


def test_paper_network_has_the_names_of_2s_agcn():
    model = Network(ModelConfig(skeleton=load_skeleton("ntu25"), classes=60, persons=2, blocks=PAPER_BLOCKS,
                                dynamic_graph=True))
    state = model.state_dict()
    for name, shape in {"data_bn.weight": (150,), "l1.gcn1.PA": (3, 25, 25), "l1.gcn1.conv_a.2.weight": (16, 3, 1, 1),
                        "l5.gcn1.down.0.weight": (128, 64, 1, 1), "l5.residual.conv.weight": (128, 64, 1, 1),
                        "l10.tcn1.conv.weight": (256, 256, 9, 1), "l10.tcn1.bn.running_var": (256,),
                        "fc.weight": (60, 256)}.items():
        assert tuple(state[name].shape) == shape


@pytest.mark.parametrize(("changes", "match"),
                         [({"kernel": 4}, "kernel must be odd"), ({"blocks": ()}, "at least one block"),
                                                ({"blocks": ((8, 3),)}, "stride 1 or 2"),
                                                ({"similarity": "relu"}, "similarity must be one of softmax, tanh"),
                                                ({"classes": 0}, "classes must be in"),
                                                ({"persons": 99}, "persons must be in")])
def test_config_rejects(skeleton, changes, match):
    with pytest.raises(ValueError, match=match):
        ModelConfig(**{"skeleton": skeleton, "classes": 3, **changes})


@pytest.mark.parametrize("shape", [(1, 1, 16, 8, 3), (1, 2, 16, 7, 3), (1, 1, 16, 7, 2)])
def test_clips_must_fit(make_network, shape):
    with pytest.raises(ValueError, match="clips must have 1 persons, 7 joints and 3 channels"):
        make_network()(torch.zeros(shape))


@pytest.mark.parametrize("similarity", ["softmax", "tanh"])
def test_config_round_trip(make_network, similarity):
    config = make_network(dynamic_graph=True, similarity=similarity).config
    assert ModelConfig.from_dict(config.to_dict()) == config
    with pytest.raises(ValueError, match="not the description of a network"):
        ModelConfig.from_dict({"classes": 3})


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("filters", "taps", "cavity"), [
    (slice(0, 0), slice(0, 0), slice(0, 0)), (slice(3, 9), slice(1, 2), slice(0, 0)),
    (slice(0, 19), slice(0, 4), slice(0, 0)), (slice(0, 20), slice(0, 0), slice(0, 0)),
    (slice(2, 5), slice(0, 0), slice(0, 3))])
def test_sparse_temporal_path_is_the_masked_convolution(make_network, stride, training, filters, taps, cavity):
    """What is not computed is what the whole convolution with masked weights gives, and so are gradients and
    statistics."""
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


def test_older_files_have_nothing_pruned_where_they_say_nothing(make_network):
    model = make_network()
    state = {name: tensor for name, tensor in model.state_dict().items()
             if not name.endswith(("carried", "cavity", "edges", "theta_z"))}
    whole = model.complete(state)
    assert whole.keys() == model.state_dict().keys()
    assert all(whole[f"l{index}.{name}"].all() for index in range(1, 6) for name in ("carried", "cavity", "gcn1.edges"))
    assert not any(whole[f"l{index}.gcn1.theta_z"] for index in range(1, 6))


def test_dead_zone_of_z(make_network):
    """Values of Z of both signs up to the threshold are 0; gradients flow where values stay."""
    gcn = make_network().blocks[1].gcn1
    x = torch.randn(2, 20, 4, 7, generator=torch.Generator().manual_seed(0), requires_grad=True)
    kept = torch.ones(20, dtype=torch.uint8)
    whole = gcn.graph_products(x, kept).detach()
    gcn.theta_z.fill_(float(whole.abs().median()))
    z = gcn.graph_products(x, kept)
    stays = whole.abs() > gcn.theta_z
    assert 0.45 < float(stays.float().mean()) < 0.55 and (whole[stays] < 0).any()
    torch.testing.assert_close(z, whole * stays)
    factor = torch.randn(z.shape)
    (gradient,) = torch.autograd.grad((z * factor).sum(), x, retain_graph=True)
    gcn.theta_z.zero_()
    (expected,) = torch.autograd.grad((gcn.graph_products(x, kept) * factor * stays).sum(), x)
    torch.testing.assert_close(gradient, expected)


def test_deep_networks_begin_shallow(skeleton):
    """The graph convolution is small beside an identity into H, and learned graphs are next to nothing."""
    model = Network(ModelConfig(skeleton=skeleton, classes=3, blocks=((8, 1), (8, 1), (16, 2))))
    assert [float(block.gcn1.bn.weight[0].detach()) for block in model.blocks] == pytest.approx([0.5, 0.1, 0.5])
    assert all((block.gcn1.PA == 1e-6).all() for block in model.blocks)


def test_products_are_laid_out_for_the_convolution(make_network):
    """Z has the channels of a joint beside each other in memory, as the 1x1 convolution reads them."""
    model = make_network(blocks=((20, 1), (20, 1)))
    x = model.features(torch.randn(2, 1, 16, 7, 3))
    assert x.is_contiguous(memory_format=torch.channels_last)
    z = model.l1.gcn1.graph_products(x, model.l1.kept)
    assert z.is_contiguous(memory_format=torch.channels_last)
    expected = torch.einsum("nctv,kvw->nkctw", x, model.l1.gcn1.graph()).flatten(1, 2)
    torch.testing.assert_close(z, expected)
