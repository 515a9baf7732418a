# amaranth: UnusedElaboratable=no
"""The Python host and the emitted top of a board, in Verilator, with the board's own divisor between them."""

import numpy as np
import pytest
from sim.cosim.devices import CACHE, skip_without_compilers
from stub_core import StubCore, stub_scores

from contracts.tree import ROOT
from hypgcn.boards.board import board
from hypgcn.boards.clip_server import ClipServerConfig
from hypgcn.boards.frames import FLAG
from hypgcn.boards.project import fitting
from hypgcn.boards.uart_top import UartTop
from hypgcn.design import Design
from hypgcn.design.presets import preset
from hypgcn.golden.network import run as golden
from hypgcn.shell import ShellConfig
from hypgcn.testbench.clips import generated_clip
from hypgcn_host.uart import ProtocolError, UartClient
from hypgcn_sim.cosim.line import SimulatedLine, build_line
from hypgcn_sim.stimuli.clips import RECORDINGS, recorded_clips

ULX3S = board("ulx3s")
TRAINED = ROOT / "checkpoints/nwucla_small/design"
SHAPE = dict(persons=1, frames=2, joints=4, channels=3, classes=3, logit_width=20, hash="0123456789abcdef" * 4)
SHELL = ShellConfig(**SHAPE, blocks=1)
DIVISOR = 25
CLIPS = np.random.default_rng(3).integers(-128, 127, (3, 1, 2, 4, 3)).astype(np.int8)
CLIPS[1, 0, 0, 0] = [FLAG, FLAG - 1, FLAG]
CLIPS[2, 0, 1, 3, 2] = 127  # an overflow of the stub


@pytest.fixture(scope="module")
def stub():
    skip_without_compilers()
    return build_line(UartTop(ClipServerConfig(**SHAPE), StubCore(SHELL), DIVISOR), CACHE)


@pytest.mark.slow
@pytest.mark.parametrize("drift", [0.0, 0.03, -0.03])
def test_host_and_board_with_clocks_that_differ(stub, drift):
    with SimulatedLine(stub, DIVISOR, ULX3S.clock_hz, seed=2, drift=drift) as line:
        client = UartClient(line, timeout=0.01)
        assert client.hello(SHAPE["hash"]).shape == CLIPS.shape[1:]
        for clip in CLIPS:
            result = client.classify(clip)
            scores, overflow = stub_scores(SHELL, clip.reshape(-1).tolist())
            assert (result.scores.tolist(), result.overflow) == (scores, overflow)
        assert (client.repeated, line.broken) == (0, 0)
        assert 0 < line.busy < line.cycles


@pytest.mark.slow
def test_bits_that_are_far_too_long_bring_no_answer(stub):
    with SimulatedLine(stub, DIVISOR, ULX3S.clock_hz, drift=0.2) as line:
        with pytest.raises(ProtocolError, match="no answer after 2 attempts"):
            UartClient(line, timeout=0.001, retries=1).hello()


@pytest.mark.parametrize(("options", "message"), [(dict(clock_hz=0), "clock_hz must be more than 0, not 0"),
                                                  (dict(drift=0.5), "drift must be between -0.5 and 0.5, not 0.5")])
def test_rejects(options, message):
    with pytest.raises(ValueError, match=message):
        SimulatedLine("nowhere", DIVISOR, **{"clock_hz": 1e6, **options})


def check(design, clips, on=ULX3S):
    """Over the line, in the time that the line takes for a clip and the network after it, with the folding for board
    ``on``; the classes."""
    skip_without_compilers()
    folding = fitting(design, on)
    found = []
    with SimulatedLine(build_line(UartTop.of(design, folding, ULX3S.divisor), CACHE), ULX3S.divisor,
                       ULX3S.clock_hz) as line:
        client = UartClient(line, timeout=0.2)
        assert client.hello(design.hash).shape == clips.shape[1:]
        for clip in clips:
            tensors = golden(design, clip)
            result = client.classify(clip)
            assert result.scores.tolist() == tensors["logits"].tolist()
            assert result.overflow == bool(tensors["overflow"])
            found.append(result.argmax)
        assert (client.repeated, line.broken) == (0, 0)
    return found


@pytest.mark.slow
def test_the_tiny_network():
    design = preset("tiny")
    check(design, np.stack([generated_clip(design, seed) for seed in range(8)] + [np.zeros_like(
        generated_clip(design, 0))]))


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / RECORDINGS).exists(), reason=f"there are no recordings in {RECORDINGS}")
def test_recorded_clips_on_the_trained_network():
    design = Design.load(TRAINED)
    with pytest.raises(ValueError, match="it needs 324 dsp, 176 more than the budget of 148"):
        fitting(design, ULX3S)      # multipliers of 18 bits: its requantisers would take two each
    classes = check(design, recorded_clips(design, ROOT / RECORDINGS, 3, seed=5), on=board("kcu105"))
    assert len(set(classes)) > 1  # the clips are of several classes
