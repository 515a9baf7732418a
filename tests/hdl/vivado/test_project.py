import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from ensembles import small_ensemble

from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import random_design
from hypgcn.emission.emit import Emission
from hypgcn.vivado import VivadoSettings, project
from hypgcn.vivado.project import core_name, sources_of, vivado_files, write_project

FOLDING = Folding(blocks=(BlockFolding(),))


def small(seed):
    return random_design(seed, name="smallest", frames=2, joints=2, classes=2, widths=(3,), strides=(1,), kernel=3,
                         subsets=1)


@pytest.fixture
def quick(emitted, monkeypatch):
    """Emissions with the ports of a core, in place of those of a network."""
    def generate(design, folding, out_dir, *, name, bus_width, part, progress):
        files = {f"{name}.sv": f"module {name}; // {design.hash}\n", f"{name}_lane.sv": f"module {name}_lane;\n",
                 "hypgcn_rom.sv": "module hypgcn_rom;\n", f"{name}_w_1.mem": "1\n"}
        parameters = {"design": {"name": design.name, "hash": design.hash}, "folding": {"mac": folding.mac}}
        return Emission(name, files, {"generator": "hypgcn", "ports": emitted[1].sidecar["ports"],
                                      "parameters": parameters})
    monkeypatch.setattr(project, "generate", generate)


def all_files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_files_are_on_the_disk_and_the_same_again(emitted):
    folder, emission, settings = emitted
    texts = vivado_files(emission, settings)
    assert {"build.tcl", "package.tcl", "block_design.tcl", "reports.tcl", "project.json"} < set(texts)
    assert all((folder / name).read_text(encoding="utf-8") == text for name, text in texts.items())
    assert all((folder / name).is_file() for names in sources_of(emission).values() for name in names)
    assert not [name for names in sources_of(emission).values() for name in names if "sim/" in name]
    data = json.loads(texts["project.json"])
    assert (data["design"], data["period_ns"]) == ("smallest", 5.0)
    assert data["hash"] == emission.sidecar["parameters"]["design"]["hash"]


def test_two_designs_share_neither_ip_nor_module(quick, tmp_path):
    """Two designs that were packaged and added to one project had one VLNV and the same modules."""
    found = []
    for number, (design, settings) in enumerate((
            (small(1), VivadoSettings()), (small(2), VivadoSettings()), (small(1), VivadoSettings(bus_width=64)))):
        write_project(design, FOLDING, tmp_path / str(number), settings)
        ip = json.loads((tmp_path / f"{number}/project.json").read_text(encoding="utf-8"))["ip"]
        modules = {name for path in (tmp_path / f"{number}/rtl").glob("*.sv")
                   for name in re.findall(r"^module (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)}
        assert f"as {ip} in" in (tmp_path / f"{number}/package.tcl").read_text(encoding="utf-8")
        found.append((ip, modules - {"hypgcn_rom"}))
    assert len({ip for ip, _ in found}) == 3
    assert not found[0][1] & found[1][1] and not found[0][1] & found[2][1]
    # The hand-written memory is the same text in all of them.
    assert len({(tmp_path / f"{number}/rtl/hypgcn_rom.sv").read_text(encoding="utf-8") for number in range(3)}) == 1


def test_names_are_stable_and_an_exact_one_stays():
    design, settings = small(1), VivadoSettings(name="core")
    assert re.fullmatch("core_[0-9a-f]{8}", core_name(settings, design, FOLDING))
    assert core_name(settings, design, FOLDING) == core_name(settings, small(1), Folding(blocks=(BlockFolding(),)))
    assert core_name(settings, design, FOLDING) != core_name(settings, design, Folding(blocks=(BlockFolding(lanes=2),)))
    assert core_name(VivadoSettings(name="core", exact_name=True), design, FOLDING) == "core"


def test_the_name_of_an_ensemble_follows_from_all_its_networks():
    made, other = small_ensemble(), small_ensemble(weights=(1, 1))
    settings, fast = VivadoSettings(), Folding(blocks=(BlockFolding(lanes=2),))
    names = {core_name(settings, ensemble, foldings) for ensemble, foldings in (
        (made, (FOLDING, FOLDING)), (made, (FOLDING, fast)), (made, (fast, FOLDING)), (other, (FOLDING, FOLDING)))}
    assert len(names) == 4 and core_name(settings, small_ensemble(), (FOLDING, fast)) in names


def test_an_ip_of_several_forms_is_for_families_that_can_do_all(emitted):
    _, emission, settings = emitted
    streams = [{"folding": {"mac": mac}} for mac in ("single", "dsp48e2")]
    parameters = {"ensemble": {"name": "pair", "hash": "1" * 64, "streams": streams}}
    texts = vivado_files(Emission(emission.name, emission.files, {**emission.sidecar, "parameters": parameters}),
                         settings)
    words = re.search(r"SUPPORTED_FAMILIES \{(.*?)\} ", texts["package.tcl"], re.DOTALL)[1].split()
    assert {"kintexu", "zynquplus"} <= set(words) and not {"kintex7", "zynq"} & set(words)


def test_a_project_takes_the_place_of_an_earlier_one(quick, tmp_path):
    write_project(small(1), FOLDING, tmp_path / "out", VivadoSettings())
    write_project(small(2), FOLDING, tmp_path / "out", VivadoSettings())
    write_project(small(2), FOLDING, tmp_path / "fresh", VivadoSettings())
    assert all_files(tmp_path / "out") == all_files(tmp_path / "fresh")


def test_two_projects_into_one_folder_at_once(quick, tmp_path):
    """One whole project is left, of one design."""
    designs = [small(seed) for seed in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda design: [write_project(design, FOLDING, tmp_path / "out", VivadoSettings())
                                      for _ in range(4)], designs))
    winner = json.loads((tmp_path / "out/project.json").read_text(encoding="utf-8"))["hash"]
    (design,) = (design for design in designs if design.hash == winner)
    write_project(design, FOLDING, tmp_path / "fresh", VivadoSettings())
    assert all_files(tmp_path / "out") == all_files(tmp_path / "fresh")
    assert all((tmp_path / "out" / name).read_bytes() == (tmp_path / "fresh" / name).read_bytes()
               for name in all_files(tmp_path / "fresh"))


@pytest.mark.parametrize(("folder", "part", "message"), [
    ("a[1]", "xcku115-flvb2104-2-e", "out must be a folder without"),
    ("out", "xc7z020clg400-1", "cannot do the folding's mac 'dsp48e2': take a folding with 'dsp48e1' or 'single'"),
])
def test_what_cannot_work_is_refused_before_any_work(tmp_path, monkeypatch, folder, part, message):
    monkeypatch.setattr(project, "generate", None)
    with pytest.raises(ValueError, match=message):
        write_project(small(1), FOLDING, tmp_path / folder, VivadoSettings(part=part))
    assert not (tmp_path / folder).exists()
