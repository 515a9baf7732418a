"""From a design to files: complete, repeatable, and nothing half-written."""

import json
import re
from pathlib import Path

import pytest

from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import preset, random_design
from hypgcn.emission.emit import Emission
from hypgcn.emission.platform import component_ports
from hypgcn.generate import generate

DESIGN = random_design(1, name="smallest", frames=2, joints=2, classes=2, widths=(3,), strides=(1,), kernel=3,
                       subsets=1)
FOLDING = Folding(blocks=(BlockFolding(),))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("rtl")
    seen = []
    emission = generate(DESIGN, FOLDING, out, progress=lambda done, total, text: seen.append((done, total)))
    return out, seen, emission


def content(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_sidecar_tells_ports_design_and_memories(written):
    out, seen, _ = written
    sidecar = json.loads((out / "hypgcn.json").read_text(encoding="utf-8"))
    assert sidecar["parameters"]["design"]["hash"] == DESIGN.hash
    assert {"clk", "rst", "i__payload", "i__valid", "i__ready", "o__payload", "o__valid", "o__ready", "threshold_raise",
            "overflow_counts"} == {port["name"] for port in sidecar["ports"]}
    assert sidecar["latencies"]["PackedMac"] > 0 and sidecar["memories"] and sidecar["multipliers"] > 0
    assert len(sidecar["clip_cycles"]) == 1
    assert set(sidecar["files"]) | {"hypgcn.json"} == set(content(out))
    assert seen[-1][0] <= seen[-1][1] and [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_files_say_what_they_were_made_from(written):
    """Without a date or a place of this machine: the same design gives the same bytes."""
    out, _, emission = written
    for name in ("hypgcn", "hypgcn_block0", "hypgcn_block0_spatial", "hypgcn_block0_temporal",
                 "hypgcn_block0_temporal_lane", "hypgcn_head", "hypgcn_input"):
        head = emission.files[f"{name}.sv"].partition("\n\n")[0]
        assert head.startswith(f"// {name}: written by hypgcn ")
        assert f"// Design   smallest, hash {DESIGN.hash}\n" in head
        assert re.search(r"// Folding  \d+ multipliers of the form dsp48e2; blocks: 1\n", head)
        assert "// Device   UltraScale, UltraScale+, Versal\n" in head
        assert "// Command  hypgcn verilog DESIGN --folding FILE --name hypgcn --bare" in head
    here = (str(out.parent), str(Path(__file__).parents[2]))
    assert not [name for name, text in emission.files.items() for place in here if place in text]


def test_no_name_needs_a_dollar_sign(written):
    """Nor has a module one: what is left are system functions."""
    ours = [text for name, text in written[2].files.items() if name.endswith(".sv") and not name.startswith("sim/")
            and name not in ("hypgcn_rom.sv", "hypgcn_ram.sv", "hypgcn_async_ram.sv")]
    assert set(re.findall(r"\S*\$\w*", "".join(ours))) <= {"$signed", "($signed", "{$signed", "~$signed", "-$signed"}
    modules = re.findall(r"^module (\S+)", "".join(ours), re.MULTILINE)
    assert len(set(modules)) == len(modules) > 50 and all(name.isidentifier() for name in modules)


@pytest.mark.slow  # emission/test_emit.py holds the same for a small component, under several seeds of hashes
def test_same_design_same_bytes(written, tmp_path):
    generate(DESIGN, FOLDING, tmp_path)
    assert content(tmp_path) == content(written[0])


def test_files_that_are_the_same_stay_untouched(written):
    out, _, emission = written
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert emission.write(out) == []
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_observation_ports_are_there_only_when_asked_for(written, monkeypatch):
    tops = []
    monkeypatch.setattr("hypgcn.generate.emit", lambda top, name, **options: tops.append(top) or Emission(name, {}))
    monkeypatch.setattr(Emission, "write", lambda emission, out: [])
    generate(DESIGN, FOLDING, None, observe=True)
    assert any(name.startswith("observe_0") for name in component_ports(tops[0]))
    tops[0]._MustUse__used = True   # it is never elaborated
    assert b"observe_" not in (written[0] / "hypgcn.sv").read_bytes()


def test_top_with_buses(written, tmp_path):
    emission = generate(DESIGN, FOLDING, tmp_path, bus_width=64)
    sidecar = json.loads((tmp_path / "hypgcn.json").read_text(encoding="utf-8"))
    ports = {port["name"]: port["width"] for port in sidecar["ports"]}
    assert {"aclk", "aresetn", "irq", "m_axis_tdata", "s_axi_control_awaddr"} <= set(ports)
    assert not {"clk", "rst"} & set(ports)
    assert (ports["s_axis_tdata"], ports["s_axis_tkeep"]) == (64, 8)
    assert sidecar["parameters"]["bus_width"] == 64
    assert sidecar["registers"]["registers"][0]["name"] == "CONTROL"
    text = (tmp_path / "hypgcn.sv").read_text(encoding="utf-8")
    for port in ports:
        assert re.search(rf'X_INTERFACE_INFO = "xilinx.com:[^"]*" \*\)(\s*\(\*.*\*\))?\s*(input|output) [^,\n]* {port}'
                         r"( = [^,\n]*)?,?\n", text), port
    for parameters in ("aclk, ASSOCIATED_BUSIF s_axis:m_axis:s_axi_control, ASSOCIATED_RESET aresetn",
                       "aresetn, POLARITY ACTIVE_LOW", "irq, SENSITIVITY LEVEL_HIGH",
                       "s_axis, TDATA_NUM_BYTES 8, HAS_TKEEP 1, HAS_TLAST 1, HAS_TREADY 1, ",
                       "m_axis, TDATA_NUM_BYTES 4, HAS_TKEEP 1, HAS_TLAST 1, HAS_TREADY 1, ",
                       "s_axi_control, PROTOCOL AXI4LITE, DATA_WIDTH 32, ADDR_WIDTH 12"):
        assert f'X_INTERFACE_PARAMETER = "XIL_INTERFACENAME {parameters}' in text
    sidecar = json.loads((written[0] / "hypgcn.json").read_text(encoding="utf-8"))
    assert emission.sidecar["multipliers"] == sidecar["multipliers"]


def test_top_with_buses_shows_no_inner_ports():
    with pytest.raises(ValueError, match="observe must be false with a bus_width, not True"):
        generate(DESIGN, FOLDING, "nowhere", observe=True, bus_width=32)


def test_folding_that_cannot_work_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match=r"blocks\[1\].h_rows must be in 9..64, not 3"):
        generate(preset("tiny"), Folding(blocks=(BlockFolding(), BlockFolding(h_rows=3))), tmp_path / "out")
    assert not (tmp_path / "out").exists()
