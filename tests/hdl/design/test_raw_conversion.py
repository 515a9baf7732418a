"""Designs for int8 clips become designs for raw joints: what is refused, and that the numbers are the same."""

import dataclasses

import numpy as np
import pytest
from raw_designs import STREAMS

from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip
from hypgcn.design.presets import random_design
from hypgcn.design.raw_conversion import RawSettings, host_preparation, whole_preparation, with_raw_input
from hypgcn.design.raw_input import MARKER
from hypgcn.golden.input import coordinates, input_affine

TREE = (1, 1, 1, 2, 0)
PREPARATIONS = {
    "joint": dict(centre=1, centring="every"), "first": dict(centre=1), "bone": dict(centre=1, parents=TREE),
    "joint-motion": dict(centre=1, centring="every", motion=True),
    "bone-motion": dict(centre=1, parents=TREE, motion=True), "plain": {},
}


def made(scale=0.01, channels=3, **preparation):
    design = random_design(2, name="made", frames=7, joints=5, persons=2, channels=channels, classes=3, widths=(4,),
                           strides=(1,))
    meta = {"preparation": Preparation(**{"frames": 7, "scale": "none", **preparation}).to_dict()}
    return dataclasses.replace(design, input_scale=scale, meta=meta)


def body(seed, stream):
    """Float (2, 7, 5, 3) in metres, on a grid of millimetres.

    The second person comes with the third frame, but where the first frame counts: there the host's preparation moves
    frames without a person, too.
    """
    rng = np.random.default_rng(seed)
    clip = rng.integers(-900, 900, (2, 1, 5, 3)) + rng.integers(-80, 80, (2, 7, 5, 3))
    if stream != "first":
        clip[1, :3] = 0
    return clip / 1000


@pytest.mark.parametrize("stream", PREPARATIONS)
def test_the_hardware_prepares_what_the_host_did(stream):
    """Without resampling the coordinates are those of the float preparation, in steps."""
    design = made(**PREPARATIONS[stream])
    raw = with_raw_input(design)
    for seed in range(5):
        clip = body(seed, stream)
        whole = prepare_clip(clip, Preparation.from_dict(design.meta["preparation"]))
        host = prepare_clip(clip, Preparation.from_dict(raw.meta["preparation"]))
        got = coordinates(quantise_clip(raw, host), raw)
        np.testing.assert_array_equal(got, np.rint(whole.astype(np.float64) * 1000))


