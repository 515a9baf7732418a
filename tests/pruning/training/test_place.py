import pytest
import torch

from hypgcn_pruning.config import TrainConfig
from hypgcn_pruning.training.place import join_statistics, open_fabric, slow_precision

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


@pytest.mark.parametrize(("precision", "capabilities", "slow"), [
    ("bf16", {"avx2": True, "avx512_bf16": False}, True), ("bf16", {}, True), ("32", {}, False),
    ("bf16", {"avx512_bf16": True}, False), ("bf16", {"amx_bf16": True}, False), ("bf16", {"bf16": True}, False)])
def test_bfloat16_without_instructions_is_said(monkeypatch, precision, capabilities, slow):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    text = slow_precision(TrainConfig(precision=precision))
    assert (text == "precision is bf16, but this processor has no instructions for bfloat16, and is slower with it "
                    "than with --precision 32") if slow else not text


def test_a_gpu_needs_no_instructions_of_the_processor(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert slow_precision(TrainConfig(precision="bf16"))
    assert not slow_precision(TrainConfig(precision="bf16", accelerator="auto"))


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
