"""The clock: a metronome whose ticks do what is due. Ticks hold no state, so that more than one clock does no harm."""

import asyncio
from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from clair_bot.bootstrap import Application
from clair_bot.domain.attachments import KEPT as FILES_KEPT
from clair_bot.errors import StorageError
from clair_bot.ports import Store
from clair_bot.services.bulletins.releasing import Releasing
from clair_bot.services.desk.reminding import Reminding

TICK_SECONDS = 60
BULLETIN_SECONDS = 2
"""How late a bulletin begins at most."""
KEYS_KEPT = timedelta(days=30)
"""How long a platform's event id is remembered; platforms repeat for up to 24 hours."""

log = structlog.get_logger()


def tick(store: Store, reminding: Reminding) -> None:
    """Do what is due."""
    try:
        with store.write() as work:
            forgotten = work.inbox.forget(KEYS_KEPT)
            now = reminding.clock.now()
            work.attachments.forget(now - FILES_KEPT)
            work.sealed.forget(now)
            work.commit()
        reminding.run_due()
    except StorageError:
        log.warning("clock.storage_unavailable")
        return
    log.debug("clock.tick", forgotten=forgotten)


def release(releasing: Releasing) -> None:
    """Begin the bulletins whose time has come."""
    try:
        releasing.run_due()
    except StorageError:
        log.warning("clock.storage_unavailable")


def start(application: Application) -> AsyncIOScheduler:
    """Start the metronome in the running loop. Nothing slow or outward is ever done inside a tick."""
    scheduler = AsyncIOScheduler(timezone=application.settings.timezone)
    scheduler.add_job(
        asyncio.to_thread,
        IntervalTrigger(seconds=TICK_SECONDS),
        args=(tick, application.store, application.reminding),
        coalesce=True,
        max_instances=1,
    )
    scheduler.add_job(
        asyncio.to_thread,
        IntervalTrigger(seconds=BULLETIN_SECONDS),
        args=(release, application.releasing),
        coalesce=True,
        max_instances=1,
    )
    scheduler.start()
    return scheduler


async def keep_time(application: Application, stop: asyncio.Event) -> None:
    """Run as a process of its own until ``stop`` is set."""
    scheduler = start(application)
    log.info("clock.ready")
    try:
        await stop.wait()
    finally:
        scheduler.shutdown(wait=False)
