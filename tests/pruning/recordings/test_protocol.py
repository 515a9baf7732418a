from dataclasses import replace

import numpy as np
import pytest

from hypgcn_pruning.recordings.clip_arrays import load_npz
from hypgcn_pruning.recordings.protocol import protocol_split
from hypgcn_pruning.recordings.readers import Source, read_clips
from hypgcn_pruning.recordings.save_clips import save_clips


@pytest.fixture
def known(clips):
    """Five subjects, three cameras, a split that goes by neither, and one with a name."""
    index = np.arange(len(clips))
    return replace(clips, numbers={"subject": index % 5 + 1, "view": index % 3, "split_mine": (index < 7).astype(int)})


@pytest.mark.parametrize(("protocol", "name", "tested"), [
    ("view=2", "view", {2}), ("subject=1,4", "subject", {1, 4}), ("subject= 2, 3 ", "subject", {2, 3}),
    ("view=0", "view", {0})])
def test_tested_are_the_clips_with_these_numbers(known, protocol, name, tested):
    split = protocol_split(known, protocol, "data")
    assert set(split.part(1).numbers[name]) == tested
    assert not set(split.part(0).numbers[name]) & tested
    assert len(split) == len(known)
    np.testing.assert_array_equal(split.data, known.data)


def test_a_split_of_the_file(known):
    np.testing.assert_array_equal(protocol_split(known, "mine", "data").split, known.numbers["split_mine"])


@pytest.mark.parametrize(("protocol", "match"), [
    ("xsub", r"one of the splits of data \(mine\), or a number .* \(numbers: subject, view\), not 'xsub'"),
    ("camera=1", r"protocol must name one of the numbers of the recordings \(subject, view\), not 'camera'"),
    ("split_mine=1", "not 'split_mine'"),
    ("view=3", "protocol: view of data must be one of 0, 1, 2, not '3'"), ("view=", "not ''"),
    ("subject=1,x", "subject of data must be one of 1, 2, 3, 4, 5, not 'x'"),
    ("view=0,1,2", "must leave clips to train and to test: 'view=0,1,2' tests 72 of the 72 clips of data")])
def test_bad_protocols(known, protocol, match):
    with pytest.raises(ValueError, match=match):
        protocol_split(known, protocol, "data")


def test_bad_splits_of_a_file(known, clips):
    wrong = replace(known, numbers={"split_mine": np.full(len(known), 2)})
    with pytest.raises(ValueError, match=r"data: split_mine must be 0 \(training\) or 1 \(test\)"):
        protocol_split(wrong, "mine", "data")
    with pytest.raises(ValueError, match=r"\(it has none\).*\(numbers: none\), not 'xsub'"):
        protocol_split(clips, "xsub", "data")
    many = replace(clips, numbers={"clip": np.arange(len(clips))})
    with pytest.raises(ValueError, match="0, 1, .*, 19 and 52 more, not '72'"):
        protocol_split(many, "clip=72", "data")


def test_files(known, tmp_path):
    """The numbers come from the file; without a protocol its own split counts."""
    path = tmp_path / "clips.npz"
    save_clips(path, known)
    before = path.read_bytes()
    save_clips(path, load_npz(path))
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["clips.npz"]
    read = {protocol: read_clips(Source(path=str(path), protocol=protocol, every=2)).split
            for protocol in (None, "mine", "view=2")}
    np.testing.assert_array_equal(read[None], known.split)
    np.testing.assert_array_equal(read["mine"], known.numbers["split_mine"])
    np.testing.assert_array_equal(read["view=2"], known.numbers["view"] == 2)
