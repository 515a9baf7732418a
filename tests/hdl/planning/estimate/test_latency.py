"""Estimated latency after the last frame against RTL simulation, and the rows that it comes from."""

from dataclasses import replace

import pytest
from hdl.measured import DESIGN, STEADY, simulated_folding

from hypgcn.design.presets import preset, random_design
from hypgcn.design.scale_presets import with_scales
from hypgcn.planning.allocator.allocate import within
from hypgcn.planning.estimate import BlockModel, last_frame_latency
from hypgcn.planning.estimate.latency import RowStages, latency_of_rows, row_latency
from hypgcn.planning.estimate.loop import PIPELINE

TINY = 2634
"""Cycles in ``hypgcn fullscale tiny --clips 6 --multipliers 60``."""
STAGES = RowStages(frames=4, stride=1, kernel=3, spatial=(10, 20), sums=30, combine=5, x_rows=9, h_rows=9, keeps_x=True)


def test_recorded_clips():
    """Recorded clips one after the other through the whole small network, as ``make sim-full`` ran them."""
    assert STEADY["hash"] == DESIGN.hash
    assert last_frame_latency(DESIGN, simulated_folding()) == pytest.approx(
        STEADY["latency_last_frame_cycles"], rel=0.1)


def test_generated_clips():
    design = preset("tiny")
    assert last_frame_latency(design, within(design, 60)) == pytest.approx(TINY, rel=0.1)


def test_one_block_by_hand():
    """The last row of X, in at 4, passes the stages behind the others; Y has two rows of three taps and two of two."""
    # Rows of X are in at 1, 2, 3, 4; of H done at 31, 51, 71, 91.
    y = 51 + PIPELINE + 20      # row 0, of two taps
    y = max(71 + PIPELINE, y) + 30
    y = max(91 + PIPELINE, y) + 30
    y += 20
    assert latency_of_rows([STAGES], 1, arrival=1, head=7, clips=1) == y + 7 - 4
    assert latency_of_rows([replace(STAGES, combine=40)], 1, arrival=1, head=7, clips=1) == 51 + PIPELINE + 160 + 3


def test_windows_and_rows_that_leave():
    """Two persons of five rows, every second output."""
    stages = replace(STAGES, frames=5, stride=2, kernel=5)
    assert [stages.window(row) for row in range(6)] == [(0, 2), (0, 4), (2, 4), (5, 7), (5, 9), (7, 9)]
    # H of frame 0 is read by the outputs 0 and 1, of frame 2 by all.
    assert [stages.freeing(row, stages.pad) for row in range(5)] == [1, 1, 2, 2, 2]
    assert [stages.freeing(row, 0) for row in range(5, 10)] == [3, 3, 4, 4, 5]
    assert stages.cycles(0) == 18 and stages.cycles(1) == 30


@pytest.mark.parametrize(("persons", "clips"), [(1, 6), (2, 3)])
def test_rows_wait_in_front_of_the_slowest(persons, clips):
    """With as many rows of X as a clip has, its last frame waits behind them; with fewer, behind fewer."""
    slow = replace(STAGES, frames=12, sums=300)
    found = [latency_of_rows([replace(slow, x_rows=rows, h_rows=rows)], persons, arrival=1, head=0, clips=clips)
             for rows in (3, 6, 12)]
    assert found[0] < found[1] < found[2]


def test_rows_without_a_shortcut_leave_with_the_spatial_unit():
    """So the last frame comes in earlier, and waits longer, where the store of H has room."""
    kept = replace(STAGES, frames=40, x_rows=5, h_rows=40, sums=300)
    found = [latency_of_rows([replace(kept, keeps_x=keeps)], 1, arrival=1, head=0, clips=1) for keeps in (False, True)]
    assert found[0] > 3 * found[1]


def test_a_convolution_behind_the_taps_is_a_delay():
    """Each row of Y is later by it, and the rows behind it do not wait for it."""
    slow = replace(STAGES, frames=12, sums=300, x_rows=12, h_rows=12)   # nobody waits for a place
    found = [latency_of_rows([replace(slow, behind=behind)], 1, arrival=1, head=0, clips=1) for behind in (0, 17)]
    assert found[1] == found[0] + 17


def test_stages_of_a_multi_scale_block():
    """The convolution in front of the taps is a stage more, and a running maximum needs a row more on either side."""
    design = with_scales(random_design(3, name="ms", frames=6, joints=2, widths=(8,), strides=(1,)))
    folding, model = within(design, 60).blocks[0], BlockModel.of(design, 0)
    found = RowStages.of(model, folding, model.units(folding))
    first, taps, _ = model.shape.stages
    assert first.layer.running_max[1] > 0 and found.kernel == taps.layer.kernel + 2
    units = model.units(folding)
    assert found.spatial[-1] == pytest.approx(max(units["p_lanes"].cycles, units["h_store"].cycles,
                                                  units["p_combine"].cycles) / (model.shape.persons * first.out_frames))
    assert found.h_rows == folding.scales.p_rows and found.behind > 0
    assert last_frame_latency(design, within(design, 60)) > 0


def test_choices_add_up():
    """What the units of the choices add is what all of them do."""
    folding = simulated_folding()
    for index in (1, 4):
        model = BlockModel.of(DESIGN, index)
        units = model.units(folding.blocks[index])
        temporal = {name: units[name] for name in ("lanes", "h_store", "combine")}
        graph = {name: units[name] for name in ("loader", "graph")}
        conv = {name: unit for name, unit in units.items() if name not in (*temporal, *graph)}
        assert row_latency(model, units) == pytest.approx(sum(
            row_latency(model, part) for part in (temporal, graph, conv)))
        assert row_latency(model, graph) > 0 and row_latency(model, conv) > 0


def test_rejects_a_folding_of_another_design():
    with pytest.raises(ValueError, match="blocks must hold 2 foldings"):
        last_frame_latency(preset("tiny"), simulated_folding())
