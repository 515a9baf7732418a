import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN, Skeleton
from hypgcn_pruning.recordings.motion import MotionConfig, generate_motion


@pytest.mark.parametrize("skeleton", [*BUILT_IN.values(), Skeleton(name="point", joints=1, bones=())],
                         ids=lambda s: s.name)
def test_any_skeleton(skeleton):
    clips = generate_motion(skeleton, MotionConfig(classes=2, clips=4, frames=(1, 12), persons=2))
    assert clips.data.shape == (8, 3, 12, skeleton.joints, 2)
    assert [(clips.split == s).sum() for s in (0, 1)] == [6, 2]
    assert all(np.isfinite(clips.clip(i)).all() and clips.clip(i).shape[1] == clips.length[i] for i in range(8))


def test_seeded(skeleton):
    a, b, c = (generate_motion(skeleton, MotionConfig(classes=2, clips=3, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a.data, b.data)
    assert (a.data != c.data).any()


def test_the_clips_stay_what_they_were(skeleton):
    """Tests and documents rely on them."""
    clips = generate_motion(skeleton, MotionConfig(classes=2, clips=2, frames=(3, 5)))
    assert clips.length.tolist() == [3, 3, 5, 3]
    np.testing.assert_allclose(clips.data[3, :, 2, 4, 0], [0.6958877, -0.6769604, 2.9761841], atol=1e-6)


def test_bones_keep_their_length(skeleton):
    clip = generate_motion(skeleton, MotionConfig(classes=1, clips=1, noise=0.0)).clip(0)[0]
    for joint, parent in skeleton.bones:
        size = np.linalg.norm(clip[:, joint] - clip[:, parent], axis=-1)
        np.testing.assert_allclose(size, size[0], rtol=1e-4)


@pytest.mark.parametrize(("changes", "match"),
                         [({"classes": 0}, "classes must be in 1..1024"), ({"clips": 0}, "clips must"),
                                                ({"frames": (5, 2)}, "frames must be two"),
                                                ({"persons": 17}, "persons"),
                                                ({"test_share": 2.0}, "test_share must be in 0..1")])
def test_rejects(changes, match):
    with pytest.raises(ValueError, match=match):
        MotionConfig(**changes)
