# amaranth: UnusedElaboratable=no
"""What a network says of the clips, and what is counted."""

import types
from contextlib import contextmanager

import numpy as np
import pytest
from sim.cosim.devices import BUILD, skip_without_compilers

import hypgcn_host.simulator
from hypgcn.design.presets import preset, random_design
from hypgcn.golden.network import run as golden
from hypgcn.planning.allocator.allocate import within
from hypgcn.shell.top import Top
from hypgcn_host import BusTimeout, Core
from hypgcn_sim.cosim import build
from hypgcn_sim.demo.answers import Measured, answered, golden_only, simulated_core
from hypgcn_sim.demo.clips import demo_clips

DESIGN = preset("tiny")
CLIPS = demo_clips(DESIGN, 2, None)[0]


def no_progress(*_):
    pass


class Silent:
    """A progress that says nothing."""

    def __call__(self, *_):
        pass

    finish = __call__


@contextmanager
def measuring(flip=0):
    yield lambda clip: Measured(scores=golden(DESIGN, clip)["logits"] + flip * np.eye(3, dtype=int)[0], cycles=172000,
                                busy=(100, 50))


def answers(device):
    with device as classify:
        return [clip.answer for clip in answered(DESIGN, CLIPS, classify, no_progress)]


def test_golden_scores_probabilities_and_densities():
    answer = answers(golden_only())[0]
    tensors = golden(DESIGN, CLIPS[0].clip)
    logits = tensors["logits"]
    assert answer.scores[0][0] == f"class {logits.argmax()}"
    assert [score for _, _, score in answer.scores] == sorted(logits)[::-1]
    assert sum(p for _, p, _ in answer.scores) == pytest.approx(1, abs=1e-3)
    assert not all(block.kept.all() for block in DESIGN.blocks), "dropped channels make the case"
    for index, (block, work) in enumerate(zip(DESIGN.blocks, answer.blocks, strict=True)):
        x, h = (tensors[f"blocks.{index}.{name}_stored"] for name in "xh")
        z = tensors[f"blocks.{index}.z"][..., block.kept.astype(bool)]
        for found, values in ((work.x, x), (work.z, z), (work.h, h)):
            assert found == pytest.approx(np.count_nonzero(values) / values.size, abs=1e-4)
    assert len(answer.blocks) == 2 and answer.blocks[1].busy is None
    assert answer.equal is None and "golden integers" in answer.timing


def test_cycles_and_comparison_of_a_device():
    answer = answers(measuring())[0]
    assert answer.equal is True and [block.busy for block in answer.blocks] == [100, 50]
    assert answer.timing == "172,000 cycles from the first element to the result: 1.00 ms at an assumed 172 MHz"
    wrong = answers(measuring(flip=1))[0]
    assert wrong.equal is False and wrong.check == "the core's scores DIFFER from the golden model's"


def test_the_simulated_core_counts_each_clip_for_itself(monkeypatch, tmp_path):
    """Counters run on from clip to clip; what is shown is of one clip."""
    class Bus:
        def __init__(self, library, **options):
            self.finished = False

        def finish(self):
            self.finished = True

        def __enter__(self):
            return self

        def __exit__(self, kind, *_):
            assert kind or self.finished

    class Driver:
        clips = 0

        def classify(self, clip):
            if self.clips == 2:
                raise BusTimeout("no result")
            self.clips += 1
            return types.SimpleNamespace(scores=np.array([self.clips, 0, 0]))

        def counters(self):
            block = types.SimpleNamespace(busy=70 * self.clips * self.clips)
            return types.SimpleNamespace(clip_cycles=5 * self.clips, blocks=(block, block))

    made = {}
    monkeypatch.setattr(Top, "of", lambda design, folding, width: "top")
    monkeypatch.setattr(build, "build_core", lambda top, cache, progress: made.update(cache=cache) or "library")
    monkeypatch.setattr(hypgcn_host.simulator, "SimulatedBus", Bus)
    monkeypatch.setattr(Core, "open", lambda bus, hash, timeout: Driver())
    progress = types.SimpleNamespace(finish=lambda: made.update(finished=True))
    with simulated_core(DESIGN, within(DESIGN, 64), tmp_path, progress) as classify:
        first, second = classify(None), classify(None)
        assert (first.cycles, first.busy, second.cycles, second.busy) == (5, (70, 70), 10, (210, 210))
        with pytest.raises(OSError, match="the simulated core: no result"):
            classify(None)
    assert made == {"cache": tmp_path, "finished": True}


@pytest.mark.slow  # compiles a core
def test_the_emitted_core():
    """A block that is compiled in seconds: its counters and scores on the page."""
    skip_without_compilers()
    design = random_design(1, name="demo", frames=6, joints=5, classes=3, widths=(3,), strides=(1,), kernel=3,
                           subsets=1)
    clips, _ = demo_clips(design, 3, None)
    with simulated_core(design, within(design, 16), BUILD / "cache", Silent()) as classify:
        shown = answered(design, clips, classify, no_progress)
    found = [clip.answer for clip in shown]
    assert all(answer.equal for answer in found) and len({answer.scores for answer in found}) == 3
    assert all(0 < answer.blocks[0].busy < 10_000 for answer in found)
    assert max(answer.blocks[0].busy for answer in found) < 2 * min(answer.blocks[0].busy for answer in found)
