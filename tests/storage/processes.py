"""What the storage tests run in processes of their own."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from clair_bot.errors import StorageUnavailable
from clair_bot.messages import Address, InboundKind, InboundMessage
from clair_bot.storage.engines import open_engine
from clair_bot.storage.schema import upgrade
from clair_bot.storage.unit_of_work import SqlStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one process did."""

    recorded: int
    handled: int
    refused: tuple[str, ...]
    """What the driver said each time it could not."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Crowd:
    """Processes that have imported everything and wait for work, so that they begin it at the same moment."""

    def __init__(self, count: int) -> None:
        self._pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))
        for warm in [self._pool.submit(time.sleep, 0.3) for _ in range(count)]:
            warm.result()
        self.count = count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def upgrade(self, url: str) -> list[tuple[str | None, str]]:
        """Let all of them migrate one database."""
        return list(self._pool.map(migrate, [url] * self.count))

    def work(self, url: str, seconds: float) -> list[Work]:
        """Let all of them write, read and handle."""
        return list(self._pool.map(busy, [url] * self.count, range(self.count), [seconds] * self.count))


def migrate(url: str) -> tuple[str | None, str]:
    engine = open_engine(url)
    try:
        return upgrade(engine)
    finally:
        engine.dispose()


def busy(url: str, number: int, seconds: float) -> Work:
    engine = open_engine(url)
    store = SqlStore(engine, SystemClock())
    recorded = handled = 0
    refused: list[str] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with store.write() as work:
                recorded += work.inbox.record([_message(f"{number}-{recorded}")])
                work.commit()
            handled += _handle_one(store)
        except StorageUnavailable as error:
            refused.append(str(error.__cause__))
    engine.dispose()
    return Work(recorded=recorded, handled=handled, refused=tuple(refused))


def _handle_one(store: SqlStore) -> int:
    with store.read() as work:
        entries = work.inbox.pending(1)
    with store.write() as work:
        if not entries or work.inbox.claim(entries[0].id) is None:
            return 0
        work.inbox.done(entries[0].id)
        work.commit()
    return 1


def _message(event_id: str) -> InboundMessage:
    address = Address(channel="line", recipient=event_id)
    return InboundMessage(
        event_ids=(event_id,), kind=InboundKind.TEXT, address=address, sender="U1", sent_at=datetime.now(UTC), text="質問"
    )
