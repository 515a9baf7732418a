import numpy as np
import pytest
import torch

from hypgcn.design.clip import quantise_clip
from hypgcn_pruning.config import QuantiseConfig
from hypgcn_pruning.integers.fold_bn import fold
from hypgcn_pruning.integers.integer import run_integer
from hypgcn_pruning.integers.mixed import MixedNetwork, block_of
from hypgcn_pruning.integers.quantise import calibrate, graph_scales, quantise


@pytest.fixture(scope="module")
def case(trained, held):
    model, _ = trained
    clips = torch.from_numpy(held)
    scales = calibrate(model, clips, 0.5)
    return model, clips, scales, MixedNetwork(fold(model), scales, model.config, torch.float64)


def test_all_chosen_gives_the_integers(case):
    model, clips, scales, mixed = case
    design = quantise(model, clips, QuantiseConfig(), scales=scales)
    wanted = run_integer(design, np.stack([quantise_clip(design, clip) for clip in clips.numpy()]))
    z_scales = graph_scales(fold(model), scales)
    for name, tensor in mixed.tensors(clips, mixed.sites):
        integer = wanted[name].double()
        if name == "logits":
            torch.testing.assert_close(tensor, integer * design.logit_scale, rtol=1e-9, atol=design.logit_scale / 100)
            continue
        scale = z_scales[int(name.split(".")[1])] if name.endswith("z") else scales[name]
        torch.testing.assert_close(tensor / scale, integer.movedim(-1, -3), rtol=0, atol=1e-6)


def test_none_chosen_gives_the_float_network(case):
    model, clips, _, mixed = case
    for (name, tensor), (other, wanted) in zip(mixed.tensors(clips, ()), fold(model).tensors(clips), strict=True):
        assert name == other
        torch.testing.assert_close(tensor, wanted, rtol=1e-9, atol=1e-9)


def test_a_site_changes_nothing_before_it(case):
    _, clips, _, mixed = case
    whole = dict(mixed.tensors(clips, ()))
    for site in mixed.sites:
        order = [name for name in whole if name != "logits"]
        for name, tensor in mixed.tensors(clips, {site}):
            before = site != "clips" and (block_of(name) if name in order else 1 << 30) < block_of(site)
            if before:
                assert torch.equal(tensor, whole[name]), (site, name)
            if name == "logits":
                assert not torch.equal(tensor, whole[name]), site
