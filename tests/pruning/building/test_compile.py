from dataclasses import replace

import numpy as np
import pytest

from hypgcn.design.presets import random_design
from hypgcn_pruning.building.compile import compile_design
from hypgcn_pruning.building.statistics import StoreStatistics, measure_blocks
from hypgcn_pruning.config import CompileConfig
from hypgcn_pruning.integers.integer import predict_integer, run_integer


@pytest.fixture(scope="module")
def design():
    return random_design(2, name="tiny", frames=6, joints=5, classes=3, kernel=5, widths=(20, 20, 34),
                         strides=(1, 1, 2), keep=0.5)


@pytest.fixture(scope="module")
def clips():
    return np.random.default_rng(0).integers(-128, 128, (12, 1, 6, 5, 3)).astype(np.int8)


def test_statistics_are_counts(design, clips):
    found = run_integer(design, clips)
    stats = measure_blocks(design, clips, size=5)
    for index, block in enumerate(stats):
        z = found[f"blocks.{index}.z"].numpy()[..., design.blocks[index].kept == 1]
        assert block.density_z == pytest.approx((z != 0).mean(), abs=1e-4) and 0 < block.density_z < 1
        for one, rows in ((block.x, found[f"blocks.{index - 1}.y"] if index else found["x1"]),
                          (block.h, found[f"blocks.{index}.h"])):
            assert one.density == pytest.approx(float((rows != 0).double().mean()), abs=1e-4)
            channels = rows.shape[-1]
            for j in range(4):
                most = max(sum(int((rows[n, t, v, b:b + 16] != 0).sum()) > 4 * j for v in range(5)
                               for b in range(0, channels, 16))
                           for n in range(len(rows)) for t in range(rows.shape[1]))
                assert one.max_entries[j] == most


def test_calibration_clips_do_not_overflow_and_keep_their_logits(design, clips):
    compiled = compile_design(design, clips, CompileConfig(margin=1.0), {"note": "x"})
    logits, overflow = predict_integer(compiled, clips)
    assert not overflow.any()
    assert compiled.meta["note"] == "x"
    np.testing.assert_array_equal(logits, predict_integer(design, clips)[0])
    assert any(block.h_depths != full.h_depths for block, full in zip(compiled.blocks, design.blocks))


def test_density_of_z_is_kept_where_there_is_a_dead_zone(design, clips):
    """A design without dead zones stays one of version 1, whatever zeros its Z has."""
    first, *others = design.blocks
    part = replace(design, blocks=(replace(first, threshold_z=0), *others))
    assert [block.density_z < 1 for block in compile_design(part, clips).blocks] == [False, True, True]
    none = replace(design, blocks=tuple(replace(block, threshold_z=0) for block in design.blocks))
    assert compile_design(none, clips).version == 1


def test_one_entry_less_overflows(design, clips):
    compiled = compile_design(design, clips, CompileConfig(margin=1.0))
    block = compiled.blocks[1]
    less = replace(block, h_depths=(block.h_depths[0] - 1, *(min(d, block.h_depths[0] - 1)
                                                             for d in block.h_depths[1:])))
    assert predict_integer(replace(compiled, blocks=(compiled.blocks[0], less, *compiled.blocks[2:])), clips)[1].any()


@pytest.mark.parametrize(("margin", "depths"), [(1.0, (8, 4, 2, 1)), (1.15, (10, 5, 3, 1)), (2.0, (10, 8, 4, 1))])
def test_depths(margin, depths):
    assert StoreStatistics(density=0.5, max_entries=(8, 4, 2, 0)).depths(margin, 10) == depths


def test_empty_calibration(design, clips):
    with pytest.raises(ValueError, match="at least one clip"):
        compile_design(design, clips[:0])
