"""Counts against loops over single weights and values."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from hypgcn.design.presets import random_design
from hypgcn_pruning.config import QuantiseConfig
from hypgcn_pruning.integers.integer import run_integer
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.network.work import Tally, graph_skip, work_of
from hypgcn_pruning.sparsity.channels import drop_channels, reorder_channels
from hypgcn_pruning.sparsity.taps import cut_taps


def small(**changes):
    return random_design(0, **{**dict(name="d", frames=7, joints=3, persons=2, classes=3, kernel=5, widths=(20, 20, 18),
                                      strides=(1, 2, 1), keep=0.5), **changes})


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
            done += x[..., c].size * block.out_channels * design.subsets
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


@pytest.mark.parametrize("changes", [{}, {"widths": (18,), "strides": (2,), "frames": 1},
                                     {"widths": (16, 33), "strides": (1, 2), "frames": 4, "kernel": 9}])
def test_against_loops(changes):
    design = small(**changes)
    found = run_integer(design, clips_for(design))
    work, tally = work_of(design), Tally(work_of(design))
    tally.add(3, [(found[f"blocks.{i}.x_stored"], found[f"blocks.{i}.h_stored"]) for i in range(len(design.blocks))])
    asked, done = by_loops(design, found, 3)
    assert work.macs()["all"] == asked
    assert tally.executed == done < 3 * asked < 3 * work.dense().macs()["all"]
    densities = [[float((found[f"blocks.{i}.{name}_stored"] != 0).double().mean()) for i in range(len(design.blocks))]
                 for name in "xh"]
    assert tally.density() == pytest.approx([np.mean(d) for d in densities])


def test_batches_add_up():
    design = small()
    whole, parts = Tally(work_of(design)), Tally(work_of(design))
    clips = clips_for(design, 5)
    for tally, size in ((whole, 5), (parts, 2)):
        for start in range(0, 5, size):
            found = run_integer(design, clips[start:start + size])
            tally.add(len(clips[start:start + size]),
                      [(found[f"blocks.{i}.x_stored"], found[f"blocks.{i}.h_stored"]) for i in range(3)])
    assert (whole.clips, whole.executed, whole.density()) == (parts.clips, parts.executed, parts.density())


def test_zero_clips_execute_only_what_is_dense():
    design = small()
    work = work_of(design)
    tally = Tally(work)
    tally.add(1, [(torch.zeros(2, f, 3, b.inputs), torch.zeros(2, f, 3, b.outputs))
                  for f, b in zip((7, 7, 4), work.blocks)])
    down = sum(before * int(b.down[0].sum()) * b.down[1]
               for b, (before, _) in zip(work.blocks, work.places()) if b.down)
    assert tally.executed == work.macs()["spatial"] + down and tally.density() == (0, 0)


def test_pruned_shortcuts_and_filters_count():
    """An input column or an output of a shortcut without weights is no work, nor is a filter without a tap."""
    design = small()
    block = design.blocks[1]
    before = work_of(design).macs()
    res = block.res.copy()
    res[:, 3], res[[1, 2]] = 0, 0
    temporal = block.temporal.copy()
    first = int(np.flatnonzero(block.filters)[0])
    tap = int(np.flatnonzero(temporal[first].any(axis=1))[0])
    temporal[first, tap] = 0
    after = work_of(replace(design, blocks=(design.blocks[0], replace(block, res=res, temporal=temporal),
                                            design.blocks[2]))).macs()
    places = 2 * 4 * 3
    assert before["shortcuts"] - after["shortcuts"] == places * (20 * 20 - 19 * 18)
    assert before["temporal"] - after["temporal"] == places * int(block.taps[:, tap] @ (16, 4))


def test_network_and_design_agree(make_network, clips, preparation, held):
    model = make_network()
    assert work_of(model).macs() == work_of(model).dense().macs()
    assert graph_skip(work_of(model)) == (0, 0)
    with torch.no_grad():
        drop_channels(model, 0.5)
        reorder_channels(model)
        cut_taps(model, 3)
    design = quantise(model, torch.from_numpy(held), QuantiseConfig())
    ours, theirs = work_of(model), work_of(design)
    assert ours.macs() == theirs.macs() and ours.parameters() == theirs.parameters()
    assert ours.dense().macs() == theirs.dense().macs()
    kept = [int(block.kept.sum()) for block in model.blocks]
    assert kept == [3, 10, 10, 17, 17]
    assert graph_skip(ours)[1] == pytest.approx(1 - sum(kept) / (3 + 20 + 20 + 34 + 34))
    work = np.array((16, 16, 16, 8, 8))
    assert graph_skip(ours)[0] == pytest.approx(1 - work @ kept / (work @ (3, 20, 20, 34, 34)))


def test_parameters_and_bits_of_a_dense_network(make_network):
    model = make_network(blocks=((20, 1), (34, 2)))
    work = work_of(model)
    weights = [p for name, p in model.named_parameters()
               if p.dim() > 1 and "bn" not in name]  # PA, convolutions, fc
    assert work.parameters() == sum(p.numel() for p in weights)
    beside = 2 * (20 + 34) + 3 * 7
    assert work.bits(32, masks=False) == 32 * (work.parameters() + 3 + 2 * beside)
    assert work.bits(8, masks=False) == 8 * work.parameters() + 57 * beside + 3 * 41
    assert work.bits(8, masks=True) - work.bits(8, masks=False) == (3 + 20) + (20 + 34) + (2 + 3) * 5


def test_the_data_dependent_graph_is_work(make_network):
    work = work_of(make_network(dynamic_graph=True, blocks=((20, 1),)))
    assert work.macs()["similarity"] == 16 * 7 * 3 * 5 * (2 * 3 + 7)
    assert work.macs()["all"] > work.dense().macs()["all"]
    assert work.parameters() - work.dense().parameters() == 3 * 2 * 3 * 5
