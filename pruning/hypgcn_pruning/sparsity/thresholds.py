"""Activation thresholds: small activations become zero, so that the stores hold less and the lanes work less."""

import torch

from ..config import check_share
from ..network.model import Network

__all__ = ["set_thresholds", "quantile_threshold", "constant_outputs"]


def quantile_threshold(x: torch.Tensor, density: float) -> float:
    """Smallest threshold that leaves at most ``density`` of the values of ``x`` (none negative) above it; 0 if fewer
    are."""
    values = x.flatten()
    if len(values) > 1 << 22:
        values = values[::-(-len(values) // (1 << 22))]
    rank = min(len(values), max(1, round((1 - density) * len(values))))
    return float(values.kthvalue(rank).values)


def constant_outputs(model: Network) -> list[torch.Tensor]:
    """For every block a mask of its output channels that have the same value everywhere: without a temporal filter,
    and with no shortcut or one that brings a constant. The design moves them into biases (``constants.py``)."""
    masks, before = [], torch.zeros(model.config.channels, dtype=torch.bool)
    for block in model.blocks:
        still: torch.Tensor = block.filters.eq(0)
        if block.shortcut_y == "identity":
            still = still & before
        elif block.residual is not None:
            still = still & block.carried.eq(0)
        masks.append(still)
        before = still
    return masks


def set_thresholds(model: Network, clips: torch.Tensor, density_h: float, density_y: float, density_z: float = 1.0,
                   density_z_first: float = 1.0):
    """Set ``theta_z``, ``theta_h`` and ``theta_y`` of every block from the quantiles of what ``clips`` give, front to
    back, each seeing the thresholds before it.

    The last block's Y goes to the head, not into a store, and keeps all its values. Channels of Y that are constant
    (:func:`constant_outputs`) do not count: the design stores none of them.

    Parameters
    ----------
    model : Network
        Changed in place.
    clips : torch.Tensor (N, M, T, V, C)
        Prepared calibration clips.
    density_h, density_y : float
        Shares of H and Y that stay, above 0 and at most 1.
    density_z, density_z_first : float
        Shares of |Z| that stay behind the dead zone, of the kept channels: in all blocks but the first, and in the
        first; 1 for no dead zone.
    """
    for name, density in (("density_h", density_h), ("density_y", density_y), ("density_z", density_z),
                          ("density_z_first", density_z_first)):
        check_share(name, density)
    model.eval()
    with torch.inference_mode():
        x = model.features(clips)
        constant = constant_outputs(model)
        for index, block in enumerate(model.blocks):
            for theta in (block.gcn1.theta_z, block.theta_h, block.theta_y):
                theta.zero_()
            wanted_z = density_z if index else density_z_first
            if wanted_z < 1:
                block.gcn1.theta_z.fill_(quantile_threshold(block.gcn1.graph_products(x, block.kept).abs(), wanted_z))
            block.theta_h.fill_(quantile_threshold(block.hidden(x), density_h))
            if index + 1 < len(model.blocks):
                block.theta_y.fill_(quantile_threshold(block(x)[:, ~constant[index]], density_y))
            x = block(x)
