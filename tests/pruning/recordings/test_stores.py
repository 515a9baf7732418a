"""Where clips are: what a store gives, and how much memory it takes."""

import pickle
import tracemalloc

import numpy as np
import pytest

from hypgcn_pruning.recordings import stores
from hypgcn_pruning.recordings.readers.pack import Recording, pack
from hypgcn_pruning.recordings.stores import Computed, Joined, Padded, Ragged


@pytest.fixture
def clips():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(persons, frames, 4, 3)).astype(np.float32) for persons, frames in ((1, 5), (2, 3), (3, 1))]


def test_ragged(clips):
    store = Ragged.of(clips, 2)
    assert store.shape == (3, 3, 5, 4, 2) and store.size == 360 and len(store) == 3 and store.ndim == 5
    for index, clip in enumerate(clips):
        found = store.clip(index)
        assert found.shape == (2, clip.shape[1], 4, 3)
        np.testing.assert_array_equal(found[:len(clip)], clip[:2])
    assert not store.clip(0)[1].any()
    taken = store.take(np.array([2, 0]))
    assert taken.frames is store.frames and taken.shape[2] == 5
    np.testing.assert_array_equal(taken.clip(0), store.clip(2))
    padded = np.asarray(store)
    assert padded.shape == store.shape and not padded[2, :, 1:].any()
    np.testing.assert_array_equal(store[1, :, :3], store.clip(1).transpose(3, 1, 2, 0))


def test_padded_computed_and_joined(clips):
    array = np.arange(2 * 3 * 5 * 4 * 2).reshape(2, 3, 5, 4, 2)
    padded = Padded(array)
    assert padded.clip(1).dtype == np.float32
    np.testing.assert_array_equal(padded.take(np.array([1])).clip(0), array[1].transpose(3, 1, 2, 0))
    ragged = Ragged.of(clips, 2)
    double = Computed(ragged.shape, lambda index: 2 * ragged.clip(index))
    joined = Joined([padded, double])
    assert joined.shape == (5, 3, 5, 4, 2)
    order = np.array([4, 1, 2])
    for index, place in enumerate(order):
        right = padded.clip(place) if place < 2 else 2 * ragged.clip(place - 2)
        np.testing.assert_array_equal(joined.take(order).clip(index), right)
    with pytest.raises(ValueError, match="the 3 channels, 4 joints and 2 persons of the first, not 3, 4 and 1"):
        Joined([padded, Ragged.of(clips, 1)])


def test_other_processes_get_the_clips(clips, tmp_path):
    """Training on several devices pickles its clips; a mapped file travels as its name."""
    ragged = Ragged.of(clips, 2)
    np.save(tmp_path / "a.npy", np.arange(4000 * 3 * 2 * 4 * 2, dtype=np.float32).reshape(4000, 2, 2, 4, 3))
    mapped = Padded(np.load(tmp_path / "a.npy", mmap_mode="r").transpose(0, 4, 1, 3, 2)).take(np.array([7, 3999, 0]))
    for store in (ragged, Computed(ragged.shape, lambda index: 2 * ragged.clip(index)), mapped,
                  Joined([mapped, mapped]), Padded(np.ones((2, 3, 5, 4, 2)))):
        blob = pickle.dumps(store)
        found = pickle.loads(blob)
        assert found.shape == store.shape and len(blob) < 5000
        for index in range(len(store)):
            np.testing.assert_array_equal(found.clip(index), store.clip(index))


def test_many_clips_travel_in_a_file(clips, monkeypatch):
    """To another process: neither the process nor what it sends has them all in memory."""
    monkeypatch.setattr(stores, "MAPPED", 200)
    monkeypatch.setattr(stores, "HELD", 100)
    ragged, asked = Ragged.of(clips, 2), []
    assert isinstance(ragged.frames, np.memmap)
    computed = Computed(ragged.shape, lambda index: asked.append(index) or 2 * ragged.clip(index))
    blob = pickle.dumps(computed)
    assert asked == [0, 1, 2, 0, 1, 2] and len(blob) < 1000
    found = pickle.loads(blob)
    for index in range(3):
        np.testing.assert_array_equal(found.clip(index), 2 * ragged.clip(index))


def test_a_long_clip_among_short_ones():
    """Case 36: 299 clips of 60 frames and one of 30,000 were padded to 5.1 GiB."""
    recordings = [Recording(name=str(i), data=np.ones((1, 30000 if i == 7 else 60, 25, 3), np.float32), label=i % 2)
                  for i in range(300)]
    recorded = sum(recording.data.nbytes for recording in recordings)
    tracemalloc.start()
    clips = pack(recordings, "here", persons=1)
    chosen = clips.part(0)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < 2 * recorded, (used, recorded)
    assert clips.data.shape == (300, 3, 30000, 25, 1)
    assert chosen.clip(7).shape == (1, 30000, 25, 3) and chosen.clip(8).shape == (1, 60, 25, 3)