@pytest.mark.parametrize("stream", PREPARATIONS)
def test_the_first_layer_gets_the_same(stream):
    """Up to the rounding to int8, which is left out."""
    design = made(**PREPARATIONS[stream])
    design = dataclasses.replace(design, input_shift=14, input_mult=(design.input_mult // 2))
    raw = with_raw_input(design)
    clip = body(3, stream)
    whole = quantise_clip(design, prepare_clip(clip, Preparation.from_dict(design.meta["preparation"])))
    host = quantise_clip(raw, prepare_clip(clip, Preparation.from_dict(raw.meta["preparation"])))
    inside = np.abs(whole.astype(int)) < 127
    difference = np.abs(input_affine(whole, design) - input_affine(host, raw))
    assert difference[inside].max() <= 1 and inside.mean() > 0.5


def test_what_is_left_to_the_host():
    design = made(centre=1, centring="every", period=3)
    raw = with_raw_input(design)
    assert Preparation.from_dict(raw.meta["preparation"]) == Preparation(
        frames=7, scale="none", centring="every", period=3)
    assert whole_preparation(raw) == whole_preparation(design) == Preparation(
        frames=7, scale="none", centre=1, centring="every", period=3)
    assert raw.raw.to_dict() == {"unit": "mm", "centre": 1, "centring": "every", "parents": [], "motion": False,
                                 "missing": "hold", "patience": 30}
    zero = with_raw_input(design, RawSettings(missing="zero")).raw
    assert (zero.missing, zero.patience) == ("zero", 0)
    assert with_raw_input(design, RawSettings(patience=3)).raw.patience == 3
    assert host_preparation(Preparation(frames=4, centre=1, parents=TREE, motion=True)) == Preparation(
        frames=4, centring="every", scale="none")


def test_weights_and_scores_stay():
    design = made(centre=1, centring="every")
    raw = with_raw_input(design)
    changed = {"input_mult", "input_bias"}
    for name, tensor in design.tensors().items():
        assert name in changed or np.array_equal(tensor, raw.tensors()[name])
    assert (raw.logit_scale, raw.input_threshold) == (design.logit_scale, design.input_threshold)
    assert 32768 <= np.abs(raw.input_mult).max() <= 65535 or raw.input_shift == 31
    np.testing.assert_allclose(raw.input_mult / 2.0 ** raw.input_shift,
                               design.input_mult / 2.0 ** design.input_shift / 10, rtol=1e-4)


def test_an_accuracy_from_before_is_that_of_int8_clips():
    design = made(centre=1, centring="every")
    test = {"clips": 464, "accuracy": {"int8": 0.9}}
    measured = dataclasses.replace(design, meta={**design.meta, "test": test})
    raw = with_raw_input(measured)
    assert raw.meta["test"] == {**test, "input": "int8"} and measured.meta["test"] == test
    assert raw.hash == with_raw_input(design).hash and "test" not in with_raw_input(design).meta


def test_pixels():
    raw = with_raw_input(made(scale=1.0, channels=2, centre=0, centring="every"))
    assert (raw.raw.unit, raw.input_scale) == ("1/8 pixel", 0.125)
    with pytest.raises(ValueError, match="unit must be given for joints of 4 coordinates: one of 'mm', '1/8 pixel'"):
        with_raw_input(made(channels=4))


@pytest.mark.parametrize("fields,text", [
    (dict(scale="axis"), "design made: scale must be 'none' for raw input, not 'axis': its factors are the smallest "
                         "and the largest coordinate of the whole clip, which is known when its last frame has come; "
                         "train with hypgcn train --scale none"),
    (dict(scale="clip"), "scale must be 'none' for raw input, not 'clip'"),
    (dict(motion=True, period=3), "period must be 0 for raw input with motion, not 3: the last frame of each "
                                  "repetition has the motion zero, and the hardware does not know where one ends"),
])
def test_preparations_that_need_the_whole_clip(fields, text):
    design = made(**{name: value for name, value in fields.items() if name != "scale"})
    if "scale" in fields:
        entry = {**design.meta["preparation"], "scale": fields["scale"]}
        design = dataclasses.replace(design, meta={"preparation": entry})
    with pytest.raises(ValueError) as caught:
        with_raw_input(design)
    assert text in str(caught.value)


def test_refused():
    with pytest.raises(ValueError, match="design made does not hold how clips are prepared"):
        with_raw_input(dataclasses.replace(made(), meta={}))
    with pytest.raises(ValueError, match="must take int8 clips to be given a raw input, but takes raw joints already"):
        with_raw_input(with_raw_input(made()))
    with pytest.raises(ValueError, match="step must be in 0.0781..80 for design made, whose int8 steps are 10 in the "
                                         "coordinates of its recordings, not 0.001, which mm is; say what mm is in "
                                         "them"):
        with_raw_input(made(scale=10.0))
    assert with_raw_input(made(scale=10.0), RawSettings(step=1.0)).input_scale == 1


@pytest.mark.parametrize("fields,text", [
    (dict(unit="m"), "unit must be one of 'mm', '1/8 pixel', not 'm'"),
    (dict(missing="no"), "missing must be one of 'hold', 'zero', not 'no'"),
    (dict(step=0.0), "step must be a positive number, not 0.0"), (dict(patience=-1), "patience must be in 0..4096"),
])
def test_settings(fields, text):
    with pytest.raises(ValueError, match=text):
        RawSettings(**fields)


def test_missing_joints_are_marked():
    raw = with_raw_input(made())
    clip = np.full(raw.clip_shape, -40.0)
    missing = np.zeros(raw.clip_shape[:3], bool)
    missing[1, 2, 3] = True
    got = quantise_clip(raw, clip, missing)
    assert got[1, 2, 3].tolist() == [MARKER, -32767, -32767]
    assert (got[~missing] == -32767).all() and got.dtype == np.int16
    with pytest.raises(ValueError, match=r"missing must have the shape \(person, frame, joint\) = \(2, 7, 5\), not"):
        quantise_clip(raw, clip, missing[0])
    with pytest.raises(ValueError, match="missing must be none for design made, whose int8 clips have no mark"):
        quantise_clip(made(), clip, missing)


def test_every_stream_is_tried():
    assert set(PREPARATIONS) <= set(STREAMS)
