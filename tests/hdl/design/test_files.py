import json

import pytest

from hypgcn.design.files import replacing, write_file, write_files, write_json


def test_writes_text_bytes_and_json_and_makes_the_folder(tmp_path):
    write_files({tmp_path / "new/a": "line\nö\n", tmp_path / "new/b": b"\0\1"})
    assert (tmp_path / "new/a").read_bytes() == "line\nö\n".encode()
    assert (tmp_path / "new/b").read_bytes() == b"\0\1"
    write_json(tmp_path / "new/c.json", {"x": [1]})
    assert json.loads((tmp_path / "new/c.json").read_text()) == {"x": [1]}
    write_file(str(tmp_path / "new/a"), "other")
    assert (tmp_path / "new/a").read_text() == "other"
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a", "b", "c.json"]


def test_a_failure_in_the_block_leaves_the_old_file(tmp_path):
    path = tmp_path / "state"
    path.write_text("old")


    def write_half():
        with replacing(path) as temporary:
            temporary.write_text("half of the new")
            raise RuntimeError("half")

    with pytest.raises(RuntimeError, match="half"):
        write_half()
    assert path.read_text() == "old" and [entry.name for entry in tmp_path.iterdir()] == ["state"]


def test_no_file_is_replaced_when_one_cannot_be_written(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(OSError):
        write_files({tmp_path / "a": "new", tmp_path / "a/below_a_file": "new"})
    assert (tmp_path / "a").read_text() == "old" and [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_data_that_is_not_plain_leaves_the_old_file(tmp_path):
    write_json(tmp_path / "x.json", [1])
    with pytest.raises(TypeError):
        write_json(tmp_path / "x.json", [object()])
    assert json.loads((tmp_path / "x.json").read_text()) == [1]
