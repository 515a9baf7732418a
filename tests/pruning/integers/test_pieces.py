"""Calibration piece by piece gives what calibration at once gives, in the memory of one piece."""

import pytest
import torch

from hypgcn_pruning.config import QuantiseConfig
from hypgcn_pruning.integers import pieces
from hypgcn_pruning.integers.fold_bn import fold
from hypgcn_pruning.integers.mixed import MixedNetwork
from hypgcn_pruning.integers.pieces import Places, clip_pieces, tensor_pieces
from hypgcn_pruning.integers.quantise import calibrate
from hypgcn_pruning.integers.ranges import measure_ranges
from hypgcn_pruning.integers.remedies import calibrated
from hypgcn_pruning.integers.scales import best_scale
from hypgcn_pruning.recordings.data import prepared


@pytest.fixture(scope="module")
def learned(clips, preparation):
    return torch.from_numpy(prepared(clips.part(0), preparation))


def test_pieces_hold_all_clips(monkeypatch):
    clips = torch.arange(7 * 2 * 5 * 3 * 2).reshape(7, 2, 5, 3, 2)
    for frames, count in ((20, 2), (25, 2), (5, 1), (1000, 7)):
        monkeypatch.setattr(pieces, "FRAMES", frames)
        made = clip_pieces(clips)
        assert max(map(len, made)) == count and torch.equal(torch.cat(made), clips)


def test_places():
    found = Places(torch.tensor([5, 0, 5, 9, 3]))
    for start in (4, 0, 8):
        found.add(start, torch.arange(start, start + (2 if start == 8 else 4)).double())
    assert found.values.tolist() == [5, 0, 5, 9, 3] and found.values.dtype == torch.float64


def test_the_same_results_in_pieces(trained, learned, monkeypatch):
    """Steps, ranges and corrected biases are those of one piece."""
    model, config = trained[0], QuantiseConfig(correct_bias=True, equalise=True)

    def everything():
        scales = calibrate(model, learned)
        folded, more = calibrated(model, learned, config)
        votes = MixedNetwork(fold(model), scales, model.config).predict(learned, ("x1",))
        return scales, measure_ranges(model, learned, scales), more, folded, votes

    whole = everything()
    seen = []
    real = pieces.Folded.tensors
    monkeypatch.setattr(pieces.Folded, "tensors", lambda self, clips: seen.append(len(clips)) or real(self, clips))
    monkeypatch.setattr(pieces, "FRAMES", 5 * 16)
    parts = everything()
    assert seen and max(seen) == 5
    assert parts[0] == whole[0] and parts[2] == whole[2]
    for name, row in whole[1]["activations"].items():
        found = parts[1]["activations"][name]
        assert found["zero"] == row["zero"] and abs(found["max"] - row["max"]) < 1e-9
        assert all(abs(found["quantiles"][q] - row["quantiles"][q]) < 1e-9 for q in row["quantiles"])
    for one, other in zip(parts[3].blocks, whole[3].blocks):
        torch.testing.assert_close(one.h_bias, other.h_bias, rtol=0, atol=1e-9)
        torch.testing.assert_close(one.y_bias, other.y_bias, rtol=0, atol=1e-9)
    torch.testing.assert_close(parts[4], whole[4])


def test_steps_are_those_of_the_whole_tensor(trained, learned, monkeypatch):
    model = trained[0]
    monkeypatch.setattr(pieces, "FRAMES", 3 * 16)
    scales = calibrate(model, learned, 0.4)
    with torch.inference_mode():
        whole = dict(fold(model).tensors(learned))
    assert scales["x1"] == best_scale(whole["x1"], 0.4)
    assert scales["blocks.1.z"] == best_scale(whole["blocks.1.z"], 0.4)


def test_names_and_first_clips(trained, learned, monkeypatch):
    monkeypatch.setattr(pieces, "FRAMES", 4 * 16)
    found = [(name, first) for name, first, _ in tensor_pieces(fold(trained[0]), learned[:9]) if name == "x1"]
    assert found == [("x1", 0), ("x1", 4), ("x1", 8)]
