"""Other tools read what is emitted, and would say so if they could not."""

import pytest

from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import preset, random_design
from hypgcn.generate import generate
from hypgcn_sim.commands.lint import run as run_lint
from hypgcn_sim.synthesis.lint import read_by_yosys, verilator_findings


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    out = tmp_path_factory.mktemp("rtl")
    design = random_design(7, name="lint", frames=2, joints=2, classes=2, widths=(8,), strides=(1,))
    generate(design, Folding(blocks=(BlockFolding(),)), out)
    return out


def test_verilator_finds_nothing(emitted):
    assert verilator_findings(emitted, "hypgcn") == []


@pytest.mark.parametrize("old,new,rule", [
    ("always_ff @(posedge clk)", "always_ff @(posedge clock)", "%Error"),
    ("endmodule", "  wire [3:0] a;\n  wire b = a[7];\nendmodule", "%Warning-SELRANGE"),
])
def test_verilator_finds_a_fault(emitted, tmp_path, old, new, rule):
    for path in emitted.rglob("*.*v"):
        copy = tmp_path / path.relative_to(emitted)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(path.read_text())
    text = (tmp_path / "hypgcn.sv").read_text()
    assert old in text
    (tmp_path / "hypgcn.sv").write_text(text.replace(old, new, 1))
    assert any(line.startswith(rule) for line in verilator_findings(tmp_path, "hypgcn"))


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
