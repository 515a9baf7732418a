import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from hypgcn.design.files import (
    check_out_file,
    check_out_folder,
    folder_lock,
    replacing,
    write_file,
    write_files,
    write_json,
)


def test_writes_text_bytes_and_json_and_makes_the_folder(tmp_path):
    write_files({tmp_path / "new/a": "line\nö\n", tmp_path / "new/b": b"\0\1"})
    assert (tmp_path / "new/a").read_bytes() == "line\nö\n".encode()
    assert (tmp_path / "new/b").read_bytes() == b"\0\1"
    write_json(tmp_path / "new/c.json", {"x": [1]})
    assert json.loads((tmp_path / "new/c.json").read_text(encoding="utf-8")) == {"x": [1]}
    write_file(str(tmp_path / "new/a"), "other")
    assert (tmp_path / "new/a").read_text(encoding="utf-8") == "other"
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a", "b", "c.json"]


def test_a_failure_in_the_block_leaves_the_old_file(tmp_path):
    path = tmp_path / "state"
    path.write_text("old", encoding="utf-8")


    def write_half():
        with replacing(path) as temporary:
            temporary.write_text("half of the new", encoding="utf-8")
            raise RuntimeError("half")

    with pytest.raises(RuntimeError, match="half"):
        write_half()
    assert path.read_text(encoding="utf-8") == "old" and [entry.name for entry in tmp_path.iterdir()] == ["state"]


def test_no_file_is_replaced_when_one_cannot_be_written(tmp_path):
    (tmp_path / "a").write_text("old", encoding="utf-8")
    with pytest.raises(OSError):
        write_files({tmp_path / "a": "new", tmp_path / "a/below_a_file": "new"})
    assert (tmp_path / "a").read_text(encoding="utf-8") == "old" and [entry.name
                                                                      for entry in tmp_path.iterdir()] == ["a"]


def test_data_that_is_not_plain_leaves_the_old_file(tmp_path):
    write_json(tmp_path / "x.json", [1])
    with pytest.raises(TypeError):
        write_json(tmp_path / "x.json", [object()])
    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8")) == [1]


def test_threads_write_one_file_at_once(tmp_path):
    """Temporary names were those of the process, so that one thread took away the file of the other."""
    def write(number):
        for _ in range(40):
            write_files({tmp_path / "a": str(number) * 1000, tmp_path / "b": str(number) * 1000})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_one_holds_a_folder_and_the_other_waits_or_says_so(tmp_path):
    folder = tmp_path / "new/out"
    with folder_lock(folder):
        with pytest.raises(TimeoutError, match="out is being written by another run of hypgcn, .* after 0.1 s"):
            with folder_lock(folder, wait=0.1):
                raise AssertionError("two hold the lock")
        with folder_lock(folder / "inside"):  # another folder
            pass
    with folder_lock(folder, wait=0):
        pass
    assert [path.name for path in folder.iterdir()] == ["inside"]


def test_the_lock_of_a_process_that_died_is_free(tmp_path):
    code = ("import os, sys; from hypgcn.design.files import folder_lock\n"
            "with folder_lock(sys.argv[1]):\n    print('held', flush=True); sys.stdin.read(1); os._exit(9)")
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(TimeoutError):
            with folder_lock(tmp_path, wait=0):
                pass
        holder.communicate(b"x", timeout=30)
    with folder_lock(tmp_path, wait=0):
        pass


def test_without_fcntl_a_file_is_locked(tmp_path, monkeypatch):
    """As on Windows, with a stand-in for its module."""
    held = set()

    def locking(handle, mode, count):
        assert (mode, count) == (2, 1)
        key = os.fstat(handle).st_ino
        if key in held:
            raise OSError("locked")
        held.add(key)

    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2))
    with folder_lock(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == [".hypgcn.lock"]
        with pytest.raises(TimeoutError):
            with folder_lock(tmp_path, wait=0):
                pass


def test_a_file_system_without_locks_is_no_failure(tmp_path, monkeypatch):
    def flock(handle, mode):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", flock)
    with folder_lock(tmp_path, wait=0):
        pass


def test_places_for_output(tmp_path):
    check_out_folder("--out", tmp_path)
    check_out_folder("--out", tmp_path / "a/b/c")
    check_out_file("--json", tmp_path / "a/b.json")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    check_out_file("--json", tmp_path / "file")
    for path in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(ValueError, match="--out must be a folder, or a place for a new one, not .*file is a file"):
            check_out_folder("--out", path)
    with pytest.raises(ValueError, match="--json must be a file, not .*, which is a folder"):
        check_out_file("--json", tmp_path)
    with pytest.raises(ValueError, match="--json must be a folder, or a place for a new one"):
        check_out_file("--json", tmp_path / "file/x.json")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="there is no /proc on this system")
def test_a_folder_that_nobody_can_write():
    with pytest.raises(ValueError, match="--out must be a folder that can be written, not /proc/x/y: nothing can be "
                                         "made in /proc"):
        check_out_folder("--out", "/proc/x/y")
