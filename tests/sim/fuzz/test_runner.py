"""Faults planted into the hardware are found, and their chunk can be repeated alone."""

import re

import pytest

from contracts.tree import ROOT
from hypgcn.rfc import RfcSerialEncoder, RowStore
from hypgcn_sim.fuzz import runner
from hypgcn_sim.fuzz.chunk import CHUNK
from hypgcn_sim.fuzz.runner import fuzz, table
from hypgcn_sim.fuzz.units import UNITS
from hypgcn_sim.unit_tests.alterations import altered, swap
from hypgcn_sim.unit_tests.faults import FAULTS, Fault

CACHE = ROOT / "build/fuzz/cache"   # that of `make fuzz`: simulators that it built are not built again


def stuck(port, value):
    """A row store whose plain output ``port`` is always ``value``."""
    return lambda: altered(RowStore, port, lambda m, source, sink: m.d.comb.__iadd__(sink.eq(value)))


OWN = {
    "serial_encoder_swaps": lambda: altered(RfcSerialEncoder, "i", swap("values")),
    "store_counts_nothing": stuck("overflow_count", 0),
    "store_flags_nothing": stuck("row_overflow", 0),
}


@pytest.fixture
def _own_faults(monkeypatch):
    for name, patch in OWN.items():
        monkeypatch.setitem(FAULTS, name, Fault(text=name, units=(), patch=patch))


def find(unit, fault, folder, **options):
    result, = fuzz([unit], 2 * CHUNK, 1, folder, fault=fault, workers=1, cache=CACHE, **options)
    return result


def test_planted_fault_is_found_and_its_chunk_repeated(tmp_path):
    seen = []
    result = find("decoder", "decoder_drops", tmp_path / "all", progress=lambda *args: seen.append(args))
    assert re.fullmatch(
        r"decoder \(5 bits of metadata\), seed 1, chunk 0: vector \d+ of o: \w+: expected -?\d+, got -?\d+ "
        r"\(beat \d+, cycle \d+\); repeat with: hypgcn fuzz decoder --seed 1 --chunk 0", result.error), result.error
    assert (tmp_path / "all/decoder/chunk0/plan.txt").exists()
    assert seen[-1] == (runner.BUILD_WEIGHT + 1, runner.BUILD_WEIGHT + 2, "decoder: chunk 0")
    assert find("decoder", "decoder_drops", tmp_path / "one", only=0).error == result.error
    assert find("decoder", "decoder_drops", tmp_path / "two", only=1).error.endswith(" --seed 1 --chunk 1")
    assert "FAILED" in table([result])


@pytest.mark.slow   # builds a simulator for each, about 8 s of CPU
@pytest.mark.usefixtures("_own_faults")
@pytest.mark.parametrize(("unit", "fault", "place"), [
    ("encoder", "encoder_swaps", "of o: channel[0]"), ("serial_encoder", "serial_encoder_swaps", "of o: channel["),
    ("round_trip", "expander_swaps", "of o: values[0]"), ("row_store", "store_forgets", "of rsp"),
    ("row_store", "store_counts_nothing", "overflow_count: expected"),
    ("row_store", "store_flags_nothing", "of row_done: expected 1, got 0"), ("lane", "lane_swaps", "of o: [0]"),
])
def test_planted_fault_is_found_in_every_unit(unit, fault, place, tmp_path):
    result = find(unit, fault, tmp_path)
    assert place in result.error and not result.chunks, result.error


@pytest.mark.slow   # builds all simulators, about 80 s of CPU
def test_all_units_are_equal(tmp_path):
    for result in fuzz(list(UNITS), 3 * CHUNK, 2, tmp_path, cache=CACHE):
        assert not result.error and result.chunks == 3 and result.vectors >= 3 * CHUNK, result
        assert not list((tmp_path / result.unit).glob("chunk*"))
