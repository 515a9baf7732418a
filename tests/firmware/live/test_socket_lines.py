"""A WebSocket on this machine that ends, dies, comes back, or never was."""

import asyncio
import threading

import pytest

aiohttp = pytest.importorskip("aiohttp")
from aiohttp import web  # noqa: E402

from hypgcn_host.live.feeds import QueueFeed  # noqa: E402
from hypgcn_host.live.socket_lines import SocketLines  # noqa: E402


class Server:
    """Answers each connection with the next of ``scripts``: texts, then ``"close"``, ``"abort"`` or ``"hang"``."""

    def __init__(self, *scripts):
        self.scripts, self.connections = list(scripts), 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self.serve(), self.loop).result(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.ended.set)
        asyncio.run_coroutine_threadsafe(self.runner.cleanup(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def serve(self):
        self.ended = asyncio.Event()
        app = web.Application()
        app.router.add_get("/poses", self.answer)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return self.runner.addresses[0][1]

    async def answer(self, request):
        script = self.scripts[self.connections] if self.connections < len(self.scripts) else ["abort"]
        self.connections += 1
        socket = web.WebSocketResponse(autoping="hang" not in script)
        await socket.prepare(request)
        for text in script:
            if text == "close":
                await socket.close()
            elif text == "abort":
                request.transport.abort()
                break
            elif text == "hang":
                await self.ended.wait()
            else:
                await socket.send_str(text)
        return socket

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/poses"


def test_messages_are_lines():
    with Server(["a", "b\nc", "close"]) as server:
        assert list(SocketLines(server.url)) == [b"a", b"b", b"c"]
        assert server.connections == 1


def test_a_lost_connection_is_made_again():
    slept = []
    with Server(["a", "abort"], ["abort"], ["b", "close"]) as server:
        assert list(SocketLines(server.url, sleep=slept.append)) == [b"a", b"b"]
        assert server.connections == 3 and slept == [0.5, 1.0][:len(slept)] and len(slept) >= 1


def test_a_dead_connection_is_an_error_in_the_end():
    slept = []
    with Server(["a", "abort"]) as server:
        lines = iter(QueueFeed(SocketLines(server.url, attempts=3, sleep=slept.append)))
        assert next(lines) == b"a"
        with pytest.raises(OSError, match=r"ws://127.0.0.1:\d+/poses: the connection is dead: .*; tried 3 times"):
            next(lines)
    assert slept[-1] == 1.0


def test_nobody_answers():
    with Server() as server:
        url = server.url
    with pytest.raises(OSError, match="the connection is dead: Cannot connect .*; tried 2 times"):
        list(SocketLines(url, attempts=2, sleep=lambda seconds: None))


def test_an_end_that_answers_no_pings_is_dead():
    with Server(["a", "hang"], ["b", "close"]) as server:
        assert list(SocketLines(server.url, heartbeat=0.2, sleep=lambda seconds: None)) == [b"a", b"b"]
