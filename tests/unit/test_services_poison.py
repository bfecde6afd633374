"""Rows that a database holds and this version cannot read: they end by themselves, and stop nobody (R13, R14)."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from tests.unit.chats import BARS, Chat
from tests.unit.desks import settings
from tests.unit.senders import until

from clair_bot.domain.deliveries import LEASE
from clair_bot.messages import Address, OutboundMessage, Receipt
from clair_bot.services.dispatch import MAX_ATTEMPTS, Dispatcher
from clair_bot.services.intake import Intake
from clair_bot.services.relay import Relay
from clair_bot.services.wakers import Waker
from clair_bot.storage.engines import open_engine
from clair_bot.storage.unit_of_work import SqlStore
from clair_bot.testing.adapters import FakeAdapter
from clair_bot.testing.clocks import FrozenClock

NOBODY = settings(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A database, and what only a test may do to it."""

    engine: Engine
    store: SqlStore
    clock: FrozenClock

    def spoil(self, table: str, row_id: int) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(f"UPDATE {table} SET payload = '[]' WHERE id = :id"), {"id": row_id})  # noqa: S608

    def put(self, recipient: str) -> int:
        with self.store.write() as work:
            number = work.outbox.put(
                OutboundMessage(to=Address(channel="line", recipient=recipient), idempotency_key=recipient, paragraphs=("答え",))
            )
            work.commit()
        return number

    def deliveries(self) -> dict[str, int]:
        with self.store.read() as work:
            return dict(work.outbox.counts())


@pytest.fixture
def place(sqlite_database: str, clock: FrozenClock) -> Iterator[Place]:
    engine = open_engine(sqlite_database)
    yield Place(engine=engine, store=SqlStore(engine, clock), clock=clock)
    engine.dispose()


@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize("repeats_safely", [False, True])
async def test_an_outbox_row_that_cannot_be_read_fails_and_the_others_go(place: Place, *, claimed: bool, repeats_safely: bool) -> None:
    adapter = FakeAdapter(name="line")
    adapter.repeats_safely = repeats_safely
    poison = place.put("U1")
    if claimed:
        with place.store.write() as work:
            work.outbox.claim("line", 1, adapter.limits)
            work.commit()
        place.clock.advance(LEASE.total_seconds() + 1)
    place.put("U2")
    place.spoil("delivery", poison)
    relay = asyncio.create_task(Relay(store=place.store, adapter=adapter, clock=place.clock, waker=Waker()).run())
    await until(lambda: place.deliveries() == {"failed": 1, "sent": 1})
    assert not relay.done()
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)
    with place.store.read() as work:
        assert len(work.outbox.read(Address(channel="line", recipient="U2"))) == 1


def test_a_sent_row_that_cannot_be_read_is_left_out_of_its_mailbox(place: Place) -> None:
    limits = FakeAdapter().limits
    first = place.put("U1")
    with place.store.write() as work:
        (delivery,) = work.outbox.claim("line", 1, limits)
        work.outbox.sent(delivery, Receipt(message_ids=("1",)))
        work.commit()
    place.spoil("delivery", first)
    with place.store.read() as work:
        assert work.outbox.read(Address(channel="line", recipient="U1")) == []
    assert place.deliveries() == {"sent": 1}


def test_an_inbox_row_that_cannot_be_read_is_put_aside_and_the_others_go(place: Place) -> None:
    chat = Chat()
    intake = Intake(place.store, NOBODY.desks)
    dispatcher = Dispatcher(store=place.store, retriever=chat.retriever, bars=BARS, desk=NOBODY, clock=place.clock)
    behind = chat.message("食品展", sent_at=place.clock.now() + timedelta(seconds=1))
    intake.record([chat.message("食品展"), behind, chat.message("食品展", address=Address(channel="line", recipient="U2"))])
    place.spoil("inbox", 1)
    assert dispatcher.run_pending() == 1
    handled = 0
    for _ in range(MAX_ATTEMPTS):
        place.clock.advance(60)
        handled += dispatcher.run_pending()
    assert handled == 1
    with place.store.read() as work:
        assert work.inbox.counts() == {"aside": 1, "done": 2}
        (entry,) = work.inbox.set_aside(10)
    assert (entry.id, entry.message.text, entry.error) == (1, "", "ValidationError")
