import numpy as np
import pytest
import torch

from hypgcn.design.clip import quantise_clip
from hypgcn.design.presets import random_design
from hypgcn_pruning.config import QuantiseConfig
from hypgcn_pruning.integers.fold_bn import fold
from hypgcn_pruning.integers.integer import run_integer
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.recordings.data import prepared
from hypgcn_pruning.recordings.prepared import PreparedClips
from hypgcn_pruning.reports.evaluate import count_macs, design_figures, evaluate, layer_noise, losses


def test_macs_by_hand():
    design = random_design(0, name="d", frames=7, joints=3, persons=2, classes=3, kernel=5, widths=(20, 20),
                           strides=(1, 2), keep=0.5)
    dense, pruned = count_macs(design, dense=True), count_macs(design)
    assert dense["graph"] == 2 * 7 * 3 * 3 * 3 * (3 + 20)
    assert dense["spatial"] == 2 * 7 * 3 * 3 * 20 * (3 + 20)
    assert dense["temporal"] == 2 * 3 * (7 + 4) * 20 * 20 * 5
    assert dense["shortcuts"] == 2 * 3 * 7 * 3 * 20 + (2 * 3 * 4 * 20 * 20 if design.blocks[1].res is not None else 0)
    assert pruned["all"] == sum(pruned[k] for k in ("graph", "spatial", "temporal", "shortcuts")) < dense["all"]
    temporal = 0
    for index, block in enumerate(design.blocks):
        taps = np.repeat(block.taps, 16, axis=0)[:20]
        temporal += 2 * 3 * (7, 4)[index] * int(block.filters.sum()) * int(taps.sum())
    assert pruned["temporal"] == temporal


def test_figures(trained, clips, preparation, held):
    model, score = trained
    design = quantise(model, torch.from_numpy(prepared(clips.part(0), preparation)), QuantiseConfig())
    found = evaluate(held, clips.part(1).label, pruned=model, design=design, class_names=("a", "b", "c"))
    assert found["clips"] == len(held)
    assert found["accuracy"]["pruned"] == pytest.approx(score, abs=1e-4)
    assert found["agreement_pruned_int8"] >= 0.9
    assert found["clips_with_overflow"] == 0
    assert found["noise_db"]["x1"] > 25
    assert found["top5"] == {"pruned": None, "int8": None}
    for name in ("pruned", "int8"):
        confusion = np.array(found["confusion"][name])
        assert confusion.sum(1).tolist() == np.bincount(clips.part(1).label).tolist() == [
            row["clips"] for row in found["classes"]]
        assert round(confusion.trace() / len(held), 4) == found["accuracy"][name]
        assert [row["accuracy"][name] for row in found["classes"]] == [
            round(int(confusion[k, k]) / int(confusion[k].sum()), 4) for k in range(3)]
    assert [row["name"] for row in found["classes"]] == ["a", "b", "c"]
    figures = design_figures(design)
    assert figures["channels_dropped_after_block_1"] == 0.5
    assert figures["taps_cut"] == 0.4
    assert found["design"] == figures
    assert figures["blocks"][1]["kept"] == 10


def test_clips_are_read_in_batches(trained, clips, preparation, monkeypatch):
    """Case 21: never all at once, and with the result of all at once."""
    model, _ = trained
    design = quantise(model, torch.from_numpy(prepared(clips.part(0), preparation)), QuantiseConfig())
    test = clips.part(1)
    many = test.take(np.arange(5 * len(test)) % len(test))
    sizes = []

    class Counted(PreparedClips):
        def __getitem__(self, part):
            found = super().__getitem__(part)
            sizes.append(len(found))
            return found

    found = evaluate(Counted(many, preparation, 1), many.label, pruned=model, design=design)
    assert max(sizes) == 64 and len(many) == 90
    assert found == evaluate(prepared(many, preparation), many.label, pruned=model, design=design)
    monkeypatch.setattr("hypgcn_pruning.network.predict.FRAMES", 7 * 16)
    sizes.clear()
    assert evaluate(Counted(many, preparation, 1), many.label, pruned=model, design=design)["accuracy"] == \
        found["accuracy"]
    assert max(sizes[:-1]) == 7  # the last slice has the clips of the noise


def test_noise_is_that_of_all_clips_together(trained, clips, preparation, held):
    """Sums of single clips give the figure of the whole."""
    model, _ = trained
    design = quantise(model, torch.from_numpy(prepared(clips.part(0), preparation)), QuantiseConfig())
    integers = run_integer(design, np.stack([quantise_clip(design, clip) for clip in held]))
    found = layer_noise(model, design, held)
    for name, real in fold(model).tensors(torch.from_numpy(held)):
        integer = integers[name].double() if name == "logits" else integers[name].double().movedim(-1, -3)
        scale = (integer * real).sum() / integer.square().sum()
        error = (real - scale * integer).square().sum()
        assert found[name] == pytest.approx(float(10 * torch.log10(real.square().sum() / error)), abs=0.051)


def test_classes_that_no_clip_is_of(trained, held, clips):
    """The matrix has all classes of the network, and their mean those with clips."""
    found = evaluate(held[:4], np.zeros(4, np.int64), pruned=trained[0])
    assert np.array(found["confusion"]["pruned"]).shape == (3, 3)
    assert [row["accuracy"]["pruned"] for row in found["classes"]][1:] == [None, None]
    assert found["class_accuracy"]["pruned"] == found["accuracy"]["pruned"]


def test_no_clips(held):
    with pytest.raises(ValueError, match="at least one clip"):
        evaluate(held[:0], np.zeros(0, int))


def test_the_step_that_loses_is_named():
    """The tutorial's bone network: 69 % dense, 31 % as int8, of which pruning lost the most."""
    pruned, int8 = losses({"float": 0.6875, "pruned": 0.375, "int8": 0.3125})
    assert pruned.startswith("pruned is 31.2 points below float (37.5 against 68.8 %)")
    assert int8.startswith("int8 is 6.2 points below pruned")
    assert "--report always" in int8
    assert losses({"float": 0.9, "int8": 0.896}) == []
