"""A network of multi-scale blocks through pruning, folding, quantisation and compiling: every number is the same."""

import dataclasses

import numpy as np
import pytest
import torch

from hypgcn.design.clip import quantise_clip
from hypgcn.golden.network import run as golden
from hypgcn_pruning.building.compile import compile_design
from hypgcn_pruning.building.narrow import narrow
from hypgcn_pruning.config import CompileConfig, PruneConfig, QuantiseConfig
from hypgcn_pruning.integers.fold_bn import fold
from hypgcn_pruning.integers.integer import predict_integer
from hypgcn_pruning.integers.layers import layer_report
from hypgcn_pruning.integers.mixed import MixedNetwork
from hypgcn_pruning.integers.qat import FakeQuantNetwork
from hypgcn_pruning.integers.quantise import calibrate, quantise
from hypgcn_pruning.integers.ranges import measure_ranges
from hypgcn_pruning.integers.remedies import calibrated
from hypgcn_pruning.network.branches import MULTI_SCALE
from hypgcn_pruning.network.checkpoint import check_masks
from hypgcn_pruning.network.cost import cost_of
from hypgcn_pruning.reports.activation_tally import ActivationTally
from hypgcn_pruning.sparsity.branches import drop_branch_channels
from hypgcn_pruning.sparsity.channels import drop_channels, reorder_channels
from hypgcn_pruning.sparsity.importance import hidden_scores
from hypgcn_pruning.sparsity.prune import prune
from hypgcn_pruning.sparsity.reconstruct import reconstruct
from hypgcn_pruning.sparsity.taps import cut_taps
from hypgcn_pruning.sparsity.thresholds import set_thresholds

BLOCKS = ((18, 1), (18, 1), (34, 2))


