"""``hypgcn live`` from the command line: what it reads, writes, reports and refuses."""

import io
import json
import sys
import urllib.error
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from ensembles import saved
from firmware.live.bodies import FakeCore, design_for, ensemble_for, moving

from hypgcn import cli
from hypgcn.design.skeleton import BUILT_IN
from hypgcn_host import BusError
from hypgcn_host.live import command, options
from hypgcn_host.live.command import register
from hypgcn_host.live.cores import GoldenCore


@pytest.fixture(autouse=True)
def _installed(monkeypatch):
    """The verbs as a fresh installation has them."""
    monkeypatch.setattr(cli, "_plugins", lambda: [("live", register)])


@pytest.fixture
def folder(tmp_path):
    replace(design_for(frames=12), logit_scale=1e-6).save(tmp_path / "one")
    replace(design_for(frames=6, seed=2, parents=BUILT_IN["kinect20"].parents), logit_scale=1e-6).save(tmp_path / "two")
    recording = moving(30, 20)[0]
    write(tmp_path / "poses.jsonl", recording)
    return tmp_path


def write(path, recording, header=None, rate=30):
    with path.open("w", encoding="utf-8") as file:
        if header:
            file.write(json.dumps(header) + "\n")
        for n, joints in enumerate(recording):
            file.write(json.dumps({"time": n / rate, "people": [{"id": 1, "joints": joints.tolist()}]}) + "\n")


def answers(capsys):
    captured = capsys.readouterr()
    return [json.loads(line) for line in captured.out.splitlines()], captured.err


def live(folder, *words, designs=("one",)):
    return cli.main(["live", *(str(folder / name) for name in designs), "--source", str(folder / "poses.jsonl"),
                     "--speed", "0", "--begin", "0", *words])


def test_answers_are_lines(folder, capsys):
    assert live(folder, "--hop", "10", "--threshold", "0", "--report", str(folder / "out/report.json")) == 0
    found, err = answers(capsys)
    assert [round(30 * record["time"]) for record in found] == [9, 19, 29]
    assert {record["label"] for record in found} <= {"sit", "stand", "wave"}
    assert "30 frames, 3 answers, 0 errors" in err and "from the last frame to the answer" in err
    assert "people a second" in err and "at 30 frames a second with an answer every frame" in err
    report = json.loads((folder / "out/report.json").read_text(encoding="utf-8"))
    assert report["answers"] == 3 and report["core_ms_per_clip"] > 0


def test_windows_of_several_lengths(folder, capsys):
    assert live(folder, "--hop", "30", "--window", "0.9,0.3", "--report", str(folder / "r.json")) == 0
    assert answers(capsys)[0][0]["seconds"] == pytest.approx(26 / 30, abs=1e-3)
    with pytest.raises(SystemExit):
        live(folder, "--window", "1,x")
    assert "invalid seconds value: '1,x'" in capsys.readouterr().err


def test_two_networks_are_summed(folder, capsys):
    single = []
    for designs, more in ((("one",), ()), (("two",), ()), (("one", "two"), ("--weights", "3,1"))):
        assert live(folder, "--hop", "30", "--smooth", "0", *more, designs=designs) == 0
        single.append(dict(answers(capsys)[0][0]["best"]))
    first, second, both = ({name: np.log(share) for name, share in one.items()} for one in single)
    expected = np.array([0.75 * first[name] + 0.25 * second[name] for name in first])
    powers = np.exp(expected)
    np.testing.assert_allclose([np.exp(both[name]) for name in first], powers / powers.sum(), atol=2e-3)


