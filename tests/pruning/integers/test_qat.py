"""The forward pass of quantisation-aware training against the independent integer network, and what training with it
gives."""

import copy

import numpy as np
import pytest
import torch

from hypgcn.design.clip import quantise_clip
from hypgcn_pruning.config import QuantiseConfig, TrainConfig
from hypgcn_pruning.integers.integer import predict_integer, run_integer
from hypgcn_pruning.integers.qat import FakeQuantNetwork, train_aware
from hypgcn_pruning.integers.quantise import calibrate, quantise
from hypgcn_pruning.network.checkpoint import load_checkpoint
from hypgcn_pruning.network.predict import predict
from hypgcn_pruning.recordings.data import prepared

FAST = {"batch": 16, "average": 0.8, "degrees": 20.0}


@pytest.fixture(scope="module")
def learned(clips, preparation):
    return torch.from_numpy(prepared(clips.part(0), preparation))


@pytest.fixture
def cases(trained, make_network, learned):
    """Networks with every kind of shortcut, stride and mask, and their scales; (model, scales, design)."""
    pruned = make_network(persons=2)
    with torch.no_grad():
        pruned.blocks[1].kept[::3] = 0
        pruned.blocks[2].filters[:5] = 0
        pruned.blocks[3].filters[:] = 0
        pruned.blocks[0].taps[0, 1] = 0
        pruned.blocks[1].theta_h.fill_(0.3)
        pruned.blocks[2].gcn1.theta_z.fill_(0.4)
        for block in pruned.blocks:
            block.apply_masks()
    found = []
    for model, sample in ((trained[0], learned), (pruned, learned[:12].repeat(1, 2, 1, 1, 1))):
        scales = calibrate(model, sample, 0.5)
        found.append((model, scales, quantise(model, sample, QuantiseConfig(), scales=scales), sample))
    return found


def compare(model, scales, design, sample, dtype):
    """For every tensor the share of values that differ, and by how much at most; all in steps."""
    real = np.stack([quantise_clip(design, clip) for clip in sample.numpy()])
    found = run_integer(design, real)
    network = FakeQuantNetwork(model, scales).eval()
    clips = torch.from_numpy(real).to(dtype) * design.input_scale
    odd = {}
    with torch.inference_mode():
        for name, tensor in network.tensors(clips):
            wanted = found[name].double() if name == "logits" else found[name].double().movedim(-1, -3)
            if name.endswith("z"):
                wanted = wanted[:, :, design.blocks[int(name.split(".")[1])].kept.nonzero()[0]]
            if name == "logits":
                tensor = tensor / design.logit_scale
            off = (tensor.double() - wanted).abs()
            odd[name] = (float((off > 1e-6).double().mean()), float(off.max()))
    assert len(odd) == 2 + 3 * len(design.blocks)
    return odd


def test_float64_gives_the_integers(cases):
    for case in cases:
        odd = compare(*case, torch.float64)
        assert all(share == 0 for name, (share, _) in odd.items() if name != "logits"), odd
        assert odd["logits"][1] < 1e-3


def test_float32_differs_in_ties_only(cases):
    """Not more than one value in ten thousand, by one step, or by what a threshold cuts off."""
    for case in cases:
        for name, (share, most) in compare(*case, torch.float32).items():
            if name != "logits":
                theta = max(max(block.threshold_z, block.threshold_h, block.threshold_y) for block in case[2].blocks)
                assert share <= 1e-4 and most <= 1 + theta, (name, share, most)


def test_predictions_are_those_of_the_design(trained, learned, held):
    model, _ = trained
    scales = calibrate(model, learned)
    design = quantise(model, learned, QuantiseConfig(), scales=scales)
    votes = predict(FakeQuantNetwork(model, scales), torch.from_numpy(held)).argmax(1)
    logits, _ = predict_integer(design, np.stack([quantise_clip(design, clip) for clip in held]))
    assert int((votes != logits.argmax(1)).sum()) <= 1


def test_gradients_are_those_of_the_float_network(trained, learned):
    """Straight through: nearly the float network's direction, with its batch norms as in evaluation; none for weights
    that masks cut."""
    model, _ = trained
    labels = torch.arange(24) % 3
    found = []
    for network in (copy.deepcopy(model).eval(), FakeQuantNetwork(model, calibrate(model, learned, 1.0)).train()):
        torch.nn.functional.cross_entropy(network(learned[:24]), labels).backward()
        found.append({name: parameter.grad for name, parameter in network.named_parameters()})
    for name, wanted in found[0].items():
        assert torch.isfinite(found[1][name]).all()
        if wanted.norm() > 1e-3:
            assert torch.cosine_similarity(found[1][name].flatten(), wanted.flatten(), 0) > 0.95, name
    for index, block in enumerate(model.blocks, 1):
        cut = block.temporal_mask()[..., None].expand_as(block.tcn1.conv.weight) == 0
        assert not found[1][f"l{index}.tcn1.conv.weight"][cut].any()


def test_training_keeps_scales_and_accuracy(trained, clips, preparation, learned, held, tmp_path):
    """On purpose with scales that clip: calibration alone then loses accuracy, and training brings it back."""
    model = copy.deepcopy(trained[0])
    scales = calibrate(model, learned)
    scales = {name: scale * (1 if name in ("clips", "x1") else 0.2) for name, scale in scales.items()}
    labels = clips.part(1).label

    def score(network):
        design = quantise(network, learned, QuantiseConfig(), scales=scales)
        logits, _ = predict_integer(design, np.stack([quantise_clip(design, clip) for clip in held]))
        return float((logits.argmax(1).numpy() == labels).mean())

    before = score(model)
    statistics = model.l1.tcn1.bn.running_mean.clone()
    history = train_aware(model, scales, clips, preparation, QuantiseConfig(epochs=4, rate=0.02), TrainConfig(**FAST),
                          tmp_path, progress=False)
    loaded, info = load_checkpoint(tmp_path / "last.safetensors")
    assert info["scales"] == scales
    torch.testing.assert_close(loaded.l1.tcn1.bn.running_mean, statistics)
    assert torch.equal(loaded.fc.weight, model.fc.weight)
    assert score(loaded) == pytest.approx(history[-1]["accuracy"], abs=1.01 / len(labels))
    assert before < score(loaded)
    assert score(loaded) >= trained[1] - 1.01 / len(labels)
    assert history[-1]["loss"] < history[0]["loss"]


def test_bad_input(trained, clips, preparation, learned, tmp_path):
    model, _ = trained
    scales = calibrate(model, learned[:4])
    with pytest.raises(ValueError, match="precision must be 32 where .*, not 'bf16'"):
        train_aware(model, scales, clips, preparation, QuantiseConfig(epochs=1), TrainConfig(precision="bf16"),
                    tmp_path)
    with pytest.raises(ValueError, match="scales must hold .* blocks; missing or unknown: blocks.0.z"):
        FakeQuantNetwork(model, {name: scale for name, scale in scales.items() if name != "blocks.0.z"})
    for bad in (0.0, float("nan"), float("inf"), "1", True):
        with pytest.raises(ValueError, match="scales: x1 must be a positive number, not"):
            FakeQuantNetwork(model, {**scales, "x1": bad})
