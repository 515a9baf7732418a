# amaranth: UnusedElaboratable=no
"""The whole tiny network on the Amaranth simulator: every block output and the scores, clip after clip."""

import dataclasses

import numpy as np
import pytest
from hdl.vectors import vectors
from random_clips import random_clip

from bench import run
from hypgcn.allocate import reaching
from hypgcn.folding import BlockFolding, Folding
from hypgcn.network import Network
from hypgcn.presets import preset, random_design
from hypgcn_sim.golden.network import run as golden


def check(design, folding, clips, *, threshold_raise=0, **options):
    dut = Network(design, folding, observe=True)
    tensors = [golden(design, clip, threshold_raise) for clip in clips]
    seen = [[] for _ in design.blocks]

    async def observe(ctx):
        ports = [getattr(dut, f"observe_{b}") for b in range(len(design.blocks))]
        samples = [expr for port in ports for expr in (port.valid, port.payload.mask, port.payload.values.as_value())]
        async for _, _, *values in ctx.tick().sample(*samples):
            for b in range(len(ports)):
                if values[3 * b]:
                    bits = values[3 * b + 2]
                    seen[b].append((values[3 * b + 1], [(bits >> 8 * n) & 0xff for n in range(16)]))

    expected = [
        {"index": j, "score": int(score), "last": int(j == design.classes - 1), "overflow": int(found["overflow"])}
        for found in tensors
        for j, score in enumerate(found["logits"])
    ]
    joints = [joint for clip in clips for joint in clip.reshape(-1, design.channels).tolist()]
    out = run(dut, {"i": joints}, {"o": len(expected)}, signals={"threshold_raise": threshold_raise},
              background=[observe], timeout=100_000, **options)
    for b in range(len(design.blocks)):
        want = [v for found in tensors for v in vectors(found[f"blocks.{b}.y"])]
        assert seen[b] == [(v["mask"], v["values"]) for v in want], f"block {b}"
    assert out["o"] == expected


@pytest.mark.parametrize("idle,stall", [pytest.param(0, 0, marks=pytest.mark.slow), (0.4, 0.6)])
def test_tiny_network(idle, stall):
    design = preset("tiny")
    check(
        design,
        reaching(design, 1000),
        [random_clip(design, 1), np.zeros((2, 6, 5, 3), np.int8)],
        seed=5,
        idle=idle,
        stall=stall,
    )


def test_threshold_raise():
    design = random_design(2, name="raise", frames=2, joints=2, classes=2, widths=(8, 8), strides=(1, 1), keep=0.5)
    clips = [random_clip(design, 3)]
    plain, raised = (golden(design, clips[0], t)["blocks.1.y"] for t in (0, 30))
    assert np.count_nonzero(raised) < np.count_nonzero(plain)
    check(design, reaching(design, 500), clips, threshold_raise=30)


def test_denser_than_planned():
    design = random_design(
        4, name="dense", frames=3, joints=2, persons=2, classes=2, widths=(16, 16), strides=(1, 1), margin=0.4
    )
    clips = [random_clip(design, 1), np.zeros((2, 3, 2, 3), np.int8)]
    assert golden(design, clips[0])["overflow"]
    check(design, Folding(blocks=(BlockFolding(conv_pairs=4, lane_pairs=4),) * 2), clips)


def test_one_frame_one_joint():
    design = random_design(6, name="dot", frames=1, joints=1, classes=1, widths=(4, 4, 8), strides=(1, 1, 2), keep=0.5)
    check(
        design,
        Folding(blocks=(BlockFolding(),) * 3, mac="single", head_width=1),
        [random_clip(design, s) for s in range(3)],
    )


def test_folding_of_another_design_is_refused():
    design = preset("tiny")
    with pytest.raises(ValueError, match="blocks must hold 2 foldings, one per block, not 1"):
        Network(design, dataclasses.replace(reaching(design, 2000), blocks=(BlockFolding(),)))
