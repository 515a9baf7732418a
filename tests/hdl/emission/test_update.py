import pytest

from hypgcn.emission.update import update_files


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
