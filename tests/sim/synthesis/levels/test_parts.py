"""Levels of a network from those of its parts."""

import pytest

from hypgcn.block import BLOCK_UNITS
from hypgcn_sim.synthesis.levels.parts import UNIT_NAMES, by_unit, network_levels, streams_of, unit_of
from hypgcn_sim.synthesis.levels.paths import Levels, Path


def part(levels, *, into=0, out_of=0, units=None):
    """A part whose deepest path has ``levels``, with so many behind ``i__valid`` and before ``o__valid``."""
    return Levels(registers=Path(levels, "a", "b"), units=units or {},
                  into={"i__valid": Path(into, "i__valid", "first")},
                  out_of={"o__valid": Path(out_of, "last", "o__valid")}).as_dict()


@pytest.mark.parametrize(("name", "unit"), [
    ("x_store.writer.left3[2]", "x_store"), ("x_store.reader.waiting0[1]", "x_reads"),
    ("temporal.lane12.vector_addresses.at[0]", "lanes"), ("temporal.lanes", "temporal"),
    ("spatial.conv.array.dot0_3.q", "conv"), ("spatial.conv.lanes.lane3.decoder.mask[0]", "conv"),
    ("temporal.order.second", "temporal"), ("overflow_count[3]", "block"),
    ("h_skid.first[1]", "h_skid"),
])
def test_registers_belong_to_units(name, unit):
    assert unit_of(name) == unit


def test_the_counted_units_have_their_names():
    assert set(BLOCK_UNITS) <= set(UNIT_NAMES.values())


def test_what_is_kept_in_a_file_is_read_again():
    levels = Levels(registers=Path(3, "a", "b"), units={"u": Path(2, "a", "c")}, into={"i": Path(1, "i", "d")},
                    out_of={"o": Path(4, "e", "o")}, through={("i", "o"): Path(1, "i", "o")}, unregistered=["ram"])
    assert Levels.from_dict(levels.as_dict()) == levels
    assert Levels.from_dict(Levels().as_dict()) == Levels()


def test_the_deepest_of_all_parts_or_between_them():
    parts = {"input": part(2), "blocks[0]": part(5, out_of=2), "blocks[1]": part(4, into=1), "head": part(3, into=3),
             "skid": part(1, into=1, out_of=0)}
    found = network_levels(parts)
    assert found["max_logic_levels"] == 5 and found["deepest"]["part"] == "blocks[0]"
    assert found["parts"]["between parts"] == {"levels": 3, "from": "blocks[0].last", "to": "skid1.first"} \
        or found["parts"]["between parts"] == {"levels": 3, "from": "skid_head.last", "to": "head.first"}
    # A planted deeper path across a border.
    parts["blocks[1]"] = part(4, out_of=7)
    found = network_levels(parts)
    assert found["max_logic_levels"] == 8
    assert found["deepest"] == {"part": "between parts", "levels": 8, "from": "blocks[1].last", "to": "skid_head.first"}


def test_the_parts_follow_each_other():
    assert [(source, sink) for (source, _), (sink, _) in streams_of(2)] == [
        ("input", "skid0"), ("skid0", "blocks[0]"), ("blocks[0]", "skid1"), ("skid1", "blocks[1]"),
        ("blocks[1]", "skid_head"), ("skid_head", "head")]
    assert streams_of(1, absent=True)[0] == (("absent", "o"), ("input", "i"))
    assert streams_of(1, absent=True)[-1] == (("absent", "persons"), ("head", "persons"))


def test_units_are_named_as_in_the_benchmark():
    units = {"conv": Path(5, "a", "b"), "graph": Path(6, "a", "b")}
    found = by_unit({"input": part(2), "blocks[0]": part(6, units=units), "skid": part(1)})
    assert list(found) == ["blocks[0].graph", "blocks[0].conv", "input", "skid"]
