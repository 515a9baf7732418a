"""The page's server: what it serves, to whom, and how little it keeps."""

import asyncio
import json
import socket
import time
import urllib.error
import urllib.request

import pytest

aiohttp = pytest.importorskip("aiohttp")

from firmware.live.bodies import FakeCore, body, design_for  # noqa: E402

from hypgcn_host.live import web  # noqa: E402
from hypgcn_host.live.classifier import LiveClassifier  # noqa: E402
from hypgcn_host.live.frame import Frame  # noqa: E402
from hypgcn_host.live.network import LiveNetwork  # noqa: E402
from hypgcn_host.live.schema import StreamFormat  # noqa: E402
from hypgcn_host.live.web import Page  # noqa: E402


def page(port=0, **form):
    return Page(LiveClassifier([LiveNetwork(design=design_for(), core=FakeCore())]), StreamFormat(**form), port)


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
        return answer.headers, answer.read()


def messages(address, count, *, after=lambda: None, headers=None):
    """The first ``count`` messages of a page that is opened now."""
    async def read():
        async with aiohttp.ClientSession(headers=headers) as session, \
                session.ws_connect(address.replace("http", "ws") + "socket") as channel:
            found = [json.loads((await channel.receive(10)).data)]
            after()
            while len(found) < count:
                found.append(json.loads((await channel.receive(10)).data))
            return found
    return asyncio.run(read())


def frame(time):
    return Frame(time=time, people={7: body()}, labels={7: "wave"})


def test_files():
    with page() as served:
        headers, text = get(served.address)
        assert b"<script src=\"page.js\">" in text and headers["Content-Type"] == "text/html; charset=utf-8"
        assert headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert get(served.address + "page.js")[0]["Content-Type"] == "text/javascript; charset=utf-8"
        assert get(served.address + "page.css")[1]
        assert b"drawBody" in get(served.address + "skeleton.js")[1]
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(served.address + "../web.py")


def test_it_listens_on_the_loopback_address_alone():
    with page() as served:
        assert served.address == f"http://127.0.0.1:{served.port}/"
        assert {address[0] for address in served._runner.addresses} == {"127.0.0.1"}


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"},
                                     {"Origin": "null"}])
def test_other_sites_get_nothing(headers):
    with page() as served:
        with pytest.raises(urllib.error.HTTPError, match="403"):
            get(served.address, **headers)
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            messages(served.address, 1, headers=headers)
        assert get(served.address, Host=f"localhost:{served.port}", Origin=f"http://localhost:{served.port}")


def test_messages():
    with page() as served:
        answer = {"time": 0.5, "people": [7], "label": "wave", "best": [["wave", 0.9]]}

        def after():
            served.show_frame(frame(0.5))
            served.show_record(answer)
            served.show_record({"error": "line 3: x"})

        start, shown, *records = messages(served.address, 4, after=after)
    assert start["kind"] == "start" and start["classes"] == ["sit", "stand", "wave"] and start["up"] is True
    assert start["network"] == "live1" and len(start["bones"]) == 19
    assert shown["kind"] == "frame" and len(shown["people"]["7"]) == 20 and shown["labels"] == {"7": "wave"}
    assert shown["people"]["7"][0] == [round(float(value), 4) for value in body()[0, :2]]
    assert records == [answer, {"error": "line 3: x"}]


def test_pictures_have_y_downwards():
    live = LiveClassifier([LiveNetwork(design=design_for("coco17", centre=None), core=FakeCore(), skeleton="coco17",
                                       values="xys")])
    with Page(live, StreamFormat(skeleton="coco17"), 0) as served:
        start, = messages(served.address, 1)
    assert start["up"] is False and len(start["bones"]) == 16


def test_a_page_that_is_opened_later_gets_the_answers_so_far_and_the_last_frame():
    with page() as served:
        for n in range(2 * web._REPLAYED):
            served.show_record({"time": n, "best": []})
        served.show_record({"left": [1]})
        served.show_frame(frame(2000))
        time.sleep(0.2)
        found = messages(served.address, 2 + web._REPLAYED)
    assert [record["time"] for record in found[1:]] == [*range(web._REPLAYED, 2 * web._REPLAYED), 2000]
    assert found[-1]["kind"] == "frame"


def test_frames_of_a_fast_stream_are_left_out():
    with page() as served:
        before = time.monotonic()
        for n in range(1000):
            served.show_frame(frame(n))
        assert len(served._waiting) <= 2 + (time.monotonic() - before) / web._FRAME_SECONDS


def test_what_waits_is_bounded(monkeypatch):
    with page() as served:
        monkeypatch.setattr(served, "_scheduled", type("Set", (), {"is_set": lambda self: True})())
        for n in range(10 * web._QUEUED):
            served.show_record({"n": n})
        assert len(served._waiting) == web._QUEUED
        queue = asyncio.Queue(web._QUEUED)
        served._clients[queue] = None
        for n in range(10 * web._QUEUED):
            served._waiting.append(str(n))
            monkeypatch.setattr(served, "_scheduled", type("Set", (), {"clear": lambda self: None})())
            served._spread()
        assert queue.qsize() == web._QUEUED and queue.get_nowait() == str(9 * web._QUEUED)
        served._clients.clear()


def test_pages_are_limited(monkeypatch):
    monkeypatch.setattr(web, "CLIENTS", 0)
    with page() as served, pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        messages(served.address, 1)


def test_a_port_that_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="address already in use|in use"), page(taken.getsockname()[1]):
            pytest.fail("it was opened")


@pytest.mark.parametrize("port", [-1, 65536, True, "80"])
def test_ports_that_are_none(port):
    with pytest.raises(ValueError, match=f"--web must be a port in 0..65535, not {port!r}"):
        page(port)
