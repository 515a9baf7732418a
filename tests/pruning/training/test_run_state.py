import pytest
import torch

from hypgcn_pruning.config import TrainConfig
from hypgcn_pruning.network.model import ModelConfig, Network
from hypgcn_pruning.training.run_state import RunState


@pytest.fixture
def network(skeleton):
    torch.manual_seed(0)
    return Network(ModelConfig(skeleton=skeleton, classes=3, frames=16, kernel=5, blocks=((8, 1), (8, 1))))


@pytest.fixture
def stored(network, tmp_path):
    run = RunState(network, TrainConfig(epochs=5))
    run.epoch, run.step, run.best = 2, 7, 0.5
    run.history = [{"epoch": 1}, {"epoch": 2}]
    run.average["fc.weight"] += 1
    run.store(tmp_path / "state.pt")
    return tmp_path / "state.pt"


def change(path, edit):
    state = torch.load(path, weights_only=True)
    edit(state)
    torch.save(state, path)


def test_all_comes_back(network, stored):
    run = RunState(Network(network.config), TrainConfig(epochs=5))
    run.resume(stored)
    assert (run.epoch, run.step, run.best, len(run.history)) == (2, 7, 0.5, 2)
    assert torch.equal(run.model.fc.weight, network.fc.weight)
    assert torch.equal(run.average["fc.weight"], network.fc.weight + 1)


def test_the_state_of_another_run(network, stored):
    """A file that was copied beside another record; one of version 0.1 does not name its run."""
    with pytest.raises(ValueError, match="state of another run than the record beside it"):
        RunState(network, TrainConfig(epochs=5), run="sha256:1").resume(stored)
    change(stored, lambda state: state.pop("run"))
    with pytest.raises(ValueError, match="is not the state of a training run: it lacks run"):
        RunState(network, TrainConfig(epochs=5)).resume(stored)


def test_thresholds_are_not_averaged(network):
    """Set anew while a network is trained, they hold at once: a mean of old and new ones would be neither."""
    run = RunState(network, TrainConfig(average=0.995))
    run.update_average()
    for name, value in (("theta_h", 0.5), ("theta_y", 0.25)):
        getattr(network.l2, name).fill_(value)
    network.l2.gcn1.theta_z.fill_(2)
    run.update_average()
    assert [float(run.average[f"l2.{name}"]) for name in ("theta_h", "theta_y", "gcn1.theta_z")] == [0.5, 0.25, 2]


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.995])
def test_average_is_the_formula(network, decay):
    """Keep * average + (1 - keep) * value, keep = min(decay, (1 + step) / (10 + step)), of weights and statistics."""
    run = RunState(network, TrainConfig(average=decay))
    names = ("fc.weight", "l2.gcn1.bn.running_var")
    expected = {name: network.state_dict()[name].double() for name in names}
    for step in range(4):
        with torch.no_grad():
            for tensor in network.state_dict().values():
                tensor.add_(1 + step)
        run.update_average()
        keep = min(decay, (1 + step) / (10 + step)) if decay else 0.0
        for name in names:
            expected[name] = keep * expected[name] + (1 - keep) * network.state_dict()[name].double()
    for name in names:
        torch.testing.assert_close(run.average[name].double(), expected[name], rtol=1e-6, atol=1e-6)
    assert run.average["l2.gcn1.bn.num_batches_tracked"] == 10
    assert run.step == 4


@pytest.mark.parametrize(("edit", "match"), [
    (lambda state: state.pop("optimiser"), "is not the state of a training run: it lacks optimiser"),
    (lambda state: state["model"].pop("fc.weight"), "network of another shape"),
    (lambda state: state["average"].update(more=torch.zeros(1)), "network of another shape"),
    (lambda state: state["model"].update({"fc.bias": torch.zeros(9)}), "network of another shape")])
def test_foreign_states(network, stored, edit, match):
    change(stored, edit)
    with pytest.raises(ValueError, match=match):
        RunState(network, TrainConfig(epochs=5)).resume(stored)


def test_damaged_state(network, stored):
    stored.write_bytes(stored.read_bytes()[:500])
    with pytest.raises(ValueError, match="cut off"):
        RunState(network, TrainConfig(epochs=5)).resume(stored)
