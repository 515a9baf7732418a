from dataclasses import replace

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN, Skeleton
from hypgcn_pruning.recordings.filmed import FilmedConfig, film
from hypgcn_pruning.recordings.protocol import protocol_split

SMALL = FilmedConfig(classes=3, subjects=4, views=3, shortest=8, longest=12)


@pytest.fixture(scope="module")
def filmed(skeleton):
    return film(skeleton, SMALL)


def bone_lengths(skeleton, clip):
    """Mean over the frames."""
    return np.array([np.linalg.norm(clip[0, :, a] - clip[0, :, b], axis=-1).mean() for a, b in skeleton.bones])


@pytest.mark.parametrize("skeleton", [*BUILT_IN.values(), Skeleton(name="point", joints=1, bones=())],
                         ids=lambda s: s.name)
def test_any_skeleton(skeleton):
    clips = film(skeleton, replace(SMALL, classes=1, subjects=2))
    assert clips.data.shape == (6, 3, 12, skeleton.joints, 1)
    assert (8 <= clips.length).all() and np.isfinite(clips.data).all()


def test_every_class_by_every_subject_in_every_view(filmed):
    seen = set(zip(filmed.label.tolist(), filmed.numbers["subject"].tolist(), filmed.numbers["view"].tolist()))
    assert seen == {(k, s, v) for k in range(3) for s in range(1, 5) for v in range(1, 4)} and len(filmed) == 36
    assert filmed.class_names == ("motion 0", "motion 1", "motion 2")


@pytest.mark.parametrize(("protocol", "name", "tested"), [("xsub", "subject", {2, 4}), ("xview", "view", {3})])
def test_splits_by_subject_and_view(filmed, protocol, name, tested):
    split = protocol_split(filmed, protocol, "data")
    assert set(split.part(1).numbers[name]) == tested
    assert not set(split.part(0).numbers[name]) & tested
    for part in (0, 1):
        assert set(split.part(part).label) == {0, 1, 2}


def test_the_usual_split_is_that_by_view(filmed):
    np.testing.assert_array_equal(filmed.split, protocol_split(filmed, "xview", "data").split)


def test_seeded(skeleton, filmed):
    np.testing.assert_array_equal(film(skeleton, SMALL).data, filmed.data)
    assert (np.asarray(film(skeleton, replace(SMALL, seed=8)).data) != np.asarray(filmed.data)).any()


def test_cameras_film_one_performance(skeleton):
    """Without noise the same body in the same poses, turned: distances between joints are equal, places are not."""
    clips = film(skeleton, replace(SMALL, classes=1, noise=0.0))
    first, second = clips.clip(0)[0], clips.clip(1)[0]

    def distances(clip):
        return np.linalg.norm(clip[:, :, None] - clip[:, None], axis=-1)

    np.testing.assert_allclose(distances(first), distances(second), atol=1e-4)
    middle = [clip - clip[:, :1] for clip in (first, second)]
    assert np.abs(middle[0] - middle[1]).max() > 0.1


def test_subjects_have_bodies_of_their_own(skeleton):
    """Bones of one subject are as long in every class; those of two subjects differ by more than their size alone."""
    clips = film(skeleton, replace(SMALL, noise=0.0))
    of = {(k, s): bone_lengths(skeleton, clips.clip(int(np.flatnonzero(
        (clips.label == k) & (clips.numbers["subject"] == s))[0]))) for k in range(3) for s in (1, 2)}
    np.testing.assert_allclose(of[0, 1], of[2, 1], rtol=1e-3)
    assert np.ptp(of[0, 1] / of[0, 2]) > 0.1


def test_depth_is_noisier(skeleton):
    quiet, noisy = (film(skeleton, replace(SMALL, noise=noise)) for noise in (0.0, 0.02))
    error = np.concatenate([(noisy.clip(i) - quiet.clip(i)).reshape(-1, 3) for i in range(len(quiet))]).std(axis=0)
    assert error[2] > 1.5 * error[0] > 1.5 * 0.01


def test_several_persons_perform_the_class(skeleton, filmed):
    """The first is who is there alone; the second is the next subject, beside it."""
    two = film(skeleton, replace(SMALL, persons=2))
    assert two.data.shape == (36, 3, 12, skeleton.joints, 2)
    np.testing.assert_array_equal(two.clip(7)[0], filmed.clip(7)[0])
    middles = two.clip(7).mean(axis=(1, 2))
    assert np.linalg.norm(middles[1] - middles[0]) > 0.2
    np.testing.assert_allclose(bone_lengths(skeleton, two.clip(1)[1:]), bone_lengths(
        skeleton, two.clip(int(np.flatnonzero((two.label == 0) & (two.numbers["subject"] == 2))[1]))), rtol=0.2)


def test_pictures(filmed):
    """Pixels with y downwards and scores of 0..1; a joint that is not found is zero, others are where they were."""
    skeleton = BUILT_IN["coco17"]
    places, seen = (film(skeleton, replace(SMALL, noise=0.0, picture=picture)) for picture in (False, True))
    assert seen.scored and not places.scored
    missing = 0
    for index in range(len(seen)):
        real, found = places.clip(index), seen.clip(index)
        there = found[..., 2] > 0
        missing += int((~there).sum())
        assert not found[~there].any() and (found[..., 2] <= 1).all()
        pixels = np.stack([320 + 550 * real[..., 0] / real[..., 2], 240 - 550 * real[..., 1] / real[..., 2]], axis=-1)
        np.testing.assert_allclose(found[there][:, :2], pixels[there], atol=0.01)
    assert 0.002 < missing / (seen.length.sum() * 17) < 0.03


@pytest.mark.parametrize(("changes", "error", "match"), [
    ({"persons": 0}, ValueError, r"persons must be in 1\.\.10"),
    ({"classes": 0}, ValueError, r"classes must be in 1\.\.1024"),
    ({"views": 1}, ValueError, r"views must be in 2\.\."), ({"subjects": 1}, ValueError, r"subjects must be in 2\.\."),
    ({"clips": 1.5}, TypeError, "clips must be an integer"),
    ({"seed": -1}, ValueError, "seed must be in 0"), ({"noise": -0.1}, ValueError, "noise must be at least 0"),
    ({"shortest": 61}, ValueError, "shortest must be at most longest, 60, not 61")])
def test_rejects(changes, error, match):
    with pytest.raises(error, match=match):
        FilmedConfig(**changes)
