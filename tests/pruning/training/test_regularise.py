"""Several regularisers act as one."""

import torch

from hypgcn_pruning.training.regularise import ActivationPenalty, Regularisers


class Counting:
    """Penalises by ``weight`` and counts epochs."""

    def __init__(self, weight, log):
        self.weight, self.log, self.epoch = weight, log, 0

    def begin(self, model):
        self.log.append("begin")

    def penalty(self, model):
        return torch.tensor(self.weight)

    def after_epoch(self, model):
        self.epoch += 1

    def end(self, model):
        self.log.append("end")

    def settings(self):
        return {"weight": self.weight}

    def state_dict(self):
        return {"epoch": self.epoch}

    def load_state_dict(self, state):
        self.epoch = state["epoch"]


def test_all_take_part(make_network):
    log = []
    model, parts = make_network(), [Counting(0.5, log), Counting(0.25, log)]
    both = Regularisers(*parts)
    both.begin(model)
    assert both.penalty(model) == 0.75
    both.after_epoch(model)
    parts[1].after_epoch(model)
    both.end(model)
    assert log == ["begin", "begin", "end", "end"]
    assert both.settings() == {"0": {"weight": 0.5}, "1": {"weight": 0.25}}
    again = [Counting(0.5, log), Counting(0.25, log)]
    Regularisers(*again).load_state_dict(both.state_dict())
    assert [part.epoch for part in again] == [1, 2]


def test_penalty_is_the_sum_with_gradients(make_network):
    model = make_network()
    both = Regularisers(ActivationPenalty(0.5), Counting(1.0, []))
    both.begin(model)
    model(torch.randn(2, 1, 16, 7, 3))
    penalty = both.penalty(model)
    penalty.backward()
    assert penalty > 1 and model.blocks[0].gcn1.conv_d[0].weight.grad.abs().sum() > 0
    both.end(model)
    assert all(block.observer is None for block in model.blocks)
