import json

import pytest

from hypgcn.emission.update import check_foreign, update_files


def test_only_changes_are_written(tmp_path):
    assert update_files(tmp_path / "new", {"a/b.tcl": "1\n", "c": "2\n"}) == ["a/b.tcl", "c"]
    same = tmp_path / "new/a/b.tcl"
    before = same.stat().st_mtime_ns
    assert update_files(tmp_path / "new", {"a/b.tcl": "1\n", "c": "3\n"}) == ["c"]
    assert same.stat().st_mtime_ns == before
    assert (tmp_path / "new/c").read_text(encoding="utf-8") == "3\n"
    assert sorted(path.name for path in (tmp_path / "new").rglob("*") if path.is_file()) == ["b.tcl", "c"]


def test_a_failure_leaves_all_old_files(tmp_path):
    update_files(tmp_path, {"a": "1\n", "b": "1\n"})
    with pytest.raises(OSError):
        update_files(tmp_path, {"a": "2\n", "b/below_a_file": "2\n"})
    assert [(tmp_path / name).read_text(encoding="utf-8") for name in "ab"] == ["1\n", "1\n"]


def emission_of(folder, name, files):
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    (folder / f"{name}.json").write_text(json.dumps({"generator": "hypgcn", "files": dict.fromkeys(files, "")}),
                                         encoding="utf-8")


def test_files_of_others_are_not_replaced(tmp_path):
    check_foreign(tmp_path / "new", {"top.sv": None})
    (tmp_path / "top.sv").write_text("module hypgcn; endmodule\n", encoding="utf-8")
    with pytest.raises(ValueError, match="top.sv would be overwritten, and hypgcn did not write it: take another"):
        check_foreign(tmp_path, {"top.sv": None})
    (tmp_path / "b.sv").write_text("mine", encoding="utf-8")
    with pytest.raises(ValueError, match=r"top.sv and 1 more would be overwritten"):
        check_foreign(tmp_path, {"top.sv": "other", "b.sv": "other", "c.sv": "new"})
    check_foreign(tmp_path, {"top.sv": "module hypgcn; endmodule\n"})     # nothing would change


def test_own_files_may_be_replaced(tmp_path):
    emission_of(tmp_path, "top", {"top.sv": "old", "hypgcn_ram.sv": "old"})
    check_foreign(tmp_path, dict.fromkeys(("top.sv", "hypgcn_ram.sv", "top.json")))
    check_foreign(tmp_path, {"hypgcn_ram.sv": "new"})      # of another top in the same folder
    (tmp_path / "other.sv").write_text("x", encoding="utf-8")
    with pytest.raises(ValueError, match=r"other.sv would be"):
        check_foreign(tmp_path, dict.fromkeys(("top.sv", "other.sv")))


def test_a_sidecar_of_something_else_is_foreign(tmp_path):
    (tmp_path / "top.json").write_text('{"files": {"top.sv": ""}}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"top.json would be"):
        check_foreign(tmp_path, dict.fromkeys(("top.sv", "top.json")))


def test_what_a_stopped_run_left_is_its_own(tmp_path):
    (tmp_path / "top.sv").write_text("// top: written by hypgcn 0.1.0. Do not edit.\n", encoding="utf-8")
    check_foreign(tmp_path, {"top.sv": None})
