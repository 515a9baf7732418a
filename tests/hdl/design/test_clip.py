from types import SimpleNamespace

import numpy as np
import pytest

from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip, resample

DESIGN = SimpleNamespace(persons=2, frames=6, joints=4, channels=3, input_scale=1 / 127, raw=None)
PLAIN = Preparation(frames=6, centre=1)


def random_clip(frames=9, persons=2, seed=0):
    return np.random.default_rng(seed).normal(size=(persons, frames, 4, 3)) + 5


@pytest.mark.parametrize("frames", [1, 2, 5, 6, 40])
def test_fills_the_range(frames):
    found = prepare_clip(random_clip(frames), PLAIN)
    assert found.shape == (2, 6, 4, 3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.min(axis=(0, 1, 2)), -1, atol=1e-6)
    np.testing.assert_allclose(found.max(axis=(0, 1, 2)), 1, atol=1e-6)


def test_one_factor_keeps_proportions():
    clip = random_clip() * (1, 10, 1)
    found = prepare_clip(clip, Preparation(frames=9, scale="clip"))
    extents = np.ptp(found, axis=(0, 1, 2)) / np.ptp(clip, axis=(0, 1, 2))
    np.testing.assert_allclose(extents, extents[0], rtol=1e-5)


def test_centre_only():
    clip = random_clip()
    found = prepare_clip(clip, Preparation(frames=9, centre=2, scale="none"))
    np.testing.assert_allclose(found, clip - clip[0, 0, 2], atol=1e-5)


def test_padding_at_the_end_does_not_count():
    clip = random_clip()
    padded = np.concatenate([clip, np.zeros((2, 5, 4, 3))], axis=1)
    np.testing.assert_array_equal(prepare_clip(padded, PLAIN), prepare_clip(clip, PLAIN))


@pytest.mark.parametrize("frames", [1, 7])
def test_all_zero_clip(frames):
    assert not prepare_clip(np.zeros((2, frames, 4, 3)), PLAIN).any()


@pytest.mark.parametrize(("frames", "period"), [(13, 6), (12, 6), (6, 6), (7, 1)])
def test_a_period_repeats_the_resampled_clip(frames, period):
    clip = random_clip()
    once = prepare_clip(clip, Preparation(frames=period, centre=1, parents=(1, 1, 1, 2)))
    found = prepare_clip(clip, Preparation(frames=frames, period=period, centre=1, parents=(1, 1, 1, 2)))
    np.testing.assert_array_equal(found, np.concatenate([once] * frames, axis=1)[:, :frames])


@pytest.mark.parametrize("period", [-1, 7, 2.0, True])
def test_period_range(period):
    with pytest.raises((ValueError, TypeError), match=f"period must be (an integer|in 0..6), not {period}"):
        Preparation(frames=6, period=period)


def test_absent_person_stays_zero():
    clip = random_clip()
    clip[0] = 0
    found = prepare_clip(clip, PLAIN)
    assert not found[0].any()
    assert found[1].any()


def test_still_clip_of_one_point():
    assert not prepare_clip(np.full((1, 3, 4, 3), 2.0), PLAIN).any()


def test_resample_is_linear_and_keeps_the_ends():
    clip = np.arange(5.0)[None, :, None, None] * np.ones((1, 1, 2, 3))
    np.testing.assert_allclose(resample(clip, 9)[0, :, 0, 0], np.arange(9) / 2)
    np.testing.assert_allclose(resample(clip, 1)[0, :, 0, 0], [0])


def test_bones():
    found = prepare_clip(random_clip(), Preparation(frames=6, parents=(0, 0, 1, 1)))
    joints = prepare_clip(random_clip(), Preparation(frames=6))
    np.testing.assert_allclose(found[:, :, 3], joints[:, :, 3] - joints[:, :, 1], atol=1e-6)


@pytest.mark.parametrize(("clip", "match"), [
    (np.zeros((3, 4)), "four dimensions"), (np.zeros((1, 0, 4, 3)), "must not be empty"),
    (np.full((1, 2, 4, 3), np.nan), "finite"), (np.full((1, 2, 4, 3), np.inf), "finite"),
    (np.zeros((1, 2, 1, 3)), "centre must be")])
def test_prepare_rejects(clip, match):
    with pytest.raises(ValueError, match=match):
        prepare_clip(clip, PLAIN)


def test_bone_joints_must_fit():
    with pytest.raises(ValueError, match="2 joints of the bone stream"):
        prepare_clip(random_clip(), Preparation(frames=6, parents=(0, 0)))


