import numpy as np
import pytest
import torch

from hypgcn.arith.requant import signed_digits
from hypgcn.design import Design
from hypgcn.design.clip import quantise_clip
from hypgcn_pruning.config import QuantiseConfig
from hypgcn_pruning.integers.fold_bn import Folded, fold
from hypgcn_pruning.integers.integer import run_integer
from hypgcn_pruning.integers.quantise import (
    _graph,
    _shortcut,
    calibrate,
    graph_scales,
    multipliers,
    quantise,
)
from hypgcn_pruning.network.predict import predict
from hypgcn_pruning.recordings.data import prepared
from hypgcn_pruning.reports.evaluate import layer_noise


@pytest.fixture(scope="module")
def learned(clips, preparation):
    return torch.from_numpy(prepared(clips.part(0), preparation))


@pytest.fixture(scope="module")
def design(trained, clips, preparation, learned):
    return quantise(trained[0], learned, QuantiseConfig(name="tiny"), preparation=preparation,
                    class_names=clips.class_names)


def test_integers_follow_the_float_network(trained, design, held):
    """Top-1 agrees, and every tensor of the integer network is the float network's at some scale, to 15 dB or
    better."""
    model, _ = trained
    found = run_integer(design, np.stack([quantise_clip(design, clip) for clip in held]))
    logits = predict(model, torch.from_numpy(held))
    assert float((found["logits"].argmax(1) == logits.argmax(1)).double().mean()) >= 0.9
    torch.testing.assert_close(found["logits"].double() * design.logit_scale, logits.double(), rtol=0.2, atol=0.3)
    noise = layer_noise(model, design, held)
    assert len(noise) == 2 + 3 * len(design.blocks)
    assert min(noise.values()) > 15, noise


def test_identity_shortcuts_take_one_addition(design):
    factors = [(block.h_res_mult, block.y_res_mult) for block in design.blocks]
    assert any(h for h, _ in factors) and any(y for _, y in factors)
    assert max(len(signed_digits(factor)) for pair in factors for factor in pair) <= 2


def test_masks_and_thresholds_arrive(trained, design):
    assert any(block.threshold_h > 0 for block in design.blocks)
    assert any(block.threshold_z > 0 for block in design.blocks)
    for block, original in zip(design.blocks, trained[0].blocks):
        for name in ("kept", "filters", "taps"):
            np.testing.assert_array_equal(getattr(block, name), getattr(original, name).numpy())
        assert block.threshold_h == 0 or original.theta_h > 0
        assert block.h_mult.max() > 16000 or block.h_shift == 31


def test_the_dead_zone_ends_at_the_step_nearest_to_the_float_one(trained, learned, held):
    """And as many values of Z are left as the float network has beyond that step."""
    model, _ = trained
    scales = calibrate(model, learned)
    design = quantise(model, learned, QuantiseConfig(), scales=scales)
    found = run_integer(design, np.stack([quantise_clip(design, clip) for clip in held]))
    real = dict(fold(model).tensors(torch.from_numpy(held)))
    for index, (block, made, step) in enumerate(zip(model.blocks, design.blocks, graph_scales(fold(model), scales))):
        end = (made.threshold_z + 0.5) * step
        assert abs(end - float(block.gcn1.theta_z)) <= step / 2 + 1e-9
        kept = block.kept == 1
        left = float((real[f"blocks.{index}.z"][:, :, kept].abs() > end).double().mean())
        assert float((found[f"blocks.{index}.z"][..., kept] != 0).double().mean()) == pytest.approx(left, abs=0.05)


def test_weights_use_their_range(design):
    for block in design.blocks:
        rows = np.abs(block.temporal.astype(int)).max(axis=(1, 2))
        if block.res is not None:
            rows = np.maximum(rows, np.abs(block.res.astype(int)).max(axis=1))
        assert (rows[block.filters == 1] == 127).all()
        assert 63 <= np.abs(block.graph.astype(int)).max() <= 127


