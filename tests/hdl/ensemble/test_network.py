# amaranth: UnusedElaboratable=no
"""Two networks behind one raw input on the Amaranth simulator against golden, clip after clip."""

from dataclasses import replace

import numpy as np
import pytest
from axi import CoreTestbench, beats_of
from ensembles import small_ensemble
from raw_designs import extreme_clip, raw_clip

from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.ensemble import EnsembleNetwork
from hypgcn.golden.ensemble import run_ensemble
from hypgcn.network import Network, counted_units
from hypgcn.shell.registers import ENSEMBLE_ABI
from hypgcn.shell.top import Top
from testbench import run

FOLDING = Folding(blocks=(BlockFolding(conv_pairs=4, lane_pairs=4),))


@pytest.mark.parametrize("idle,stall", [(0, 0), (0.2, 0.5)])
def test_matches_golden(idle, stall):
    ensemble = small_ensemble()
    design = ensemble.designs[0]
    clips = [raw_clip(design, 1), np.zeros(design.clip_shape, np.int16), extreme_clip(design, 2)]
    found = [run_ensemble(ensemble, clip) for clip in clips]
    expected = [{"index": j, "score": int(score), "last": int(j == 2), "overflow": int(tensors["overflow"]),
                 **{f"stream{index}": int(part["logits"][j]) for index, part in enumerate(tensors["streams"])}}
                for tensors in found for j, score in enumerate(tensors["logits"])]
    joints = [joint for clip in clips for joint in clip.reshape(-1, 3).tolist()]
    out = run(EnsembleNetwork(ensemble, [FOLDING, FOLDING]), {"i": joints}, {"o": len(expected)}, idle=idle,
              stall=stall, timeout=100_000)
    assert out["o"] == expected


def test_counters_of_every_network():
    """Each unit is as often busy as in its network alone, under its own name; without the option there are none."""
    ensemble = small_ensemble()
    clip = raw_clip(ensemble.designs[0], 1)
    joints = clip.reshape(-1, 3).tolist()

    def busy(dut):
        found = []

        async def look(ctx):
            scores = 0
            while scores < 3:
                _, _, valid, ready = await ctx.tick().sample(dut.o.valid, dut.o.ready)
                scores += valid & ready
            await ctx.tick().repeat(3)      # the counters have a register in front
            found.extend(ctx.get(dut.counts[unit][0]) for unit in range(len(dut.counts)))
        run(dut, {"i": joints}, {"o": 3}, stall=0.3, timeout=100_000, testbenches=[look])
        return found

    alone = [busy(Network(design, FOLDING, counters=True)) for design in ensemble.designs]
    assert [len(counts) for counts in alone] == [len(counted_units(design)) for design in ensemble.designs]
    assert alone[0] != alone[1] and all(counts[0] > 0 for counts in alone)
    assert busy(EnsembleNetwork(ensemble, [FOLDING, FOLDING], counters=True)) == alone[0] + alone[1]
    assert not hasattr(EnsembleNetwork(ensemble, [FOLDING, FOLDING]), "counts")


def test_behind_the_buses():
    """The shell of an ensemble: int16 in, sums and scores of 32 bits out, the hash of the ensemble."""
    ensemble = small_ensemble(frames=1, joints=5, persons=1)
    clips = [raw_clip(ensemble.designs[0], seed) for seed in (1, 2)]
    dut = Top.of_ensemble(ensemble, [FOLDING, FOLDING])

    async def test(tb):
        assert await tb.read("HASH_HIGH") == int(ensemble.hash[:8], 16)
        assert await tb.read("CLIP_BYTES") == clips[0].nbytes
        assert await tb.read("NETWORK", field="blocks") == 2
        assert await tb.read("VERSION", field="abi") == ENSEMBLE_ABI
        assert [await tb.read("STREAMS_0", field=f"blocks_{stream}") for stream in range(4)] == [1, 1, 0, 0]
        assert await tb.read("STREAMS_1") == 0
        await tb.write("CONTROL", auto_restart=1)
        for clip in clips:
            await tb.send(beats_of(clip.astype("<i2").tobytes(), 4))
        await tb.results(2)
    tb = CoreTestbench(dut, idle=0.2, stall=0.2)
    tb.run(test)
    for number, (clip, words) in enumerate(zip(clips, tb.packets)):
        tensors = run_ensemble(ensemble, clip)
        scores = [score for part in (tensors, *tensors["streams"]) for score in part["logits"]]
        assert len(scores) == 3 * 3
        assert words == [*(int(score) % 2**32 for score in scores), int(np.argmax(tensors["logits"])), number, 0]


@pytest.mark.parametrize("beats", [7])
def test_soft_reset_in_the_middle_of_a_clip(beats):
    """Fork, networks and sum begin anew together: the next clip has its own sums and scores."""
    ensemble = small_ensemble(frames=1, joints=5, persons=1)
    lost, clip = (raw_clip(ensemble.designs[0], seed) for seed in (3, 4))

    async def test(tb):
        await tb.write("CONTROL", auto_restart=1)
        await tb.send(beats_of(lost.astype("<i2").tobytes(), 4)[:beats])
        await tb.cycles(30)
        await tb.write("RESET", core=1, input=1)
        await tb.cycles(20)
        await tb.write("CONTROL", auto_restart=1)
        await tb.send(beats_of(clip.astype("<i2").tobytes(), 4))
        await tb.results(1)
    tb = CoreTestbench(Top.of_ensemble(ensemble, [FOLDING, FOLDING]))
    tb.run(test)
    tensors = run_ensemble(ensemble, clip)
    scores = [int(score) % 2**32 for part in (tensors, *tensors["streams"]) for score in part["logits"]]
    assert tb.packets == [[*scores, int(np.argmax(tensors["logits"])), 0, 0]]


def test_a_folding_for_each():
    with pytest.raises(ValueError, match="foldings must be 2, one a network, not 1"):
        EnsembleNetwork(small_ensemble(), [FOLDING])
    with pytest.raises(ValueError, match="blocks must hold"):
        EnsembleNetwork(small_ensemble(), [FOLDING, replace(FOLDING, blocks=FOLDING.blocks * 2)])
