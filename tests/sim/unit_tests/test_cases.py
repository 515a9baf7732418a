"""Every test case can be made for a design, and every unit of the library has one."""

import ast

import numpy as np
import pytest
from raw_designs import raw_design

from contracts.tree import PACKAGES, modules
from hypgcn.design.folding import BlockFolding, Folding, ScalesFolding
from hypgcn.design.presets import preset, random_design
from hypgcn.design.raw_input import RawInput
from hypgcn.design.scale_presets import with_scales
from hypgcn.planning.allocator.allocate import within
from hypgcn_sim.stimuli.clips import make_clips
from hypgcn_sim.unit_tests.cases import TEST_CASES
from hypgcn_sim.unit_tests.context import Context

# Components without a test case of their own, and the case in which they are tested.
INSIDE = {
    "Skid": "network", "HalfSkid": "network", "Queue": "conv_array", "Rom": "conv_array", "Ram": "row_store",
    "AsyncRam": "head", "Requant": "requant", "RequantShared": "requant_serial",
    "Dsp48e1Mac": "packed_mac_dsp48e1", "Dsp48e2Mac": "packed_mac_dsp48e2", "RfcSerialEncoder": "spatial_unit_conv",
    "RfcSlicer": "shortcut_reader", "RoundRobin": "row_store", "StoreReader": "row_store", "Ring": "row_store",
    "StoreWriter": "row_store", "ReadAddressGenerator": "temporal_lane", "Window": "temporal_unit_conv",
    "Dispatcher": "temporal_unit_conv", "ReadArbiter": "temporal_unit_conv", "Combine": "temporal_unit_conv",
    "DenseConvolution": "spatial_unit_conv", "SparseConvolution": "spatial_lanes_conv",
    "Merge": "spatial_unit_conv",
    "Top": "core", "AxiLiteSlave": "core", "RegisterBank": "core", "Counters": "core", "ClipInput": "core",
    "ResultOutput": "core", "RawFrames": "raw_joint", "RawMotion": "raw_joint_motion",
    "Fork": "ensemble_network",
}


def context(design):
    clips, real = make_clips(design, 1)
    return Context(design, within(design, 60), clips, real)


def write(case, folder):
    """Write the case, and mark its components as used: they are not elaborated."""
    component = case.component()
    for name in ("network", "lane", "core"):
        getattr(component, name, component)._MustUse__used = True
    component._MustUse__used = True
    case.write(folder, component)


@pytest.fixture(scope="module")
def tiny():
    return context(preset("tiny"))


@pytest.mark.parametrize("unit", TEST_CASES)
def test_case_fits_its_component(unit, tiny, tmp_path):
    case = TEST_CASES[unit](tiny)
    assert case.name == unit
    write(case, tmp_path)
    assert all(len(sink.beats) for sink in case.sinks.values())


@pytest.mark.parametrize("unit", ["absent_persons", "input_affine", "head", "network", "core", "raw_joint"])
def test_cases_of_a_design_for_raw_joints(unit, tmp_path):
    """What is behind the preparation gets its coordinates; what is in front of it gets int16."""
    design = raw_design(RawInput(unit="mm", centre=1, motion=True, patience=1))
    case = TEST_CASES[unit](context(design))
    write(case, tmp_path)
    if unit == "core":
        assert case.content.dtype == np.int16
    elif unit == "absent_persons":
        assert max(abs(value) for beat in case.sources["i"].beats for value in beat) < 1 << 17


@pytest.mark.parametrize("shape", [
    {"frames": 1, "joints": 1, "widths": (3,), "strides": (1,)},
    {"frames": 3, "joints": 2, "widths": (17, 17), "strides": (2, 1), "persons": 2, "subsets": 1, "kernel": 3},
    {"frames": 2, "joints": 1, "widths": (4,), "strides": (1,), "kernel": 1},
])
def test_cases_of_odd_designs(shape, tmp_path):
    odd = context(random_design(1, name="odd", classes=2, **shape))
    for unit, make in TEST_CASES.items():
        write(make(odd), tmp_path / unit)


@pytest.mark.parametrize("unit", ["temporal_lane", "temporal_unit_conv"])
def test_units_of_one_temporal_convolution_need_one(unit):
    design = with_scales(preset("tiny"))
    clips, real = make_clips(design, 1)
    folding = Folding(blocks=(BlockFolding(h_rows=1, scales=ScalesFolding()),) * 2)
    with pytest.raises(ValueError, match=r"--unit temporal_\w+ must be of a block without branches; block_conv, "):
        TEST_CASES[unit](Context(design, folding, clips, real))


def test_same_seed_same_stimuli(tiny):
    again = Context(tiny.design, tiny.folding, tiny.clips, tiny.real)
    for unit in ("requant", "packed_mac_single", "row_store", "temporal_lane"):
        sources, others = TEST_CASES[unit](tiny).sources, TEST_CASES[unit](again).sources
        assert {name: source.beats for name, source in sources.items()} == \
            {name: source.beats for name, source in others.items()}


def test_context_comes_back(tiny, tmp_path):
    tiny.save(tmp_path)
    found = Context.load(tmp_path)
    assert found.design.hash == tiny.design.hash
    assert found.folding == tiny.folding
    assert (found.clips == tiny.clips).all()
    assert (found.real, found.seed, found.idle, found.stall) == (tiny.real, tiny.seed, None, None)


def test_needs_must_be_one_per_beat(tiny, tmp_path):
    case = TEST_CASES["row_store"](tiny)
    case.sources["req0"].needs = case.sources["req0"].needs[1:]
    with pytest.raises(ValueError, match="needs of req0 must be one per beat"):
        write(case, tmp_path)


def test_every_component_has_a_test_case():
    # The units of boards/ work together under the Python host, in tests/hdl/boards/test_uart_top.py; the counters of
    # performance_counters.py are read in simulations of whole clips, tests/sim/fullscale/test_simulation.py.
    names = {node.name for path in modules("hypgcn")
             if path.parent.name != "boards" and path.stem != "performance_counters"
             for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.ClassDef) and any("Component" in ast.unparse(base) for base in node.bases)}
    text = "".join(path.read_text(encoding="utf-8")
                   for path in (PACKAGES["hypgcn_sim"] / "unit_tests/cases").glob("*.py"))
    text += (PACKAGES["hypgcn_sim"] / "unit_tests/wrappers.py").read_text(encoding="utf-8")
    missing = {name for name in names
               if name not in INSIDE and f"{name}(" not in text and f"component={name}" not in text}
    assert not missing
    assert set(INSIDE) <= names
    assert set(INSIDE.values()) <= set(TEST_CASES)
