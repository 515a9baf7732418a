"""Cases 18 to 20: which zeros are missing joints, and which are places."""

import numpy as np
import pytest

from hypgcn.design.missing import Origins, body_reach, find_origins, missing_joints, no_origins


def clips_of(count=4, persons=1, frames=12, joints=6, seed=0):
    """Smooth bodies some metres away from the origin, float32 (M, T, V, 3) each."""
    rng = np.random.default_rng(seed)
    rest = rng.normal(0, 0.4, (count, persons, 1, joints, 3))
    path = rng.normal(0, 0.02, (count, persons, frames, 1, 3)).cumsum(axis=2)
    swing = 0.05 * np.sin(np.arange(frames)[:, None, None] / 3 + rng.uniform(0, 6, (count, persons, 1, joints, 3)))
    return list((rest + path + swing + (0.5, 0.2, 3)).astype(np.float32))


def centred(clips, joint, every):
    """The same, centred as published preparations do it."""
    return [clip - (clip[:, :, joint:joint + 1] if every else clip[:, :1, joint:joint + 1]) for clip in clips]


def test_zero_in_all_coordinates_is_missing():
    clip = clips_of(1)[0]
    clip[0, 3, 2] = 0
    clip[0, 4, 1, :2] = 0  # two of three: a place
    found = missing_joints(clip)
    assert np.argwhere(found).tolist() == [[0, 3, 2]] and found.dtype == bool


def test_a_score_decides_where_there_is_one():
    clip = np.concatenate([clips_of(1)[0], np.ones((1, 12, 6, 1), np.float32)], axis=3)
    clip[0, 3, 2, 3] = 0          # has coordinates
    clip[0, 4, 1, :3] = 0         # in the middle of the picture
    assert np.argwhere(missing_joints(clip, scored=True)).tolist() == [[0, 3, 2]]


@pytest.mark.parametrize("every", [True, False])
def test_what_recordings_are_centred_on_is_a_place(every):
    """In every frame or by the first one: such a zero is the origin, other zeros are not."""
    clips = centred(clips_of(), 1, every)
    clips[2][0, 0, 4] = clips[2][0, 5, 3] = 0
    origins = find_origins(clips)
    assert (origins.at("every"), origins.at("first")) == (((1,), ()) if every else ((), (1,)))
    assert np.argwhere(missing_joints(clips[2], origins=origins)).tolist() == [[0, 0, 4], [0, 5, 3]]
    assert not missing_joints(clips[0], origins=origins).any()


def test_without_origins_every_zero_is_missing():
    clip = centred(clips_of(1), 1, True)[0]
    assert missing_joints(clip)[0, :, 1].all()
    assert missing_joints(clip, origins=no_origins(1, 6))[0, :, 1].all()


def test_a_joint_that_is_never_seen_is_no_origin():
    """Zero in all frames of all clips, but metres away from every other joint."""
    clips = clips_of()
    for clip in clips:
        clip[:, :, 1] = 0
    assert not find_origins(clips).every.any()
    assert missing_joints(clips[0], origins=find_origins(clips))[0, :, 1].all()


def test_missing_in_the_first_frame_of_all_clips_is_no_origin():
    """Case 20: the centre is missing in frame 0 of each clip, and metres from zero in the next."""
    clips = clips_of()
    for clip in clips:
        clip[:, 0, 1] = 0
    origins = find_origins(clips)
    assert not origins.first.any() and not origins.every.any()


def test_one_clip_in_which_a_joint_is_elsewhere_refutes_an_origin():
    clips = centred(clips_of(), 1, True)
    clips[3][0, 7, 1] = 0.1
    assert not find_origins(clips).every.any()


def test_origins_of_each_place_of_persons():
    """As in NTU's published preparation, where only the first body is centred."""
    clips = clips_of(persons=2)
    for clip in clips:
        clip[:] -= clip[:1, :, 1:2].copy()
    clips[0][1] = 0
    assert find_origins(clips).every.tolist() == [[False, True] + [False] * 4, [False] * 6]


def test_absent_frames_do_not_count():
    """A body that comes later has its origin from then on; where nothing of it is seen, all of it is missing."""
    clips = centred(clips_of(), 1, False)
    late = np.concatenate([np.zeros_like(clips[0][:, :3]), clips[0]], axis=1)
    origins = find_origins([late, *clips])
    assert origins.at("first") == (1,)
    found = missing_joints(late, origins=origins)
    assert found[0, :3].all() and not found[0, 3:].any()
    assert missing_joints(np.zeros((1, 2, 6, 3)), origins=Origins(every=np.ones((1, 6), bool),
                                                                  first=np.ones((1, 6), bool))).all()


def test_no_clips():
    with pytest.raises(ValueError, match="clips must hold at least one clip, but are empty"):
        find_origins([])
    assert not find_origins([np.zeros((1, 3, 4, 3))]).every.any()


def test_reach_is_robust():
    """Nearly half of the joints may be missing or far away."""
    body = clips_of(1, joints=9)[0][0].astype(np.float64)
    none = np.zeros(body.shape[:2], bool)
    reach = body_reach(body, none)
    assert 0.2 < reach < 1
    gone = none.copy()
    gone[:, :3] = True
    expected = pytest.approx(body_reach(body[:, 3:], none[:, 3:]))
    assert body_reach(np.where(gone[..., None], 1000, body), gone) == expected
    far = body.copy()
    far[:, 0] += 5
    assert body_reach(far, none) < 1.5 * reach
    assert body_reach(body, ~none) == 0
