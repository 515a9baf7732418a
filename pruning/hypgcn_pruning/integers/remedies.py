"""Changes of the folded float network that make its integers better: equalised channels, corrected biases.

Neither changes the contract of ``docs/numbers.md``: only what is put on its grids.
"""

import dataclasses

import torch

from ..config import QuantiseConfig
from ..network.model import ModelConfig, Network
from .fold_bn import Folded, FoldedBlock, fold
from .mixed import MixedNetwork
from .pieces import clip_pieces, tensor_pieces
from .quantise import calibrate_folded

__all__ = ["calibrated", "correct_biases", "equalise", "equalised_channels"]

_LIMIT = 64.0
"""Largest factor of a channel."""
_CORRECTION = 64
"""Clips over which means are taken: each has a value for every frame and joint."""


def equalised_channels(block: FoldedBlock) -> bool:
    """Whether the channels of the block's H can be scaled one by one and leave the network's function as it is.

    ReLU commutes with positive factors. An identity shortcut into H would bring X at the scale of before, and a
    threshold is one number for all channels of a block. Multi-scale blocks are left as they are.
    """
    return block.down is not None and block.theta_h == 0 and block.scales is None


def equalise(folded: Folded, clips: torch.Tensor) -> Folded:
    """Channels of H that use their common int8 range alike, exact in float: cross-layer equalisation.

    Channel c of H is divided by s and the temporal weights that read it are multiplied by s, in blocks that
    :func:`equalised_channels` names. With r the largest H of a channel and w the largest temporal weight that reads it,
    both as shares of the block's largest, s = sqrt(r / w): r / s and w s become equal (Nagel et al., Data-Free
    Quantization Through Weight Equalization and Bias Correction, ICCV 2019, for ranges of activations).

    Parameters
    ----------
    folded : Folded
    clips : torch.Tensor (N, M, T, V, C)
        Prepared calibration clips.
    """
    ranges: dict[str, torch.Tensor] = {}
    for name, _, tensor in tensor_pieces(folded, clips):
        if name.endswith(".h"):
            reach = tensor.amax((0, 2, 3))
            ranges[name] = torch.maximum(ranges[name], reach) if name in ranges else reach
    blocks = []
    for index, block in enumerate(folded.blocks):
        reach, weight = ranges[f"blocks.{index}.h"], block.temporal.abs().amax((0, 1))
        used = (reach > 0) & (weight > 0)
        if not equalised_channels(block) or not used.any():
            blocks.append(block)
            continue
        factor = torch.ones_like(reach)
        factor[used] = (reach[used] / reach.max() / (weight[used] / weight.max())).sqrt()
        factor = 2.0 ** factor.clamp(1 / _LIMIT, _LIMIT).log2().round()  # exact in floating point, alike everywhere
        blocks.append(dataclasses.replace(
            block, spatial=block.spatial / factor[:, None, None], h_bias=block.h_bias / factor,
            down=None if block.down is None else block.down / factor[:, None], temporal=block.temporal * factor))
    return dataclasses.replace(folded, blocks=tuple(blocks))


def correct_biases(folded: Folded, scales: dict[str, float], shape: ModelConfig, clips: torch.Tensor) -> Folded:
    """Biases that take back the mean error of every accumulator, block by block (bias correction).

    Rounded weights, thresholds and saturation shift the mean of a channel before its ReLU; the integers' biases have 40
    bits, so that taking the shift back costs nothing. Each block is corrected with the integers before it in place.

    Parameters
    ----------
    folded : Folded
    scales : dict of float
        As of :func:`~.quantise.calibrate`.
    shape : ModelConfig
    clips : torch.Tensor (N, M, T, V, C)
        Prepared calibration clips.
    """
    with torch.inference_mode():
        reference = mixed = MixedNetwork(folded, scales, shape, torch.float64)
        pieces = clip_pieces(clips)
        real, whole = ([mixed.first(piece, sites) for piece in pieces] for sites in ((), mixed.sites))
        rows = sum(map(len, real))
        for index, block in enumerate(folded.blocks):
            for name in block.names[1:]:
                error = sum((reference.block(index, exact, ())[f"{name}_total"]
                             - mixed.block(index, found, mixed.sites)[f"{name}_total"]).mean((2, 3)).sum(0)
                            for exact, found in zip(real, whole)) / rows
                if name in "pq" and block.scales is not None:
                    bias = getattr(block.scales, f"{name}_bias") + error
                    block = dataclasses.replace(block, scales=dataclasses.replace(block.scales,
                                                                                  **{f"{name}_bias": bias}))
                else:
                    block = dataclasses.replace(block, **{f"{name}_bias": getattr(block, f"{name}_bias") + error})
                folded = dataclasses.replace(folded, blocks=(*folded.blocks[:index], block,
                                                             *folded.blocks[index + 1:]))
                mixed = MixedNetwork(folded, scales, shape, torch.float64)
            real = [reference.block(index, x, ())["y"] for x in real]
            whole = [mixed.block(index, x, mixed.sites)["y"] for x in whole]
    return folded


def calibrated(model: Network, clips: torch.Tensor, config: QuantiseConfig) -> tuple[Folded, dict[str, float]]:
    """The folded network and its scales, by post-training quantisation with the remedies of ``config``.

    Parameters
    ----------
    model : Network
    clips : torch.Tensor (N, M, T, V, C)
        Prepared calibration clips.
    config : QuantiseConfig
        Its ``lowest``, ``equalise`` and ``correct_bias``.
    """
    folded = fold(model)
    if config.equalise:
        with torch.inference_mode():
            folded = equalise(folded, clips)
    scales = calibrate_folded(folded, clips, config.lowest)
    if config.correct_bias:
        folded = correct_biases(folded, scales, model.config, clips[:_CORRECTION])
    return folded, scales
