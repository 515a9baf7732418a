import pytest

from hypgcn_sim.power.accesses import Accesses, memory_accesses, unit_of
from hypgcn_sim.power.saif import Instance

PERIOD = 10


def memory(path, width, **cycles):
    parameters = {f"{name}[{bit}]": (100 * (value >> bit & 1), 0) for name, value in (("WIDTH", width), ("DEPTH", 6))
                  for bit in range(32)}
    return Instance(("TOP", "hypgcn", *path.split("/")),
                    parameters | {name: (PERIOD * count, 0) for name, count in cycles.items()})


@pytest.mark.parametrize(("path", "unit"), [
    ("core/block3/temporal/lane12/weights", "blocks[3].temporal.lane"),
    ("core/block0/x_store/data1", "blocks[0].x_store"),
    ("core/block0/spatial/conv/array", "blocks[0].spatial.array"),
    ("core/block0/spatial/conv/lanes/lane3/weights", "blocks[0].spatial.lane"), ("core/head/weights", "head"),
    ("core/skid0", "skid"),
    ("core/block1/spatial", "blocks[1].spatial"), ("core", "shell"), ("counters", "shell"), ("", "shell")])
def test_units(path, unit):
    assert unit_of(tuple(filter(None, path.split("/")))) == unit


@pytest.mark.parametrize(("path", "unit"), [
    ("core/network0/block3/temporal/lane12/weights", "joint.blocks[3].temporal.lane"),
    ("core/network1/head/weights", "bone.head"), ("core/network1/raw_input/held", "bone.raw_input"),
    ("core/network1", "bone"), ("core/sum", "sum"), ("core/fork", "fork"), ("result_output/stream0", "shell")])
def test_units_of_several_networks(path, unit):
    assert unit_of(tuple(path.split("/")), ("joint", "bone")) == unit


def test_memories_of_several_networks_are_counted_apart():
    found = memory_accesses([memory(f"core/network{index}/head/rom", 8, en=3 + index) for index in (0, 1)], PERIOD,
                            ("joint", "bone"))
    assert found == {"joint.head": Accesses(rom_reads=24), "bone.head": Accesses(rom_reads=32)}


def test_enabled_cycles_times_width():
    found = memory_accesses([
        memory("core/block0/temporal/lane0/weights/rom", 24, en=7),
        memory("core/block0/temporal/lane1/weights/rom", 24, en=3),
        memory("core/block0/x_store/data0/ram", 32, r_en=5, w_en=2),
        memory("core/block0/x_store/queue/ram/ram", 9, w_en=4),
        memory("core/head/rom", 8, en=0),
        Instance(("TOP", "hypgcn", "core", "block0", "x_store"), {"w_en": (990, 0), "r_en": (990, 0)}),  # no memory
    ], PERIOD)
    assert found == {"blocks[0].temporal.lane": Accesses(rom_reads=240),
                     "blocks[0].x_store": Accesses(ram_reads=160, ram_writes=64, lut_writes=36)}
