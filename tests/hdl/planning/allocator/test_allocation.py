import dataclasses

from hypgcn.cost import Resources
from hypgcn.design.presets import preset
from hypgcn.planning.allocator.allocate import within
from hypgcn.planning.allocator.allocation import Allocation
from hypgcn.planning.budget import PLENTY, Budget
from hypgcn.planning.estimate import estimate


def test_cycles_are_the_mean_of_clips_or_those_of_the_estimate():
    design = preset("tiny")
    folding = within(design, 60)
    found = Allocation(folding=folding, estimate=estimate(design, folding),
                       budget=Budget(dsp=60, bram36=PLENTY, lut=PLENTY))
    assert found.cycles == found.estimate.cycles > 0
    assert dataclasses.replace(found, clips=(100.0, 400.0)).cycles == 250


def test_ultra_ram_is_named_where_there_is_some():
    design = preset("tiny")
    folding = within(design, 60)
    found = Allocation(folding=folding, estimate=estimate(design, folding),
                       budget=Budget(dsp=60, bram36=PLENTY, lut=PLENTY))
    total = found.estimate.resources
    assert found.used == {"dsp": total.dsp, "bram36": total.bram36, "lut": round(total.lut)}
    more = dataclasses.replace(found.estimate, io={
        **found.estimate.io, "more": dataclasses.replace(found.estimate.io["head"], resources=Resources(uram=2))})
    assert dataclasses.replace(found, estimate=more).used["uram"] == 2
