"""The page with moving skeletons: parsed, and in Chromium where there is one."""

import dataclasses
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from chromium import probe

from hypgcn.design.skeleton import BUILT_IN
from hypgcn.pages import Answer, BlockWork, PageClip, player_page
from hypgcn.pages.document import static_text
from hypgcn.pages.figure import figure_clip

VOID = {"meta", "link", "input"}
PIXELS = """
const count = () => {
  const canvas = document.getElementById("scene");
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let sum = 0, inked = 0;
  for (let k = 3; k < pixels.length; k += 4) if (pixels[k] > 200) { inked += 1; sum = (sum * 31 + k) % 1000003; }
  return [inked, sum];
};
const text = (name) => document.getElementById(name).textContent;
const press = (key, shiftKey = false, target = document.body) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true, cancelable: true }));
"""


class Parts(HTMLParser):
    """Tags and their attributes; every tag is closed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def answer(label="wave", truth="wave"):
    return Answer(scores=((label, 0.75, 1200), ("sit <b>down</b>", 0.25, 900)), truth=truth, timing="1,234 cycles",
                  check="scores equal", equal=True,
                  blocks=(BlockWork(x=0.5, z=0.25, h=0.125, busy=1000), BlockWork(x=0.1, z=0.2, h=0.3, busy=500)))


def clip(name="first </script> clip", **changes):
    return dataclasses.replace(PageClip(name=name, places=figure_clip("wave"), skeleton=BUILT_IN["kinect20"],
                                        answer=answer()), **changes)


def page(*clips, **options):
    return player_page("a page", clips or (clip(), clip("second", answer=answer("throw"))), **options)


def data(html):
    return json.loads(re.search(r'id="data">(.*?)</script>', html, re.S)[1])


def test_the_page_has_what_the_script_asks_for():
    ids = {attributes["id"] for _, attributes in Parts(page()).tags if "id" in attributes}
    assert set(re.findall(r'get\("(\w+)"\)', static_text("player.js"))) <= ids


def test_without_answers_there_is_no_panel_for_them():
    html = page(clip(answer=None))
    assert 'id="answer"' not in html and 'class="alone"' in html and Parts(html)


def test_nothing_comes_from_elsewhere():
    html = page()
    assert not re.search(r"https?://|//[a-z]+\.[a-z]|@import|url\(", html)
    assert not [value for _, attributes in Parts(html).tags for key, value in attributes.items()
                if key in ("src", "href") and value != "data:,"]
    assert "default-src 'none'" in html


def test_names_cannot_break_out_of_the_page():
    html = page(clip("</script><script>alert(1)</script>"), lines=(("<i>x</i>", "good"),))
    assert html.count("<script") == 3 and "&lt;i&gt;" in html
    assert data(html)["clips"][0]["name"] == "</script><script>alert(1)</script>"


def test_the_same_page_for_the_same_clips():
    assert page() == page()


@pytest.mark.parametrize(("clips", "message"), [
    ((), "at least one clip"), ((clip(), clip(answer=None)), "all have an answer or none, not 1 of 2")])
def test_wrong_clips(clips, message):
    with pytest.raises(ValueError, match=message):
        player_page("a page", clips)


def test_keys_are_said_and_rotation_only_of_three_coordinates():
    assert "rotate" in page() and "Space" in page()
    flat = clip(places=figure_clip("wave")[..., :2])
    assert "rotate" not in page(flat)


def test_missing_joints_are_explained_where_there_are_some():
    filled = np.zeros((1, 48, 20), bool)
    assert "missing in the recording" not in page(clip(filled=filled))
    filled[0, 3, 4] = True
    assert "missing in the recording" in page(clip(filled=filled))


def test_skeleton_label_and_scores_in_chromium(tmp_path):
    found, said = probe(tmp_path, page(), PIXELS + """
player.play(false);
const inked = count()[0];
const bones = player.clip.bones;
player.clip.bones = []; player.draw();
const joints = count()[0];
player.clip.bones = bones;
return { inked, joints, shown: document.getElementById("scene").dataset.shown, answer: text("answer"),
  truth: text("truth"), scores: [...document.querySelectorAll("#scores li")].map((row) => row.textContent),
  rows: [...document.querySelectorAll("#blocks tr")].map((row) => row.textContent), timing: text("timing"),
  check: text("check"), width: document.documentElement.scrollWidth };""")
    assert said == []
    assert found["joints"] > 300 and found["inked"] > 1.3 * found["joints"] and found["shown"] == "1"
    assert (found["answer"], found["truth"]) == ("wave", "recorded as: wave")
    assert found["scores"] == ["wave75.0 %", "sit <b>down</b>25.0 %"]
    assert found["rows"] == ["block 150 %25 %13 %1,000", "block 210 %20 %30 %500"]
    assert (found["timing"], found["check"]) == ("1,234 cycles", "scores equal")


def test_it_moves_in_chromium(tmp_path):
    found, said = probe(tmp_path, page(), PIXELS + """
