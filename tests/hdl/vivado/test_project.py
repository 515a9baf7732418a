import json

from hypgcn.vivado.project import sources_of, vivado_files


def test_files_are_on_the_disk_and_the_same_again(emitted):
    folder, emission, settings = emitted
    texts = vivado_files(emission, settings)
    assert {"build.tcl", "package.tcl", "block_design.tcl", "reports.tcl", "project.json"} < set(texts)
    assert all((folder / name).read_text() == text for name, text in texts.items())
    assert all((folder / name).is_file() for names in sources_of(emission).values() for name in names)
    assert not [name for names in sources_of(emission).values() for name in names if "sim/" in name]
    data = json.loads(texts["project.json"])
    assert (data["design"], data["period_ns"]) == ("smallest", 5.0)
    assert data["hash"] == emission.sidecar["parameters"]["design"]["hash"]
