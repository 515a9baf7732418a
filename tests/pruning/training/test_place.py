import pytest
import torch

from hypgcn_pruning.config import TrainConfig
from hypgcn_pruning.training.place import join_statistics, open_fabric

pytestmark = pytest.mark.filterwarnings("ignore:CUDA initialization")


def test_the_cpu_is_the_default():
    fabric = open_fabric(TrainConfig())
    assert fabric.device == torch.device("cpu")
    assert fabric.world_size == 1


@pytest.mark.parametrize(("found", "changes", "match"), [
    (0, {"accelerator": "cuda"}, "accelerator must be cpu or auto, not 'cuda': torch finds no CUDA device"),
    (0, {"precision": "16"}, "precision must be 32 or bf16 on the CPU, not '16'"),
    (0, {"precision": "16", "accelerator": "auto"}, "precision must be 32 or bf16 on the CPU, not '16'"),
    (2, {"precision": "16"}, "precision must be 32 or bf16 on the CPU, not '16'"),
    (2, {"devices": 3, "accelerator": "auto"}, "devices must be at most 2, the CUDA devices of this machine, not 3")])
def test_what_the_machine_lacks(monkeypatch, found, changes, match):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: found > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: found)
    with pytest.raises(ValueError, match=match):
        open_fabric(TrainConfig(**changes))


class TwoProcesses:
    """As if another process had statistics that are 2 higher."""

    world_size = 2

    def all_reduce(self, tensor, reduce_op):
        assert reduce_op == "mean"
        return tensor + 1


def test_statistics_are_joined():
    norm = torch.nn.BatchNorm1d(3)
    state = norm.state_dict()
    join_statistics(open_fabric(TrainConfig()), state)
    assert norm.running_mean.tolist() == [0, 0, 0]
    join_statistics(TwoProcesses(), state)
    assert norm.running_mean.tolist() == [1, 1, 1]
    assert norm.running_var.tolist() == [2, 2, 2]
    assert norm.weight.tolist() == [1, 1, 1]