player.play(false);
const at = [player.frame];
const seen = [count()];
for (const key of ["ArrowRight", "ArrowLeft", "ArrowLeft"]) { press(key); at.push(player.frame); seen.push(count()); }
press("ArrowRight", true); seen.push(count());
press("PageDown");
return { at, seen, clip: text("answer"), index: document.getElementById("clip").selectedIndex, count: text("count") };
""", when="player.frame > 3")
    assert said == []
    start = found["at"][0]
    assert start > 3 and found["at"][1:] == [start + 1, start, start - 1]
    assert found["seen"][0] == found["seen"][2]
    assert len({tuple(seen) for seen in found["seen"]}) == 4
    assert (found["clip"], found["index"], found["count"]) == ("throw", 1, "1 / 48")


def test_controls_in_chromium(tmp_path):
    found, said = probe(tmp_path, page(), PIXELS + """
const get = (name) => document.getElementById(name);
get("play").click();
const paused = [player.playing, text("play")];
press(" ", false, get("play")); // the button does that itself
const still = player.playing;
press(" ");
const again = player.playing;
get("frame").value = 7; get("frame").dispatchEvent(new Event("input"));
const slid = [player.frame, player.playing, text("count")];
press("ArrowRight", false, get("frame"));
get("clip").selectedIndex = 1; get("clip").dispatchEvent(new Event("change"));
const turn = player.yaw;
const scene = get("scene");
const move = (kind, x) => scene.dispatchEvent(new PointerEvent(kind, { pointerId: 1, clientX: x, clientY: 50 }));
scene.setPointerCapture = () => {};
move("pointermove", 10); const untouched = player.yaw;
move("pointerdown", 10); move("pointermove", 85); move("pointerup", 85); move("pointermove", 0);
return { paused, still, again, slid, frame: player.frame, chosen: text("answer"), turned: player.yaw - turn,
  untouched: untouched - turn };""")
    assert said == []
    assert found["paused"] == [False, "Play"] and found["still"] is False and found["again"] is True
    assert found["slid"] == [7, False, "8 / 48"] and found["frame"] == 0
    assert found["chosen"] == "throw" and found["untouched"] == 0 and abs(found["turned"] - 0.5) < 1e-9


def test_missing_joints_and_absent_persons_in_chromium(tmp_path):
    places = np.concatenate([figure_clip("wave", 4), figure_clip("throw", 4) + (1, 0, 0)])
    places[1, 2:] = 0
    filled = np.zeros((2, 4, 20), bool)
    filled[0, 1, :] = True
    found, said = probe(tmp_path, page(clip(places=places, filled=filled)), PIXELS + """
const seen = [];
for (const frame of [0, 1, 2]) { player.step(frame); seen.push([document.getElementById("scene").dataset.shown,
  count()[0]]); }
return seen;""")
    assert said == []
    assert [shown for shown, _ in found] == ["2", "2", "1"]
    assert found[1][1] < found[0][1], "rings and dashes leave more of the ground than dots and lines"


@pytest.mark.parametrize("size", [(500, 900), (1100, 1200)])
def test_nothing_is_wider_than_the_window(tmp_path, size):
    found, said = probe(tmp_path, page(clip("a clip with a very long name, as files in folders have them " * 3)),
                        "return [document.documentElement.scrollWidth, window.innerWidth];", size=size)
    assert said == [] and found[0] <= found[1]


def test_light_and_dark(tmp_path):
    script = "return getComputedStyle(document.body).backgroundColor;"
    light, _ = probe(tmp_path, page(), script)
    dark, said = probe(tmp_path, page(), script, options=("--blink-settings=preferredColorScheme=0",))
    assert said == [] and light == "rgb(255, 255, 255)" and dark == "rgb(20, 24, 29)"


def test_errors_of_a_page_reach_the_console(tmp_path):
    """What the tests above rely on: an error in the script, and a file from elsewhere, are lines of the console."""
    broken = page().replace("player.play(player.playing);", "player.play(player.nothing.playing);")
    found, said = probe(tmp_path, broken, "return 1;")
    assert found == 1 and any("nothing" in line or "undefined" in line for line in said)
    _, said = probe(tmp_path, page().replace("<main", '<img src="x.png"><main'), "return 1;")
    assert any("Content Security Policy" in line for line in said)
