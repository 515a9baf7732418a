"""What has no place in the hardware is named, with the reason, and never called a damaged file."""

import pytest
import torch

from hypgcn_pruning.network.foreign import UNMAPPED, load_foreign

KEYS = {
    "l3.gcn1.conv_sa.weight": "spatial attention", "l3.gcn1.conv_ta.bias": "temporal attention",
    "backbone.gcn.2.gcn.fc1c.weight": "channel attention", "l1.gcn1.convs.0.conv4.weight": "CTR-GCN",
    "backbone.gcn.0.gcn.pre.0.weight": "DG-STGCN", "l2.Linear_weight": "Shift-GCN", "l1.gcn1.Feature_Mask": "Shift-GCN",
    "backbone.gcn.0.tcn.add_coeff": "the temporal convolution of DG-STGCN", "sgcn1.0.mlp.weight": "MS-G3D",
    "l1.tcn1.branches.3.0.weight": "the multi-scale temporal convolution of CTR-GCN"}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("prefix", ["", "module."])
def test_named(tmp_path, skeleton, key, prefix):
    """Case 5."""
    torch.save({prefix + "data_bn.weight": torch.ones(3), prefix + key: torch.zeros(1)}, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=rf"a.pt: {key} belongs to {KEYS[key]}.*has no place in the hardware: .*Train"):
        load_foreign(tmp_path / "a.pt", skeleton=skeleton)


def test_every_pattern_has_a_case():
    assert {next(name for text, name in ((KEYS[key], entry[1]) for key in KEYS) if name.startswith(text))
            for entry in UNMAPPED for _ in [0] if any(entry[1].startswith(text) for text in KEYS.values())} == {
        entry[1] for entry in UNMAPPED}
