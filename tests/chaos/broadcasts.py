"""A bulletin under way, workers that die, and what the ledger says afterwards."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from tests.chaos.mails import PostOffice
from tests.chaos.platforms import TELEGRAM_TOKEN, Platform
from tests.chaos.processes import DESK, ROOT, Process, environment
from tests.unit.newsrooms import APPROVER, EDITOR, SEMINAR, TESTER, document

from clair_bot.bootstrap import SystemClock
from clair_bot.desks.reading import read_desks
from clair_bot.domain.bulletins import Act, Bulletin, Document, LedgerLine, LedgerState
from clair_bot.messages import Address
from clair_bot.ports import UnitOfWork
from clair_bot.retrieval.retriever import open_retriever
from clair_bot.services.bulletins import control, timing
from clair_bot.services.bulletins.control import Done
from clair_bot.services.bulletins.presses import BulletinSettings, Press
from clair_bot.services.bulletins.releasing import Releasing
from clair_bot.services.speaking import Speech
from clair_bot.storage import schema
from clair_bot.storage.bulletin_tables import SubscriberRow, SubscriptionRow
from clair_bot.storage.columns import table_of
from clair_bot.storage.engines import open_engine
from clair_bot.storage.unit_of_work import SqlStore

WORKERS = 4
_MIDDLE = 0.3
"""Seconds behind the beginning of a call at which its worker dies."""
TOKYO = ZoneInfo("Asia/Tokyo")
TIMELESS = document(items=(replace(SEMINAR, deadline=None),))
"""What may be sent on any day."""
_SETTLED = (LedgerState.SENT, LedgerState.FAILED, LedgerState.UNCERTAIN, LedgerState.CANCELLED)
_IDS: Mapping[str, Callable[[int], tuple[str, str]]] = {
    "line": lambda number: ("line", f"U{number:032x}"),
    "room": lambda number: ("line", f"C{number:032x}"),
    "slack": lambda number: ("slack", f"D{number:010d}"),
    "telegram": lambda number: ("telegram", str(1_000_000 + number)),
    "mail": lambda number: ("mail", f"reader{number}@example.lg.jp"),
}
"""A ``room`` is LINE's: sent to one by one."""


def recipient(kind: str, number: int) -> str:
    """Return a platform's id of the n-th reader of a kind."""
    return _IDS[kind](number)[1]


def local(moment: datetime) -> str:
    """Return a moment as the naive local time that names an occurrence."""
    return moment.astimezone(TOKYO).replace(tzinfo=None).isoformat(timespec="seconds")


