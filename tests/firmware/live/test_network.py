"""A window becomes the clip that the same recording becomes."""

from dataclasses import replace

import numpy as np
import pytest
from firmware.live.bodies import FakeCore, design_for, ensemble_for, moving

from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip
from hypgcn.design.filling import complete_clip
from hypgcn.design.missing import no_origins
from hypgcn.design.persons import match_persons
from hypgcn.design.skeleton import BUILT_IN
from hypgcn.design.skeleton_maps import joint_map, mapped
from hypgcn.golden.network import run
from hypgcn_host.live.cores import GoldenCore
from hypgcn_host.live.frame import with_scores
from hypgcn_host.live.network import LiveNetwork, network_values
from hypgcn_host.live.window import Span


def span_of(recording, rate=30.0):
    """What a window holds of a recording (M, T, V, C) without scores."""
    return Span(times=np.arange(recording.shape[1]) / rate, clip=np.array(
        [[with_scores(joints, scored=False) for joints in person] for person in recording]))


def recorded(design, recording, skeleton):
    """The clip that training and ``hypgcn run`` make of a recording."""
    whole = complete_clip(recording, parents=BUILT_IN[skeleton].parents,
                          origins=no_origins(len(recording), recording.shape[2])).clip
    clip = mapped(whole, joint_map(skeleton, design.meta["skeleton"]["name"]))
    return quantise_clip(design, prepare_clip(match_persons(clip, design.persons),
                                              Preparation.from_dict(design.meta["preparation"])))


@pytest.mark.parametrize("settings", [{}, {"centring": "first", "scale": "axis"}, {"motion": True}, {"period": 5},
                                      {"parents": BUILT_IN["kinect20"].parents}])
@pytest.mark.parametrize("frames", [1, 5, 40])
def test_the_clip_of_a_recording(settings, frames):
    design = design_for(**settings)
    recording = moving(frames, 20)
    found = LiveNetwork(design=design, core=FakeCore()).clip(span_of(recording))
    assert found.any() or settings.get("motion") or settings.get("scale") == "axis"
    np.testing.assert_array_equal(found, recorded(design, recording, "kinect20"))


def test_missing_and_outlying_joints_are_filled_as_in_a_recording():
    design, recording = design_for(frames=20), moving(20, 20)
    recording[0, 3:9, 5] = recording[0, :, 7] = recording[0, 0, 11] = 0
    recording[0, 12, 4] += 8.0
    found = LiveNetwork(design=design, core=FakeCore()).clip(span_of(recording))
    np.testing.assert_array_equal(found, recorded(design, recording, "kinect20"))
    untouched = LiveNetwork(design=design, core=FakeCore()).clip(span_of(moving(20, 20)))
    assert np.abs(found.astype(int) - untouched)[0, :, 5].max() <= 12 < np.abs(found.astype(int) - untouched).max()


@pytest.mark.parametrize("source", ["ntu25", "coco17", "openpose18", "body25", "mediapipe33", "h36m17"])
@pytest.mark.parametrize("target", ["kinect20", "ntu25"])
def test_joints_are_mapped_behind_the_filling(source, target):
    design, recording = design_for(target), moving(12, BUILT_IN[source].joints)
    recording[0, 2:4, 0] = 0
    network = LiveNetwork(design=design, core=FakeCore(), skeleton=source)
    assert network.joints == BUILT_IN[source].joints
    np.testing.assert_array_equal(network.clip(span_of(recording)), recorded(design, recording, source))


def test_two_persons_of_whom_one_comes_later():
    design, recording = design_for(persons=2), moving(12, 20, persons=2)
    recording[1, :7] = 0
    found = LiveNetwork(design=design, core=FakeCore()).clip(span_of(recording))
    np.testing.assert_array_equal(found, recorded(design, recording, "kinect20"))
    assert found[1].any()


def test_one_person_in_a_network_of_two():
    design = design_for(persons=2)
    found = LiveNetwork(design=design, core=FakeCore()).clip(span_of(moving(12, 20)))
    assert found[0].any() and not found[1].any()


def test_lost_frames_keep_the_speed():
    """A frame that is lost moves nothing: the clip is that of all frames, but for the lost ones' interpolation."""
    design = design_for(frames=10)
    recording = np.linspace(3, 4, 10)[None, :, None, None] * np.linspace(1, 2, 20)[None, None, :, None] \
        * np.ones((1, 10, 20, 3))
    whole, kept = span_of(recording), [0, 1, 2, 5, 6, 7, 8, 9]
    network = LiveNetwork(design=design, core=FakeCore())
    lost = Span(times=whole.times[kept], clip=whole.clip[:, kept])
    difference = np.abs(network.clip(lost).astype(int) - network.clip(whole))
    assert difference.max() <= 1
    even = Span(times=whole.times[:8], clip=whole.clip[:, kept])
    assert np.abs(network.clip(even).astype(int) - network.clip(whole)).max() > 1


