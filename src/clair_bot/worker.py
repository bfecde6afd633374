"""The worker: dispatches what others took in, empties the outbox, listens, and watches the channels."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import structlog

from clair_bot.bootstrap import Application
from clair_bot.errors import StorageError
from clair_bot.services.listening import Listener, watch
from clair_bot.services.relay import POLL_SECONDS

log = structlog.get_logger()


async def dispatching(application: Application) -> None:
    """Handle the inbox: at once when woken, and soon in any case."""
    while True:
        try:
            await asyncio.to_thread(application.dispatcher.run_pending)
        except StorageError:
            log.warning("dispatch.storage_unavailable")
            await asyncio.sleep(1)
            continue
        await application.inbox_waker.wait(POLL_SECONDS)


@contextlib.asynccontextmanager
async def running(application: Application, *, relay: bool = True) -> AsyncIterator[None]:
    """Run the loops beside whatever happens inside; stop them gracefully afterwards."""
    tasks = [asyncio.create_task(job, name=name) for name, job in _jobs(application, relay=relay)]
    for task in tasks:
        task.add_done_callback(_report_end)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for adapter in application.adapters.values():
            await adapter.aclose()


def _jobs(application: Application, *, relay: bool) -> list[tuple[str, Coroutine[Any, Any, None]]]:
    jobs: list[tuple[str, Coroutine[Any, Any, None]]] = [("dispatching", dispatching(application))]
    if not relay:
        return jobs
    for name, adapter in application.adapters.items():
        jobs.append((f"relay {name}", application.relay(name).run()))
        jobs.append((f"watch {name}", watch(adapter, application.store)))
        if adapter.listens:
            listener = Listener(store=application.store, adapter=adapter, intake=application.intake, waker=application.inbox_waker)
            jobs.append((f"listen {name}", listener.run()))
    return jobs


def _report_end(task: asyncio.Task[None]) -> None:
    """A loop never ends by itself: when it does, everybody should know."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("loop.died", loop=task.get_name(), error=type(error).__name__)


async def work(application: Application, stop: asyncio.Event) -> None:
    """Run as a process of its own until ``stop`` is set."""
    async with running(application):
        log.info("worker.ready", channels=sorted(application.adapters))
        await stop.wait()
