"""From a design to files: complete, repeatable, and nothing half-written."""

import json
import re
from pathlib import Path

import pytest
from ensembles import small_ensemble

from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import preset, random_design
from hypgcn.emission.emit import Emission
from hypgcn.emission.platform import component_ports
from hypgcn.generate import generate, generate_ensemble
from hypgcn.testbench.clips import generated_clips
from hypgcn.testbench.files import result_words

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


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    out, made = tmp_path_factory.mktemp("ensemble"), small_ensemble(frames=1, joints=5, persons=1)
    clips = generated_clips(made.designs[0], 2)
    return out, made, generate_ensemble(made, (FOLDING, FOLDING), out, bus_width=32, testbench=clips), clips


def test_sidecar_of_an_ensemble(ensemble):
    out, made, _, _ = ensemble
    sidecar = json.loads((out / "hypgcn.json").read_text(encoding="utf-8"))
    entry = sidecar["parameters"]["ensemble"]
    assert (entry["hash"], entry["shift"], entry["score_scale"]) == (made.hash, made.shift, made.score_scale)
    assert [(row["stream"], row["weight"], row["mult"], row["design"]["hash"]) for row in entry["streams"]] == [
        (stream, str(weight), mult, design.hash) for stream, weight, mult, design
        in zip(made.streams, made.weights, made.mults, made.designs)]
    for row, design in zip(entry["streams"], made.designs):
        assert row["folding"] == json.loads(FOLDING.to_json()) and row["design"]["raw"] == design.raw.to_dict()
        assert row["design"]["logit_scale"] == design.logit_scale
    assert sidecar["registers"]["abi"] == 2 and sidecar["registers"]["result"]["scores"] == ["sum", *made.streams]
    assert set(sidecar["clip_cycles"]) == set(made.streams) and sidecar["parameters"]["bus_width"] == 32
    assert set(sidecar["files"]) | {"hypgcn.json"} == set(content(out))


def test_each_network_is_a_module_with_images_of_its_own(ensemble):
    out = ensemble[0]
    for stream in ("joint", "bone_motion"):
        text = (out / f"hypgcn_core_{stream}.sv").read_text(encoding="utf-8")
        assert re.search(rf"^module hypgcn_core_{stream} \(", text, re.MULTILINE)
        assert f"// Ensemble {ensemble[1].name}, hash {ensemble[1].hash}" in re.sub(" +", " ", text)
    images = [path.name for path in out.glob("*.mem")]
    own = {stream: {name.removeprefix(f"hypgcn_core_{stream}_") for name in images
                    if name.startswith(f"hypgcn_core_{stream}_")} for stream in ("joint", "bone_motion")}
    assert sum(map(len, own.values())) == len(images) and own["joint"] == own["bone_motion"] != set()


def test_testbench_of_an_ensemble_has_its_words(ensemble):
    out, made, _, clips = ensemble
    words = [int(word, 16) for word in (out / "tb/hypgcn_tb_results.mem").read_text(encoding="utf-8").split()]
    assert words == [word for number, clip in enumerate(clips) for word in result_words(made, clip, number)]
    assert f"HASH = 64'h{made.hash[:16]};" in (out / "tb/hypgcn_tb.sv").read_text(encoding="utf-8")


def test_an_ensemble_without_buses(monkeypatch):
    tops = []
    monkeypatch.setattr("hypgcn.generate.emit", lambda top, name, **rest: tops.append(top) or Emission(name, {}))
    made = small_ensemble(frames=1, joints=5, persons=1)
    emission = generate_ensemble(made, (FOLDING, FOLDING), None)
    assert "i__payload" in component_ports(tops[0]) and "registers" not in emission.sidecar
    tops[0]._MustUse__used = True   # it is never elaborated
    with pytest.raises(ValueError, match="testbench must be None without a bus_width"):
        generate_ensemble(made, (FOLDING, FOLDING), None, testbench=generated_clips(made.designs[0], 1))


def test_foldings_of_an_ensemble_share_the_default_multipliers(monkeypatch):
    tops = []
    monkeypatch.setattr("hypgcn.generate.emit", lambda top, name, **rest: tops.append(top) or Emission(name, {}))
    monkeypatch.setattr("hypgcn.generate.DEFAULT_MULTIPLIERS", 60)
    emission = generate_ensemble(small_ensemble(frames=9, joints=5, persons=1), None, None)
    tops[0]._MustUse__used = True
    assert emission.sidecar["multipliers"] <= 60
