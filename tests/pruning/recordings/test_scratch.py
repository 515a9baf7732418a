"""Arrays in files: what stays in memory, and what stays on the disk."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hypgcn_pruning.recordings import scratch
from hypgcn_pruning.recordings.scratch import Rows, let_go, scratch_array


def resident(path) -> int:
    """Bytes of the file at ``path`` that are in this process."""
    total = here = 0
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            here = words[-1] == str(path)
        elif here and words[0] == "Rss:":
            total += 1024 * int(words[1])
    return total


@pytest.mark.skipif(not Path("/proc/self/smaps").is_file(), reason="no /proc/self/smaps on this system")
@pytest.mark.parametrize("view", [lambda array: array, lambda array: array.transpose(0, 2, 1)[1:]])
def test_rows_of_a_mapped_file_leave_the_memory(tmp_path, monkeypatch, view):
    monkeypatch.setattr(scratch, "HELD", 1 << 20)
    array = np.random.default_rng(0).integers(0, 100, (200, 40, 1000)).astype(np.float32)
    array.tofile(tmp_path / "a.raw")
    mapped = view(np.memmap(tmp_path / "a.raw", np.float32, "r", shape=array.shape))
    rows, most = Rows(mapped), 0
    for index, right in enumerate(view(array)):
        np.testing.assert_array_equal(rows[index], right)
        most = max(most, resident(tmp_path / "a.raw"))
    assert 0 < most < array.nbytes / 3, most
    assert len(rows) == len(mapped)


def test_arrays_in_memory_are_left_alone():
    array = np.arange(12).reshape(3, 4)
    let_go(array)
    let_go(array[1:])
    row = Rows(array)[1]
    row[0] = 100  # a copy
    assert array[1, 0] == 4


def test_what_was_written_stays(monkeypatch):
    array = scratch_array((4, 1000), np.int16, "a test")
    assert array.shape == (4, 1000) and not array.any()
    array[2] = 7
    let_go(array)
    assert (array[2] == 7).all() and not array[3].any()
    assert (np.fromfile(array.filename, np.int16)[2000:3000] == 7).all()


def test_too_little_room(monkeypatch):
    with pytest.raises(OSError, match=r"the clips needs a temporary file of 8000000000\.0 GB, .* left: set TMPDIR"):
        scratch_array((10 ** 18,), np.float64, "the clips")


def test_temporary_files_go_with_their_process(tmp_path):
    code = "import numpy as np\nfrom hypgcn_pruning.recordings.scratch import scratch_array\n" \
           "a = scratch_array((1000,), np.int8, 'a')\nprint(a.filename)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, encoding="utf-8",
                          env={**os.environ, "TMPDIR": str(tmp_path)})
    assert done.stdout.startswith(str(tmp_path)) and not list(tmp_path.iterdir())
