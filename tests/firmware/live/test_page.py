"""The page itself: parsed, run in Node.js against a browser of a few lines, and in Chromium where there is one."""

import asyncio
import json
import re
import shutil
import subprocess
import time
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from chromium import PROGRAMS, console

from hypgcn.pages import static_text

PAGE = files("hypgcn_host.live").joinpath("page")

BROWSER = """
const { View, run } = require(process.argv[2]);
const { fit } = require("./skeleton.js");
const calls = [];
const pen = new Proxy({}, { get: (_, name) => (...words) => calls.push([name, ...words]), set: () => true });
const elements = {};
const element = (name) => ({ name, children: [], style: { setProperty() {} }, textContent: "", width: 960, height: 140,
  getContext: () => pen, append(child) { this.children.push(child); },
  replaceChildren(...children) { this.children = children; } });
const document = { getElementById: (id) => elements[id] ??= element(id), createElement: element };
let socket, next;
class WebSocket { constructor(url) { socket = this; this.url = url; } }
const host = { document, WebSocket, location: { host: "127.0.0.1:8765" }, requestAnimationFrame: (f) => { next = f; },
  setTimeout: (f) => { host.later = f; } };
const view = run(host);
const send = (message) => { socket.onmessage({ data: JSON.stringify(message) }); next(); };
const rows = () => elements.people.children.map((row) => row.children.map((cell) => cell.textContent));
"""

START = {"kind": "start", "classes": ["sit", "wave"], "bones": [[1, 0], [2, 1]], "up": True, "network": "small"}


class Parts(HTMLParser):
    """Tags and their attributes."""

    def __init__(self):
        super().__init__()
        self.tags, self.open = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parsed():
    parts = Parts()
    parts.feed(PAGE.joinpath("index.html").read_text(encoding="utf-8"))
    assert not parts.open
    return parts.tags


