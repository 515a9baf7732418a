"""Counts of weights, by hand; tests/pruning/reports/test_activation_tally.py has loops over all of them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hypgcn.design.presets import random_design
from hypgcn_pruning.config import QuantiseConfig
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.network.cost import cost_of, graph_skip, is_pruned
from hypgcn_pruning.sparsity.channels import drop_channels, reorder_channels
from hypgcn_pruning.sparsity.taps import cut_taps


def small(**changes):
    return random_design(0, **{**dict(name="d", frames=7, joints=3, persons=2, classes=3, kernel=5, widths=(20, 20, 18),
                                      strides=(1, 2, 1), keep=0.5), **changes})


def test_pruned_shortcuts_and_filters_count():
    """An input column or an output of a shortcut without weights is no work, nor is a filter without a tap."""
    design = small()
    block = design.blocks[1]
    before = cost_of(design).macs()
    res = block.res.copy()
    res[:, 3], res[[1, 2]] = 0, 0
    temporal = block.temporal.copy()
    first = int(np.flatnonzero(block.filters)[0])
    tap = int(np.flatnonzero(temporal[first].any(axis=1))[0])
    temporal[first, tap] = 0
    after = cost_of(replace(design, blocks=(design.blocks[0], replace(block, res=res, temporal=temporal),
                                            design.blocks[2]))).macs()
    places = 2 * 4 * 3
    assert before["shortcuts"] - after["shortcuts"] == places * (20 * 20 - 19 * 18)
    assert before["temporal"] - after["temporal"] == places * int(block.taps[:, tap] @ (16, 4))


def test_network_and_design_agree(make_network, clips, preparation, held):
    model = make_network()
    assert cost_of(model).macs() == cost_of(model).dense().macs()
    assert graph_skip(cost_of(model)) == (0, 0)
    with torch.no_grad():
        drop_channels(model, 0.5)
        reorder_channels(model)
        cut_taps(model, 3)
    design = quantise(model, torch.from_numpy(held), QuantiseConfig())
    ours, theirs = cost_of(model), cost_of(design)
    assert ours.macs() == theirs.macs() and ours.parameters() == theirs.parameters()
    assert ours.dense().macs() == theirs.dense().macs()
    kept = [int(block.kept.sum()) for block in model.blocks]
    assert kept == [3, 10, 10, 17, 17]
    assert graph_skip(ours)[1] == pytest.approx(1 - sum(kept) / (3 + 20 + 20 + 34 + 34))
    work = np.array((16, 16, 16, 8, 8))
    assert graph_skip(ours)[0] == pytest.approx(1 - work @ kept / (work @ (3, 20, 20, 34, 34)))


def test_parameters_and_bits_of_a_dense_network(make_network):
    model = make_network(blocks=((20, 1), (34, 2)))
    work = cost_of(model)
    weights = [p for name, p in model.named_parameters()
               if p.dim() > 1 and "bn" not in name]  # PA, convolutions, fc
    assert work.parameters() == sum(p.numel() for p in weights)
    beside = 2 * (20 + 34) + 3 * 7
    assert work.bits(32, masks=False) == 32 * (work.parameters() + 3 + 2 * beside)
    assert work.bits(8, masks=False) == 8 * work.parameters() + 57 * beside + 3 * 41
    assert work.bits(8, masks=True) - work.bits(8, masks=False) == (3 + 20) + (20 + 34) + (2 + 3) * 5


def test_the_data_dependent_graph_is_work(make_network):
    work = cost_of(make_network(dynamic_graph=True, blocks=((20, 1),)))
    assert work.macs()["similarity"] == 16 * 7 * 3 * 5 * (2 * 3 + 7)
    assert work.macs()["all"] > work.dense().macs()["all"]
    assert work.parameters() - work.dense().parameters() == 3 * 2 * 3 * 5


def test_a_zero_in_a_mask_or_a_threshold_is_pruning(make_network):
    assert not is_pruned(make_network())
    for name, value in (("blocks.1.kept", 0), ("blocks.0.taps", 0), ("blocks.0.gcn1.edges", 0),
                        ("blocks.0.theta_h", 0.1), ("blocks.1.gcn1.theta_z", 0.1)):
        model = make_network()
        found = [buffer for buffer_name, buffer in model.named_buffers()
                 if buffer_name.replace("l1.", "blocks.0.").replace("l2.", "blocks.1.") == name]
        assert len(found) == 1, name
        found[0].view(-1)[0] = value
        assert is_pruned(model), name
