"""Estimated multipliers, block RAMs and LUTs of MACs and requantisers against Yosys' counts."""

import json
from pathlib import Path

import pytest
from hdl.measured import CONV, COUNTED, DESIGN, IDENTITY, LARGE, check, units

from hypgcn.arith import PackedMacConfig
from hypgcn.arith.cost import mac_luts, multipliers, raw_bits, requantiser, unpack_luts
from hypgcn.cost import Memory, Resources, luts
from hypgcn.design.limits import REQUANTISERS
from hypgcn.design.presets import preset
from hypgcn.planning.estimate import BlockModel
from hypgcn.sparse.combine_config import requant_of
from hypgcn.sparse.layer import spatial_layer, temporal_layer


def mac(form):
    """A packed MAC as it was synthesised: with a queue for its sums."""
    cfg = PackedMacConfig(acc_width=DESIGN.blocks[CONV].y_acc_width, form=form)
    unpack = unpack_luts(1, cfg.acc_width) if form != "single" else 0
    return Resources.of(dsp=cfg.dsps, memories=[Memory("async", 2 * cfg.acc_width, 8)],
                        lut=mac_luts(cfg.acc_width, form) + unpack + luts.queue(8) + 14)


ESTIMATED = {
    "packed_mac_dsp48e2": lambda: mac("dsp48e2"), "packed_mac_inferred": lambda: mac("inferred"),
    "packed_mac_single": lambda: mac("single"), "requant": lambda: units(IDENTITY)["h_requant"],
}


@pytest.mark.parametrize("unit", ESTIMATED)
def test_against_yosys(unit):
    check(ESTIMATED[unit](), COUNTED[unit])


def test_large_requantiser_against_yosys():
    check(BlockModel.of(preset("full"), 5).conv(9, 12, 8)["h_requant"].resources, LARGE["requant8"])


def test_wide_sums_count_their_wraps():
    assert mac_luts(19, "dsp48e2") < mac_luts(20, "dsp48e2") < mac_luts(23, "dsp48e2") < mac_luts(23, "inferred")
    assert raw_bits(19) == 38 and raw_bits(21) == 42
    assert all(raw_bits(width) == PackedMacConfig(acc_width=width).raw_width for width in (9, 19, 20, 27))
    assert mac_luts(17, "dsp48e1") == 0 and mac_luts(20, "dsp48e1") == 7 and mac_luts(20, "dsp48e1", 2) == 40
    assert mac_luts(20, "inferred", 3) == mac_luts(20, "inferred") + 90
    assert mac_luts(20, "single", 3) == mac_luts(20, "single") + 32
    assert all(raw_bits(width) >= PackedMacConfig(acc_width=width, form=form).raw_width
               for width in (9, 18, 19, 27) for form in ("dsp48e1", "single"))
    assert multipliers(3, "single") == 6 and multipliers(3, "inferred") == multipliers(3, "dsp48e1") == 3


MEASURED = json.loads((Path(__file__).with_name("requantisers.json")).read_text(encoding="utf-8"))
"""Counts of Yosys for requantisers of the small network's blocks, made by its test case's component."""


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: f"{row['makes']}{row['block']}-{row['width']}-{row['form']}")
def test_forms_of_requantisers_against_yosys(row):
    """Multipliers and block RAMs exact; LUTs within 10 % where a multiplier is shared or there is none."""
    block = DESIGN.blocks[row["block"]]
    layer = spatial_layer(block) if row["makes"] == "h" else temporal_layer(block)
    found = requantiser(requant_of(layer, row["width"], row["form"]))
    assert (found.dsp, found.bram36) == (row["dsp"], row["bram36"])
    assert found.lut == pytest.approx(row["lut"], rel=0.25 if row["form"] == "dsp" else 0.1)


def test_forms_take_their_multipliers_and_cycles():
    shape = BlockModel.of(DESIGN, IDENTITY).shape
    costs = {form: shape.h_requant(2, form) for form in REQUANTISERS}
    assert [cost.resources.dsp for cost in costs.values()] == [2, 1, 0, 0, 0]
    slices = shape.rows * DESIGN.joints * DESIGN.blocks[IDENTITY].h_channels // 2
    assert [cost.cycles for cost in costs.values()] == [0, 2 * slices, 0, 2 * slices, 38 * slices]
    lanes = BlockModel.of(DESIGN, IDENTITY).conv_lanes(1, 1, 2, 2, 1, "serial")
    assert lanes["h_requant"].cycles == 38 * slices
    narrow = BlockModel.of(DESIGN, IDENTITY, "single", multiplier=18).shape
    assert narrow.h_requant(2, "dsp_shared").resources.dsp == 2 and narrow.h_requant(2, "serial").resources.dsp == 0


def test_requantisers_of_narrow_multipliers():
    """A product of a wide sum takes two multipliers of 18 bits; the sums of the first block's H fit one."""
    narrow = [BlockModel.of(DESIGN, index, "single", multiplier=18).shape for index in range(len(DESIGN.blocks))]
    widths = [shape.spatial.requant.acc_width for shape in narrow]
    assert 18 in widths and max(widths) > 18
    assert [shape.h_requant(4).resources.dsp for shape in narrow] == [4 if width <= 18 else 8 for width in widths]
    assert all(shape.requant(shape.temporal_layer, 4).resources.dsp == 4 * (1 + (shape.block.y_acc_width > 18))
               for shape in narrow)
    wide = BlockModel.of(DESIGN, widths.index(max(widths)), "single").shape
    assert wide.h_requant(4).resources.dsp == 4
    assert requantiser(wide.spatial.requant, 18).dsp == 2 * requantiser(wide.spatial.requant).dsp
