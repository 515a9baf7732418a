"""Options: which dominate which, and that each has the cost that the estimate gives for its folding."""

from math import ceil

from hypgcn.design.presets import preset
from hypgcn.planning.allocator.options import (
    Option,
    conv_options,
    graph_options,
    head_options,
    pareto_front,
    temporal_options,
)
from hypgcn.planning.estimate import COUPLING, BlockModel


def test_pareto_front_keeps_what_nothing_dominates():
    def option(cycles, dsp):
        return Option(fields={}, cycles=cycles, x_reads=0, dsp=dsp, bram=0, lut=0)
    a, b, c, d = option(10, 5), option(12, 4), option(12, 5), option(10, 5)
    assert pareto_front([c, b, a, d]) == [a, b]


def test_options_are_what_the_estimates_say():
    design = preset("tiny")
    model = BlockModel.of(design, 1)
    made = {"graph": (graph_options(model, design.subsets), lambda f: model.graph(f["graph_subsets"])),
            "conv": (conv_options(model), lambda f: model.conv(f["conv_joints"], f["conv_pairs"], f["h_width"],
                                                               f["conv_depth"]))}
    for options, units in made.values():
        for option in options[::7]:
            found = units(option.fields).values()
            assert option.cycles == ceil(COUPLING * max(unit.cycles for unit in found))
            assert option.dsp == sum(unit.resources.dsp for unit in found)
    assert [option.fields["graph_subsets"] for option in made["graph"][0]] == [1, 2, 3]
    lanes = temporal_options(model, 10, 12)
    assert {option.fields["y_width"] for option in lanes} == {2, 4, 8, 16}
    assert all(option.bram >= 0 and option.x_reads >= 0 for option in lanes)
    assert [option.fields for option in head_options(design)] == [{"head_width": n} for n in (1, 2, 4, 8, 16)]
