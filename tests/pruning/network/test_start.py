from dataclasses import replace

import pytest
import torch

from hypgcn_pruning.network.checkpoint import save_checkpoint
from hypgcn_pruning.network.model import Network
from hypgcn_pruning.network.start import initial_state

WIDE = ((40, 1), (40, 1), (68, 2), (68, 1), (68, 2))


@pytest.fixture
def saved(make_network, tmp_path):
    """Store a network; returns it and its path."""
    def save(**changes):
        model = make_network(**changes).eval()
        save_checkpoint(tmp_path / "network.safetensors", model, {})
        return model, tmp_path / "network.safetensors"
    return save


def same_logits(config, path, model):
    started = Network(config).eval()
    started.load_state_dict(initial_state(config, path, seed=1))
    clips = torch.randn(2, 1, 16, 7, 3)
    torch.testing.assert_close(started(clips), model(clips), rtol=1e-3, atol=1e-3)
    return started


@pytest.mark.parametrize("blocks", [None, WIDE])
def test_the_same_or_wider_network(saved, blocks):
    model, path = saved()
    same_logits(replace(model.config, blocks=blocks or model.config.blocks), path, model)


@pytest.mark.parametrize("blocks", [None, WIDE])
def test_the_data_dependent_graph_begins_as_nothing(saved, blocks):
    model, path = saved()
    config = replace(model.config, blocks=blocks or model.config.blocks, dynamic_graph=True, similarity="tanh")
    started = same_logits(config, path, model)
    assert started.blocks[0].gcn1.alpha.item() == 0
    started.train()(torch.randn(4, 1, 16, 7, 3)).square().mean().backward()
    assert started.blocks[0].gcn1.alpha.grad.abs() > 0


def test_other_classes_get_a_fresh_classifier(saved):
    model, path = saved()
    state = initial_state(replace(model.config, classes=5), path, seed=1)
    assert state["fc.weight"].shape == (5, 34)
    assert torch.equal(state["l1.tcn1.conv.weight"], model.blocks[0].tcn1.conv.weight)


@pytest.mark.parametrize("stored, changes, message", [
    ({}, {"persons": 2}, "init must be a network of the same strides, skeleton, persons and channels"),
    ({}, {"blocks": WIDE[:4]}, "same strides"),
    ({}, {"dynamic_graph": True}, "similarity must be 'tanh' where init has no data-dependent graph"),
    ({"dynamic_graph": True}, {"dynamic_graph": False}, r"or the same \(softmax\) as the network"),
    ({"dynamic_graph": True}, {"similarity": "tanh"}, r"or the same \(softmax\) as the network"),
])
def test_what_training_cannot_begin_with(saved, stored, changes, message):
    model, path = saved(**stored)
    with pytest.raises(ValueError, match=message):
        initial_state(replace(model.config, **changes), path, seed=1)
