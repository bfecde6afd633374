"""``clair-bot serve``, ``web``, ``worker``, ``clock``: the processes."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clair_bot.cli.output import configure_logs

if TYPE_CHECKING:
    from clair_bot.bootstrap import Application

Host = Annotated[str, typer.Option(help="待ち受けるアドレス")]
Port = Annotated[int | None, typer.Option(help="待ち受けるポート（既定: PORT、なければ 8080）", min=0, max=65_535)]

SWITCH_SECONDS = 0.0005
"""How long a thread may keep the interpreter while others wait: each database call gives it away and must get it back."""
CONNECTIONS = 1_000
"""More at once are answered 503."""


def serve(host: Host = "127.0.0.1", port: Port = None) -> None:
    """ウェブ・ワーカー・クロックを1つのプロセスで動かす。"""
    listen(ready_application(), host=host, port=port, everything=True)


def web(host: Host = "127.0.0.1", port: Port = None) -> None:
    """ウェブだけを動かす（いくつでも）。"""
    listen(ready_application(), host=host, port=port, everything=False)


def worker() -> None:
    """ワーカーだけを動かす（いくつでも）。"""
    from clair_bot.worker import work

    application = ready_application()
    run_until_stopped(lambda stop: work(application, stop))


def clock() -> None:
    """クロックだけを動かす。"""
    from clair_bot.clock import keep_time

    application = ready_application()
    run_until_stopped(lambda stop: keep_time(application, stop))


def ready_application() -> "Application":
    """Return the wired application, or stop with a sentence: wrong settings, a database that is not migrated."""
    configure_logs()
    from clair_bot.bootstrap import bootstrap
    from clair_bot.settings import read_settings
    from clair_bot.storage.schema import require_current

    application = bootstrap(read_settings())
    require_current(application.store.engine)
    _ = application.adapters  # wrong variables of a channel stop the start
    return application


def listen(application: "Application", *, host: str, port: int | None, everything: bool) -> None:
    """Serve HTTP until stopped; port 0 takes a free one, which is printed."""
    import uvicorn

    from clair_bot.web.app import create_app

    sys.setswitchinterval(SWITCH_SECONDS)

    class Server(uvicorn.Server):
        """Ends with status 0 after a signal: the graceful stop is the wish, not a failure."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self.handle_exit)
            yield

    config = uvicorn.Config(
        create_app(application, lambda: beside(application, everything=everything)),
        host=host,
        port=application.settings.port if port is None else port,
        log_level="warning",
        access_log=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=8,
        server_header=False,
        date_header=True,
    )
    socket = config.bind_socket()
    print(f"http://{host}:{socket.getsockname()[1]}", file=sys.stderr, flush=True)
    Server(config).run(sockets=[socket])


@contextlib.asynccontextmanager
async def beside(application: "Application", *, everything: bool) -> AsyncIterator[None]:
    """Run what belongs into the web's process: the dispatcher, and with ``everything`` the worker and the clock as well."""
    from clair_bot import clock as metronome
    from clair_bot.worker import running, settle

    scheduler = metronome.start(application) if everything else None
    settling = asyncio.create_task(settle())
    async with running(application, relay=everything):
        yield
    settling.cancel()
    if scheduler:
        scheduler.shutdown(wait=False)


def run_until_stopped(job: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run a job until SIGTERM or SIGINT, then let it end gracefully."""

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await job(stop)

    asyncio.run(main())
