"""A board through the lines of its UART, driven by the Python host."""

import numpy as np
import pytest
from ensembles import small_ensemble
from raw_designs import raw_clip
from stub_core import StubCore, stub_scores
from uart_line import SimulatedPort

from hypgcn.boards.clip_server import ClipServerConfig
from hypgcn.boards.frames import FLAG
from hypgcn.boards.uart_top import UartTop
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import preset
from hypgcn.golden.ensemble import run_ensemble
from hypgcn.golden.network import run
from hypgcn.shell import ShellConfig
from hypgcn_host.uart import ProtocolError, UartClient, wrap
from hypgcn_sim.stimuli.clips import make_clips

SHAPE = dict(persons=1, frames=2, joints=4, channels=3, classes=3, logit_width=20, hash="0123456789abcdef" * 4)
CFG, SHELL = ClipServerConfig(**SHAPE), ShellConfig(**SHAPE, blocks=1)
DIVISOR = 4
RNG = np.random.default_rng(11)
CLIPS = RNG.integers(-128, 127, (3, 1, 2, 4, 3)).astype(np.int8)
CLIPS[1, 0, 0, 0] = [FLAG, FLAG - 1, FLAG]  # flags and escapes
CLIPS[2, 0, 1, 3, 2] = 127  # an overflow of the stub


def board(spoil=None):
    port = SimulatedPort(UartTop(CFG, StubCore(SHELL), DIVISOR), DIVISOR, cycles=4000, spoil=spoil)
    return port, UartClient(port, timeout=1.0)


def classify_all(client):
    for clip in CLIPS:
        result = client.classify(clip)
        scores, overflow = stub_scores(SHELL, clip.reshape(-1).tolist())
        assert result.scores.tolist() == scores
        assert result.overflow == overflow
        assert result.argmax == scores.index(max(scores))


def test_hello_and_clips():
    port, client = board()
    identity = client.hello(SHAPE["hash"])
    assert (identity.hash, identity.shape, identity.classes) == ("0123456789abcdef", (1, 2, 4, 3), 3)
    classify_all(client)
    assert client.repeated == 0
    with pytest.raises(ProtocolError, match="the board has design 0123456789abcdef, not ffff"):
        client.hello("f" * 64)


@pytest.mark.parametrize(("direction", "number", "change"), [
    ("to", 12, lambda byte: byte ^ 1),    # a wrong bit in a request
    ("to", 8, lambda byte: None),         # a byte lost
    ("to", 6, lambda byte: FLAG),         # a flag within the first clip
    ("from", 2, lambda byte: byte ^ 4),   # a wrong bit in the identity
    ("from", 0, lambda byte: None),       # the flag before it
    ("from", 24, lambda byte: None),      # the flag behind it
])
def test_damage_is_repaired(direction, number, change):
    port, client = board(lambda way, at, byte: change(byte) if (way, at) == (direction, number) else byte)
    client.hello()
    classify_all(client)


def test_an_ensemble_sends_the_scores_of_its_networks():
    ensemble = small_ensemble(frames=1, joints=5, persons=1)
    folding = Folding(blocks=(BlockFolding(conv_pairs=4, lane_pairs=4),))
    port = SimulatedPort(UartTop.of_ensemble(ensemble, [folding, folding], DIVISOR), DIVISOR, cycles=4000)
    client = UartClient(port, timeout=1.0)
    identity = client.hello(ensemble.hash)
    assert (identity.streams, identity.element_bytes, identity.score_bytes) == (2, 2, 4)
    for seed in (1, 2):
        clip = raw_clip(ensemble.designs[0], seed)
        tensors, result = run_ensemble(ensemble, clip), client.classify(clip)
        assert result.scores.tolist() == tensors["logits"].tolist()
        assert result.streams.tolist() == [part["logits"].tolist() for part in tensors["streams"]]
        assert (result.overflow, result.argmax) == (tensors["overflow"], int(np.argmax(tensors["logits"])))
    assert client.repeated == 0


def test_damaged_request_is_refused_by_the_board():
    port, client = board(lambda way, at, byte: byte ^ 1 if (way, at) == ("to", 2) else byte)
    client.hello()
    assert client.repeated == 1


def test_finds_back_from_noise_and_half_a_request():
    port, client = board()
    port.write(bytes(RNG.integers(0, 256, 60).tolist()) + wrap(bytes([2, 1]) + CLIPS[0].tobytes())[:20])
    while port.read(0.5):
        pass
    client.hello()
    classify_all(client)


def test_gives_up_in_words():
    port, client = board(lambda way, at, byte: None if way == "from" else byte)
    with pytest.raises(ProtocolError, match="no answer after 4 attempts; last: nothing"):
        client.hello()
    port, client = board(lambda way, at, byte: byte ^ 8 if way == "to" and byte != FLAG else byte)
    with pytest.raises(ProtocolError, match="last: the frame was damaged"):
        client.hello()


@pytest.mark.slow
def test_a_real_network_gives_the_golden_scores():
    design = preset("tiny")
    folding = Folding(blocks=tuple(BlockFolding(conv_pairs=2, lane_pairs=2) for _ in design.blocks), mac="single")
    port = SimulatedPort(UartTop.of(design, folding, DIVISOR), DIVISOR, cycles=20_000)
    client = UartClient(port, timeout=1.0)
    assert client.hello(design.hash).shape == (design.persons, design.frames, design.joints, design.channels)
    for clip in make_clips(design, 2)[0][:3]:  # two that move, and one of zeros
        golden = run(design, clip)
        result = client.classify(clip)
        assert result.scores.tolist() == golden["logits"].tolist()
        assert result.overflow == bool(golden["overflow"])
    assert client.repeated == 0
