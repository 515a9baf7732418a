import pytest
import torch

from hypgcn_pruning.sparsity.admm import Admm, ChannelStructure, TapStructure
from hypgcn_pruning.sparsity.channels import drop_channels
from hypgcn_pruning.sparsity.taps import best_taps


def energies(block):
    return sum(conv.weight.detach().square().sum((0, 2, 3)) for conv in block.gcn1.conv_d)


def test_projection_onto_channels(make_network):
    """Masks are the same for all tied blocks and all subsets, and keep the columns and filters of most energy."""
    model = make_network()
    structure = ChannelStructure(model, [0.5, 0.25], tied=True, coupled=True)
    weights = structure.weights(model)
    assert sorted(weights) == sorted([f"{b}.{w}" for b in (1, 2, 3, 4) for w in ("d0", "d1", "d2", "made")])
    masks = structure.masks({name: weight.detach() for name, weight in weights.items()})
    kept = masks["1.d0"].flatten()
    assert [int(masks[f"{b}.d1"].sum()) for b in (1, 2, 3, 4)] == [10, 10, 8, 8]
    assert torch.equal(kept, masks["2.d2"].flatten())
    assert torch.equal(kept, masks["2.made"].flatten())
    energy = energies(model.blocks[1]) + energies(model.blocks[2])
    for block in model.blocks[:2]:
        energy = energy + block.tcn1.conv.weight.detach().square().sum((1, 2, 3))
    assert set(kept.nonzero()[:, 0].tolist()) == set(energy.topk(10).indices.tolist())


def test_projection_onto_taps(make_network):
    model = make_network()
    structure = TapStructure(2, model)
    masks = structure.masks({name: weight.detach() for name, weight in structure.weights(model).items()})
    energy = model.blocks[1].tcn1.conv.weight.detach()[..., 0].square().sum(0)
    wanted = best_taps(torch.stack([energy[:16].sum(0), energy[16:].sum(0)]).double().numpy(), 2)
    mask = masks["1"][0, :, :, 0]
    assert torch.equal(mask[0], torch.from_numpy(wanted[0]).float())
    assert torch.equal(mask[19], torch.from_numpy(wanted[1]).float())


def test_projection_onto_even_taps(make_network):
    model = make_network()
    strides = [block.stride for block in model.blocks]
    assert 2 in strides
    structure = TapStructure(2, model, even=True)
    masks = structure.masks({name: weight.detach() for name, weight in structure.weights(model).items()})
    middle = model.config.kernel // 2
    for index, stride in enumerate(strides):
        used = masks[str(index)][0, :, :, 0].sum(0).nonzero()[:, 0]
        assert len(used) >= 2
        assert stride == 1 or not ((used - middle) % 2).any()


@pytest.mark.parametrize("what", ["channels", "taps"])
def test_weights_move_to_the_structure(make_network, what):
    """Gradient steps on the penalty alone bring the weights to the structure; the cut then takes nothing away."""
    model = make_network()
    structure = ChannelStructure(model, 0.5, tied=True, coupled=True) if what == "channels" else TapStructure(2, model)
    pull = Admm(structure, 0.5)
    pull.begin(model)
    optimiser = torch.optim.SGD(list(structure.weights(model).values()), 0.5)
    gaps = []
    for _ in range(6):
        for _ in range(10):
            optimiser.zero_grad()
            pull.penalty(model).backward()
            optimiser.step()
        pull.after_epoch(model)
        gaps.append(pull.gap)
    assert gaps[-1] < 0.02
    assert gaps[-1] < gaps[0] / 3
    if what == "channels":
        before = [energies(block).sum() for block in model.blocks]
        drop_channels(model, 0.5)
        for block, energy in zip(model.blocks, before):
            assert float(energies(block).sum()) > 0.99 * float(energy)


def test_penalty_by_hand(make_network):
    model = make_network()
    structure = TapStructure(1, model)
    pull = Admm(structure, 0.25)
    pull.begin(model)
    weights = {name: weight.detach() for name, weight in structure.weights(model).items()}
    masks = structure.masks(weights)
    away = sum(float((weight * (1 - masks[name])).square().sum()) for name, weight in weights.items())
    assert float(pull.penalty(model).detach()) == pytest.approx(0.125 * away, rel=1e-4)


def test_memory_travels(make_network):
    model = make_network()
    pull = Admm(TapStructure(2, model), 0.1)
    pull.begin(model)
    pull.after_epoch(model)
    other = Admm(TapStructure(2, model), 0.1)
    other.begin(model)
    assert float(other.penalty(model).detach()) != float(pull.penalty(model).detach())
    other.load_state_dict(pull.state_dict())
    assert float(other.penalty(model).detach()) == float(pull.penalty(model).detach())


def test_rho_must_be_positive(make_network):
    structure = TapStructure(2, make_network())
    with pytest.raises(ValueError, match="rho must be positive, not 0"):
        Admm(structure, 0)
