"""The stand-in's HTTP server: on loopback, in a thread with its own event loop, with a door that can be shut."""

import asyncio
import threading
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from aiohttp import web
from tests.standins.line_wire import Answer

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Serves every path with one function. All methods may be called from any thread."""

    def __init__(self, serve: Serve) -> None:
        """Prepare; nothing listens yet."""
        self.url = ""
        self._serve = serve
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._runner: web.AppRunner | None = None
        self._port = 0

    def open(self) -> None:
        """Begin, on a free port of 127.0.0.1."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line-stand-in", daemon=True)
        self._thread.start()
        self.open_door()

    def close(self) -> None:
        """End, and close everything."""
        if self._loop is None or self._thread is None:
            return
        self.shut_door()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def open_door(self) -> None:
        """Listen; after ``shut_door`` on the same port."""
        self._do(self._listen())

    def shut_door(self) -> None:
        """Refuse connections from now on, and drop those that are open."""
        self._do(self._unlisten())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        if self._loop is None:
            work.close()
            raise RuntimeError("not open")
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        app = web.Application(client_max_size=2 * 1024 * 1024)  # LINE: 413 over 2 MB
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def _unlisten(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()


async def respond(incoming: web.Request, answer: Answer) -> web.StreamResponse:
    """Send an answer in its manner: with its length, ``chunked`` without it, or ``cut short``."""
    media_type = "text/html" if answer.text is not None else answer.media_type
    headers = {"x-line-request-id": str(uuid.uuid4()), "content-type": media_type, **answer.headers}
    if not answer.manner:
        return web.Response(status=answer.status, body=answer.body, headers=headers)
    response = web.StreamResponse(status=answer.status, headers=headers)
    if answer.manner == "cut short":
        response.content_length = len(answer.body)
    await response.prepare(incoming)
    await response.write(answer.body if answer.manner == "chunked" else answer.body[: len(answer.body) // 2])
    if answer.manner == "cut short":
        break_off(incoming)
    else:
        await response.write_eof()
    return response


def break_off(incoming: web.Request) -> None:
    """Drop the connection, whatever was sent on it."""
    if incoming.transport is not None:
        incoming.transport.abort()