def test_an_ensemble_is_one_design_with_one_core(folder, capsys, monkeypatch):
    """Its answers are those of the sum; ``--scores`` shows how they came about."""
    ensemble = ensemble_for(frames=12)
    saved(ensemble, folder / "pair")
    words = ("--hop", "15", "--smooth", "0", "--threshold", "0", "--scores", "--report", str(folder / "r.json"))
    assert live(folder, *words, "--device", "golden", designs=("pair",)) == 0
    found, err = answers(capsys)
    assert live(folder, *words, "--weights", "3,1", designs=("pair/joint", "pair/bone")) == 0
    several, _ = answers(capsys)
    for record, other in zip(found, several, strict=True):
        joint, bone = (np.array(list(scores.values())) for scores in record["streams"].values())
        assert list(record["streams"]) == ["joint", "bone"] and list(other["streams"]) == ["live1", "live2"]
        scores = np.array(list(record["scores"].values()))
        np.testing.assert_allclose(scores, 0.75 * joint + 0.25 * bone, rtol=1e-3)
        np.testing.assert_allclose(scores, list(other["scores"].values()), rtol=1e-3)
        assert list(record["scores"]) == ["sit", "stand", "wave"] and record["label"] == max(
            record["scores"], key=record["scores"].get) == other["label"]
        assert list(record["streams"].values()) == list(other["streams"].values())
    opened = []
    monkeypatch.setattr(options, "open_core", lambda device, design, stack: opened.append((device, design.hash))
                        or GoldenCore(design))
    assert live(folder, "--device", "uart:/dev/x", designs=("pair",)) == 0
    assert opened == [("uart:/dev/x", ensemble.hash)]


def test_standard_input(folder, capsys, monkeypatch):
    content = (folder / "poses.jsonl").read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert cli.main(["live", str(folder / "one"), "--source", "-", "--every", "--begin", "0", "--hop", "10"]) == 0
    piped, _ = answers(capsys)
    live(folder, "--hop", "10")
    for record in (found := answers(capsys)[0]) + piped:
        del record["latency_ms"]
    assert piped == found


def test_a_header_says_what_the_stream_holds(folder, capsys):
    points = np.concatenate([moving(12, 33)[0], np.ones((12, 33, 1))], axis=2)
    write(folder / "poses.jsonl", points, {"skeleton": "mediapipe33", "values": "xyzs", "axes": "x,-y,-z"})
    assert live(folder, "--hop", "12") == 0
    assert len(answers(capsys)[0]) == 1
    assert live(folder, "--skeleton", "coco17") == 2
    assert "--skeleton must be 'mediapipe33', as the stream says, not 'coco17'" in answers(capsys)[1]


def test_frames_are_numbered_as_in_the_file(folder, capsys):
    with (folder / "poses.jsonl").open("w", encoding="utf-8") as file:
        file.write('{"skeleton": "kinect20"}\n{"frame": 1, "people": []}\nhalf a li')
    assert live(folder) == 0
    found, err = answers(capsys)
    assert [record["error"].partition(":")[0] for record in found] == ["line 3"]
    assert "1 frames, 0 answers, 1 errors" in err


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_stream(folder, capsys, content):
    (folder / "poses.jsonl").write_text(content, encoding="utf-8")
    assert live(folder) == 2
    assert "poses.jsonl must hold frames, but has none" in answers(capsys)[1]


def test_a_first_line_that_is_damaged(folder, capsys):
    (folder / "poses.jsonl").write_text('{"time": 0.1, "peop\n{"time": 1, "people": []}\n', encoding="utf-8")
    assert live(folder) == 0
    found, _ = answers(capsys)
    assert found[0]["error"].startswith("line 1: a line must be a JSON object, but ends too early")


@pytest.mark.parametrize(("words", "text"), [
    (["--skeleton", "coco"], "skeleton must be one of ntu25"),
    (["--skeleton", "hand21"], "hand21 must be mapped to one of no other skeleton, not kinect20"),
    (["--skeleton", "coco17"], "values must hold the xyz that design live1 takes, not 'xys'"),
    (["--axes", "x,y"], "axes must be x, y, z in some order"),
    (["--hop", "0"], "hop must be an integer of at least 1, not 0"),
    (["--window", "-1"], "window must be above 0 seconds, not -1.0"),
    (["--device", "fpga"], "--device must be one of golden, uart, pynq"),
    (["--device", "golden", "--device", "golden"], "--device must be there once, or once for each of the 1 designs, "
                                                   "not 2 times"),
    (["--weights", "1,2"], "--weights must be 1, one for each design, not 2"),
    (["--weights", "x"], "--weights must be numbers with commas between, not 'x'"),
    (["--weights", "0"], "weight must be above 0, not 0"),
    (["--channels", "xy"], "channels must be the 3 of design live1, not 'xy'"),
    (["--linger", "-1"], "--linger must be at least 0 seconds, not -1"),
    (["--web", "70000"], "--web must be a port in 0..65535, not 70000"),
    (["--speed", "-2"], "speed must be above 0, or 0 for no waiting, not -2"),
    (["--device", "uart:/dev/nothing"], "--device uart:/dev/nothing: /dev/nothing cannot be opened"),
    (["--source", "none.jsonl"], "No such file or directory: 'none.jsonl'"),
])
def test_what_is_refused_at_once(folder, capsys, words, text):
    assert live(folder, *words) == 2
    found, err = answers(capsys)
    assert text in err and not found


