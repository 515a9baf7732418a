import pytest
import torch

from hypgcn_pruning.network.cost import cost_of
from hypgcn_pruning.network.predict import predict
from hypgcn_pruning.sparsity.channels import drop_channels
from hypgcn_pruning.sparsity.sensitivity import Trial, measure_sensitivity, search_ratios
from hypgcn_pruning.sparsity.taps import cut_taps


@pytest.fixture
def data():
    torch.manual_seed(5)
    return torch.randn(6, 1, 16, 7, 3), torch.tensor([0, 1, 2, 0, 1, 2])


def test_one_layer_at_a_time(make_network, data):
    """Every trial is the loss of a network that has been pruned in one place, less that of the whole network."""
    model = make_network(blocks=((20, 1), (20, 1), (24, 2)))
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    trials = measure_sensitivity(model, *data, progress=False)
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    assert {(t.what, t.where) for t in trials} == {("channels", 0), ("taps", 0), ("taps", 1), ("taps", 2)}

    def loss(network):
        return float(torch.nn.functional.cross_entropy(predict(network, data[0]), data[1]))
    base = loss(model)
    cut = make_network(blocks=((20, 1), (20, 1), (24, 2)))
    cut_taps(cut, [5, 2, 5])
    found = next(t for t in trials if (t.what, t.where, t.setting) == ("taps", 1, 2))
    assert found.rise == pytest.approx(loss(cut) - base)
    dropped = make_network(blocks=((20, 1), (20, 1), (24, 2)))
    drop_channels(dropped, 0.25)
    found = next(t for t in trials if (t.what, t.setting) == ("channels", 0.25))
    assert found.rise == pytest.approx(loss(dropped) - base)


def invented(dear):
    """Trials of a five-block network in which all is free but what ``dear`` names."""
    trials = []
    for what, places, settings in (("channels", 2, (0.5, 0.25)), ("taps", 5, (3, 2, 1))):
        for where in range(places):
            trials += [Trial(what=what, where=where, setting=s, rise=10.0 * (n + 1) if (what, where) in dear else 0.0)
                       for n, s in enumerate(settings)]
    return trials


def test_what_is_dear_is_left_alone(make_network):
    model = make_network()
    found = search_ratios(model, invented({("channels", 1), ("taps", 2)}), 1.5)
    assert found.shares[1] == 1
    assert found.taps[2] == 5
    assert found.reduction >= 1.5


@pytest.mark.parametrize("target", [1.5, 2.5, 4.0])
def test_target_is_met_and_counted_as_the_network_is(make_network, target):
    model = make_network()
    found = search_ratios(model, invented({("channels", 0)}), target)
    drop_channels(model, list(found.shares))
    cut_taps(model, list(found.taps))
    work = cost_of(model)
    real = work.dense().macs()["all"] / work.macs()["all"]
    assert found.reduction >= target
    assert real == pytest.approx(found.reduction, rel=0.02)  # a float network's shortcuts still read dropped channels


def test_impossible_target(make_network):
    with pytest.raises(ValueError, match=r"target must be at most \d+\.\d+, what all layers give at their sparsest"):
        search_ratios(make_network(), invented(set()), 1000.0)
