"""Other tools accept emitted text, and their findings are reported."""

import pytest

from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import preset, random_design
from hypgcn.emission.emit import emit
from hypgcn.generate import generate
from hypgcn.rfc import RfcEncoder
from hypgcn_sim.commands.lint import run as run_lint
from hypgcn_sim.synthesis.lint import read_by_yosys, slang_errors, verible_errors, verilator_findings


def test_verilator_finds_nothing(tmp_path):
    design = random_design(7, name="lint", frames=2, joints=2, classes=2, widths=(3,), strides=(1,), kernel=3,
                           subsets=1)
    generate(design, Folding(blocks=(BlockFolding(),)), tmp_path)
    assert verilator_findings(tmp_path, "hypgcn") == []
    assert slang_errors(tmp_path, "hypgcn") == []
    assert verible_errors(tmp_path) == []


@pytest.fixture(scope="module")
def unit(tmp_path_factory):
    """The text of one unit: a whole core takes seconds to lint."""
    folder = tmp_path_factory.mktemp("rtl")
    emit(RfcEncoder(), "hypgcn", folder)
    return (folder / "hypgcn.sv").read_text(encoding="utf-8")


@pytest.mark.parametrize("old,new,rule", [
    ("", "", None),
    ("always_ff @(posedge clk)", "always_ff @(posedge clock)", "%Error"),
    ("endmodule", "  wire [3:0] a;\n  wire b = a[7];\nendmodule", "%Warning-SELRANGE"),
])
def test_verilator_finds_a_fault(unit, tmp_path, old, new, rule):
    assert old in unit
    (tmp_path / "hypgcn.sv").write_text(unit.replace(old, new, 1), encoding="utf-8")
    findings = verilator_findings(tmp_path, "hypgcn")
    assert any(line.startswith(rule) for line in findings) if rule else findings == []


def test_command_needs_emitted_files(tmp_path):
    class Args:
        folder, name, no_yosys = tmp_path, "hypgcn", True
    with pytest.raises(FileNotFoundError, match="hypgcn verilog DESIGN -o"):
        run_lint(Args)


@pytest.mark.slow
@pytest.mark.synth
def test_full_network(tmp_path):
    generate(preset("full"), None, tmp_path)
    assert verilator_findings(tmp_path, "hypgcn") == []
    read_by_yosys(tmp_path, "hypgcn")


@pytest.mark.parametrize("added,text", [
    ("wire a = missing_signal;", "missing_signal"), ("missing_module instance_of_it ();", "missing_module"),
    ("assign = ;", "expected"),
])
def test_slang_finds_a_fault(unit, tmp_path, added, text):
    (tmp_path / "hypgcn.sv").write_text(unit.replace("endmodule", f"{added}\nendmodule", 1), encoding="utf-8")
    assert any(text in error for error in slang_errors(tmp_path, "hypgcn"))


def test_verible_finds_a_fault(unit, tmp_path):
    (tmp_path / "hypgcn.sv").write_text(unit.replace("endmodule", "assign = ;\nendmodule", 1), encoding="utf-8")
    assert verible_errors(tmp_path)
