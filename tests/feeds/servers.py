"""A web server on this machine, and a listener that counts who knocks."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from aiohttp import web

from clair_bot.domain.feeds import Feed, FeedKind
from clair_bot.feeds.fetching import Fetcher
from clair_bot.feeds.reading import FeedReader

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Site:
    """Answers every path with one handler."""

    handler: Handler
    host: str = ""
    """``127.0.0.1:port``, once it runs."""
    seen: list[web.Request] = field(default_factory=list)

    def url(self, path: str = "/feed") -> str:
        return f"http://{self.host}{path}"

    def reader(self, *, seconds: float = 4.5) -> FeedReader:
        """A reader that may come here, and nowhere else on this machine."""
        return FeedReader(fetcher=Fetcher(allow=[self.host], seconds=seconds))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        return await self.handler(request)


@contextlib.asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[Site]:
    """Run a site."""
    site = Site(handler)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        place = web.TCPSite(runner, "127.0.0.1", 0)
        await place.start()
        site.host = f"127.0.0.1:{runner.addresses[0][1]}"
        yield site
    finally:
        await runner.cleanup()


def giving(
    body: bytes | str, *, content_type: str = "application/rss+xml", headers: dict[str, str] | None = None, status: int = 200
) -> Handler:
    """A handler that always gives the same."""
    data = body.encode() if isinstance(body, str) else body

    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(body=data, status=status, headers={"Content-Type": content_type, **(headers or {})})

    return handler


def feed(url: str, kind: FeedKind = FeedKind.RSS, *, etag: str = "") -> Feed:
    return Feed(id=1, kind=kind, location=url, office=None, name="試験", every_minutes=60, etag=etag)


@dataclass
class Listener:
    """Counts connections to one port of this machine, over IPv4 and IPv6."""

    port: int
    connections: int = 0


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    """Listen on every address of this machine."""
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        listener = Listener(server.getsockname()[1])
        server.settimeout(0.02)
        done = threading.Event()

        def accept() -> None:
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, _ = server.accept()
                    listener.connections += 1
                    connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listener
        finally:
            done.wait(0.1)
            done.set()
            thread.join()


async def longest_lag(work: Awaitable[object]) -> float:
    """Run something beside a ticking loop; return the longest time between two ticks beyond their pause."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    longest, before = 0.0, loop.time()
    while not task.done():
        await asyncio.sleep(0.005)
        longest, before = max(longest, loop.time() - before - 0.005), loop.time()
    await asyncio.gather(task, return_exceptions=True)
    return longest
