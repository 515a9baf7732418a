"""The independent preparation of raw joints equals the golden model's: every stream, rule and corner value."""

import numpy as np
import pytest
import torch
from raw_designs import STREAMS, extreme_clip, raw_clip, raw_design

from hypgcn.design.raw_input import RawInput
from hypgcn.golden.network import run
from hypgcn.golden.raw_input import prepared
from hypgcn_pruning.integers.integer import run_integer
from hypgcn_pruning.integers.raw_input import prepare_raw


@pytest.mark.parametrize("missing", [dict(missing="hold", patience=0), dict(missing="hold", patience=2),
                                     dict(missing="hold", patience=30), dict(missing="zero")],
                         ids=["hold 0", "hold 2", "hold 30", "zero"])
@pytest.mark.parametrize("persons", [1, 3])
@pytest.mark.parametrize("stream", STREAMS)
def test_equals_golden(stream, persons, missing):
    design = raw_design(RawInput(unit="mm", **STREAMS[stream], **missing), frames=9, persons=persons)
    clips = np.stack([raw_clip(design, seed) for seed in range(30)] + [extreme_clip(design, seed) for seed in range(6)])
    got = prepare_raw(torch.from_numpy(clips), design.raw).numpy()
    np.testing.assert_array_equal(got, np.stack([prepared(clip, design.raw) for clip in clips]))
    assert np.abs(got).max() <= 1 << (design.input_width - 1)


@pytest.mark.parametrize("stream", STREAMS)
def test_one_frame(stream):
    design = raw_design(RawInput(unit="mm", **STREAMS[stream]), frames=1)
    clips = np.stack([raw_clip(design, seed) for seed in range(20)])
    np.testing.assert_array_equal(prepare_raw(torch.from_numpy(clips), design.raw).numpy(),
                                  np.stack([prepared(clip, design.raw) for clip in clips]))


@pytest.mark.parametrize("stream", ["joint", "bone-motion"])
def test_the_whole_network_equals_golden(stream):
    design = raw_design(RawInput(unit="mm", patience=1, **STREAMS[stream]))
    clips = np.stack([raw_clip(design, 1), raw_clip(design, 2), extreme_clip(design, 1)])
    got = run_integer(design, clips)
    for index, clip in enumerate(clips):
        golden = run(design, clip)
        np.testing.assert_array_equal(got["x1"].view(3, *golden["x1"].shape)[index].numpy(), golden["x1"])
        np.testing.assert_array_equal(got["logits"][index].numpy(), golden["logits"])


def test_clips_of_another_type_are_refused():
    design = raw_design(RawInput(unit="mm"))
    with pytest.raises(ValueError, match=r"clips must be int16 of shape \(clips, 2, 6, 5, 3\), not torch.int8 of "):
        run_integer(design, np.zeros((1, *design.clip_shape), np.int8))
