import json
import shutil

import pytest
from vivado_commands import check_script
from vivado_stub import TIMING, UTILISATION, interpreter, run_tcl

needs_tcl = pytest.mark.skipif(interpreter() is None, reason="there is neither tclsh nor a tkinter with its Tcl")


@pytest.fixture
def project(emitted, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(emitted[0], folder)
    return folder


def test_commands_are_known(emitted):
    folder, _, _ = emitted
    check_script((folder / "build.tcl").read_text(encoding="utf-8"),
                 (folder / "reports.tcl").read_text(encoding="utf-8"))


@needs_tcl
@pytest.mark.parametrize(("arguments", "stages"), [((), ["synthesis", "implementation"]),
                                                   (("synthesis",), ["synthesis"])])
def test_build(project, emitted, tmp_path, arguments, stages):
    calls = run_tcl(project / "build.tcl", arguments=arguments, folder=tmp_path)
    names = [name for name, _ in calls]
    assert names.count("launch_runs") == names.count("open_run") == len(stages)
    added = {path.rpartition("/")[2] for name, words in calls if name == "add_files" for path in words[-1].split()}
    wanted = {name for name in emitted[1].files if "/" not in name}
    assert added == wanted | {"hypgcn_ooc.xdc", "hypgcn.xdc"}
    assert sorted(path.stem for path in (project / "reports").glob("*.json")) == sorted(stages)
    data = json.loads((project / f"reports/{stages[-1]}.json").read_text(encoding="utf-8"))
    assert data == {
        "stage": stages[-1], "part": "xcku115-flvb2104-2-e", "clock": "aclk", "period_ns": 5.814, "met": False,
        "fmax_mhz": 166.7, "wns_ns": -0.186, "tns_ns": -1.25, "whs_ns": 0.032, "ths_ns": 0,
        "utilisation": {"lut": {"used": 20321, "available": 663360}, "ff": {"used": 30567, "available": 1326720},
                        "dsp": {"used": 256, "available": 5520}, "bram36": {"used": 61.5, "available": 2160}},
    }


@needs_tcl
@pytest.mark.parametrize(("options", "message"), [
    ({"arguments": ("bitstream",)}, "must be synthesis or implementation"),
    ({"progress": "40%"}, "synthesis failed: 40%"),
    ({"timing": "nothing"}, "no timing summary"),
    ({"timing": TIMING.replace("aclk", "clk2")}, "clock aclk not found"),
    ({"utilisation": UTILISATION.replace("DSPs", "Ducks")}, "no row"),
])
def test_failures_end_with_an_error(project, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        run_tcl(project / "build.tcl", folder=tmp_path, **options)


@needs_tcl
def test_missing_source_is_found(project, tmp_path):
    next((project / "rtl").glob("*.mem")).unlink()
    with pytest.raises(ValueError, match="file not found"):
        run_tcl(project / "build.tcl", folder=tmp_path)


@needs_tcl
def test_reports_without_paths_and_of_other_families(project, tmp_path):
    timing = TIMING.replace("-0.186", "   NA ").replace("-1.250", "   NA ")
    utilisation = UTILISATION.replace("CLB LUTs*", "Slice LUTs").replace("CLB Registers", "Slice Registers")
    utilisation = utilisation.replace("| Prohibited ", "").replace("|          0 ", "")  # as before 2021
    run_tcl(project / "build.tcl", arguments=("synthesis",), timing=timing, utilisation=utilisation, folder=tmp_path)
    data = json.loads((project / "reports/synthesis.json").read_text(encoding="utf-8"))
    assert data["wns_ns"] is data["fmax_mhz"] is data["met"] is None
    assert data["utilisation"]["lut"] == {"used": 20321, "available": 663360}


@needs_tcl
@pytest.mark.parametrize("script", ["build.tcl", "package.tcl"])
def test_a_folder_with_a_space_works_and_one_that_looks_like_a_pattern_is_refused(emitted, tmp_path, script):
    """Vivado's get_files takes patterns: a path with brackets found nothing, or another file."""
    ports = [port["name"] for port in emitted[1].sidecar["ports"]]
    for name in ("a b", "a{b", "a[1]", "a$b", "a;b"):
        project = tmp_path / name
        shutil.copytree(emitted[0], project)
        if name == "a b":
            assert run_tcl(project / script, ports=ports, folder=tmp_path)
            continue
        with pytest.raises(ValueError, match=r"Vivado\\? cannot\\? work\\? in.*move\\? this\\? project"):
            run_tcl(project / script, ports=ports, folder=tmp_path)
        # Without that check the script still names its own files, and no others.
        text = (project / script).read_text(encoding="utf-8")
        (project / script).write_text(text.replace("if {[regexp {[^", "if {0 && [regexp {[^"), encoding="utf-8")
        assert run_tcl(project / script, ports=ports, folder=tmp_path)