def node(tmp_path, script):
    """What ``script`` prints behind :data:`BROWSER`, as JSON."""
    if not (program := shutil.which("node")):
        pytest.skip("Node.js is not installed")
    for name, text in (("page.js", PAGE.joinpath("page.js").read_text(encoding="utf-8")),
                       ("skeleton.js", static_text("skeleton.js"))):
        (tmp_path / name).write_text(text, encoding="utf-8", newline="\n")
    (tmp_path / "test.js").write_text(BROWSER + script, encoding="utf-8", newline="\n")
    done = subprocess.run([program, "test.js", "./page.js"], cwd=tmp_path, capture_output=True, encoding="utf-8",
                          check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_page_names_what_the_script_needs():
    ids = {attributes["id"] for _, attributes in parsed() if "id" in attributes}
    script = PAGE.joinpath("page.js").read_text(encoding="utf-8")
    assert set(re.findall(r'get\("(\w+)"\)', script)) <= ids


def test_nothing_comes_from_elsewhere():
    for name in ("index.html", "page.css", "page.js"):
        text = PAGE.joinpath(name).read_text(encoding="utf-8")
        assert not re.search(r"https?://|//[a-z]+\.[a-z]|@import|url\(", text), name
    named = [attributes.get("src") or attributes.get("href") for tag, attributes in parsed()
             if tag in ("script", "link")]
    assert sorted(named) == ["page.css", "page.js", "skeleton.js"]
    assert all(name == "skeleton.js" or PAGE.joinpath(name).is_file() for name in named)


def test_answers_are_shown(tmp_path):
    found = node(tmp_path, f"""
const start = {json.dumps(START)};
send(start);
send({{ kind: "frame", time: 1, people: {{ 7: [[0, 0], [0, 1], [0, 2]] }}, labels: {{ 7: "wave" }} }});
const before = rows();
send({{ time: 1, people: [7], label: "wave", class: 1, probability: 0.912, best: [["wave", 0.912], ["sit", 0.05]],
       latency_ms: 51.25 }});
const strokes = calls.filter((call) => call[0] === "stroke").length;
const label = calls.filter((call) => call[0] === "fillText").map((call) => call[1]);
const strips = calls.filter((call) => call[0] === "fillRect").length;
send({{ time: 2, people: [7], label: null, class: null, probability: 0.3, best: [["sit", 0.3]], latency_ms: 1 }});
console.log(JSON.stringify({{ before, after: rows(), strokes, label, strips, url: socket.url,
  latency: elements.latency.textContent, network: elements.network.textContent,
  legend: elements.legend.children.map((item) => item.textContent) }}));
""")
    assert found["before"] == [["7", "", "", "", "wave"]]
    assert found["after"] == [["7", "no action", "30 %", "", "wave"]]
    assert "7  wave" in found["label"] and found["strokes"] >= 4 and found["strips"] == 1
    assert found["url"] == "ws://127.0.0.1:8765/socket"
    assert found["latency"] == "1.0 ms from the last frame to the answer"
    assert (found["network"], found["legend"]) == ("small", ["sit", "wave"])


def test_missing_joints_and_nobody(tmp_path):
    found = node(tmp_path, f"""
send({json.dumps(START)});
send({{ kind: "frame", time: 1, people: {{ 1: [null, [0, 1], [0, 2]], 2: [null, null, null] }}, labels: {{}} }});
const strokes = calls.filter((call) => call[0] === "stroke").length;
send({{ kind: "frame", time: 2, people: {{}}, labels: {{}} }});
console.log(JSON.stringify({{ strokes, rows: rows() }}));
""")
    assert found == {"strokes": 1, "rows": []}


def test_all_bodies_are_in_the_picture(tmp_path):
    found = node(tmp_path, """
const bodies = [[[5, -3], [6, 2]], [[-40, 0], null]];
const up = fit(bodies, 960, 480, true), down = fit(bodies, 960, 480, false);
console.log(JSON.stringify([...bodies.flat().filter((joint) => joint).map(up), up([6, 2]), down([6, 2]),
  fit([], 10, 10, true)([3, 3]), fit([[[1, 1]]], 10, 10, true)([1, 1])]));
""")
    assert all(0 <= x <= 960 and 0 <= y <= 480 for x, y in found)
    assert found[3][1] < 240 < found[4][1]
    assert found[5] == found[6] == [5, 5]


def test_nothing_grows_in_an_hour(tmp_path):
    """Answers of the last minute, and people of the last seconds; a stream that begins anew clears both."""
    found = node(tmp_path, f"""
send({json.dumps(START)});
for (let n = 0; n < 3600 * 10; n += 1) {{
  const person = Math.floor(n / 20);
  view.take({{ kind: "frame", time: n / 10, people: {{ [person]: [[0, 0]] }}, labels: {{}} }});
  view.take({{ time: n / 10, people: [person], label: "sit", class: 0, probability: 1, best: [["sit", 1]],
              latency_ms: 1 }});
}}
const kept = [view.line.length, view.answers.size, view.rows().length];
view.take({{ kind: "frame", time: 0, people: {{}}, labels: {{}} }});
console.log(JSON.stringify([...kept, view.line.length, view.answers.size]));
""")
    assert found[0] == 601 and found[1] <= 4 and found[2] == 8 and found[3:] == [0, 0]


def test_errors_and_lost_connections_are_said(tmp_path):
    found = node(tmp_path, f"""
socket.onopen();
const open = elements.state.textContent;
send({json.dumps(START)});
send({{ error: "line 3: <b>x" }});
const first = socket;
socket.onclose();
host.later();
console.log(JSON.stringify([open, elements.error.textContent, elements.state.textContent, socket !== first]));
""")
    assert found == ["live", "line 3: <b>x", "the stream has ended, or the connection is lost; trying again", True]


def test_in_chromium(monkeypatch, tmp_path):
    """A replay with an answer, as a browser shows it."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("Chromium is not installed (Debian: chromium)")
    pytest.importorskip("aiohttp")
    from firmware.live.test_web import frame, page

    from hypgcn_host.live import web

    def patient(content, kind):
        async def answer(request):
            await asyncio.sleep(1 if request.query else 0)
            return await serve(content, kind)(request)
        return answer

    # Frames by a timer: a browser without a screen leaves most of them out. Its clock stands still while it waits for
    # a file, here for the second in which the messages arrive.
    serve, script = web._file, static_text("skeleton.js")
    monkeypatch.setattr(web, "_file", patient)
    monkeypatch.setattr(web, "static_text", lambda name: script + """
window.requestAnimationFrame = (draw) => window.setTimeout(draw, 16);
new Image().src = "page.css?late";
""")
    with page() as served:
        served.show_record({"time": 0.5, "people": [7], "label": "wave", "class": 2, "probability": 0.9,
                            "best": [["wave", 0.9]], "latency_ms": 5})
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000",
                   "--enable-logging=stderr", f"--user-data-dir={tmp_path}", "--dump-dom", served.address]
        with (tmp_path / "dom").open("wb") as file, (tmp_path / "log").open("wb") as log, \
                subprocess.Popen(command, stdout=file, stderr=log) as browser:
            while browser.poll() is None:
                served.show_frame(frame(0.5))
                time.sleep(0.02)
        text = (tmp_path / "dom").read_text(encoding="utf-8")
    assert "<td>wave</td>" in text and "90 %" in text and "5.0 ms from the last frame" in text
    assert console((tmp_path / "log").read_text(encoding="utf-8")) == []
