"""Device files: those that come with the library, and those of users."""

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from hypgcn.planning.allocator.allocate import Allocator, allocate
from hypgcn.planning.allocator.streams import StreamAllocator
from hypgcn.planning.device import Device, devices

GOOD = {"name": "X", "mac": "single", "multiplier": 18, "dsp": 2, "bram36": 1, "lut": 1000, "ff": 2000}


def write(tmp_path, **changes):
    path = tmp_path / "mine.toml"
    values = {**GOOD, **changes}
    path.write_text("\n".join(f"{name} = {value!r}" for name, value in values.items() if value is not None),
                    encoding="utf-8")
    return str(path)


def test_all_devices_load():
    assert {"xcku115", "xcku040", "xczu7ev", "xc7k325t", "lfe5u-85f"} <= set(devices())
    for name in devices():
        assert Device.load(name).name.lower() == name


def test_the_paper_s_device():
    found = Device.load("XCKU115")
    assert (found.dsp, found.bram36, found.lut) == (5520, 2160, 663360)


def test_file_of_a_user(tmp_path):
    assert Device.load(write(tmp_path)) == Device(**GOOD)
    assert Device.load(write(tmp_path)).uram == 0 and Device.load(write(tmp_path, uram=5)).uram == 5


def test_devices_with_ultra_ram():
    assert {name: Device.load(name).uram for name in ("xck26", "xczu3eg", "xcu50", "xcvu9p")} == {
        "xck26": 64, "xczu3eg": 0, "xcu50": 640, "xcvu9p": 960}


def test_devices_of_few_multipliers(tmp_path):
    """With 200 LUTs and more for each."""
    few = {name for name in devices() if Device.load(name).few_multipliers}
    assert {"lfe5u-85f", "xc7z020", "xc7a100t"} <= few and not {"xcku040", "xcku115", "xck26", "xczu3eg"} & few
    assert Device.load(write(tmp_path, dsp=5, lut=1000)).few_multipliers
    assert not Device.load(write(tmp_path, dsp=5, lut=999)).few_multipliers


def test_options_are_those_of_allocators():
    device = Device.load("xczu3eg")
    assert device.options == {"mac": "dsp48e2", "multiplier": 27, "uram": 0, "few_multipliers": False}
    for allocator in (Allocator, StreamAllocator, allocate):
        assert device.options.keys() <= inspect.signature(allocator).parameters.keys()


def test_boards(tmp_path):
    """By their makers' pages; each board has one device."""
    known = {name: Device.load(name).boards for name in devices()}
    assert {name: known[name] for name in ("xck26", "xczu7ev", "xczu9eg", "xcku040", "xcvu9p", "lfe5u-85f")} == {
        "xck26": ("KV260",), "xczu7ev": ("ZCU104",), "xczu9eg": ("ZCU102",), "xcku040": ("KCU105",),
        "xcvu9p": ("VCU118",), "lfe5u-85f": ("ULX3S-85F",)}
    every = [board for boards in known.values() for board in boards]
    assert len(every) == len(set(every)) and {"PYNQ-Z2", "Arty A7-100T", "Alveo U50", "Alveo U250"} <= set(every)
    assert Device.load(write(tmp_path)).boards == () and Device.load(write(tmp_path, boards=["B"])).boards == ("B",)


def test_the_sample_of_the_page(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "devices.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"^```toml\n(.*?)^```$", page, re.M | re.S)
    (tmp_path / "mine.toml").write_text(sample, encoding="utf-8")
    found = Device.load(str(tmp_path / "mine.toml"))
    assert (found.dsp, found.bram36, found.uram, found.boards) == (1248, 120, 64, ("KV260",))


@pytest.mark.parametrize(("changes", "text"), [
    ({"boards": "KV260"}, "boards must be a list of texts, not 'KV260'"),
    ({"boards": [1]}, r"boards must be a list of texts, not \(1,\)"), ({"boards": [""]}, "boards must be a list"),
    ({"dsp": 0}, "dsp must be at least 1, not 0"), ({"lut": 1.5}, "lut must be an integer, not 1.5"),
    ({"mac": "lut"}, "mac must be one of 'dsp48e2', 'dsp48e1', 'inferred', 'single', not 'lut'"),
    ({"name": ""}, "name must be a text"),
    ({"multiplier": 0}, "multiplier must be at least 1, not 0"), ({"ff": None}, "see ff"),
    ({"uram": -1}, "uram must be at least 0, not -1"), ({"blocks": 3}, "see blocks"),
])
def test_rejects(tmp_path, changes, text):
    with pytest.raises(ValueError, match=f"mine.toml is not a device: .*{text}"):
        Device.load(write(tmp_path, **changes))


def test_rejects_kind():
    with pytest.raises(TypeError, match="dsp must be an integer, not True"):
        dataclasses.replace(Device(**GOOD), dsp=True)


def test_unknown():
    with pytest.raises(ValueError, match="device must be one of .*xcku115.* or a TOML file, not 'xc2'"):
        Device.load("xc2")
