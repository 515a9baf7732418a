import torch


def test_tanh_graphs_begin_as_none(make_network):
    """Alpha starts at 0, so that C does; with another alpha it is bounded by it, whatever the features."""
    model = make_network(dynamic_graph=True, similarity="tanh")
    gcn = model.blocks[1].gcn1
    x = 50 * torch.randn(2, 20, 6, 7)
    assert not gcn.similarity(x, 0).any()
    torch.nn.init.constant_(gcn.alpha, -0.5)
    assert 0.45 < float(gcn.similarity(x, 0).detach().abs().max()) <= 0.5
    assert make_network(dynamic_graph=True).blocks[1].gcn1.alpha is None


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


def test_products_are_laid_out_for_the_convolution(make_network):
    """Z has the channels of a joint beside each other in memory, as the 1x1 convolution reads them."""
    model = make_network(blocks=((20, 1), (20, 1)))
    x = model.features(torch.randn(2, 1, 16, 7, 3))
    assert x.is_contiguous(memory_format=torch.channels_last)
    z = model.l1.gcn1.graph_products(x, model.l1.kept)
    assert z.is_contiguous(memory_format=torch.channels_last)
    expected = torch.einsum("nctv,kvw->nkctw", x, model.l1.gcn1.graph()).flatten(1, 2)
    torch.testing.assert_close(z, expected)