def clips_of(count=6, seed=1):
    return torch.randn(count, 1, 16, 7, 3, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def whole(make_network):
    return make_network(branches=MULTI_SCALE, kernel=9, blocks=BLOCKS)


@pytest.fixture(scope="module")
def pruned(make_network):
    model = make_network(branches=MULTI_SCALE, kernel=9, blocks=BLOCKS)
    with torch.no_grad():
        drop_channels(model, 0.5)
        reorder_channels(model, scores=hidden_scores(model, clips_of()))
        cut_taps(model, 4, hidden=0.5)
        drop_branch_channels(model, 0.6, clips_of())
        set_thresholds(model, clips_of(), 0.4, 0.4, 0.6)
    return model


@pytest.mark.parametrize("which", ["whole", "pruned"])
def test_folding_keeps_the_function(which, request):
    model, clips = request.getfixturevalue(which), clips_of(seed=2)
    with torch.no_grad():
        expected = model(clips)
        tensors = dict(fold(model).tensors(clips))
    torch.testing.assert_close(tensors["logits"].float(), expected, rtol=1e-4, atol=1e-4)
    assert {"blocks.0.p", "blocks.2.q"} <= tensors.keys()


@pytest.mark.parametrize("which", ["whole", "pruned"])
def test_golden_integers_and_the_networks_that_train_them_agree(which, request):
    """The design in golden, in the independent integers, and in training with the integers; and with all sites."""
    model, clips = request.getfixturevalue(which), clips_of(seed=3)
    scales = calibrate(model, clips)
    design = quantise(model, clips, QuantiseConfig(name="d"), scales=scales)
    raw = np.stack([quantise_clip(design, clip.numpy()) for clip in clips])
    expected = [golden(design, clip) for clip in raw]
    logits, overflow = predict_integer(design, raw)
    np.testing.assert_array_equal(logits, [one["logits"] for one in expected])
    assert not overflow.any() and len({tuple(one["logits"]) for one in expected}) == len(raw)
    aware = dict(FakeQuantNetwork(model, scales).tensors(clips.double()))
    mixed = MixedNetwork(fold(model), scales, model.config, torch.float64)
    real = dict(mixed.tensors(clips, mixed.sites))
    for index in range(len(BLOCKS)):
        for name in "hpqy":
            found = np.stack([one[f"blocks.{index}.{name}"][0] for one in expected]).transpose(0, 3, 1, 2)
            key = f"blocks.{index}.{name}"
            np.testing.assert_array_equal(aware[key].detach().numpy(), found, err_msg=key)
            np.testing.assert_allclose(real[key].numpy() / scales[key], found, atol=1e-6, err_msg=key)


def test_gradients_reach_every_stage(whole):
    scales = calibrate(whole, clips_of())
    aware = FakeQuantNetwork(whole, scales)
    aware(clips_of()).square().sum().backward()
    for conv in (aware.l2.scales.reduce.conv, aware.l2.scales.branches.conv, aware.l2.tcn1.conv):
        assert conv.weight.grad.abs().sum() > 0
    outside = aware.l2.scales.structure[..., None] == 0
    assert not aware.l2.scales.branches.conv.weight.grad[outside].any()


def test_reports_have_the_stages(pruned):
    clips = clips_of()
    scales = calibrate(pruned, clips)
    rows = layer_report(MixedNetwork(fold(pruned), scales, pruned.config), clips)
    assert {"blocks.1.reduce", "blocks.1.p", "blocks.1.branches", "blocks.1.q"} <= rows.keys()
    ranges = measure_ranges(pruned, clips, scales)
    assert "blocks.0.q" in ranges["activations"] and "blocks.0.branches" in ranges["weights"]


def test_biases_of_every_stage_are_corrected(pruned):
    plain, _ = calibrated(pruned, clips_of(), QuantiseConfig(name="d"))
    corrected, _ = calibrated(pruned, clips_of(), QuantiseConfig(name="d", correct_bias=True, equalise=True))
    for one, other in zip(plain.blocks, corrected.blocks):
        assert (one.scales.p_bias != other.scales.p_bias).any() and (one.scales.q_bias != other.scales.q_bias).any()


def test_compiling_drops_channels_that_nobody_reads(pruned):
    clips = clips_of(seed=4)
    design = quantise(pruned, clips, QuantiseConfig(name="d"))
    raw = np.stack([quantise_clip(design, clip.numpy()) for clip in clips])
    expected, _ = predict_integer(design, raw)
    thin = narrow(design)
    found, _ = predict_integer(thin, raw)
    assert torch.equal(found, expected)
    for block, wide, source in zip(thin.blocks, design.blocks, pruned.blocks):
        assert block.scales.q_channels <= int(source.scales.q_kept.sum()) < wide.scales.q_channels
        assert block.scales.p_channels <= int(source.scales.p_kept.sum()) and block.scales.max_channels >= 1
        assert block.h_channels == 16 and block.scales.dense == wide.scales.dense
    compiled = compile_design(design, raw, CompileConfig())
    logits, overflow = predict_integer(compiled, raw)
    assert torch.equal(logits, expected) and not overflow.any()
    scales = compiled.blocks[1].scales
    assert scales.p_depths[3] < scales.p_depths[0] and 0 < scales.density_q < 1 and len(scales.p_entries) == 4


def test_pruning_is_in_the_masks(pruned):
    check_masks(pruned, "model")
    for block in pruned.blocks:
        scales = block.scales
        assert int(scales.p_kept.sum()) < scales.width and int(scales.q_kept.sum()) < scales.width
        assert float(scales.theta_p) > 0 and float(scales.theta_q) > 0
        assert all(scales.p_kept[own].any() and scales.q_kept[own].any() for own in scales.groups)
    cost = cost_of(pruned)
    assert cost.macs()["all"] < cost.dense().macs()["all"] / 2 and cost.parameters() < cost.dense().parameters() / 2


def test_the_design_costs_what_the_network_costs(pruned):
    design = narrow(quantise(pruned, clips_of(), QuantiseConfig(name="d")))
    of_design, of_network = cost_of(design), cost_of(pruned)
    assert of_design.dense().macs() == of_network.dense().macs()
    # Columns of shortcuts that meet channels without a value are not read in the design.
    assert of_design.macs() == pytest.approx(of_network.macs(), rel=0.12)


def test_executed_multiplications_by_loops(pruned):
    """Products of a weight that is there and a value of H, P or Q that is not zero, counted one by one."""
    clips = clips_of(2)
    tally = ActivationTally(cost_of(pruned))
    with torch.no_grad():
        x = pruned.features(clips)
        for block in pruned.blocks:
            h = block.hidden(x)
            p = block.scales.p(h, block.read)
            q = block.scales.q(p)
            z = block.gcn1.graph_products(x, block.kept)
            before = tally.executed
            tally.add_block(pruned.blocks.index(block), 2, *(t.movedim(1, -1) for t in (x, z, h)),
                            behind=[t.movedim(1, -1) for t in (p, q)])
            found = tally.executed - before
            counted = int((h != 0).sum()) * int(block.scales.p_kept.sum())
            mask, frames = block.scales.branch_mask(), p.shape[2]
            for out in range(q.shape[2]):
                for tap in range(9):
                    t = out * block.stride + tap - 4
                    if 0 <= t < frames:
                        counted += int(((p[:, :, t] != 0).sum((0, 2)) * mask[:, :, tap].sum(0)).sum())
            counted += int((q != 0).sum((0, 2, 3)) @ block.temporal_mask()[:, :, 0].sum(0).long())
            rest = ActivationTally(cost_of(pruned))     # everything but these
            rest.add_block(pruned.blocks.index(block), 2, *(t.movedim(1, -1) for t in (x, z, h)),
                           behind=[torch.zeros_like(t).movedim(1, -1) for t in (p, q)])
            beside = rest.executed - int((h != 0).sum()) * int(block.scales.p_kept.sum())
            assert found - beside == counted > 0
            x = block(x)


def test_dense_multiplications_by_hand(whole):
    """Behind H: two 1x1 convolutions, three taps of four branches, and one weight of the channels that pass."""
    widths = {18: (3,) * 6, 34: (9, 5, 5, 5, 5, 5)}
    macs, frames = 0, 16
    for outputs, stride in BLOCKS:
        taps = sum(3 * width**2 for width in widths[outputs][:4]) + sum(widths[outputs][4:])
        behind = frames // stride
        macs += 7 * (frames * outputs**2 + behind * (taps + outputs**2))
        frames = behind
    assert cost_of(whole).macs()["temporal"] == cost_of(whole).dense().macs()["temporal"] == macs


def test_reordering_keeps_the_function(make_network):
    model = make_network(branches=MULTI_SCALE, kernel=9, blocks=BLOCKS)
    before = model(clips_of())
    with torch.no_grad():
        reorder_channels(model, scores=hidden_scores(model, clips_of()))
    torch.testing.assert_close(model(clips_of()), before, rtol=1e-4, atol=1e-4)


def test_reconstruction_comes_nearer(make_network):
    reference = make_network(branches=MULTI_SCALE, kernel=9, blocks=BLOCKS)
    cut = make_network(branches=MULTI_SCALE, kernel=9, blocks=BLOCKS)
    with torch.no_grad():
        drop_channels(cut, 0.5)
        drop_branch_channels(cut, 0.6, clips_of())
        before = (cut(clips_of()) - reference(clips_of())).square().mean()
        reconstruct(cut, reference, clips_of())
        assert (cut(clips_of()) - reference(clips_of())).square().mean() < before
    check_masks(cut, "model")


@pytest.mark.parametrize(("name", "match"), [
    ("p_kept", "l2.scales.p_kept must be 0 or 1 and keep at least one"),
    ("theta_q", "l2.scales.theta_q must not be negative"),
    ("weight", "l2.scales.branches.conv has weights where its masks cut, or outside its branches")])
def test_damaged_states(make_network, name, match):
    model = make_network(branches=MULTI_SCALE, kernel=9, blocks=BLOCKS)
    scales = model.l2.scales
    with torch.no_grad():
        if name == "weight":
            scales.branches.conv.weight[0, -1, 0] = 1
        else:
            scales.get_buffer(name).fill_(-1 if name == "theta_q" else 0)
    with pytest.raises(ValueError, match=match):
        check_masks(model, "model")


@pytest.mark.parametrize(("branches", "change", "match"), [
    (MULTI_SCALE, {"schedule": "admm"}, "schedule must not be admm"),
    (MULTI_SCALE, {"ratios": "sensitivity", "macs": 3.0}, "ratios not sensitivity"),
    ((), {"branches": 0.5}, "branches must be 1 for a network without multi-scale blocks, not 0.5")])
def test_what_pruning_refuses(make_network, tmp_path, clips, preparation, branches, change, match):
    from hypgcn_pruning.config import TrainConfig
    with pytest.raises(ValueError, match=match):
        prune(make_network(branches=branches, kernel=9), clips, preparation, PruneConfig(**change), TrainConfig(),
              tmp_path, progress=False)


def test_older_descriptions_of_stores_stay(whole):
    with pytest.raises(ValueError, match="scales must hold clips, x1, and z, h, p, q and y of 3 blocks"):
        quantise(whole, clips_of(), QuantiseConfig(name="d"), scales={"clips": 1.0})
    assert dataclasses.is_dataclass(fold(whole).blocks[0].scales)