@pytest.mark.parametrize(("entry", "match"),
                         [({"frames": 0}, "frames must be in"), ({"frames": 5, "scale": "x"}, "scale must be"),
                                              ({"frames": 5, "speed": 1}, "preparation must hold"),
                                              ({}, "preparation must hold")])
def test_preparation_rejects(entry, match):
    with pytest.raises(ValueError, match=match):
        Preparation.from_dict(entry)


def test_preparation_round_trip():
    full = Preparation(frames=7, centre=None, scale="clip", parents=(0, 0))
    assert Preparation.from_dict(full.to_dict()) == full
    with pytest.raises(TypeError, match="frames must be an integer"):
        Preparation(frames=2.5)


def test_quantise_rounds_half_up_and_saturates():
    clip = np.zeros((2, 6, 4, 3))
    clip[0, 0, 0] = (0.5 / 127, -0.5 / 127, 1)
    clip[1, 5, 3] = (2, -2, -1)
    found = quantise_clip(DESIGN, clip)
    assert found.dtype == np.int8
    assert found.flags["C_CONTIGUOUS"]
    assert found[0, 0, 0].tolist() == [1, 0, 127]
    assert found[1, 5, 3].tolist() == [127, -128, -127]


@pytest.mark.parametrize(("shape", "match"), [
    ((1, 6, 4, 3), "2 persons"), ((2, 5, 4, 3), "6 frames"), ((2, 6, 5, 3), "4 joints"), ((2, 6, 4, 2), "3 channels"),
    ((6, 4, 3), "four dimensions")])
def test_quantise_rejects_shapes(shape, match):
    with pytest.raises(ValueError, match=match):
        quantise_clip(DESIGN, np.zeros(shape))


def test_quantise_rejects_nan():
    with pytest.raises(ValueError, match="finite"):
        quantise_clip(DESIGN, np.full((2, 6, 4, 3), np.nan))


def test_centred_in_every_frame():
    """Metres as recorded: every frame minus its own centre, so that a step of the body changes nothing."""
    clip = random_clip(9)
    plain = Preparation(frames=9, centre=1, centring="every", scale="none")
    found = prepare_clip(clip, plain)
    present = np.flatnonzero(clip.any(axis=(1, 2, 3)))
    first = clip[present[0]]
    np.testing.assert_allclose(found[present[0]], first - first[:, 1:2], atol=1e-6)
    assert not found[present[0], :, 1].any()
    moved = clip + np.cumsum(np.ones((9, 1, 3)), axis=0) * clip.any(axis=(2, 3), keepdims=True)
    np.testing.assert_allclose(prepare_clip(moved, plain), found, atol=1e-5)


def test_persons_who_are_not_there_stay_zero_in_every_frame():
    """The centre is that of the first person who is there in a frame."""
    clip = np.zeros((2, 3, 2, 1))
    clip[0, :2] = [[1], [3]]
    clip[1, 1:] = [[10], [20]]
    found = prepare_clip(clip, Preparation(frames=3, centre=0, centring="every", scale="none"))
    np.testing.assert_array_equal(found[..., 0], [[[0, 2], [0, 2], [0, 0]], [[0, 0], [9, 19], [0, 10]]])


def test_motion_is_the_next_frame_minus_this():
    clip = np.array([1.0, 2, 4, 8]).reshape(1, 4, 1, 1)
    plain = Preparation(frames=4, scale="none", motion=True)
    np.testing.assert_array_equal(prepare_clip(clip, plain)[0, :, 0, 0], [1, 2, 4, 0])
    repeated = Preparation(frames=6, period=4, scale="none", motion=True)
    np.testing.assert_array_equal(prepare_clip(clip, repeated)[0, :, 0, 0], [1, 2, 4, 0, 1, 2])
    assert not prepare_clip(clip[:, :1], plain).any()


def test_preparations_of_older_designs_are_centred_by_the_first_frame():
    entry = Preparation(frames=6, centre=1).to_dict()
    del entry["centring"], entry["motion"]
    assert Preparation.from_dict(entry) == Preparation(frames=6, centre=1, centring="first", motion=False)
    with pytest.raises(ValueError, match="centring must be one of 'first', 'every', not 'never'"):
        Preparation(frames=6, centring="never")
    with pytest.raises(TypeError, match="motion must be true or false, not 1"):
        Preparation(frames=6, motion=1)
