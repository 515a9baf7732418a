import math

import pytest
import torch

from hypgcn_pruning.integers.fold_bn import fold
from hypgcn_pruning.integers.layers import layer_report, table, tensor_row, title
from hypgcn_pruning.integers.mixed import MixedNetwork
from hypgcn_pruning.integers.quantise import calibrate


def test_a_tensor_by_hand():
    """Steps of 0.5, -128..127: 70 rounds to 140 and becomes 127 (63.5), -70 becomes -128 (-64), 0.2 becomes 0."""
    values = torch.tensor([70.0, -70.0, 63.7, 0.2, 1.0, -1.5, 0.0, 8.0])
    row = tensor_row(values, 0.5)
    assert row["saturated"] == 2 / 8
    assert row["reach_max"] == round(63.5 / 70, 4)
    assert row["reach_999"] == round(63.5 / 70, 4)
    noise = 6.5**2 + 6.0**2 + 0.2**2 + 0.2**2
    assert row["snr"] == pytest.approx(10 * math.log10(float(values.square().sum()) / noise), abs=0.06)
    assert tensor_row(values, 0.5, 0)["saturated"] == 3 / 8  # -1.5 as well
    assert tensor_row(torch.zeros(4), 0.5) == {"scale": 0.5, "saturated": 0.0, "reach_max": 0.0, "reach_999": 0.0,
                                               "snr": 0.0}


def test_every_tensor_has_a_row(trained, held):
    model, clips = trained[0], torch.from_numpy(held)
    scales = calibrate(model, clips, 0.5)
    rows = layer_report(MixedNetwork(fold(model), scales, model.config), clips)
    for index, block in enumerate(model.blocks):
        wanted = {"graph", "z", "spatial", "h", "temporal", "y"}
        wanted |= {"down"} if block.gcn1.down is not None else {"shortcut_h"}
        wanted |= {"conv": {"res"}, "identity": {"shortcut_y"}, "none": set()}[block.shortcut_y]
        assert {name.split(".")[2] for name in rows if name.startswith(f"blocks.{index}.")} == wanted
    assert {"clips", "x1", "head", "logits"} <= rows.keys()
    assert all(row["snr"] > 20 for row in rows.values())
    assert all(row["snr_total"] <= row["snr"] + 0.5 for row in rows.values() if "snr_total" in row)
    lines = table(rows).splitlines()
    assert len(lines) == 1 + len(rows)
    assert any(line.startswith(title("blocks.2.z")) for line in lines)
    assert title("blocks.2.z") == "block 3, Z"
