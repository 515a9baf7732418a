"""Clips of a demonstration: recorded ones of all classes, or generated ones."""

import dataclasses

import numpy as np
import pytest

from hypgcn.design.presets import preset
from hypgcn.design.skeleton import BUILT_IN
from hypgcn.pages.figure import ACTIONS, figure_clip
from hypgcn_sim.demo.clips import demo_clips

NAMES = ("sit down", "throw", "wave")


def design(name="small", skeleton="kinect20", names=NAMES, **changes):
    made = preset(name)
    names = (names + tuple(f"other {n}" for n in range(made.classes - len(names)))) if names else ()
    return dataclasses.replace(made, class_names=names, meta={"skeleton": BUILT_IN[skeleton].to_dict()}
                               if skeleton else {}, **changes)


@pytest.fixture
def recording(tmp_path):
    """Three classes of two test clips each, and one training clip."""
    actions = ["throw", "wave", "sit down"]
    label = np.repeat(np.arange(3), 2)
    data = np.stack([figure_clip(actions[kind], 12).transpose(3, 1, 2, 0) for kind in [*label, 0]])
    data += 0.001 * np.arange(7)[:, None, None, None, None]
    np.savez(tmp_path / "few.npz", data=data.astype(np.float32), label=[*label, 0], split=[1] * 6 + [0],
             class_names=actions)
    return tmp_path / "few.npz"


def test_recorded_clips_are_of_one_class_after_the_other(recording):
    clips, kind = demo_clips(design(), 4, recording)
    assert kind == "recorded clips of few.npz"
    assert [clip.truth for clip in clips] == ["throw", "wave", "sit down", "throw"]
    assert len({clip.name for clip in clips}) == 4 and "few.npz[6]" not in {clip.name for clip in clips}
    assert clips[0].clip.shape == (1, 16, 20, 3) and clips[0].clip.dtype == np.int8
    assert clips[0].places.shape == (1, 12, 20, 3) and clips[0].skeleton.name == "kinect20"
    again, _ = demo_clips(design(), 4, recording)
    assert [clip.name for clip in clips] == [clip.name for clip in again]


def test_classes_that_the_design_does_not_name_are_no_truth(recording):
    clip = demo_clips(design(names=()), 1, recording)[0][0]
    assert clip.truth is None and clip.source == "recorded as throw, which is no class of this design by name"


def test_more_clips_than_there_are(recording):
    with pytest.raises(ValueError, match="--clips must be at most 6, as many as .*few.npz has for this, not 7"):
        demo_clips(design(), 7, recording)


def test_figures_do_what_the_classes_are_called():
    clips, kind = demo_clips(design(), 5, None)
    assert kind == "clips of a generated figure"
    assert [clip.name for clip in clips] == ["figure 1: sit down", "figure 2: throw", "figure 3: wave",
                                             "figure 4: sit down", "figure 5: throw"]
    assert all(clip.truth is None and "generated" in clip.source for clip in clips)
    assert clips[0].places.shape[1] != clips[3].places.shape[1], "the second one of a class is another clip"
    assert clips[0].clip.any() and clips[0].skeleton.name == "kinect20"


def test_figures_without_names_and_on_other_joints():
    clips, _ = demo_clips(design(names=()), len(ACTIONS), None)
    assert [clip.name.partition(": ")[2] for clip in clips] == list(ACTIONS)
    full, kind = demo_clips(design("full", "ntu25"), 1, None)
    assert kind == "clips of a generated figure"
    assert full[0].places.shape[2] == 25 and full[0].clip.shape == (2, 150, 25, 3)
    assert not full[0].clip[1].any(), "the second person is absent"


def test_joints_of_which_nothing_is_known_swing():
    clips, kind = demo_clips(design("tiny", None), 2, None)
    assert kind == "clips of generated joints that swing"
    assert clips[0].clip.shape == (2, 6, 5, 3) and clips[0].skeleton is None
    np.testing.assert_array_equal(clips[0].places, clips[0].clip)


def test_a_recording_that_does_not_fit_is_an_error(recording):
    with pytest.raises(ValueError, match="few.npz: clips must have the 5 joints"):
        demo_clips(design("tiny", None), 1, recording)
