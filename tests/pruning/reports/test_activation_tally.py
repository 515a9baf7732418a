"""Executed multiplications and densities against loops over single weights and values."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from hypgcn.design.presets import random_design
from hypgcn_pruning.integers.integer import run_integer
from hypgcn_pruning.network.cost import cost_of
from hypgcn_pruning.reports.activation_tally import ActivationTally


def small(dead_zone=True, **changes):
    shape = dict(frames=7, joints=3, persons=2, classes=3, kernel=5, widths=(20, 20, 18), strides=(1, 2, 1), keep=0.5)
    design = random_design(0, name="d", **{**shape, **changes})
    return design if dead_zone else replace(design, blocks=tuple(replace(b, threshold_z=0) for b in design.blocks))


def clips_for(design, count=3, seed=1):
    shape = (count, design.persons, design.frames, design.joints, design.channels)
    return np.random.default_rng(seed).integers(-128, 128, shape).astype(np.int8)


def by_loops(design, found, clips):
    """(multiplications that kept weights ask for, those that are executed) by unit, one weight at a time."""
    asked, done = 0, 0
    for index, block in enumerate(design.blocks):
        x, h = (found[f"blocks.{index}.{name}_stored"].numpy() for name in "xh")
        frames, after = x.shape[1], -(-x.shape[1] // block.stride)
        for c in np.flatnonzero(block.kept):
            asked += x[..., c].size * (design.joints + block.out_channels) * design.subsets
            done += int((x[..., c] != 0).sum()) * design.joints * design.subsets
            z = found[f"blocks.{index}.z"].numpy()[..., c]
            done += (int((z != 0).sum()) if block.threshold_z else z.size) * block.out_channels
        if block.down is not None:
            columns = block.down.any(axis=0)
            asked += x[..., columns].size * block.out_channels
            done += x[..., columns].size * block.out_channels
        if block.res is not None:
            part = x[:, ::block.stride][..., block.res.any(axis=0)]
            asked, done = asked + part.size * block.out_channels, done + int((part != 0).sum()) * block.out_channels
        for o, tap, c in product(np.flatnonzero(block.filters), range(design.kernel), range(block.out_channels)):
            if not block.taps[c // 16, tap] or not block.temporal[o, tap].any():
                continue
            for out in range(after):
                row = out * block.stride + tap - design.pad
                asked += h[:, 0, :, c].size
                if 0 <= row < frames:
                    done += int((h[:, row, :, c] != 0).sum())
    return asked / clips, done


def tensors(design, found):
    """X, Z of the kept channels and H of every block."""
    return [(found[f"blocks.{i}.x_stored"], found[f"blocks.{i}.z"][..., block.kept == 1],
             found[f"blocks.{i}.h_stored"]) for i, block in enumerate(design.blocks)]


@pytest.mark.parametrize("changes", [{}, {"dead_zone": False}, {"widths": (18,), "strides": (2,), "frames": 1},
                                     {"widths": (16, 33), "strides": (1, 2), "frames": 4, "kernel": 9}])
def test_against_loops(changes):
    design = small(**changes)
    found = run_integer(design, clips_for(design))
    work, tally = cost_of(design), ActivationTally(cost_of(design))
    tally.add(3, tensors(design, found))
    asked, done = by_loops(design, found, 3)
    assert work.macs()["all"] == asked
    assert tally.executed == done < 3 * asked < 3 * work.dense().macs()["all"]
    densities = [[float((part != 0).double().mean()) for part in block] for block in tensors(design, found)]
    assert tally.density() == pytest.approx(np.mean(densities, axis=0))


def test_batches_add_up():
    design = small()
    whole, parts = ActivationTally(cost_of(design)), ActivationTally(cost_of(design))
    clips = clips_for(design, 5)
    for tally, size in ((whole, 5), (parts, 2)):
        for start in range(0, 5, size):
            found = run_integer(design, clips[start:start + size])
            tally.add(len(clips[start:start + size]),
                      tensors(design, found))
    assert (whole.clips, whole.executed, whole.density()) == (parts.clips, parts.executed, parts.density())


def test_zero_clips_execute_only_what_is_dense():
    work = cost_of(small(dead_zone=False))
    tally = ActivationTally(work)
    tally.add(1, [(torch.zeros(2, f, 3, b.inputs), torch.zeros(2, 3, f, 3, int(b.kept.sum())),
                   torch.zeros(2, f, 3, b.outputs)) for f, b in zip((7, 7, 4), work.blocks)])
    down = sum(before * int(b.down[0].sum()) * b.down[1]
               for b, (before, _) in zip(work.blocks, work.places()) if b.down)
    assert tally.executed == work.macs()["spatial"] + down and tally.density() == (0, 0, 0)
