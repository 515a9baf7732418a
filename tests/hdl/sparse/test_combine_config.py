import dataclasses

import pytest
from hdl.sparse.blocks import block

from hypgcn.arith import PackedMacConfig
from hypgcn.sparse import CombineConfig, LaneSchedule, temporal_layer
from hypgcn.sparse.combine_config import requant_of


def config(name="identity"):
    """Of three lanes with three pairs each, for slices of two channels."""
    layer = temporal_layer(block(name))
    mac = PackedMacConfig(acc_width=layer.acc_width, form="single")
    return CombineConfig.of(layer, LaneSchedule.of(layer, 3, 2), joints=3, lanes=3, mac=mac)


@pytest.mark.parametrize(("name", "x_groups"), [("identity", 10), ("none", 0), ("few", 3)])
def test_x_is_added_to_its_own_channels(name, x_groups):
    """20, no and 6 channels of X, two in a group."""
    assert config(name).x_groups == x_groups


def test_the_requantiser_is_that_of_the_layer():
    """20 channels are ten groups of two."""
    cfg = config()
    assert cfg.words == 10 and cfg.requant == requant_of(temporal_layer(block("identity")), 2)


@pytest.mark.parametrize(("change", "message"), [
    ({"joints": 0}, r"^joints must be in 1..64, not 0$"), ({"lanes": 33}, r"^lanes must be in 1..32, not 33$"),
    ({"mult": (1,)}, r"^mult must hold one value per output channel, 19..20, not 1$"),
    ({"bias": (1,)}, r"^bias must hold 20 values, one per mult, or as many for each of 3 joints, not 1$")])
def test_bad_config(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(config(), **change)
