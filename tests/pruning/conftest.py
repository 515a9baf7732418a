"""A tiny network on generated motion, trained and pruned once for all tests of the offline path."""

import pytest
import torch

from hypgcn.design.skeleton import Skeleton
from hypgcn_pruning.config import TrainConfig
from hypgcn_pruning.network.model import ModelConfig, Network
from hypgcn_pruning.recordings.data import preparation_for, prepared
from hypgcn_pruning.recordings.motion import MotionConfig, generate_motion
from hypgcn_pruning.sparsity.channels import drop_channels, reorder_channels
from hypgcn_pruning.sparsity.taps import cut_taps
from hypgcn_pruning.sparsity.thresholds import set_thresholds
from hypgcn_pruning.training.train import train

torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def no_curves():
    """Training draws no curves: a picture takes twice as long as training one of these networks, and test_curves.py
    and test_train.py have tests of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hypgcn_pruning.training.train.plot_history", lambda history, path: None)
        yield


@pytest.fixture(scope="session")
def skeleton():
    return Skeleton(name="seven", joints=7, centre=0, bones=((1, 0), (2, 1), (3, 1), (4, 0), (5, 4), (6, 0)))


@pytest.fixture(scope="session")
def clips(skeleton):
    return generate_motion(skeleton, MotionConfig(classes=3, clips=24, frames=(12, 30), persons=1))


@pytest.fixture(scope="session")
def preparation(skeleton):
    return preparation_for(skeleton, 16)


@pytest.fixture(scope="session")
def held(clips, preparation):
    return prepared(clips.part(1), preparation)


@pytest.fixture(scope="session")
def make_network(skeleton):
    """A fresh network with random weights and statistics, so that no channel is like another."""
    def make(**changes):
        torch.manual_seed(3)
        settings = {"skeleton": skeleton, "classes": 3, "frames": 16, "kernel": 5,
                    "blocks": ((20, 1), (20, 1), (34, 2), (34, 1), (34, 2)), **changes}
        model = Network(ModelConfig(**settings))
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(module.weight, 0.5, 1.5)
                torch.nn.init.normal_(module.bias, 0, 0.2)
                module.running_mean.normal_(0, 0.2)
                module.running_var.uniform_(0.5, 2)
        for block in model.blocks:
            torch.nn.init.normal_(block.gcn1.PA, 0, 0.1)
        return model.eval()
    return make


@pytest.fixture(scope="session")
def trained(skeleton, clips, preparation, tmp_path_factory):
    """(pruned network, accuracy of its last epoch)."""
    torch.manual_seed(0)
    model = Network(ModelConfig(skeleton=skeleton, classes=3, frames=16, kernel=5, blocks=((20, 1), (20, 1), (24, 2))))
    fast = {"batch": 16, "average": 0.8, "epoch_steps": 1, "degrees": 20.0}
    folder = tmp_path_factory.mktemp("trained")
    train(model, clips, preparation, TrainConfig(epochs=8, **fast), folder / "float", progress=False)
    with torch.no_grad():
        drop_channels(model, 0.5)
        reorder_channels(model)
        cut_taps(model, 3)
        set_thresholds(model, torch.from_numpy(prepared(clips.part(0), preparation)), 0.3, 0.4, 0.6, 0.8)
    history = train(model, clips, preparation, TrainConfig(epochs=4, rate=0.05, **fast), folder / "pruned",
                    progress=False)
    return model, history[-1]["accuracy"]
