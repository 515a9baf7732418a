"""The design that comes with hypgcn: by its name everywhere, packed in the wheel or from the checkout."""

import json
import shutil

import pytest

from hypgcn import cli
from hypgcn.design import Design, shipped
from hypgcn.design.shipped import CHECKPOINTS, SHIPPED, shipped_design


def test_a_checkout_has_it_where_it_was_trained(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert shipped_design() == CHECKPOINTS / SHIPPED / "design"
    design = cli.load_design(SHIPPED)
    assert design.name == SHIPPED and design.meta["weights"] == "trained" and design.class_names


def test_a_wheel_has_it_beside_the_module(monkeypatch, tmp_path):
    monkeypatch.setattr(shipped, "_PACKED", tmp_path)
    shutil.copytree(CHECKPOINTS / SHIPPED / "design", tmp_path / SHIPPED)
    monkeypatch.setattr(shipped, "CHECKPOINTS", tmp_path / "nowhere")
    assert shipped_design() == tmp_path / SHIPPED
    written = json.loads((tmp_path / SHIPPED / "design.json").read_text(encoding="utf-8"))
    assert Design.load(shipped_design()).hash == written["hash"]


def test_a_package_without_it(monkeypatch, tmp_path):
    monkeypatch.setattr(shipped, "_PACKED", tmp_path)
    monkeypatch.setattr(shipped, "CHECKPOINTS", tmp_path)
    with pytest.raises(FileNotFoundError, match=f"{SHIPPED} must hold the design {SHIPPED}, as in the wheel"):
        shipped_design()


def test_it_is_no_preset():
    with pytest.raises(ValueError, match=rf"nor a preset .* nor the trained design that comes with hypgcn "
                                         rf"\({SHIPPED}\)"):
        cli.load_design("nwucla")
