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
        made = design.blocks[index]
        for one, window, rows in (
                (block.x, made.x_window, found[f"blocks.{index - 1}.y"] if index else found["x1"]),
                (block.h, made.h_window, found[f"blocks.{index}.h"])):
            assert one.density == pytest.approx(float((rows != 0).double().mean()), abs=1e-4)
            channels = rows.shape[-1]
            for j in range(4):
                taken = [[sum(int((row[v, b:b + 16] != 0).sum()) > 4 * j for v in range(5)
                              for b in range(0, channels, 16)) for row in sequence] for sequence in rows]
                assert one.max_entries[j] == max(sum(sequence[t:t + window]) for sequence in taken
                                                 for t in range(len(sequence)))
                assert one.mean_entries[j] == pytest.approx(np.mean(taken), abs=0.006)


def test_calibration_clips_do_not_overflow_and_keep_their_logits(design, clips):
    compiled = compile_design(design, clips, CompileConfig(margin=1.0), {"note": "x"})
    logits, overflow = predict_integer(compiled, clips)
    assert not overflow.any()
    assert compiled.meta["note"] == "x"
    np.testing.assert_array_equal(logits, predict_integer(design, clips)[0])
    assert any(block.h_depths != full.h_depths for block, full in zip(compiled.blocks, design.blocks))


def test_density_of_z_is_kept_where_there_is_a_dead_zone(design, clips):
    """In a design without dead zones it stays 1, whatever zeros its Z has."""
    first, *others = design.blocks
    part = replace(design, blocks=(replace(first, threshold_z=0), *others))
    assert [block.density_z < 1 for block in compile_design(part, clips).blocks] == [False, True, True]
    none = replace(design, blocks=tuple(replace(block, threshold_z=0) for block in design.blocks))
    assert {block.density_z for block in compile_design(none, clips).blocks} == {1.0}


def test_one_entry_less_overflows(design, clips):
    compiled = compile_design(design, clips, CompileConfig(margin=1.0))
    needed = measure_blocks(compiled, clips)[1].h.max_entries[0]
    for depth, overflows in ((needed, False), (needed - 1, True)):
        block = replace(compiled.blocks[1], h_depths=tuple(min(d, depth) for d in compiled.blocks[1].h_depths))
        changed = replace(compiled, blocks=(compiled.blocks[0], block, *compiled.blocks[2:]))
        assert predict_integer(changed, clips)[1].any() == overflows


@pytest.mark.parametrize(("margin", "depths"), [
    (1.0, (511, 63, 31, 1)), (1.15, (511, 63, 31, 1)), (1.6, (511, 63, 63, 1)), (9.0, (600, 511, 511, 1))])
def test_depths(margin, depths):
    """Up to 64 words a power of two, beyond it half block RAMs; one word of a ring stays free."""
    found = StoreStatistics(density=0.5, max_entries=(80, 39, 20, 0), mean_entries=(0.0,) * 4)
    assert found.depths(margin, 600) == depths


def test_empty_calibration(design, clips):
    with pytest.raises(ValueError, match="at least one clip"):
        compile_design(design, clips[:0])