def test_frames_without_a_joint_at_the_ends():
    recording = moving(12, 20)
    span = span_of(recording)
    span.clip[0, :2] = span.clip[0, 11] = 0
    design = design_for()
    np.testing.assert_array_equal(LiveNetwork(design=design, core=FakeCore()).clip(span),
                                  recorded(design, recording[:, 2:11], "kinect20"))
    late = np.arange(12) / 30 + np.where(np.arange(12) < 2, -0.3, 0)
    np.testing.assert_array_equal(
        LiveNetwork(design=design, core=FakeCore()).clip(Span(times=late, clip=span.clip)),
        recorded(design, recording[:, 2:11], "kinect20"))


def test_scores_are_a_channel_where_the_network_has_one():
    design = design_for("coco17", channels=3, centre=None)
    assert network_values(design) == "xys"
    clip = np.concatenate([moving(8, 17, channels=2), np.full((1, 8, 17, 1), 0.5)], axis=3)
    clip[0, 2:4, 6] = 0
    found = LiveNetwork(design=design, core=FakeCore(), values="xys").clip(
        Span(times=np.arange(8) / 30, clip=clip))
    assert found[0, :, 5, 2].tolist() == [50] * 8
    assert found[0, :, 6, 2].tolist() == [50, 50, 0, 0, 50, 50, 50, 50]
    assert found[0, 2, 6, :2].all()


def test_logits_and_flags():
    network = LiveNetwork(design=design_for(), core=FakeCore(lambda clip: 2, flags=("overflow",)))
    found = network.classify(span_of(moving(8, 20)))
    np.testing.assert_allclose(found.logits, [0, 0, 10])
    assert (found.flags, network.clips) == (("overflow",), 1) and network.prepare_seconds > 0
    assert found.streams.shape == (0, 3) and network.streams == ()


def test_an_ensemble_takes_raw_joints_and_gives_the_mean_of_its_logits():
    """Centring and bones are hardware: the clip has millimetres of the camera, resampled."""
    ensemble, recording = ensemble_for(frames=10), moving(10, 20)
    network = LiveNetwork(design=ensemble, core=GoldenCore(ensemble))
    clip = network.clip(span_of(recording))
    assert clip.dtype == np.int16 and clip.shape == (1, 10, 20, 3)
    np.testing.assert_array_equal(clip, np.floor(recording / 0.001 + 0.5))
    found = network.classify(span_of(recording))
    parts = [run(design, clip)["logits"] * design.logit_scale for design in ensemble.designs]
    np.testing.assert_allclose(found.streams, parts)
    np.testing.assert_allclose(found.logits, 0.75 * parts[0] + 0.25 * parts[1], atol=1e-4 * np.abs(parts).max())
    assert network.streams == ("joint", "bone") and network.first is ensemble.designs[0]


@pytest.mark.parametrize(("settings", "text"), [
    ({"weight": 0}, "weight must be above 0, not 0"),
    ({"skeleton": "coco"}, "skeleton must be one of ntu25, kinect20, .*, not 'coco'"),
    ({"skeleton": "hand21"}, "hand21 must be mapped to one of no other skeleton, not kinect20"),
    ({"values": "zyx"}, "values must be one of xy, xys, xyz, xyzs, not 'zyx'"),
    ({"channels": "abc"}, "channels must be one of xy, xys, xyz, xyzs, not 'abc'"),
    ({"channels": "xy"}, "channels must be the 3 of design live1, not 'xy'"),
    ({"values": "xys"}, "values must hold the xyz that design live1 takes, not 'xys'"),
    ({"channels": "xys", "values": "xy"}, "values must hold the xys that design live1 takes, not 'xy'"),
])
def test_networks_that_do_not_fit(settings, text):
    with pytest.raises(ValueError, match=text):
        LiveNetwork(design=design_for(), core=FakeCore(), **settings)


def test_designs_that_do_not_fit():
    own = replace(design_for(), meta={"skeleton": {**BUILT_IN["kinect20"].to_dict(), "name": "mine"}})
    with pytest.raises(ValueError, match="skeleton must be that of design live1, mine, to which no map is known, not "
                                         "'kinect20'"):
        LiveNetwork(design=own, core=FakeCore(), skeleton="kinect20")
    assert LiveNetwork(design=own, core=FakeCore()).joints == 20
    unknown = replace(design_for(), meta={})
    with pytest.raises(ValueError, match="skeleton must have the 20 joints of design live1, not the 17 of coco17"):
        LiveNetwork(design=unknown, core=FakeCore(), skeleton="coco17")
    with pytest.raises(ValueError, match="channels must be 2 to 4, coordinates and perhaps a score, .* not 5"):
        network_values(design_for(channels=5))
