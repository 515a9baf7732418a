# amaranth: UnusedElaboratable=no
"""Chunks depend on their random generator alone, and hold what their units need."""

import numpy as np
import pytest

from hypgcn_sim.fuzz.exchange import write_chunk
from hypgcn_sim.fuzz.ports import ports_header, shapes_of
from hypgcn_sim.fuzz.units import UNITS

EVERY = [(unit, index) for unit, variants in UNITS.items() for index in range(len(variants))]


def test_units_of_every_kind():
    assert set(UNITS) == {"encoder", "serial_encoder", "round_trip", "decoder", "row_store", "lane"}


@pytest.mark.parametrize(("unit", "index"), EVERY)
def test_a_chunk_is_reproducible(unit, index, tmp_path):
    variant = UNITS[unit][index]
    shapes = shapes_of(variant, variant.component())
    files = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        rng = np.random.default_rng([1, index])
        chunk = variant.chunk(rng, 400)
        assert 400 <= chunk.vectors < 500
        write_chunk(variant, chunk, shapes, tmp_path / name, rng)
        files.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert files[0] == files[1] and "plan.txt" in files[0]
    assert variant.chunk(np.random.default_rng([2, index]), 400).sinks.keys() == chunk.sinks.keys()


def test_stores_lose_values_and_flags_are_cleared():
    for variant in UNITS["row_store"]:
        chunk = variant.chunk(np.random.default_rng(1), 3000)
        assert chunk.levels["overflow_count"] > 20
        assert 0 < np.mean(chunk.sinks["row_done"].columns) < 1


def test_weights_of_a_lane_change_with_the_chunk():
    variant, *_ = UNITS["lane"]
    first, second = (variant.chunk(np.random.default_rng(seed), 100).images["weights"] for seed in (1, 2))
    assert len(first) == len(second) and first != second
    assert [word == 0 for word in first] == [word == 0 for word in second]


def test_header_names_every_port():
    variant = UNITS["row_store"][1]
    text = ports_header(variant, shapes_of(variant, variant.component()))
    for member in ("i___05Fpayload", "req0___05Fvalid", "rsp0___05Fready", "top.release", "top.row_overflow",
                   "top.overflow_count"):
        assert member in text, member
