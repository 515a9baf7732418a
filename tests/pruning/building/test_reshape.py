import numpy as np
import pytest
import torch

from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip
from hypgcn_pruning.building.compile import compile_design
from hypgcn_pruning.building.reshape import reshape_design
from hypgcn_pruning.config import CompileConfig, QuantiseConfig
from hypgcn_pruning.integers.integer import run_integer
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.recordings.data import crowded, prepared


@pytest.fixture(scope="module")
def design(trained, clips, preparation):
    sample = torch.from_numpy(prepared(clips.part(0), preparation))
    return quantise(trained[0], sample, QuantiseConfig(), preparation=preparation)


def test_same_shape_is_the_same_design(design):
    assert reshape_design(design) is design
    assert reshape_design(design, design.frames, design.persons) is design


def test_two_persons_who_are_the_same_mean_what_one_means(design, clips):
    """Sums double, the scale halves: the real logits stay, but for the bias, which is rounded on the finer grid."""
    other = reshape_design(design, persons=2)
    assert other.persons == 2
    assert (other.input_mult[0] == other.input_mult[1]).all()
    body = prepare_clip(clips.clip(0), Preparation.from_dict(design.meta["preparation"]))
    one = quantise_clip(design, body)
    two = quantise_clip(other, np.concatenate([body, body]))
    few = run_integer(design, one[None])["logits"].numpy() - design.head_bias
    many = run_integer(other, two[None])["logits"].numpy() - other.head_bias
    np.testing.assert_array_equal(many, 2 * few)
    np.testing.assert_allclose(many * other.logit_scale, few * design.logit_scale)
    np.testing.assert_allclose(other.head_bias * other.logit_scale, design.head_bias * design.logit_scale,
                               atol=other.logit_scale)


def test_longer_clips_repeat_the_short_one(design, clips):
    other = reshape_design(design, frames=40)
    made = Preparation.from_dict(other.meta["preparation"])
    assert (made.frames, made.period) == (40, 16)
    assert Preparation.from_dict(reshape_design(other, frames=50).meta["preparation"]).period == 16
    assert Preparation.from_dict(reshape_design(design, frames=8).meta["preparation"]).period == 0
    clip = prepare_clip(clips.clip(0), made)
    assert quantise_clip(other, clip).shape == (1, 40, 7, 3)
    np.testing.assert_array_equal(clip[:, 16:32], clip[:, :16])


def test_reshaped_designs_compile(design, clips):
    other = reshape_design(design, frames=24, persons=2)
    made = Preparation.from_dict(other.meta["preparation"])
    sample = prepared(crowded(clips.part(0), 2), made, 2)
    ready = compile_design(other, np.stack([quantise_clip(other, clip) for clip in sample]), CompileConfig())
    assert (ready.frames, ready.persons) == (24, 2)
    assert ready.hash != design.hash


def test_company_for_lonely_clips(clips):
    both = crowded(clips, 2)
    assert both.data.shape[4] == 2
    np.testing.assert_array_equal(both.data[..., :1], clips.data)
    for index in (0, len(clips) - 1):
        guest = both.clip(index)[1]
        assert guest.shape[0] == clips.length[index]
        source = clips.clip((index + 1) % len(clips))[0]
        np.testing.assert_allclose(guest[0], source[0], atol=1e-6)
        np.testing.assert_allclose(guest[-1], source[-1], atol=1e-5)
    assert crowded(both, 2) is both


@pytest.mark.parametrize("changes", [{"frames": -1}, {"persons": 1.5}, {"frames": True}])
def test_settings(changes):
    with pytest.raises(ValueError, match="must be an integer of at least 0"):
        CompileConfig(**changes)
