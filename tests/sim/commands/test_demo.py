"""``hypgcn demo``: with the golden integers, with a device in the place of the simulated core, and its errors."""

import json
import re
import types
from contextlib import contextmanager

import numpy as np
import pytest
from chromium import probe

from hypgcn import cli
from hypgcn.design.presets import preset
from hypgcn.golden.network import run as golden
from hypgcn_sim.commands import demo
from hypgcn_sim.demo import answers
from hypgcn_sim.demo.answers import Measured


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    entry = types.SimpleNamespace(name="demo", load=lambda: demo.register)
    monkeypatch.setattr(cli.importlib.metadata, "entry_points",
                        lambda group: [entry] if group == "hypgcn.commands" else [])
    monkeypatch.setattr(demo, "DEFAULT_DESIGN", "small")
    monkeypatch.setattr(demo, "RECORDINGS", tmp_path / "none.npz")
    monkeypatch.setattr(demo, "check_needs", lambda *_: None)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def core(monkeypatch):
    """A device that answers as the golden model of the small network does, with ``flip`` added to the first score."""
    state = types.SimpleNamespace(flip=0)

    @contextmanager
    def simulated(design, folding, cache, progress):
        def classify(clip):
            scores = golden(design, clip)["logits"].copy()
            scores[0] += state.flip
            return Measured(scores=scores, cycles=4321, busy=tuple(range(10, 10 + len(design.blocks))))
        state.cache = cache
        yield classify
    monkeypatch.setattr(answers, "simulated_core", simulated)
    return state


def clips_of(path):
    return json.loads(re.search(r'id="data">(.*?)</script>', path.read_text(encoding="utf-8"), re.S)[1])["clips"]


def test_golden_writes_a_page(tmp_path, capsys):
    assert cli.main(["demo", "--device", "golden", "--clips", "2"]) == 0
    printed = capsys.readouterr().out
    assert "design small-seeded" in printed and "2 clips of a generated figure" in printed
    assert "nothing was simulated" in printed and "the weights of this design are not trained" in printed
    assert "written: build/demo.html" in printed.replace("\\", "/")
    clips = clips_of(tmp_path / "build/demo.html")
    blocks = clips[0]["answer"]["blocks"]
    assert len(clips) == 2 and len(blocks) == 4 and blocks[0]["busy"] is None


def test_the_core_is_compared_with_golden(core, tmp_path, capsys):
    assert cli.main(["demo", "--device", "sim", "--clips", "2", "--cache", "kept"]) == 0
    printed = capsys.readouterr().out
    assert "all scores of the core equal those of the golden model, for 2 clips" in printed
    assert core.cache.as_posix() == "kept/cache"
    answer = clips_of(tmp_path / "build/demo.html")[0]["answer"]
    assert answer["equal"] is True and "4,321 cycles" in answer["timing"]
    assert [block["busy"] for block in answer["blocks"]] == [10, 11, 12, 13]


def test_a_wrong_score_is_an_error(core, tmp_path, capsys):
    core.flip = 1
    assert cli.main(["demo", "--device", "sim", "--clips", "2"]) == 1
    assert "2 of 2 clips have scores that DIFFER from the golden model's" in capsys.readouterr().out
    assert "DIFFER" in (tmp_path / "build/demo.html").read_text(encoding="utf-8")


def test_the_page_in_chromium(core, tmp_path):
    """What a fresh clone shows: skeleton, class and scores, without an error in the console."""
    assert cli.main(["demo", "--device", "sim", "--clips", "2", "-o", "out.html"]) == 0
    found, said = probe(tmp_path, (tmp_path / "out.html").read_text(encoding="utf-8"), """
const canvas = document.getElementById("scene");
const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
return { inked: pixels.filter((value, k) => k % 4 === 3 && value > 200).length,
  answer: document.getElementById("answer").textContent, scores: document.querySelectorAll("#scores li").length,
  check: document.getElementById("check").textContent, blocks: document.querySelectorAll("#blocks tr").length,
  clips: document.querySelectorAll("#clip option").length };""", when="player.frame > 3")
    assert said == []
    best = clips_of(tmp_path / "out.html")[0]["answer"]["label"]
    assert found["inked"] > 300 and found["answer"] == best
    assert (found["scores"], found["blocks"], found["clips"]) == (10, 4, 2)
    assert found["check"] == "the core's scores equal the golden model's"


