"""Names of modules, texts for people and folders: what is refused, and that one line says why."""

import os

import pytest

from contracts.tree import ROOT
from hypgcn.design.names import check_module_name, check_text, check_title, check_vivado_folder, module_names


def test_hand_written_modules_are_found_in_the_sources():
    """A memory that is added to the package is a name that no top may take."""
    assert {"hypgcn_ram", "hypgcn_rom", "hypgcn_async_ram"} <= module_names()
    templates = {ROOT / "hdl/hypgcn/testbench/testbench.sv"}  # its module is called after the top
    assert len(module_names()) >= len(set((ROOT / "hdl").rglob("*.sv")) - templates)


@pytest.mark.parametrize(("name", "reason"), [
    ("module", "a keyword"), ("wire", "a keyword"), ("checker", "a keyword"), ("xor", "a keyword"),
    ("DSP48E2", "a primitive"), ("dsp48e2", "a primitive"), ("RAMB36E2", "a primitive"), ("FDRE", "a primitive"),
    ("DP16KD", "a primitive"), ("MMCME4_ADV", "a primitive"), ("URAM288", "a primitive"),
    ("hypgcn_ram", "a module of hypgcn"), ("HYPGCN_ROM", "a module of hypgcn"), ("glbl", "a name that tools use"),
    ("CON", "a name that tools use"),
])
def test_names_of_modules_that_exist_are_refused(name, reason):
    with pytest.raises(ValueError, match=f"--name must be another name: '{name}' is {reason}"):
        check_module_name("--name", name)


@pytest.mark.parametrize("name", ["", "2s", "a b", "a-b", "umläut", "ｗide", "a$", "a\n", "[", "}", 7, None, "a" * 65])
def test_names_that_are_no_identifiers_are_refused(name):
    with pytest.raises(ValueError, match="^top must "):
        check_module_name("top", name)


@pytest.mark.parametrize("name", ["hypgcn", "core_1", "_x", "Wire", "MODULE", "a" * 64])
def test_other_names_are_taken(name):
    check_module_name("top", name)


@pytest.mark.parametrize("text", ["a}", "a;b", "[exit]", 'a"', "a'", "a\nb", "a\tb", "a\\", "$x", "`x", "a<b", "a|b",
                                  "{", " ", "", "a\x00", "a\u202eb", "a" * 201])
def test_titles_without_syntax(text):
    """The name of a design that broke out of its word in Tcl."""
    with pytest.raises(ValueError, match="^name must ") as error:
        check_title("name", text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["nwucla_joint", "tiny-seeded", "Übung 2 (joint, 60/40)", "骨格", "v1.0+x"])
def test_titles_for_people(text):
    check_title("name", text)


def test_texts():
    check_text("class_names[0]", 'put on a hat/cap; "it\'s" [sic]')
    with pytest.raises(ValueError, match=r"class_names\[0\] must be printable, on one line, not 'a\\nb'"):
        check_text("class_names[0]", "a\nb")
    with pytest.raises(TypeError, match="name must be a text, not 3"):
        check_title("name", 3)


@pytest.mark.parametrize("folder", ["a[1]", "a$b", "a;b", 'a"b', "a'b", "a{b", "a,b", "a\nb"])
def test_folders_that_vivado_does_not_take(tmp_path, folder):
    with pytest.raises(ValueError, match="--out must be a folder without .* which Vivado does not support") as error:
        check_vivado_folder("--out", tmp_path / folder / "deeper")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("folder", ["a b", "a.b", "a-b_c~", "ümlaut"])
def test_folders_that_vivado_takes(tmp_path, folder):
    check_vivado_folder("--out", tmp_path / folder)
    check_vivado_folder("--out", f"{tmp_path}{os.sep}{folder}{os.sep}..")
