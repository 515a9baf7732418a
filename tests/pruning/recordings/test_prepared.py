import numpy as np

from hypgcn_pruning.recordings import prepared as module
from hypgcn_pruning.recordings.data import prepared
from hypgcn_pruning.recordings.prepared import PreparedClips


def test_slices_are_those_of_all_clips(clips, preparation, monkeypatch):
    """And nothing beyond a slice is prepared."""
    lazy, expected, counts = PreparedClips(clips, preparation, 2), prepared(clips, preparation, 2), []
    monkeypatch.setattr(module, "prepared", lambda part, *rest: counts.append(len(part)) or prepared(part, *rest))
    assert len(lazy) == len(clips)
    for part in (slice(0, 5), slice(5, 6), slice(len(clips) - 2, len(clips) + 9)):
        np.testing.assert_array_equal(lazy[part], expected[part])
    assert counts == [5, 1, 2]


def test_few_clips_are_kept(clips, preparation, monkeypatch):
    """Prepared once where all of them are small enough, anew for every slice where they are not."""
    whole, counts = prepared(clips, preparation, 1), []
    monkeypatch.setattr(module, "prepared", lambda part, *rest: counts.append(len(part)) or prepared(part, *rest))
    for keep, expected in ((whole.nbytes, [1, len(clips)]), (whole.nbytes - 1, [1, 4, 4]), (0, [4, 4])):
        counts.clear()
        lazy = PreparedClips(clips, preparation, 1, keep=keep)
        for _ in range(2):
            np.testing.assert_array_equal(lazy[3:7], whole[3:7])
        assert counts == expected
