"""Lines from a WebSocket, which is connected again when it is lost."""

import asyncio
import time
from collections.abc import Callable, Iterator

import aiohttp

from .schema import MAX_LINE

__all__ = ["SocketLines"]

_CLOSED = (1000, 1001)
"""Codes of a server that ends the stream, or goes away."""


class SocketLines:
    """Text messages of a WebSocket; each is a line, or several.

    A connection that is lost, or whose other end does not answer pings, is made again after 0.5, 1, 2, ... seconds;
    with a message the count starts again. A server that closes the connection in order ends the stream.

    Parameters
    ----------
    url : str
        ``ws://HOST:PORT/PATH`` or ``wss://...``.
    attempts : int
        Connections in a row without a message, 1 or more, after which it is an :exc:`OSError`.
    heartbeat : float
        Seconds from one ping to the next.
    sleep
        For tests.
    """

    def __init__(self, url: str, *, attempts: int = 6, heartbeat: float = 5.0,
                 sleep: Callable[[float], None] = time.sleep):
        self.url, self.attempts, self.heartbeat, self._sleep = url, attempts, heartbeat, sleep

    def __iter__(self) -> Iterator[bytes]:
        loop = asyncio.new_event_loop()
        try:
            yield from self._all(loop)
        finally:
            loop.close()

    def _all(self, loop: asyncio.AbstractEventLoop) -> Iterator[bytes]:
        failed, reason = 0, ""
        while failed < self.attempts:
            if failed:
                self._sleep(0.5 * 2 ** (failed - 1))
            failed += 1
            messages = self._messages()
            try:
                while True:
                    text = loop.run_until_complete(anext(messages))
                    failed = 0
                    yield from (line.encode() for line in text.splitlines())
            except StopAsyncIteration:
                return
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                reason = str(error) or type(error).__name__
            finally:
                loop.run_until_complete(messages.aclose())
        raise OSError(f"{self.url}: the connection is dead: {reason}; tried {self.attempts} times")

    async def _messages(self):
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
        async with aiohttp.ClientSession(timeout=timeout) as session, \
                session.ws_connect(self.url, heartbeat=self.heartbeat, max_msg_size=MAX_LINE) as socket:
            async for message in socket:
                if message.type == aiohttp.WSMsgType.TEXT:
                    yield message.data
            if socket.close_code not in _CLOSED:
                raise ConnectionError(f"lost (code {socket.close_code})")
