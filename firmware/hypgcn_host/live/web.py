"""A page on the loopback address: skeletons, labels and a time line as they come."""

import asyncio
import json
import threading
import time
from collections import deque
from importlib.resources import files
from urllib.parse import urlsplit

from aiohttp import WSCloseCode, WSMsgType, web

from hypgcn.design.skeleton import BUILT_IN
from hypgcn.pages import static_text

from .classifier import LiveClassifier
from .frame import VALUES, Frame
from .network import network_skeleton
from .schema import StreamFormat

__all__ = ["CLIENTS", "Page"]

CLIENTS = 16
"""Pages that may be open at a time."""
_ADDRESS = "127.0.0.1"
_QUEUED = 256
"""Messages that wait for the server, and for each page; of more the oldest are left out."""
_REPLAYED = 600
"""Answers that a page gets that is opened later."""
_FRAME_SECONDS = 1 / 40
"""Between frames that are shown; of a faster stream some are left out."""
_KINDS = {"index.html": "text/html", "page.css": "text/css", "skeleton.js": "text/javascript",
          "page.js": "text/javascript"}
_SHARED = ("skeleton.js",)
"""Files of :mod:`hypgcn.pages`."""
_HEADERS = {"Content-Security-Policy": "default-src 'self'; connect-src ws://127.0.0.1:* ws://localhost:*",
            "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class Page:
    """Serves the page from a thread of its own; as a context, until it is left.

    It listens on the loopback address alone, and answers only requests that name it: a page of another site in the same
    browser gets nothing.

    Parameters
    ----------
    live : LiveClassifier
    form : StreamFormat
        Of the stream.
    port : int
        0..65535; 0 takes a free one.

    Raises
    ------
    OSError
        The port is not free.
    """

    def __init__(self, live: LiveClassifier, form: StreamFormat, port: int):
        if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port < 65536:
            raise ValueError(f"--web must be a port in 0..65535, not {port!r}")
        skeleton = BUILT_IN[form.skeleton] if form.skeleton else network_skeleton(live.networks[0].first)
        self._start = json.dumps({
            "kind": "start", "classes": live.labels, "bones": skeleton.bones if skeleton else [],
            "up": VALUES[form.kind][0] == 3, "network": ", ".join(net.design.name for net in live.networks)})
        self._wanted, self.port = port, 0
        self._waiting: deque[str] = deque(maxlen=_QUEUED)
        self._history: deque[str] = deque(maxlen=_REPLAYED)
        self._clients: dict[asyncio.Queue[str], web.WebSocketResponse] = {}
        self._scheduled = threading.Event()
        self._shown, self._frame = 0.0, ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="hypgcn-live-page")
        self._runner: web.AppRunner | None = None

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{_ADDRESS}:{self.port}/"

    def __enter__(self):
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(10)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._stop()

    def show_frame(self, frame: Frame):
        """Show the people of a frame, unless one was shown just now."""
        now = time.monotonic()
        if now - self._shown < _FRAME_SECONDS:
            return
        self._shown = now
        people = {str(person): [[round(float(value), 4) for value in joint[:2]] if joint[-1] > 0 else None
                                for joint in joints] for person, joints in frame.people.items()}
        labels = {str(person): label for person, label in frame.labels.items()}
        self._frame = json.dumps({"kind": "frame", "time": frame.time, "people": people, "labels": labels})
        self._publish(self._frame)

    def show_record(self, record: dict):
        """Show an answer, an error, or who left."""
        text = json.dumps(record)
        if "best" in record:
            self._history.append(text)
        self._publish(text)

    def linger(self, seconds: float):
        """Serve for so long, or until Ctrl-C."""
        try:
            time.sleep(seconds)
        except KeyboardInterrupt:
            return

    def _publish(self, text: str):
        self._waiting.append(text)
        if not self._scheduled.is_set():  # one visit of the loop takes all that waits then
            self._scheduled.set()
            self._loop.call_soon_threadsafe(self._spread)

    def _spread(self):
        self._scheduled.clear()
        while self._waiting:
            text = self._waiting.popleft()
            for client in self._clients:
                if client.full():
                    client.get_nowait()
                client.put_nowait(text)

    async def _serve(self):
        app = web.Application(middlewares=[_own_requests])
        for name, kind in _KINDS.items():
            content = static_text(name).encode() if name in _SHARED else \
                files(__package__).joinpath("page", name).read_bytes()
            app.router.add_get("/" if name == "index.html" else f"/{name}", _file(content, kind))
        app.router.add_get("/socket", self._socket)
        app.on_shutdown.append(self._part)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, _ADDRESS, self._wanted)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if len(self._clients) >= CLIENTS:
            raise web.HTTPServiceUnavailable(text=f"at most {CLIENTS} pages may be open")
        socket = web.WebSocketResponse(heartbeat=10, max_msg_size=1024)
        await socket.prepare(request)
        queue: asyncio.Queue[str] = asyncio.Queue(_QUEUED)
        self._clients[queue] = socket
        sender = asyncio.ensure_future(self._send(socket, queue, list(self._history)))
        try:
            async for message in socket:  # nothing is expected; the loop ends with the connection
                if message.type == WSMsgType.ERROR:
                    break
        finally:
            del self._clients[queue]
            sender.cancel()
        return socket

    async def _part(self, app: web.Application):
        for socket in list(self._clients.values()):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the stream has ended")

    async def _send(self, socket: web.WebSocketResponse, queue: asyncio.Queue[str], history: list[str]):
        try:
            for text in (self._start, *history, self._frame):
                if text:
                    await socket.send_str(text)
            while True:
                await socket.send_str(await queue.get())
        except ConnectionError:
            return  # the page was closed; the handler notices it

    def _stop(self):
        if self._thread.is_alive():
            if self._runner is not None:
                asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
        self._loop.close()


@web.middleware
async def _own_requests(request: web.Request, handler) -> web.StreamResponse:
    """Refuse requests of other sites: the host must be the loopback address, and so must the page that asks."""
    origin = request.headers.get("Origin")
    for address in (f"//{request.host}", origin):
        if address is not None and urlsplit(address).hostname not in (_ADDRESS, "localhost"):
            raise web.HTTPForbidden(text="this page is for the machine that it runs on")
    return await handler(request)


def _file(content: bytes, kind: str):
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=content, content_type=kind, charset="utf-8", headers=_HEADERS)
    return answer
