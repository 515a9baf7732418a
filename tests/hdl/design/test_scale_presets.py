import numpy as np
import pytest

from hypgcn.design.presets import preset
from hypgcn.design.scale_presets import with_scales
from hypgcn.golden.network import run


@pytest.mark.parametrize("name", ["tiny", "small"])
def test_activations_are_sparse_and_alive(name):
    design = with_scales(preset(name))
    rng = np.random.default_rng(0)
    clip = rng.integers(-90, 90, (design.persons, design.frames, design.joints, 3)).astype(np.int8)
    found = run(design, clip)
    for index in range(len(design.blocks)):
        for tensor in "pq":
            assert 0.1 < (found[f"blocks.{index}.{tensor}"] != 0).mean() < 0.7
    assert not found["overflow"] and len(set(found["logits"].tolist())) > 1


def test_weights_follow_the_seed():
    design = preset("tiny")
    assert with_scales(design, 1).hash == with_scales(design, 1).hash != with_scales(design, 2).hash


def test_the_structure_is_that_of_branches():
    scales = with_scales(preset("small")).blocks[2].scales
    assert scales.max_channels == 5 and scales.p_channels == 32
    taps = [np.flatnonzero(scales.branches[o].any(axis=1)).tolist() for o in (0, 8, 13, 18, 24, 31)]
    assert taps == [[3, 4, 5], [2, 4, 6], [1, 4, 7], [0, 4, 8], [4], [4]]