def test_without_the_packages_of_simulation_it_is_golden_and_says_so(monkeypatch, capsys):
    monkeypatch.setattr(demo, "needs_of", lambda part: [types.SimpleNamespace(name="verilator", found=None),
                                                        types.SimpleNamespace(name="make", found="make")])
    assert cli.main(["demo", "--clips", "1"]) == 0
    printed = capsys.readouterr().out
    assert "the simulated core needs verilator; without, the golden integers are shown" in printed
    assert "nothing was simulated" in printed


def test_with_them_it_is_the_core(monkeypatch, core, capsys):
    monkeypatch.setattr(demo, "needs_of", lambda part: [types.SimpleNamespace(name="make", found="make")])
    assert cli.main(["demo", "--clips", "1"]) == 0
    assert "by the simulated core" in capsys.readouterr().out


def test_recordings_are_taken_where_they_fit(monkeypatch, tmp_path, capsys):
    pytest.importorskip("hypgcn_pruning")
    from hypgcn.pages.figure import figure_clip
    from hypgcn.testbench import clip_files
    from hypgcn_pruning.recordings.clip_file import read_clip_file

    np.savez(tmp_path / "few.npz", data=np.stack([figure_clip("wave", 9)] * 2).transpose(0, 4, 2, 3, 1).astype(
        np.float32), label=[0, 0], split=[1, 1])
    monkeypatch.setattr(demo, "RECORDINGS", tmp_path / "few.npz")
    monkeypatch.setattr(clip_files, "_reader", lambda: read_clip_file)
    assert cli.main(["demo", "--device", "golden", "--clips", "2"]) == 0
    assert "2 recorded clips of few.npz" in capsys.readouterr().out
    assert cli.main(["demo", "--device", "golden", "--clips", "2", "--generated"]) == 0
    assert "generated figure" in capsys.readouterr().out
    assert cli.main(["demo", "--device", "golden", "--clips", "3"]) == 0
    printed = capsys.readouterr().out
    assert "few.npz is not taken: --clips must be at most 2" in printed and "generated figure" in printed


def test_right_and_wrong_are_counted():
    from hypgcn.pages import Answer

    design = preset("small")
    shown = [types.SimpleNamespace(answer=Answer(scores=(("wave", 1.0, 1),), truth=truth))
             for truth in ("wave", "sit", "wave")]
    object.__setattr__(design, "meta", {"weights": "trained", "test": {"clips": 464, "accuracy": {"int8": 0.9073}}})
    lines = [text for text, _ in demo._verdict(design, shown, "golden", "3 clips", 256)]
    assert lines[1] == ("2 of 3 clips get the class that was recorded; of all 464 test clips 90.7%, as the design "
                        "records")
    assert len(lines) == 2


def test_gif_and_browser(monkeypatch, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    from hypgcn.pages import browser

    opened = []
    monkeypatch.setattr(browser.webbrowser, "open", lambda address: opened.append(address) or True)
    assert cli.main(["demo", "--device", "golden", "--clips", "1", "--gif", "a.gif", "--open"]) == 0
    assert (tmp_path / "a.gif").read_bytes()[:6] == b"GIF89a" and opened == [(tmp_path / "build/demo.html").as_uri()]


@pytest.mark.parametrize(("words", "message"), [
    (("--clips", "0"), "--clips must be at least 1, not 0"),
    (("--multipliers", "0"), "--multipliers must be at least 1, not 0"),
    (("--generated", "--recordings", "a.npz"), "--recordings must be left out with --generated"),
    (("--recordings", "a.npz"), "--recordings must be a recording, not a.npz, which is not there"),
    (("-o", "."), "--out must be a file, not ., which is a folder"),
    (("--gif", "a.png"), "--gif must be a file that ends in .gif, not a.png"),
    (("nothing",), "design 'nothing' is neither"),
])
def test_errors_come_before_the_work(words, message, capsys, tmp_path):
    assert cli.main(["demo", "--device", "golden", *words]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "build").exists()
