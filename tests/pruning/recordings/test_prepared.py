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
