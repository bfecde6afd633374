"""The worker: dispatches what others took in, empties the outbox, listens, and watches the channels."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import structlog

from clair_bot.bootstrap import Application
from clair_bot.errors import StorageError
from clair_bot.services.listening import Listener, watch
from clair_bot.services.relay import POLL_SECONDS

COLLECT_SECONDS = 1.0
"""How soon a wanted file is fetched. Nothing wakes the loop: each look takes the write lock, which dispatches need more."""
PUBLISH_SECONDS = 1.0
"""How soon a released bulletin is noticed; nothing wakes the loop."""
FEED_SECONDS = 30.0
"""How often it is looked whether a feed is due."""
SETTLED_SECONDS = (3.0, 30.0)
"""When a process has loaded what it needs: usually, and on a slow machine."""

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


async def collecting(application: Application) -> None:
    """Fetch what people attached."""
    while True:
        try:
            taken = await application.collector.run_once()
        except StorageError:
            log.warning("collect.storage_unavailable")
            taken = 0
        if not taken:
            await asyncio.sleep(COLLECT_SECONDS)


async def publishing(application: Application) -> None:
    """Carry released bulletins on, and make the digests that are due."""
    while True:
        try:
            moved = await application.publisher.run_once()
            moved = bool(await asyncio.to_thread(application.digests.run_due)) or moved
        except StorageError:
            log.warning("publish.storage_unavailable")
            moved = False
        await asyncio.sleep(0 if moved else PUBLISH_SECONDS)


async def assembling(application: Application) -> None:
    """Read feeds when it is time."""
    while True:
        try:
            await application.assembling.run_due()
        except StorageError:
            log.warning("assemble.storage_unavailable")
        await asyncio.sleep(FEED_SECONDS)


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
    if application.adapters:
        jobs.append(("collecting", collecting(application)))
        jobs.append(("publishing", publishing(application)))
        jobs.append(("assembling", assembling(application)))
    for name, adapter in application.adapters.items():
        jobs.append((f"relay {name}", application.relay(name).run()))
        jobs.append((f"watch {name}", watch(adapter, application.store)))
        if adapter.listens:
            listener = Listener(store=application.store, adapter=adapter, intake=application.intake, waker=application.inbox_waker)
            jobs.append((f"listen {name}", listener.run()))
    return jobs


async def settle() -> None:
    """Take what has been loaded out of the garbage collector's rounds: a full one would stop the process for a fifth of a second."""
    for seconds in SETTLED_SECONDS:
        await asyncio.sleep(seconds)
        gc.freeze()


def _report_end(task: asyncio.Task[None]) -> None:
    """A loop never ends by itself: when it does, everybody should know."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("loop.died", loop=task.get_name(), error=type(error).__name__)


async def work(application: Application, stop: asyncio.Event) -> None:
    """Run as a process of its own until ``stop`` is set."""
    async with running(application):
        log.info("worker.ready", channels=sorted(application.adapters))
        settling = asyncio.create_task(settle())
        await stop.wait()
        settling.cancel()
