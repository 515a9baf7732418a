import json

import numpy as np
import pytest
import torch
from legible import drawn, problems, words

from hypgcn_pruning.integers.fold_bn import fold
from hypgcn_pruning.integers.quantise import calibrate
from hypgcn_pruning.integers.ranges import measure_ranges, plot_ranges
from hypgcn_pruning.recordings.data import prepared


@pytest.fixture(scope="module")
def learned(clips, preparation):
    return torch.from_numpy(prepared(clips.part(0), preparation))


@pytest.fixture(scope="module")
def tight(trained, learned):
    """Scales of which some clip a known share."""
    scales = calibrate(trained[0], learned, 1.0)
    return {**scales, "blocks.1.y": scales["blocks.1.y"] / 4, "x1": scales["x1"] / 3}


@pytest.fixture(scope="module")
def found(trained, learned, tight):
    return measure_ranges(trained[0], learned, tight)


def test_shares_are_counted(trained, learned, tight, found):
    tensors = dict(fold(trained[0]).tensors(learned))
    for name in ("x1", "blocks.1.y", "blocks.0.h"):
        steps = np.floor(tensors[name].numpy() / tight[name] + 0.5)
        row = found["activations"][name]
        assert row["saturated_high"] == pytest.approx((steps > 127).mean(), abs=1e-6)
        assert row["saturated_low"] == pytest.approx((steps < -128).mean(), abs=1e-6)
        assert row["zero"] == pytest.approx((steps == 0).mean(), abs=1e-6)
        assert (row["min"], row["max"]) == (tensors[name].min(), tensors[name].max())
        middle = np.quantile(tensors[name].numpy(), 0.5, method="nearest")
        assert row["quantiles"]["0.5"] == pytest.approx(float(middle))
    assert found["activations"]["x1"]["saturated_low"] > 0
    assert found["activations"]["blocks.1.y"]["saturated_high"] > 0
    assert found["activations"]["blocks.0.h"]["saturated_high"] == 0


def test_all_tensors_are_there(trained, found):
    depth = trained[0].depth
    assert len(found["activations"]) == 2 + 3 * depth
    assert {"blocks.0.graph", "blocks.0.down", "blocks.2.res", "head"} <= found["weights"].keys()
    assert "blocks.1.down" not in found["weights"]
    dropped = sum(int((block.filters == 0).sum()) for block in trained[0].blocks)
    assert sum(found["weights"][f"blocks.{index}.temporal"]["empty"] for index in range(depth)) == dropped > 0
    for row in found["weights"].values():
        assert 0 < row["smallest"] <= row["median"] <= row["largest"]


def test_data_and_picture_are_reproducible(trained, learned, tight, found, tmp_path):
    again = measure_ranges(trained[0], learned, tight)
    assert json.dumps(again) == json.dumps(found)
    plot_ranges(found, tmp_path / "a.png")
    plot_ranges(again, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_the_picture_can_be_read(found, tmp_path, monkeypatch):
    """Of the small network, and of ten blocks with multi-scale convolutions, the largest there are."""
    figures = drawn(monkeypatch)
    row, weight = found["activations"]["blocks.1.h"], found["weights"]["blocks.0.temporal"]
    parts = ("graph", "spatial", "temporal", "reduce", "branches")
    tensors = ["clips", "x1", *(f"blocks.{index}.{letter}" for index in range(10) for letter in "zhpqy")]
    weights = [*(f"blocks.{index}.{part}" for index in range(10) for part in parts), "blocks.0.down", "head"]
    large = {"activations": dict.fromkeys(tensors, row), "weights": dict.fromkeys(weights, weight)}
    for ranges in (found, large):
        plot_ranges(ranges, tmp_path / "a.png")
        figure = figures.pop()
        assert problems(figure) == []
        said = words(figure)
        for name in (*ranges["activations"], *ranges["weights"]):
            assert name.removeprefix("blocks.") in said
    assert any("|: median" in word for word in said) and any("red lines" in word for word in said)


def test_an_empty_network_can_be_drawn(trained, learned, tight, found, tmp_path):
    empty = {**found["weights"]["head"], "smallest": 0.0, "median": 0.0, "largest": 0.0}
    plot_ranges({**found, "weights": {"head": empty}}, tmp_path / "a.png")
    assert (tmp_path / "a.png").is_file()


def test_bad_input(trained, learned, tight):
    with pytest.raises(ValueError, match="clips must hold at least one clip, but are empty"):
        measure_ranges(trained[0], learned[:0], tight)
    with pytest.raises(ValueError, match="scales must hold"):
        measure_ranges(trained[0], learned, {**tight, "blocks.9.h": 1.0})