class Broadcast:
    """One bulletin to many readers."""

    def __init__(self, url: str, kind: str, readers: int, **others: int) -> None:
        self.url = url
        self.kinds = {kind: readers, **others}
        self.channels = {_IDS[kind](0)[0] for kind in self.kinds}
        self.readers = sum(self.kinds.values())
        engine = open_engine(url)
        schema.upgrade(engine)
        self.clock = SystemClock()
        self.store = SqlStore(engine, self.clock)
        self.settings = BulletinSettings(
            desks=read_desks(file=None, everyone=Address.parse(DESK), rooms={}, timezone=TOKYO), timezone=TOKYO
        )
        self._subscribe()
        self.number = 0

    def close(self) -> None:
        """Let the database go."""
        self.store.engine.dispose()

    def _subscribe(self) -> None:
        plain = dict.fromkeys(("name", "organisation", "prefecture", "role", "reason"), "")
        usual = {"kind": "city", "language": "ja", "frequency": "each", "timezone": "Asia/Tokyo", "tester": False, "state": "active"}
        shared = {**plain, **usual, "digest_at": None, "created_at": self.clock.now()}
        places = [_IDS[kind](number) for kind, count in self.kinds.items() for number in range(1, count + 1)]
        people = [
            {**shared, "channel": channel, "recipient": place, "token": f"{number:022}"}
            for number, (channel, place) in enumerate(places, 1)
        ]
        topics = [{"subscriber_id": number, "topic": "newsletter"} for number in range(1, self.readers + 1)]
        with self.store.engine.begin() as connection:
            connection.execute(insert(table_of(SubscriberRow)), people)
            connection.execute(insert(table_of(SubscriptionRow)), topics)

    def everybody(self, kind: str) -> set[str]:
        """Return the ids of the readers of a kind."""
        return {recipient(kind, number) for number in range(1, self.kinds[kind] + 1)}

    def _press(self, work: UnitOfWork) -> Press:
        return Press(work=work, speech=Speech(work, f"chaos:{time.time_ns()}"), settings=self.settings, now=self.clock.now())

    def approved(self, written: Document = TIMELESS, *, due: tuple[datetime, str] | None = None) -> int:
        """Bring a bulletin through its approval, and set when it is due, at whatever time; return its number."""
        with self.store.write() as work:
            press = self._press(work)
            bulletin = control.create(press, EDITOR, written).bulletin
            bulletin = control.test_send(press, EDITOR, bulletin, [TESTER]).bulletin
            bulletin = control.submit(press, EDITOR, bulletin).bulletin
            bulletin = timing.approve(press, APPROVER, bulletin).bulletin
            if due:
                work.bulletins.act(bulletin, Act.SCHEDULE, actor=APPROVER.mark, text=due[1], due=due)
            work.commit()
        return bulletin.id

    def release(self, written: Document = TIMELESS) -> int:
        """Let a bulletin go through its approval and begin."""
        now = self.clock.now()
        self.number = self.approved(written, due=(now, local(now)))
        Releasing(store=self.store, settings=self.settings, clock=self.clock).run_due()
        return self.number

    def does(self, deed: Callable[..., Done], *arguments: object, **named: object) -> str:
        """Let somebody do something to the bulletin; return what they hear."""
        with self.store.write() as work:
            press = self._press(work)
            sentence = deed(press, APPROVER, control.bulletin_of(press, self.number), *arguments, **named).sentence
            work.commit()
        return sentence

    def fall_due(self) -> None:
        """Let the time of the bulletin come now, whenever it was to be."""
        now = self.clock.now()
        with self.store.write() as work:
            found = control.bulletin_of(self._press(work), self.number)
            work.bulletins.act(found, Act.SCHEDULE, actor=APPROVER.mark, due=(now, local(now)))
            work.commit()

    def counts(self) -> Mapping[LedgerState, int]:
        with self.store.read() as work:
            return work.ledger.counts(self.number)

    def settled(self) -> bool:
        """Tell whether every reader has a line, and every line its end."""
        counts = self.counts()
        return sum(counts.values()) == self.readers == sum(counts[state] for state in _SETTLED)

    def finished(self) -> bool:
        """As ``settled``, without counting: nothing is to be written and nothing to be sent."""
        with self.store.read() as work:
            bulletin = work.bulletins.get(self.number)
            return bool(bulletin and bulletin.expanded) and not work.ledger.is_open(self.number)

    def bulletins(self) -> list[Bulletin]:
        """Return every bulletin, oldest first."""
        with self.store.read() as work:
            return list(reversed(work.bulletins.listed()))

    def acts(self, number: int) -> list[Act]:
        with self.store.read() as work:
            return [event.act for event in work.bulletins.events(number)]

    def status(self) -> str:
        with self.store.read() as work:
            found = work.bulletins.get(self.number)
        return found.status.value if found else ""

    def lines(self, *states: LedgerState) -> list[LedgerLine]:
        with self.store.read() as work:
            return list(work.ledger.lines(self.number, states, limit=self.readers))

    def addresses(self, *states: LedgerState, of: str) -> set[str]:
        """Return whose lines of a channel are in these states."""
        places = [Address.parse(line.address) for line in self.lines(*states)]
        return {place.recipient for place in places if place.channel == of}

    async def until_settled(self, seconds: float) -> None:
        """Wait until every line has its end.

        Raises:
            AssertionError: it took too long.
        """
        await self._until(self.settled, seconds, every=0.5)

    async def until_status(self, wanted: Collection[str], seconds: float) -> None:
        """Wait until the bulletin stands there.

        Raises:
            AssertionError: it took too long.
        """
        await self._until(lambda: self.status() in wanted, seconds, every=0.1)

    async def _until(self, condition: Callable[[], bool], seconds: float, *, every: float) -> None:
        until = time.monotonic() + seconds
        while not await asyncio.to_thread(condition):
            assert time.monotonic() < until, (self.status(), self.counts())
            await asyncio.sleep(every)


class Workers:
    """Worker processes, each at its own door of the platform."""

    def __init__(
        self, broadcast: Broadcast, platform: Platform, folder: Path, count: int = WORKERS, *, mail: PostOffice | None = None
    ) -> None:
        self.kills = 0
        self.cut: Counter[str] = Counter()
        """How many calls of each channel never heard their answer."""
        self._broadcast, self._platform, self._folder, self._count, self._mail = broadcast, platform, folder, count, mail
        self._processes: dict[int, Process] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Workers"]:
        open_retriever(ROOT / "knowledge", self._folder / "cache")  # once, for all who start
        for door in range(self._count):
            await self._start(door)
        try:
            yield self
        finally:
            for process in self._processes.values():
                await process.kill()

    def _environment(self, door: int) -> dict[str, str]:
        """Return the variables of a worker at a door."""
        address = f"http://127.0.0.1:{self._platform.ports[door]}"
        channels = {
            "line": {"LINE_CHANNEL_SECRET": "secret", "LINE_CHANNEL_ACCESS_TOKEN": "token", "LINE_API_URL": address},
            "slack": {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "secret", "SLACK_API_URL": f"{address}/slack/"},
            "telegram": {"TELEGRAM_BOT_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_WEBHOOK_SECRET": "secret", "TELEGRAM_API_URL": address},
            "mail": {"SMTP_URL": self._mail.url(door), "CLAIR_MAIL_FROM": "クレア <news@example.or.jp>"} if self._mail else {},
        }
        variables = environment(self._broadcast.url, self._folder)
        for channel in self._broadcast.channels:
            variables |= channels[channel]
        return variables

    async def _start(self, door: int) -> None:
        self._processes[door] = await Process.start("worker", self._environment(door))

    async def kill_busy(self, *channels: str, times: int) -> None:
        """Kill a worker that waits for an answer, so many times, of each channel in turn; another takes its place."""
        while self.kills < times and not await asyncio.to_thread(self._broadcast.settled):
            try:
                door = await asyncio.wait_for(self._platform.busy_door(channels[self.kills % len(channels)]), 1)
            except TimeoutError:
                continue
            await asyncio.sleep(_MIDDLE)
            if self._processes[door].lives:
                self.cut += self._platform.under_way(door)
                await self._processes[door].kill()
                self.kills += 1
                await self._start(door)
