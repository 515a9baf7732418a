"""``hypgcn view``."""

import json
import re
import types

import numpy as np
import pytest
from chromium import probe

from hypgcn import cli
from hypgcn.pages import browser
from hypgcn.pages.figure import figure_clip
from hypgcn_pruning import view_cli


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    entry = types.SimpleNamespace(name="view", load=lambda: view_cli.register_view)
    monkeypatch.setattr(cli.importlib.metadata, "entry_points",
                        lambda group: [entry] if group == "hypgcn.commands" else [])
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def recording(tmp_path):
    clip = figure_clip("wave", 12)
    clip[0, 5, 7] = 0
    data = np.stack([clip.transpose(3, 1, 2, 0)] * 22).astype(np.float32)
    np.savez(tmp_path / "many.npz", data=data, label=np.arange(22) % 2, class_names=["sit", "wave"])
    return "many.npz"


def clips_of(path):
    return json.loads(re.search(r'id="data">(.*?)</script>', path.read_text(encoding="utf-8"), re.S)[1])["clips"]


def test_writes_a_page_of_the_first_clips(recording, tmp_path, capsys):
    assert cli.main(["view", recording]) == 0
    printed = capsys.readouterr().out
    assert "many.npz: 20 of 22 clips; --clips chooses others" in printed
    assert "written: build/view.html" in printed.replace("\\", "/")
    clips = clips_of(tmp_path / "build/view.html")
    assert len(clips) == 20 and clips[1]["name"] == "many.npz[1]: wave" and clips[0]["rate"] == 30
    assert clips[0]["people"][0]["filled"] == [5 * 20 + 7] and clips[0]["answer"] is None


def test_chosen_clips_rate_and_skeleton(recording, tmp_path, capsys):
    assert cli.main(["view", recording, "--clips", "21,3", "--rate", "12.5", "--skeleton", "msraction20", "--up=-z",
                     "-o", "a.html"]) == 0
    assert "2 of 22 clips\n" in capsys.readouterr().out
    clips = clips_of(tmp_path / "a.html")
    assert [clip["name"] for clip in clips] == ["many.npz[21]: wave", "many.npz[3]: wave"]
    assert clips[0]["rate"] == 12.5 and "-z is taken for upwards" in clips[0]["notes"]


def test_in_chromium(recording, tmp_path):
    assert cli.main(["view", recording, "--clips", "0,1", "-o", "a.html"]) == 0
    found, said = probe(tmp_path, (tmp_path / "a.html").read_text(encoding="utf-8"), """
player.step(5);
const notes = document.getElementById("notes").textContent;
return { shown: document.getElementById("scene").dataset.shown, notes, legend: document.body.textContent.includes(
  "missing in the recording"), hollow: player.clip.filled(0, 5, 7), solid: player.clip.filled(0, 5, 8) };""")
    assert said == []
    assert found["shown"] == "1" and found["hollow"] and not found["solid"] and found["legend"]
    assert "recorded as: sit" in found["notes"]


def test_gif_and_browser(recording, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    opened = []
    monkeypatch.setattr(browser.webbrowser, "open", lambda address: opened.append(address) or True)
    assert cli.main(["view", recording, "--clips", "0", "--gif", "a.gif", "--open"]) == 0
    assert (tmp_path / "a.gif").read_bytes()[:6] == b"GIF89a" and opened == [(tmp_path / "build/view.html").as_uri()]


@pytest.mark.parametrize(("words", "message"), [
    (("none.npz",), "none.npz not found"),
    (("many.npz", "--rate", "0"), "--rate must be more than 0 and at most 1000 frames a second, not 0"),
    (("many.npz", "--rate", "nan"), "--rate must be more than 0"),
    (("many.npz", "--clips", "30"), "--clips must be in 0..21 for many.npz, not 30"),
    (("many.npz", "--skeleton", "ntu25"), "--skeleton must have the 20 joints of many.npz, not 25 (ntu25)"),
    (("many.npz", "--gif", "a.png"), "--gif must be a file that ends in .gif, not a.png"),
    (("many.npz", "-o", "."), "--out must be a file, not ., which is a folder"),
])
def test_errors(recording, words, message, capsys, tmp_path):
    assert cli.main(["view", *words]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "build").exists()


def test_numbers_that_are_none(recording, capsys):
    with pytest.raises(SystemExit):
        cli.main(["view", recording, "--clips", "a"])
    assert "must be numbers of clips such as 0,3,17, not 'a'" in capsys.readouterr().err
