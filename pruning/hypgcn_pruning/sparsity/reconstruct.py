"""After a cut: the weights that are left make up for those that went, layer by layer, by least squares on calibration
clips (He, Zhang, Sun: Channel Pruning for Accelerating Very Deep Neural Networks, ICCV 2017, section 3.1, here for
channels and taps at once). Fine-tuning then begins where little is lost. """

import torch
import torch.nn.functional as F

from ..network.model import BlockModule, Network

__all__ = ["reconstruct"]


class _Fit:
    """Ridge regression (features -> targets) with a constant, from sums over batches."""

    def __init__(self, features: int, targets: int, ridge: float):
        self.ridge = ridge
        self.square = torch.zeros(features + 1, features + 1, dtype=torch.float64)
        self.cross = torch.zeros(features + 1, targets, dtype=torch.float64)

    def add(self, features: torch.Tensor, targets: torch.Tensor):
        """Take in (N, features, T, V) and (N, targets, T, V)."""
        x = F.pad(features.movedim(1, -1).flatten(0, 2), (0, 1), value=1.0)
        self.square += (x.T @ x).double()
        self.cross += (x.T @ targets.movedim(1, -1).flatten(0, 2)).double()

    def solve(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Weights (targets, features), constants, and mean and variance of what the weights give."""
        count = self.square[-1, -1]
        mean = self.square[-1, :-1] / count
        spread = self.square[:-1, :-1] / count - torch.outer(mean, mean)
        level = float(self.cross[-1].abs().max() / count)
        penalty = self.ridge * spread.diagonal().mean().clamp_min(1e-12) * torch.eye(len(mean), dtype=torch.float64)
        answers = self.cross[-1] / count
        weights = torch.linalg.solve(spread + penalty, self.cross[:-1] / count - torch.outer(mean, answers)).T
        if not torch.isfinite(weights).all():
            raise ValueError(f"reconstruction found no solution: activations up to {level:.3g}; ridge must be above "
                             f"{self.ridge}")
        variance = (weights @ spread * weights).sum(1).clamp_min(0)
        return weights, answers - weights @ mean, weights @ mean, variance


def _gain(bn) -> torch.Tensor:
    return bn.weight / (bn.running_var + bn.eps).sqrt()


def _write(rows: torch.Tensor, bn, old: torch.Tensor, solution) -> torch.Tensor:
    """Weights (rows, features) for a convolution without bias whose batch norm ``bn`` then gives the fitted values; as
    large as ``old`` (rows, ...) were, so that learning goes on at the same pace."""
    weights, constant, mean, variance = (part.float() for part in solution)
    size = weights.norm(dim=1).clamp_min(1e-12)
    scale = torch.where(size > 1e-9, old.flatten(1).norm(dim=1).clamp_min(1e-3) / size, torch.ones_like(size))
    bn.running_mean[rows] = mean * scale
    bn.running_var[rows] = variance * scale ** 2
    bn.weight[rows] = (variance * scale ** 2 + bn.eps).sqrt() / scale
    bn.bias[rows] = constant + mean
    return weights * scale[:, None]


def _taps(h: torch.Tensor, block: BlockModule, reads: torch.Tensor) -> torch.Tensor:
    """(N, pairs, T / stride, V): H at the (tap, channel) pairs of ``reads`` (pairs, 2), zeros beyond the clip."""
    pad, stride = block.tcn1.conv.padding[0], block.tcn1.conv.stride[0]
    frames = (h.shape[2] - 1) // stride + 1
    h = F.pad(h, (0, 0, pad, pad))
    parts = [h[:, reads[reads[:, 0] == tap, 1], tap:tap + stride * (frames - 1) + 1:stride]
             for tap in reads[:, 0].unique().tolist()]
    return torch.cat(parts, 1)


def _graph_side(old: BlockModule, new: BlockModule, x_old, x_new, ridge: float):
    gcn, size = new.gcn1, 32
    fit = _Fit(len(gcn.conv_d) * int(new.kept.sum()), new.outputs, ridge)
    # Biases of single joints stay; behind the batch norm that is written they are worth what they were.
    per_joint = 0 if gcn.joint_bias is None else (gcn.joint_bias * _gain(old.gcn1.bn)).T[:, None]
    for a, b in zip(x_old.split(size), x_new.split(size)):
        fit.add(gcn.graph_products(b, new.kept), old.gcn1.total(a, old.kept) - gcn.beside(b) - per_joint)
    before = torch.stack([conv.weight[:, :, 0, 0] for conv in old.gcn1.conv_d], 1)
    weights = _write(torch.arange(new.outputs), gcn.bn, before, fit.solve())
    if gcn.joint_bias is not None:
        gcn.joint_bias *= _gain(old.gcn1.bn) / _gain(gcn.bn)
    kept = new.kept.nonzero()[:, 0]
    for conv, part in zip(gcn.conv_d, weights.split(len(kept), dim=1)):
        conv.weight[:, kept, 0, 0] = part
        conv.bias.zero_()


def _temporal_side(old: BlockModule, new: BlockModule, x_old, x_new, ridge: float):
    mask = new.temporal_mask()
    rows = torch.arange(new.outputs) if mask is None else mask.flatten(1).any(1).nonzero()[:, 0]
    if not len(rows) or not new.cavity.all():
        return
    reads = (torch.ones_like(new.tcn1.conv.weight[0, :, :, 0]) if mask is None else mask[rows[0]]).T.nonzero()
    fit, size = _Fit(len(reads), len(rows), ridge), 32
    for a, b in zip(x_old.split(size), x_new.split(size)):
        targets = old.total(a)[:, rows] - new.shortcut(b)[:, rows]
        fit.add(_taps(new.summed(new.hidden(b)), new, reads), targets)
    weights = _write(rows, new.tcn1.bn, old.tcn1.conv.weight[rows], fit.solve())
    conv = new.tcn1.conv
    conv.weight.zero_()
    conv.weight[rows[:, None], reads[None, :, 1], reads[None, :, 0], 0] = weights
    conv.bias.zero_()
    new.settle()


def reconstruct(model: Network, reference: Network, clips: torch.Tensor, *, ridge: float = 1e-3):
    """Set the 1x1 and temporal weights that the masks of ``model`` leave, and the batch norms behind them, so that
    every sum of every block comes nearest, in the mean square over prepared ``clips``, to that of ``reference``, the
    network before the cut; front to back, each layer with the errors of those before it in its inputs.

    ``ridge`` weighs the size of weights against the error, relative to the mean variance of the inputs. Shortcuts'
    convolutions stay. Filters with taps of their own (``cavity``) stay as they are. """
    if not ridge > 0:
        raise ValueError(f"ridge must be positive, not {ridge!r}")
    model.eval()
    reference.eval()
    with torch.no_grad():
        x_old, x_new = reference.features(clips), model.features(clips)
        for old, new in zip(reference.blocks, model.blocks):
            _graph_side(old, new, x_old, x_new, ridge)
            _temporal_side(old, new, x_old, x_new, ridge)
            x_old, x_new = old(x_old), new(x_new)
