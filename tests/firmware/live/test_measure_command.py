"""``hypgcn live-measure``: sequences of recorded clips, written or measured."""

import json

import numpy as np
import pytest
from ensembles import saved
from firmware.live.bodies import FakeCore, design_for, ensemble_for, moving

from hypgcn import cli
from hypgcn_host import BusError
from hypgcn_host.live import measure_command, options
from hypgcn_host.live.command import register
from hypgcn_host.live.frame import Frame
from hypgcn_host.live.measure_command import frame_line
from hypgcn_host.live.schema import FrameReader, StreamFormat
from hypgcn_host.live.sequence import RecordedClip

NAMES = ("sit", "stand", "wave")


@pytest.fixture(autouse=True)
def recordings(monkeypatch):
    """Clips whose joints say their class: all of them are at that height."""
    clips = [RecordedClip(name=str(n), clip=moving(30, 20, seed=n) * 0.02 + n % 3 * 0.5, label=NAMES[n % 3])
             for n in range(8)]
    clips.append(RecordedClip(name="8", clip=moving(30, 20), label=None))
    monkeypatch.setattr(measure_command, "read_recording", lambda path, design, part: clips)
    monkeypatch.setattr(cli, "_plugins", lambda: [("live", register)])
    return clips


@pytest.fixture
def design(tmp_path):
    design_for(frames=10, centre=None, centring="first").save(tmp_path / "one")
    return str(tmp_path / "one")


def measure(design, *words):
    return cli.main(["live-measure", design, "--data", "x.npz", "--sequences", "2", "--clips", "4", "--window", "0.5",
                     "--begin", "0.1", "--smooth", "0.1", *words])


def test_a_core_that_knows(design, capsys, monkeypatch, tmp_path):
    """It reads the class off the last frame: everything is right, and the delay is that of smoothing."""
    core = FakeCore(lambda clip: 0)
    core.choose = lambda clip: int(np.clip(round(float(clip[0, -1].mean()) / 50), 0, 2))
    monkeypatch.setattr(options, "open_core", lambda *_: core)
    assert measure(design, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["segments"], found["false_alarms"], found["recognised"]) == (8, 0, 1.0)
    assert found["dominant"] == found["final"] == 1.0 and 0 < found["delay_seconds"] <= 0.2
    assert found["window"] == 0.5 and found["part"] == "test" and found["seconds"] == 8.0
    assert measure(design) == 0
    text = capsys.readouterr().out
    assert text.endswith(f"next: hypgcn live {design} --source STREAM\n")
    assert "most frequent class is right    100.0 %" in text
    assert "false alarms                    0, 0.0 a minute" in text


def test_a_core_that_does_not(design, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(options, "open_core", lambda *_: FakeCore(lambda clip: 1))
    assert measure(design, "--pause", "1", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["dominant"] == found["final"] < 0.5 and found["quiet_in_pauses"] == 0.0
    assert found["seconds"] == 8 + 6


def test_an_ensemble(tmp_path, capsys):
    """Sequences are on its joints, and the figures are named by it."""
    ensemble = ensemble_for(frames=10)
    assert measure(saved(ensemble, tmp_path / "pair"), "--sequences", "1", "--hop", "15", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["designs"] == {"pair": ensemble.hash} and found["segments"] == 4 and found["answers"] > 0


def test_sequences_are_written_for_live(design, capsys, tmp_path):
    assert measure(design, "--write", str(tmp_path / "seq")) == 0
    lines = (tmp_path / "seq/sequence0.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]) == {"skeleton": "kinect20", "values": "xyz"} and len(lines) == 1 + 4 * 30
    printed = capsys.readouterr().out
    assert "sequence1.jsonl, 4 s: " in printed
    assert printed.endswith(f"next: hypgcn live {design} --source {tmp_path / 'seq/sequence0.jsonl'}\n")
    assert cli.main(["live", design, "--source", str(tmp_path / "seq/sequence0.jsonl"), "--speed", "0",
                     "--hop", "30"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_a_line_is_the_frame():
    joints = np.concatenate([moving(1, 20)[0, 0].round(6), np.ones((20, 1))], axis=1)
    joints[3] = 0
    frame = Frame(time=1 / 3, people={1: joints, "b": joints}, labels={"b": "sit"})
    found = FrameReader(StreamFormat(), joints=20).frame(frame_line(frame))
    assert found.time == 0.333333 and found.labels == {"b": "sit"}
    np.testing.assert_array_equal(found.people["b"], joints)


@pytest.mark.parametrize(("words", "text"), [
    (["--clips", "5"], "x.npz must hold 10 test clips with labels, for 2 sequences of 5, not 8"),
    (["--sequences", "0"], "--sequences must be at least 1, not 0"),
    (["--rate", "0"], "rate must be above 0 frames a second, not 0"),
    (["--pause", "-1"], "pause must be at least 0 seconds, not -1"),
])
def test_what_is_refused(design, capsys, words, text):
    assert measure(design, *words) == 2
    assert text in capsys.readouterr().err


def test_a_core_that_fails(design, capsys, monkeypatch):
    def choose(clip):
        raise BusError("no answer")

    monkeypatch.setattr(options, "open_core", lambda *_: FakeCore(choose))
    assert measure(design) == 2
    assert "core: no answer" in capsys.readouterr().err
