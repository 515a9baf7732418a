import pytest
from vivado_commands import check_script
from vivado_stub import interpreter, run_tcl

from hypgcn_sim.power.report_tcl import power_tcl


def test_commands_are_known():
    check_script(power_tcl("hypgcn"))


@pytest.mark.skipif(interpreter() is None, reason="there is neither tclsh nor a tkinter with its Tcl")
def test_activity_is_read_before_the_report(tmp_path):
    (tmp_path / "power.tcl").write_text(power_tcl("core"), encoding="utf-8")
    (tmp_path / "stub").mkdir()
    with pytest.raises(ValueError, match=r"source build.tcl first"):
        run_tcl(tmp_path / "power.tcl", folder=tmp_path / "stub")
    (tmp_path / "build").mkdir()
    (tmp_path / "build/core.xpr").touch()
    built = {"prelude": "set stub::runs(impl_1) 100%", "folder": tmp_path / "stub"}
    with pytest.raises(ValueError, match="file not found"):
        run_tcl(tmp_path / "power.tcl", **built)
    (tmp_path / "core_power.saif").touch()
    calls = run_tcl(tmp_path / "power.tcl", **built)
    assert [name for name, _ in calls] == ["open_project", "open_run", "read_saif", "report_power", "close_project"]
    assert calls[2][1][:2] == ["-strip_path", "TOP/core"]