def test_design_is_saved_and_loaded(tmp_path, design, preparation):
    design.save(tmp_path)
    assert Design.load(tmp_path).hash == design.hash
    assert Design.load(tmp_path).meta["preparation"]["frames"] == preparation.frames


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_short_and_zero_clips(make_network, frames):
    model = make_network(frames=frames, persons=2)
    clips = torch.randn(6, 2, frames, 7, 3)
    clips[0] = 0
    design = quantise(model, clips, QuantiseConfig())
    assert design.frames == frames
    found = run_integer(design, np.stack([quantise_clip(design, clip) for clip in clips.numpy()]))
    assert found["logits"].shape == (6, 3)
    assert not found["overflow"].any()


def test_all_zero_calibration_is_no_division_by_zero(make_network):
    assert quantise(make_network(), torch.zeros(2, 1, 16, 7, 3), QuantiseConfig()).input_scale > 0


def test_dead_classifier_is_an_error(make_network):
    model = make_network()
    model.fc.weight.data.zero_()
    with pytest.raises(ValueError, match="fc.weight must not be all zero"):
        quantise(model, torch.randn(2, 1, 16, 7, 3), QuantiseConfig())


@pytest.mark.parametrize("gains", [[1.0], [1e-6, 3e-6], [0.999, -0.3], [300.0, 1.0], [0.0]])
def test_multipliers_are_exact_enough(gains):
    gains = np.array(gains)
    mult, bias, shift = multipliers(gains, np.array([12.5]))
    assert 1 <= shift <= 31
    assert np.abs(mult).max() <= 65535
    np.testing.assert_allclose(mult / 2.0**shift, gains, atol=max(np.abs(gains).max() * 2**-15, 2.0**-31))
    assert bias[0] / 2.0**shift == pytest.approx(12.5, rel=1e-6)


def test_large_biases_lower_the_shift():
    _, bias, shift = multipliers(np.array([1e-8]), np.array([1e6]))
    assert abs(bias[0]) < 2**40
    assert shift < 31


def test_degenerate_scales_are_errors():
    with pytest.raises(ValueError, match="degenerate"):
        multipliers(np.array([1e6]), np.array([0.0]))
    with pytest.raises(ValueError, match="degenerate"):
        _shortcut(1e6, 31)


@pytest.mark.parametrize("ratio", [1.0, 0.01, 3.7])
@pytest.mark.parametrize("shift", [10, 23, 31])
def test_shortcut_gain(ratio, shift):
    mult, res_shift = _shortcut(ratio, shift)
    assert 0 <= mult <= 4095
    assert 0 <= res_shift <= 24
    assert mult * 2.0 ** (res_shift - shift) == pytest.approx(ratio, rel=1e-3, abs=2.0**-shift)


@pytest.mark.parametrize("wanted", [1e-6, 0.01, 0.1, 5.0])
def test_graph_scale_is_consistent(wanted):
    graph = torch.randn(3, 5, 5, dtype=torch.float64)
    values, shift, scale = _graph(graph, 0.02, wanted)
    assert 1 <= shift <= 15
    step = scale / (0.02 * 2.0**shift)
    assert np.abs(values * step - graph.numpy()).max() <= step / 2 + 1e-9
    assert np.abs(values.astype(int)).max() <= 127


def test_the_order_of_sums_changes_no_byte(trained, learned, monkeypatch):
    """Activations are sums, whose last bits are another machine's to choose: steps, integers and the scale of the
    logits stay."""
    model, _ = trained
    here = quantise(model, learned, QuantiseConfig())
    exact = Folded.tensors

    def elsewhere(folded, clips):
        noise = torch.Generator().manual_seed(7)
        for name, tensor in exact(folded, clips):
            yield name, tensor * (1 + 1e-13 * torch.randn(tensor.shape, generator=noise, dtype=tensor.dtype))

    monkeypatch.setattr(Folded, "tensors", elsewhere)
    there = quantise(model, learned, QuantiseConfig())
    assert there.hash == here.hash
