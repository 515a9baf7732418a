# amaranth: UnusedElaboratable=no
"""The C driver and the Python host classify clips on the simulated core of a whole network, through its buses."""

import numpy as np
import pytest
from ensembles import small_ensemble
from raw_designs import extreme_clip, raw_clip, raw_design
from sim.cosim.devices import CACHE, opener, simulated, skip_without_compilers
from tight_design import tight_design

from contracts.tree import ROOT
from hypgcn import cli
from hypgcn.design import Design
from hypgcn.design.raw_input import RawInput
from hypgcn.golden.ensemble import run_ensemble
from hypgcn.golden.network import run as golden
from hypgcn.planning.allocator.allocate import within
from hypgcn.planning.allocator.streams import streams_within
from hypgcn.shell.top import Top
from hypgcn_host import BusTimeout
from hypgcn_sim.commands import register
from hypgcn_sim.cosim import build_core
from hypgcn_sim.stimuli.clips import make_clips

pytestmark = pytest.mark.slow

MULTIPLIERS = 64
TIMEOUT = 0.2  # 200,000 cycles
SMALL = ROOT / "checkpoints/nwucla_small/design"


@pytest.fixture(scope="module")
def tight():
    """(library, clips with their golden tensors, the dense one last)."""
    skip_without_compilers()
    design, clips, dense = tight_design()
    found = [(clip, golden(design, clip)) for clip in (*clips, dense)]
    assert [tensors["overflow"] for _, tensors in found] == [False] * len(clips) + [True]
    return build_core(Top.of(design, within(design, MULTIPLIERS)), CACHE), design, found


@pytest.fixture(params=["c", "python"])
def open_core(request):
    skip_without_compilers()
    return opener(request.param)


def check(core, clip, tensors, number):
    found = core.classify(clip)
    assert found.scores.tolist() == tensors["logits"].tolist()
    assert (found.clip, found.argmax) == (number, int(tensors["logits"].argmax()))
    assert found.flags == (("overflow",) if tensors["overflow"] else ())


@pytest.mark.parametrize(("idle", "stall"), [(0, 0), (0.5, 0), (0, 0.5), (0.4, 0.6)])
def test_clips_and_counters(tight, open_core, idle, stall):
    library, design, clips = tight
    with simulated(library, seed=1, idle=idle, stall=stall) as bus:
        core = open_core(bus, design.hash, timeout=TIMEOUT)
        for number, (clip, tensors) in enumerate(clips[:-1]):
            check(core, clip, tensors, number)
        found = core.counters(clear=True)
        assert (found.clips_in, found.clips_out) == (len(clips) - 1,) * 2
        assert len(found.blocks) == len(design.blocks)
        assert 0 < found.clip_cycles < found.cycles <= bus.cycles
        for block in found.blocks:
            assert block.busy + block.starved + block.blocked == found.cycles
            assert block.busy and not block.overflow
        after = core.counters()
        assert all(block.busy + block.starved + block.blocked == after.cycles - found.cycles for block in after.blocks)
        assert core.errors() == ()


@pytest.fixture(scope="module")
def ensemble():
    """(library, ensemble) of two networks, one block each."""
    skip_without_compilers()
    made = small_ensemble(frames=4, joints=5, persons=2)
    return build_core(Top.of_ensemble(made, streams_within(made, MULTIPLIERS)), CACHE), made


@pytest.mark.parametrize(("idle", "stall"), [(0, 0), (0.4, 0.6)])
def test_sums_and_scores_of_an_ensemble(ensemble, open_core, idle, stall):
    library, made = ensemble
    with simulated(library, seed=3, idle=idle, stall=stall) as bus:
        core = open_core(bus, made.hash, timeout=TIMEOUT)
        assert core.identity.stream_blocks == (1, 1)
        clips = [raw_clip(made.designs[0], 1), extreme_clip(made.designs[0], 2)]
        for number, clip in enumerate([*clips, clips[0]]):
            tensors, found = run_ensemble(made, clip), core.classify(clip)
            assert found.scores.tolist() == tensors["logits"].tolist()
            assert found.streams.tolist() == [part["logits"].tolist() for part in tensors["streams"]]
            assert (found.clip, found.argmax) == (number, int(tensors["logits"].argmax()))
            assert found.flags == (("overflow",) if tensors["overflow"] else ())
        assert len(core.counters().blocks) == 2


def test_overflow_is_flagged_and_survived(tight, open_core):
    library, design, clips = tight
    with simulated(library, seed=2, idle=0.2, stall=0.3) as bus:
        core = open_core(bus, design.hash, timeout=TIMEOUT)
        order = [0, len(clips) - 1, 1, len(clips) - 1, 2]
        for number, index in enumerate(order):
            check(core, *clips[index], number)
        assert core.errors(clear=True) == ("overflow",)
        lost = 2 * clips[-1][1]["overflow_count"]
        assert sum(block.overflow for block in core.counters().blocks) == lost
        core.reset()
        check(core, *clips[3], 0)
        assert core.errors() == ()


