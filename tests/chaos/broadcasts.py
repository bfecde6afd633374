"""A bulletin under way, workers that die, and what the ledger says afterwards."""

import asyncio
import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from tests.chaos.platforms import TELEGRAM_TOKEN, Platform
from tests.unit.newsrooms import APPROVER, EDITOR, TESTER, document

from clair_bot.bootstrap import SystemClock
from clair_bot.desks.reading import read_desks
from clair_bot.domain.bulletins import LedgerLine, LedgerState
from clair_bot.retrieval.retriever import open_retriever
from clair_bot.services.bulletins import control, timing
from clair_bot.services.bulletins.presses import BulletinSettings, Press
from clair_bot.services.bulletins.releasing import Releasing
from clair_bot.services.speaking import Speech
from clair_bot.storage import schema
from clair_bot.storage.bulletin_tables import SubscriberRow, SubscriptionRow
from clair_bot.storage.columns import table_of
from clair_bot.storage.engines import open_engine
from clair_bot.storage.unit_of_work import SqlStore

ROOT = Path(__file__).parents[2]
WORKERS = 4
_MIDDLE = 0.3
"""Seconds behind the beginning of a call at which its worker dies."""
_SETTLED = (LedgerState.SENT, LedgerState.FAILED, LedgerState.UNCERTAIN, LedgerState.CANCELLED)


def recipient(channel: str, number: int) -> str:
    """Return a platform's id of the n-th reader."""
    ids = {"line": f"U{number:032x}", "slack": f"D{number:010d}", "telegram": str(1_000_000 + number)}
    return ids[channel]


class Broadcast:
    """One bulletin to many readers of a channel."""

    def __init__(self, url: str, channel: str, readers: int) -> None:
        self.url, self.channel, self.readers = url, channel, readers
        engine = open_engine(url)
        schema.upgrade(engine)
        self.clock = SystemClock()
        self.store = SqlStore(engine, self.clock)
        tokyo = ZoneInfo("Asia/Tokyo")
        self.settings = BulletinSettings(desks=read_desks(file=None, everyone=None, rooms={}, timezone=tokyo), timezone=tokyo)
        self._subscribe()
        self.number = 0

    def _subscribe(self) -> None:
        now = self.clock.now()
        plain = dict.fromkeys(("name", "organisation", "prefecture", "role", "reason"), "")
        usual = {"kind": "city", "language": "ja", "frequency": "each", "timezone": "Asia/Tokyo", "tester": False, "state": "active"}
        shared = {**plain, **usual, "channel": self.channel, "digest_at": None, "created_at": now}
        numbers = range(1, self.readers + 1)
        people = [{**shared, "recipient": recipient(self.channel, number), "token": f"t{number}"} for number in numbers]
        topics = [{"subscriber_id": n, "topic": "newsletter"} for n in numbers]
        with self.store.engine.begin() as connection:
            connection.execute(insert(table_of(SubscriberRow)), people)
            connection.execute(insert(table_of(SubscriptionRow)), topics)

    def release(self) -> int:
        """Let a bulletin go through its approval and begin."""
        with self.store.write() as work:
            press = Press(work=work, speech=Speech(work, f"chaos:{time.time()}"), settings=self.settings, now=self.clock.now())
            bulletin = control.create(press, EDITOR, document()).bulletin
            bulletin = control.test_send(press, EDITOR, bulletin, [TESTER]).bulletin
            bulletin = control.submit(press, EDITOR, bulletin).bulletin
            bulletin = timing.approve(press, APPROVER, bulletin).bulletin
            bulletin = timing.schedule(press, APPROVER, bulletin, timing.NOW).bulletin
            work.commit()
        Releasing(store=self.store, settings=self.settings, clock=self.clock).run_due()
        self.number = bulletin.id
        return bulletin.id

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

    def status(self) -> str:
        with self.store.read() as work:
            found = work.bulletins.get(self.number)
        return found.status.value if found else ""

    def lines(self, *states: LedgerState) -> list[LedgerLine]:
        with self.store.read() as work:
            return list(work.ledger.lines(self.number, states, limit=self.readers))

    async def until_settled(self, seconds: float) -> None:
        """Wait until every line has its end.

        Raises:
            AssertionError: it took too long.
        """
        until = time.monotonic() + seconds
        while not await asyncio.to_thread(self.settled):
            assert time.monotonic() < until, self.counts()
            await asyncio.sleep(0.5)


class Workers:
    """Worker processes, each at its own door of the platform."""

    def __init__(self, broadcast: Broadcast, platform: Platform, folder: Path, count: int = WORKERS) -> None:
        self.kills = 0
        self._broadcast, self._platform, self._folder, self._count = broadcast, platform, folder, count
        self._processes: dict[int, asyncio.subprocess.Process] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Workers"]:
        open_retriever(ROOT / "knowledge", self._folder / "cache")  # once, for all who start
        for door in range(self._count):
            await self._start(door)
        try:
            yield self
        finally:
            for process in self._processes.values():
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    def environment(self, door: int) -> dict[str, str]:
        """Return the variables of a worker at a door."""
        address = f"http://127.0.0.1:{self._platform.ports[door]}"
        channels = {
            "line": {"LINE_CHANNEL_SECRET": "secret", "LINE_CHANNEL_ACCESS_TOKEN": "token", "LINE_API_URL": address},
            "slack": {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "secret", "SLACK_API_URL": f"{address}/slack/"},
            "telegram": {"TELEGRAM_BOT_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_WEBHOOK_SECRET": "secret", "TELEGRAM_API_URL": address},
        }
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "DATABASE_URL": self._broadcast.url,
            "CLAIR_KNOWLEDGE_DIR": str(ROOT / "knowledge"),
            "CLAIR_CACHE_DIR": str(self._folder / "cache"),
            **channels[self._broadcast.channel],
        }

    async def _start(self, door: int) -> None:
        self._processes[door] = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "clair_bot", "worker", env=self.environment(door), stderr=asyncio.subprocess.DEVNULL
        )

    async def kill_busy(self, times: int) -> None:
        """Kill a worker that waits for an answer, so many times; another takes its place."""
        while self.kills < times and not await asyncio.to_thread(self._broadcast.settled):
            try:
                door = await asyncio.wait_for(self._platform.busy_door(), 1)
            except TimeoutError:
                continue
            await asyncio.sleep(_MIDDLE)
            process = self._processes[door]
            if process.returncode is None:
                process.kill()
                await process.wait()
                self.kills += 1
                await self._start(door)


def duplicates(platform: Platform) -> Counter[str]:
    """Return who got more than one."""
    return Counter({who: count for who, count in platform.got.items() if count > 1})
