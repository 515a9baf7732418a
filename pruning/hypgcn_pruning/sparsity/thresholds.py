"""Activation thresholds: small activations become zero, so that the stores hold less and the lanes work less."""

import torch

from ..config import check_share
from ..network.model import Network

__all__ = ["ThresholdQuantiles", "set_thresholds", "quantile_threshold", "constant_outputs"]


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
        Shares of H, of the channels that are read, and of Y that stay, above 0 and at most 1; of P and Q as of H.
    density_z, density_z_first : float
        Shares of the magnitudes of Z that stay behind the dead zone, of the kept channels: in all blocks but the first,
        and in the first; 1 for no dead zone.
    """
    for name, density in (("density_h", density_h), ("density_y", density_y), ("density_z", density_z),
                          ("density_z_first", density_z_first)):
        check_share(name, density)
    model.eval()
    with torch.inference_mode():
        x = model.features(clips)
        constant = constant_outputs(model)
        for index, block in enumerate(model.blocks):
            scales = block.scales
            for theta in (block.gcn1.theta_z, block.theta_h, block.theta_y,
                          *(() if scales is None else (scales.theta_p, scales.theta_q))):
                theta.zero_()
            wanted_z = density_z if index else density_z_first
            if wanted_z < 1:
                block.gcn1.theta_z.fill_(quantile_threshold(block.gcn1.graph_products(x, block.kept).abs(), wanted_z))
            block.theta_h.fill_(quantile_threshold(block.hidden(x)[:, block.read], density_h))
            if scales is not None:
                h = block.hidden(x)
                scales.theta_p.fill_(quantile_threshold(_varying(scales.p(h, block.read)), density_h))
                scales.theta_q.fill_(quantile_threshold(_varying(scales.q(scales.p(h, block.read))), density_h))
            if index + 1 < len(model.blocks):
                block.theta_y.fill_(quantile_threshold(block(x)[:, ~constant[index]], density_y))
            x = block(x)


def _varying(x: torch.Tensor) -> torch.Tensor:
    """The channels of ``x`` (N, C, T, V) that are not constant, or zeros: a threshold at a constant would be chance."""
    alive = x.amax((0, 2, 3)) > x.amin((0, 2, 3))
    return x[:, alive] if alive.any() else torch.zeros_like(x)


class ThresholdQuantiles:
    """Takes the quantiles of :func:`set_thresholds` again while the network is fine-tuned with them: after the first
    two epochs, when it changes most, and after half of them. A regulariser without a penalty.

    Later the thresholds stay, so that the second half trains the network that results.

    Parameters
    ----------
    clips : torch.Tensor (N, M, T, V, C)
        Prepared calibration clips.
    densities : tuple of float
        ``density_h``, ``density_y``, ``density_z`` and ``density_z_first`` of :func:`set_thresholds`.
    epochs : int
        Of the fine-tuning.
    """

    def __init__(self, clips: torch.Tensor, densities: tuple[float, float, float, float], epochs: int):
        self.clips, self.densities = clips, densities
        self.after = [epoch for epoch in sorted({1, 2, epochs // 2}) if 0 < epoch <= epochs // 2]
        self.epoch = 0

    def begin(self, model: Network):
        """Nothing to do."""

    def penalty(self, model: Network) -> torch.Tensor:
        """There is none."""
        return torch.zeros(())

    def after_epoch(self, model: Network):
        """Set the thresholds of ``model`` anew where it is time."""
        self.epoch += 1
        if self.epoch in self.after:
            set_thresholds(model, self.clips, *self.densities)

    def end(self, model: Network):
        """Nothing to do."""

    def settings(self) -> dict:
        """Kind, densities, and the epochs after which thresholds are set."""
        return {"kind": "threshold quantiles", "densities": list(self.densities), "after": self.after}

    def state_dict(self) -> dict:
        """Epochs done."""
        return {"epoch": self.epoch}

    def load_state_dict(self, state: dict):
        """Take up the epochs done."""
        self.epoch = state["epoch"]
