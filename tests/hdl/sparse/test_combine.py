import numpy as np
import pytest
from hdl.sparse.blocks import activations, block

from hypgcn.arith import PackedMacConfig
from hypgcn.design.limits import REQUANTISERS
from hypgcn.golden.temporal.combine import combine
from hypgcn.sparse.combine import Combine
from hypgcn.sparse.combine_config import CombineConfig
from hypgcn.sparse.layer import temporal_layer
from hypgcn.sparse.schedule import LaneSchedule
from hypgcn_sim.stimuli.beats import slice_beats
from testbench import STREAM_PATTERNS, run

JOINTS, ROWS = 3, 4


class Case:
    """A combiner, sums and X of some rows, and the expected vectors."""

    def __init__(self, name, lane_pairs=3, y_width=2, lanes=3, seed=0, form="dsp", **change):
        rng = np.random.default_rng(seed)
        b = block(name, joints=JOINTS, **change)
        schedule = LaneSchedule.of(temporal_layer(b), lane_pairs, y_width)
        # In the form "single" a raw sum is the two sums side by side: easy to make here. All forms run in test_unit.
        mac = PackedMacConfig(acc_width=b.y_acc_width, form="single")
        self.cfg = CombineConfig.of(temporal_layer(b), schedule, joints=JOINTS, lanes=lanes, mac=mac,
                                    requant_form=form)
        limit = 1 << b.y_acc_width - 1
        shape = ROWS, JOINTS, b.out_channels
        acc = rng.integers(-limit, limit, shape) >> rng.integers(0, 8, shape)
        acc[0, 0] = -limit
        acc[-1, -1] = limit - 1
        computed = [slot is not None for step in schedule.steps for slot in step.slots][:b.out_channels]
        acc[..., ~np.array(computed)] = 0
        x = activations(rng, (ROWS, JOINTS, b.in_channels), 0.6, low=-128)
        flags = rng.integers(0, 2, ROWS).tolist()

        order, results = [], [[] for _ in range(lanes)]
        for row in acc:
            for joint in row:
                for p in schedule.passes:
                    # An accumulator without a channel holds any value.
                    sums = [int(rng.integers(-limit, limit)) if c is None else int(joint[c]) for c in p.slots]
                    raws = [(sums[n] % (2 * limit)) | (sums[n + 1] % (2 * limit)) << mac.acc_width
                            for n in range(0, len(sums), 2)]
                    lane = int(rng.integers(lanes))
                    order.append({"lane": lane, "chosen": 1 << lane})
                    results[lane].append(raws)
        self.sources = {"row": [{"overflow": flag} for flag in flags], "order": order}
        self.sources |= {f"results.{lane}": items for lane, items in enumerate(results)}
        if self.cfg.x_channels:
            wide = np.zeros((ROWS, JOINTS, self.cfg.x_groups * y_width), np.int64)
            wide[..., :b.in_channels] = x
            self.sources["res"] = [{"res": values.tolist()} for values in wide.reshape(-1, y_width)]
        y = combine(acc, x, b, 0)
        self.expected = slice_beats(y, y_width, flags)
        self.steps = ROWS * JOINTS * len(schedule.steps)

    def check(self, **options):
        self.unit = Combine(self.cfg)
        result = run(self.unit, self.sources, {"o": len(self.expected)}, pulses=["retired"], **options)
        assert result["o"] == self.expected
        assert len(result["retired"]) == ROWS
        return result


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
@pytest.mark.parametrize("name", ["identity", "none", "conv", "dropped", "few"])
def test_rows(name, idle, stall):
    Case(name).check(idle=idle, stall=stall)


@pytest.mark.parametrize("y_width", [2, 4, 8, 16])
@pytest.mark.parametrize("name", ["identity", "none", "conv"])
@pytest.mark.parametrize("lanes", [1, 2, 5])
def test_widths(name, y_width, lanes):
    Case(name, lane_pairs=y_width // 2 + (lanes == 2), y_width=y_width, lanes=lanes).check(stall=0.1)


@pytest.mark.parametrize("change", [{"in_channels": 1, "out_channels": 1}, {"in_channels": 16, "out_channels": 16},
                                    {"filters": 20}, {"filters": 0}], ids=str)
def test_sizes(change):
    Case("identity", **{"filters": None, **change}).check()


def test_one_group_a_cycle():
    case = Case("conv", lane_pairs=20)
    result = case.check()
    assert result["cycles"] == case.steps + case.unit.latency


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
@pytest.mark.parametrize("name", ["identity", "conv"])
@pytest.mark.parametrize("form", REQUANTISERS.values[1:])
def test_forms_of_requantisers(form, name, idle, stall):
    """Values of a slice in turn, and several cycles each: same vectors, and the rate that it is said to have."""
    case = Case(name, lane_pairs=20, form=form)
    result = case.check(idle=idle, stall=stall)
    if idle == stall == 0:
        cycles = case.cfg.requant.cycles
        assert result["cycles"] == case.steps * cycles + case.unit.latency - (cycles - 1)
