"""Case 36: one long clip does not make all others long."""

import os
import subprocess
import sys

import numpy as np
import pytest

from hypgcn_pruning.recordings.data import Clips, map_to_ntu25
from hypgcn_pruning.recordings.padding import mostly_padding, padded, taken
from hypgcn_pruning.recordings.persons import choose_persons
from hypgcn_pruning.recordings.readers.pack import Recording, pack


def uneven(joints=5, persons=2, longest=40, seed=0):
    """Seven clips of three frames and one of many, labels 0 and 1, both parts."""
    rng = np.random.default_rng(seed)
    return pack([Recording(name=str(n), label=n % 2, split=n // 2 % 2,
                           data=rng.normal(size=(persons, longest if n == 5 else 3, joints, 3)))
                 for n in range(8)], "film", persons=persons)


def test_mostly_padding():
    assert not mostly_padding(np.array([5, 5, 10]), 10) and not mostly_padding(np.array([5, 5]), 10)
    assert mostly_padding(np.array([5, 4]), 10)


@pytest.mark.parametrize("shape", [(2, 3), (0, 4), (1000, 1000)])
def test_zeros_that_can_be_written(shape):
    found = padded(shape)
    assert found.dtype == np.float32 and found.shape == shape and not found.any()
    found[:1] = 7
    assert found[:1].all() and not found[1:].any()


@pytest.mark.parametrize("index", [[5, 0, 3], [7], [], [1, 1]])
def test_taken_is_what_indexing_gives(index):
    clips, index = uneven(), np.array(index, np.int64)
    np.testing.assert_array_equal(taken(clips.data, clips.length, index), clips.data[index])


@pytest.mark.parametrize(("joints", "change", "module"), [
    (5, lambda clips: choose_persons(clips, 1), "persons"), (5, lambda clips: choose_persons(clips, 2), "persons"),
    (20, map_to_ntu25, "data"), (17, map_to_ntu25, "data"), (5, lambda clips: clips.part(1), "data")])
def test_the_same_as_with_plain_arrays(monkeypatch, joints, change, module):
    clips = uneven(joints, persons=3)
    assert mostly_padding(clips.length, clips.data.shape[2])
    found = change(clips)
    for place in (module, "padding"):
        monkeypatch.setattr(f"hypgcn_pruning.recordings.{place}.mostly_padding", lambda *args: False)
    expected = change(clips)
    np.testing.assert_array_equal(found.data, expected.data)
    assert found.data.any() and found.identity == expected.identity


def test_nan_is_still_found():
    clips = uneven()
    data = clips.data.copy()
    data[6, 0, 1, 2, 0] = np.nan
    with pytest.raises(ValueError, match="finite numbers only, but clip 6 has NaN"):
        Clips(**{**vars(clips), "data": data})


MEMORY = """
import sys
import numpy as np
from hypgcn_pruning.recordings.persons import choose_persons
from hypgcn_pruning.recordings.readers.pack import Recording, pack
body = np.random.default_rng(0).normal(size=(2, 30000, 20, 3)).astype(np.float32)
clips = pack([Recording(name=str(n), label=n % 3, split=n % 2, data=body[:, :60 if n else int(sys.argv[1])])
              for n in range(60)], "film")
from hypgcn_pruning.recordings.data import map_to_ntu25
found = map_to_ntu25(choose_persons(clips.part(0), 1))
status = open("/proc/self/status", encoding="ascii").read()  # getrusage would count the process that forked this one
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is counted in another way")
def test_memory_of_one_long_clip():
    """Padded to the longest, these 60 clips would be 860 MB, and their parts as much again."""
    def peak(frames):
        done = subprocess.run([sys.executable, "-c", MEMORY, str(frames)], check=True, capture_output=True, text=True,
                              encoding="utf-8", env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
        return int(done.stdout)

    assert peak(30000) - peak(60) < 150