def test_one_board_holds_one_design(folder, capsys):
    assert live(folder, "--device", "uart:/dev/x", designs=("one", "two")) == 2
    assert "--device uart:/dev/x must be there for each of the 2 designs: it holds one" in answers(capsys)[1]


def test_everything_is_checked_before_a_core_is_opened(folder, capsys, monkeypatch):
    monkeypatch.setattr(options, "open_core", lambda *_: pytest.fail("a core was opened"))
    design_for("ntu25", seed=3).save(folder / "other")
    assert live(folder, designs=("one", "other")) == 2
    assert "networks must take the same joints, but live3 takes 25 of xyz and live1 20 of xyz" in answers(capsys)[1]


def test_a_core_that_is_dead_ends_the_stream(folder, capsys, monkeypatch):
    def choose(clip):
        raise BusError("no answer after 4 attempts")

    monkeypatch.setattr(options, "open_core", lambda *_: FakeCore(choose))
    assert live(folder) == 1
    found, err = answers(capsys)
    assert found[-1] == {"error": "no answer after 4 attempts"} and len(found) == 6
    assert "hypgcn: error: no answer after 4 attempts" in err and "5 frames, 0 answers, 5 errors" in err


def test_a_dead_connection_ends_the_stream(folder, capsys, monkeypatch):
    class Dead:
        def __iter__(self):
            yield b'{"time": 1, "people": []}'
            raise OSError("ws://x: the connection is dead")

        def behind(self, time):
            return False

        def close(self):
            pass

    monkeypatch.setattr(command, "open_feed", lambda *_, **__: Dead())
    assert live(folder) == 1
    found, err = answers(capsys)
    assert found == [{"error": "ws://x: the connection is dead"}] and "1 frames" in err


def test_interrupted(folder, capsys, monkeypatch):
    def choose(clip):
        raise KeyboardInterrupt

    monkeypatch.setattr(options, "open_core", lambda *_: FakeCore(choose))
    assert live(folder) == 130
    assert "hypgcn live: interrupted" in answers(capsys)[1]


def test_the_timing_of_a_core_is_reported(folder, capsys, monkeypatch):
    core = FakeCore()
    core.timing = lambda: "1,000 cycles"
    monkeypatch.setattr(options, "open_core", lambda *_: core)
    assert live(folder, "--report", str(folder / "r.json")) == 0
    assert "hypgcn live: live1: 1,000 cycles" in answers(capsys)[1]
    assert json.loads((folder / "r.json").read_text(encoding="utf-8"))["timing"] == {"live1": "1,000 cycles"}


def test_the_page_is_served_while_a_recording_is_replayed(tmp_path, monkeypatch, capsys):
    """It is closed with the stream."""
    web = pytest.importorskip("hypgcn_host.live.web")
    from firmware.live.test_web import get, messages

    design_for(frames=8).save(tmp_path / "one")
    write(tmp_path / "x.jsonl", moving(6, 20)[0], rate=10)
    seen = []

    def linger(self, seconds):
        seen.append((seconds, [record["time"] for record in messages(self.address, 7)[1:]]))

    monkeypatch.setattr(web.Page, "linger", linger)
    assert cli.main(["live", str(tmp_path / "one"), "--source", str(tmp_path / "x.jsonl"), "--begin", "0", "--web", "0",
                     "--speed", "0", "--linger", "3"]) == 0
    captured = capsys.readouterr()
    address = next(word for word in captured.err.split() if word.startswith("http://127.0.0.1:"))
    assert seen == [(3.0, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5])] and len(captured.out.splitlines()) == 6
    with pytest.raises(urllib.error.URLError):
        get(address)