@pytest.mark.parametrize("cycles", [1, 20, 60, 100, 400])
@pytest.mark.parametrize("source_too", [True, False])
def test_soft_reset_while_a_clip_is_under_way(tight, open_core, cycles, source_too):
    """While it is sent, and while the network still works on it."""
    library, design, clips = tight
    with simulated(library, seed=cycles, idle=0.2, stall=0.3) as bus:
        core = open_core(bus, design.hash, timeout=TIMEOUT)
        content = clips[0][0].tobytes()
        bus.write32(0, 1)
        part = min(len(content), 4 * cycles) if source_too else len(content)
        bus.send(content[:part], last=part == len(content))
        taken = bus.waiting - (part // 4 if source_too else 4)  # a packet that the core has not begun would stay whole
        while bus.waiting > taken:
            bus.run(1)
        bus.run(cycles)
        core.reset(source_too=source_too)
        for number, index in enumerate((1, 2)):
            check(core, *clips[index], number)


def test_timeout_within_a_clip_and_reset(tight, open_core):
    library, design, clips = tight
    with simulated(library, seed=5, idle=0.5, cycles_per_ms=1) as bus:
        core = open_core(bus, design.hash, timeout=0.05)
        with pytest.raises(BusTimeout):
            core.classify(clips[0][0])
        core.timeout = 100
        core.reset(source_too=True)
        check(core, *clips[1], 0)


def test_short_long_and_held_packets(tight, open_core):
    library, design, clips = tight
    size = 4 * (design.classes + 3)
    with simulated(library, seed=6, idle=0.3) as bus:
        core = open_core(bus, design.hash, timeout=TIMEOUT)
        contents = [clips[0][0].tobytes()[:-7], clips[1][0].tobytes() + b"\1" * 40, clips[2][0].tobytes()]
        bus.write32(0, 1 << 7)  # CONTROL.auto_restart
        for content in contents:
            bus.send(content)
        bus.run(30_000)  # nobody takes a result
        flags = []
        for number in range(3):
            words = memoryview(bus.transfer(None, size, TIMEOUT)).cast("i").tolist()
            assert words[-2] == number
            flags.append(words[-1] & ~8)
            if number:
                assert words[:-3] == clips[number][1]["logits"].tolist()
        assert flags == [1, 2, 0]
        assert {"short", "late"} <= set(core.errors(clear=True))
        core.reset()
        check(core, *clips[3], 0)


def test_raw_joints(open_core):
    """Missing joints, absent persons and the ends of the range, through both drivers."""
    design = raw_design(RawInput(unit="mm", patience=1, centre=1, motion=True))
    clips = [*(raw_clip(design, seed) for seed in range(4)), extreme_clip(design, 1)]
    library = build_core(Top.of(design, within(design, MULTIPLIERS)), CACHE)
    with simulated(library, seed=1, idle=0.3, stall=0.3) as bus:
        core = open_core(bus, design.hash, timeout=TIMEOUT)
        assert core.identity.dtype == np.int16
        with pytest.raises(TypeError, match="clip must be int16, not int8"):
            core.classify(clips[0].astype(np.int8))
        for number, clip in enumerate(clips):
            check(core, clip, golden(design, clip), number)
        assert core.errors() == ()


def test_command_with_both_drivers(tmp_path, capsys, monkeypatch):
    """``hypgcn run`` from end to end on the tiny network."""
    skip_without_compilers()
    monkeypatch.setattr(cli, "_plugins", lambda: [("sim", register)])
    clips, _ = make_clips(cli.load_design("tiny"), 2)
    np.savez(tmp_path / "clips.npz", clips=clips)
    for driver in ("c", "python"):
        assert cli.main(["run", str(tmp_path / "clips.npz"), "--design", "tiny", "--driver", driver, "--multipliers",
                         str(MULTIPLIERS), "--check", "--out", str(CACHE.parent)]) == 0
        assert "4 of 4 equal to the golden model" in capsys.readouterr().out


@pytest.mark.skipif(not SMALL.exists(), reason="the trained small network is not in this checkout")
@pytest.mark.slow       # minutes of a C++ compiler
def test_twenty_clips_on_the_trained_network():
    """Recorded clips where there are any beside the checkout, generated ones elsewhere."""
    skip_without_compilers()
    design = Design.load(SMALL)
    clips, _ = make_clips(design, 20)
    expected = [golden(design, clip) for clip in clips]
    library = build_core(Top.of(design, within(design, 256)), CACHE)
    for kind in ("c", "python"):
        with simulated(library, seed=9, idle=0.1, stall=0.2) as bus:
            core = opener(kind)(bus, design.hash, timeout=2)
            for number, (clip, tensors) in enumerate(zip(clips, expected)):
                check(core, clip, tensors, number)
            assert core.counters().clips_out == len(clips) >= 20
