"""Where the C driver is, in a checkout and in a wheel."""

from contracts.tree import ROOT
from hypgcn_host import c_sources, sources


def test_a_checkout_has_it_beside_the_package():
    assert c_sources() == ROOT / "firmware/c"
    assert {"Makefile", "hypgcn.h", "hypgcn_registers.h"} <= {path.name for path in c_sources().iterdir()}


def test_a_wheel_has_it_inside(monkeypatch, tmp_path):
    (tmp_path / "c").mkdir()
    monkeypatch.setattr(sources, "_HERE", tmp_path)
    assert c_sources() == tmp_path / "c"
