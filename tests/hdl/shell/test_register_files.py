"""The generated register files are those of the description, and say the same."""

import importlib.util
import json
import re
import subprocess
import sys

import pytest

from contracts.tree import ROOT
from hypgcn.shell import register_files
from hypgcn.shell.registers import ALL_REGISTERS, MAGIC, REGISTERS, RESULT_FLAGS, STREAM_REGISTERS


@pytest.mark.parametrize("name", register_files.FILES)
def test_checkout_is_up_to_date(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text == register_files.FILES[name](), f"{name} has drifted: make registers"


def test_writes_only_what_differs(tmp_path):
    assert set(register_files.write(tmp_path)) == set(register_files.FILES)
    assert register_files.write(tmp_path) == []
    page = tmp_path / "docs/registers.md"
    page.write_text(page.read_text(encoding="utf-8") + "x", encoding="utf-8")
    assert register_files.write(tmp_path) == ["docs/registers.md"]


def test_command(tmp_path):
    command = [sys.executable, "-m", "hypgcn.shell.register_files", str(tmp_path)]
    environment = {"PYTHONPATH": str(ROOT / "hdl")}
    first, second = (subprocess.run(command, capture_output=True, encoding="utf-8", check=True, env=environment).stdout
                     for _ in range(2))
    assert first.split() == list(register_files.FILES)
    assert second == "nothing changed\n"


def defines(text):
    return dict(re.findall(r"^#define (\w+(?:\(n\))?) +(.*)$", text, re.MULTILINE))


def test_c_header_says_what_the_description_says():
    text = register_files.c_header()
    found = defines(text)
    assert text.count("#define ") - 1 == len(found), "a name is defined twice"  # one is the guard
    assert int(found["HYPGCN_MAGIC"].rstrip("u"), 16) == MAGIC
    for entry in ALL_REGISTERS:
        if entry.count == 1:
            assert int(found[f"HYPGCN_REG_{entry.name}"].rstrip("u"), 16) == entry.offset
        else:
            formula = found[f"HYPGCN_REG_{entry.name}(n)"].replace("u", "")
            assert eval(formula, {"n": 3}) == entry.address(3)
        if entry.fields[0].width < 32:
            for field in entry.fields:
                name = f"HYPGCN_REG_{entry.name}_{field.name.upper()}"
                assert int(found[name + "_MASK"].rstrip("u"), 16) == field.mask
                assert int(found[name + "_SHIFT"].rstrip("u")) == field.low


def test_python_map_says_what_the_description_says():
    spec = importlib.util.spec_from_file_location("map", ROOT / "firmware/hypgcn_host/registers.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    assert found.OFFSETS == {entry.name: entry.offset for entry in ALL_REGISTERS}
    assert found.STRIDES == {entry.name: entry.stride for entry in ALL_REGISTERS if entry.count > 1}
    assert found.FIELDS == {entry.name: {field.name: (field.mask, field.low) for field in entry.fields}
                            for entry in ALL_REGISTERS}
    assert found.FLAGS == {flag.name: flag.mask for flag in RESULT_FLAGS}
    assert found.MAGIC == MAGIC


def test_page_names_every_register_and_field():
    page = register_files.markdown()
    for entry in ALL_REGISTERS:
        assert f"## {entry.name}\n" in page
        for field in entry.fields:
            assert field.width == 32 or f"| {field.name} |" in page


def test_json_is_plain_and_complete():
    data = json.loads(json.dumps(register_files.as_json()))
    assert [entry["name"] for entry in data["registers"]] == [entry.name for entry in REGISTERS]
    assert data["result"]["trailer"] == ["argmax", "clip", "flags"]


def test_json_of_an_ensemble_has_its_registers_and_what_a_result_holds():
    data = json.loads(json.dumps(register_files.as_json(("joint", "bone"))))
    names = [entry["name"] for entry in data["registers"]]
    assert names == [entry.name for entry in ALL_REGISTERS]
    assert set(names) - {entry.name for entry in REGISTERS} == {entry.name for entry in STREAM_REGISTERS}
    assert data["abi"] == 2 and data["result"]["scores"] == ["sum", "joint", "bone"]
    alone = register_files.as_json()
    assert alone["abi"] == 1 and "scores" not in alone["result"]
