"""Assembling: what feeds brought becomes drafts. Nothing is ever sent by itself."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from clair_bot.domain.bulletins import (
    LONGEST_TITLE,
    MOST_ITEMS,
    Bulletin,
    BulletinItem,
    BulletinKind,
    BulletinStatus,
    Category,
    Document,
)
from clair_bot.domain.desks import Office
from clair_bot.domain.feeds import Entry, Feed, Reading
from clair_bot.domain.recurrences import local_times, parse_recurrence
from clair_bot.errors import FeedError
from clair_bot.ports import Clock, FeedReading, Store, UnitOfWork
from clair_bot.services.bulletins.control import Done
from clair_bot.services.bulletins.issues import current, office_name, summary
from clair_bot.services.bulletins.presses import CLOCK, BulletinSettings, Press
from clair_bot.services.phrases import PRESS
from clair_bot.services.phrases.bulletins import JA
from clair_bot.services.speaking import Speech

FLASH = "第2・第4水曜 8:30"
"""When the flash is put together, as CLAIR's is; it then waits for people."""
FLASH_KEY = "flash"
_SENT = frozenset({BulletinStatus.SENDING, BulletinStatus.SENT})
_MONTH = timedelta(days=31)
_LEASE_SECONDS = 60.0
"""How long a feed belongs to the worker that reads it. Holders are new each time: nobody takes a lease twice."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembling:
    """Reads feeds when it is time, makes drafts of what is new, and puts the flash together."""

    store: Store
    reader: FeedReading
    settings: BulletinSettings
    clock: Clock

    async def run_due(self) -> int:
        """Read the feeds whose time has come; return how many."""
        count = 0
        for feed in await asyncio.to_thread(self._due):
            if await asyncio.to_thread(self._take, feed):
                await self.read(feed)
                count += 1
        await asyncio.to_thread(self._flash)
        return count

    def _due(self) -> Sequence[Feed]:
        with self.store.read() as work:
            return work.feeds.due()

    def _take(self, feed: Feed) -> bool:
        """Take a feed just before it is read: the ones before it may have taken long, or another worker may have read it by now."""
        with self.store.write() as work:
            is_due = any(one.id == feed.id for one in work.feeds.due())
            taken = is_due and work.channels.lease(f"feed:{feed.id}", str(uuid.uuid4()), _LEASE_SECONDS)
            work.commit()
        return taken

    async def read(self, feed: Feed) -> int:
        """Read one feed and make a draft of what is new in it; return how many entries were."""
        reading, error = None, ""
        try:
            reading = await self.reader.read(feed)
        except FeedError as refused:
            error = str(refused)
        new = await asyncio.to_thread(self._keep, feed, reading, error)
        log.info("feed.read", feed=feed.id, new=new, failed=bool(error))
        return new

    def _keep(self, feed: Feed, reading: Reading | None, error: str) -> int:
        with self.store.write() as work:
            new = work.feeds.read(feed, reading, error=error)
            if new:
                press = self._press(work, f"feed:{feed.id}")
                while drafted := assemble(press, feed.office, actor=CLOCK):
                    press.tell(drafted.sentence)
            work.commit()
        return new

    def _flash(self) -> None:
        """Put the flash together when its time has come, once, whatever number of workers there are."""
        with self.store.read() as work:
            press = self._press(work, FLASH_KEY)
            due = _last_flash(press)
        if due is None:
            return
        with self.store.write() as work:
            if work.channels.lease(f"{FLASH_KEY}:{due:%Y-%m-%d}", str(uuid.uuid4()), _MONTH.total_seconds()):
                press = self._press(work, f"{FLASH_KEY}:{due:%Y-%m-%d}")
                drafted = flash(press)
                if drafted:
                    press.tell(drafted.sentence)
                work.commit()

    def _press(self, work: UnitOfWork, cause: str) -> Press:
        speech = Speech(work, f"{cause}:{uuid.uuid4()}")
        return Press(work=work, speech=speech, settings=self.settings, now=self.clock.now())


def _last_flash(press: Press) -> datetime | None:
    """Return the flash's time of today, if it has come."""
    local = press.now.astimezone(press.settings.timezone).replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(minutes=1)
    works = press.settings.desks.get("base").calendar.is_working_day
    first = next(iter(local_times(parse_recurrence(FLASH), after=midnight, is_working_day=works)))
    return first if first.date() == local.date() and first <= local else None


def assemble(press: Press, office: Office | None, *, actor: str) -> Done | None:
    """Make a draft of what feeds brought from an office (None: headquarters); None when there is nothing new."""
    fresh = press.work.feeds.fresh(office, limit=MOST_ITEMS)
    if not fresh:
        return None
    name = office_name(office, JA) if office else press.settings.desks.get("base").name
    document = Document(
        title=fresh[0][1].title[:LONGEST_TITLE],
        kind=BulletinKind.OFFICE if office else BulletinKind.NOTICE,
        items=tuple(_item(entry, office) for _, entry in fresh),
        offices=(office,) if office else (),
    )
    bulletin = press.work.bulletins.add(document, actor=actor)
    press.work.feeds.take([number for number, _ in fresh], bulletin.id)
    sentence = PRESS.draft_from_feed.format(name=name, count=len(fresh), id=bulletin.id)
    return Done(bulletin=bulletin, sentence=sentence)


def _item(entry: Entry, office: Office | None) -> BulletinItem:
    return BulletinItem(
        title=entry.title,
        text=summary(entry.text),
        category=Category.OFFICE if office else Category.INFO,
        office=office,
        url=entry.url,
        published_at=entry.published_at,
        source=entry.url,
    )


def flash(press: Press) -> Done | None:
    """Make a draft of what the offices sent since the last flash; None when they sent nothing."""
    offices = _sent_since_last(press)
    day = press.now.astimezone(press.settings.timezone).date()
    items = [_named(item, bulletin) for bulletin in offices for item in current(bulletin.document.items, day)][:MOST_ITEMS]
    if not items:
        return None
    document = Document(
        title=items[0].title[:LONGEST_TITLE],
        kind=BulletinKind.NEWSLETTER,
        items=tuple(items),
        lead=(PRESS.flash_lead.format(month=day.month, day=day.day),),
    )
    bulletin = press.work.bulletins.add(document, actor=CLOCK)
    return Done(bulletin=bulletin, sentence=PRESS.flash.format(count=len(items), id=bulletin.id))


def _named(item: BulletinItem, bulletin: Bulletin) -> BulletinItem:
    """Return an item that says whose it is, also beside those of others."""
    offices = bulletin.document.offices
    return replace(item, office=offices[0]) if item.office is None and len(offices) == 1 else item


def _sent_since_last(press: Press) -> list[Bulletin]:
    """Return the offices' updates that were sent since the last flash was put together, oldest first."""
    bulletins = press.work.bulletins.listed(limit=500)
    last = next((one.created_at for one in bulletins if one.author == CLOCK and one.document.kind is BulletinKind.NEWSLETTER), None)
    since = max(last, press.now - _MONTH) if last else press.now - _MONTH
    sent = [one for one in bulletins if one.status in _SENT and one.document.kind is BulletinKind.OFFICE and not one.document.drill]
    return [one for one in reversed(sent) if one.released_at and one.released_at > since]
