"""A wider network that computes the same as a narrow one, as its initial weights (Chen, Goodfellow, Shlens: Net2Net,
ICLR 2016, the widening operation). """

from dataclasses import replace

import torch

from .model import Network

__all__ = ["widen"]


def _copies(width: int, copies: int, generator: torch.Generator, noise: float) -> tuple[torch.Tensor, torch.Tensor]:
    """For each of ``copies`` channels the one of ``width`` that it copies, and the share of its readers' weights: the
    shares of all copies of a channel add up to 1, unequal by about ``noise``, so that copies learn different things."""
    source = torch.arange(copies) % width
    share = 1 + noise * (2 * torch.rand(copies, generator=generator) - 1)
    total = torch.zeros(width).index_add_(0, source, share)
    return source, share / total[source]


def _conv(to, of, out: torch.Tensor, source: torch.Tensor, share: torch.Tensor):
    to.weight.copy_(of.weight[out][:, source] * share[None, :, None, None])
    to.bias.copy_(of.bias[out])


def _similarity(to, of, source: torch.Tensor, share: torch.Tensor):
    """Copies of the channels whose products are the similarity of joints; it divides by their number."""
    copied = torch.arange(to.inter) % of.inter
    times = torch.bincount(copied, minlength=of.inter)[copied]
    scale = to.inter / of.inter / times
    for a, b, of_a, of_b in zip(to.conv_a, to.conv_b, of.conv_a, of.conv_b):
        _conv(a, of_a, copied, source, share)
        _conv(b, of_b, copied, source, share)
        a.weight.mul_(scale[:, None, None, None])
        a.bias.mul_(scale)
    if to.alpha is not None:
        to.alpha.copy_(of.alpha)


def _norm(to, of, out: torch.Tensor):
    for name in ("weight", "bias", "running_mean", "running_var"):
        getattr(to, name).copy_(getattr(of, name)[out])
    to.num_batches_tracked.copy_(of.num_batches_tracked)


def widen(model: Network, widths: list[int], *, noise: float = 0.5, seed: int = 0) -> Network:
    """A network with blocks of ``widths`` output channels whose logits are those of ``model``, up to rounding.

    Every channel is copied as often as the width asks (multiples of the old one), and the weights that read it are
    dealt out among its copies, unequally by up to ``noise`` (0..1). Networks with masks are not widened:
    :exc:`ValueError`. """
    old = [outputs for outputs, _ in model.config.blocks]
    if len(widths) != len(old) or any(new % width for new, width in zip(widths, old)):
        raise ValueError(f"widths must be {len(old)} multiples of {', '.join(map(str, old))}, not {widths!r}")
    if not 0 <= noise < 1:
        raise ValueError(f"noise must be at least 0 and below 1, not {noise!r}")
    if model.config.branches:
        raise ValueError("model must not have branches to be widened: they would no longer be its channels in order")
    if any(not block.kept.all() or block.temporal_mask() is not None for block in model.blocks):
        raise ValueError("model must not be pruned to be widened")
    blocks = tuple((width, stride) for width, (_, stride) in zip(widths, model.config.blocks))
    wide = Network(replace(model.config, blocks=blocks))
    generator = torch.Generator().manual_seed(seed)
    x = torch.arange(model.config.channels), torch.ones(model.config.channels)
    with torch.no_grad():
        _norm(wide.data_bn, model.data_bn, torch.arange(model.data_bn.num_features))
        for block, source in zip(wide.blocks, model.blocks):
            y = _copies(source.outputs, block.outputs, generator, noise)
            # Tensors that an identity shortcut ties have the same copies, but readers deal their weights out by
            # themselves.
            h = _copies(source.outputs, block.outputs, generator, noise)
            block.gcn1.PA.copy_(source.gcn1.PA)
            for to, of in zip(block.gcn1.conv_d, source.gcn1.conv_d):
                _conv(to, of, h[0], *x)
            if block.gcn1.dynamic:
                _similarity(block.gcn1, source.gcn1, *x)
            _norm(block.gcn1.bn, source.gcn1.bn, h[0])
            if block.gcn1.joint_bias is not None:
                block.gcn1.joint_bias.copy_(source.gcn1.joint_bias[:, h[0]])
            if block.gcn1.down is not None:
                _conv(block.gcn1.down[0], source.gcn1.down[0], h[0], *x)
                _norm(block.gcn1.down[1], source.gcn1.down[1], h[0])
            _conv(block.tcn1.conv, source.tcn1.conv, y[0], *h)
            _norm(block.tcn1.bn, source.tcn1.bn, y[0])
            if block.residual is not None:
                _conv(block.residual.conv, source.residual.conv, y[0], *x)
                _norm(block.residual.bn, source.residual.bn, y[0])
            block.gcn1.theta_z.copy_(source.gcn1.theta_z)
            block.theta_h.copy_(source.theta_h)
            block.theta_y.copy_(source.theta_y)
            x = y
        wide.fc.weight.copy_(model.fc.weight[:, x[0]] * x[1])
        wide.fc.bias.copy_(model.fc.bias)
    return wide.train(model.training)
