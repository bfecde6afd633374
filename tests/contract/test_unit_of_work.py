"""What every unit of work does: all or nothing, and one kind of error when the database does not serve."""

import time
from collections.abc import Iterator
from dataclasses import replace
from sqlite3 import Connection as SqliteConnection
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from tests.conftest import StoreUnderTest
from tests.contract.mailrooms import a_document, mailing
from tests.contract.samples import ASKER, FREE, ROOM, a_ticket, heard, reading, said, writing
from tests.standins.postgres import PostgresStandIn

from clair_bot.domain.articles import Search
from clair_bot.domain.audiences import Audience
from clair_bot.domain.conversations import Outcome
from clair_bot.domain.deliveries import DeliveryState, Fate
from clair_bot.domain.feeds import Entry, FeedKind, Reading
from clair_bot.domain.subscriptions import Subscriber
from clair_bot.domain.tickets import Move
from clair_bot.errors import DeliveryError, StorageUnavailable
from clair_bot.messages import Address, Receipt
from clair_bot.ports import Store, UnitOfWork
from clair_bot.storage.unit_of_work import SqlStore

STRANGE = "前\x00後\ud800終\udfff"
CLEAN = "前後?終?"


def everything(work: UnitOfWork) -> None:
    """Write to every repository."""
    work.inbox.record([heard()])
    conversation = work.conversations.get(ASKER, "")
    work.conversations.put(replace(conversation, question="質問"))
    work.conversations.move(Address(channel="line", recipient="C1"), Address(channel="line", recipient="C2"))
    search = Search(question="", terms=(), hits=())
    work.inquiries.add(conversation_id=conversation.id, entry_id=1, question="質問", language="ja", outcome=Outcome.REFUSED, search=search)
    ticket = a_ticket(work, conversation, desk=None)
    work.tickets.move(ticket, Move.NOTE, actor="slack:U9", text="メモ")
    work.outbox.put(said())
    work.outbox.claim("line", 1, FREE)
    work.channels.report("line", "slow")
    work.channels.lease("listen:line", "a", 15)
    news(work)


def news(work: UnitOfWork) -> None:
    """Write to every repository of bulletins."""
    one = work.subscribers.put(Subscriber(address=ASKER), None)
    bulletin = work.bulletins.add(a_document(), actor="advisor:1")
    work.bulletins.save_segment("群馬", Audience(), actor="advisor:1")
    work.bulletins.occur(bulletin.id, "2026-12-01T09:00")
    work.ledger.queue(bulletin.id, mailing([one]))
    work.links.put(bulletin.id, "https://example.test/")
    feed = work.feeds.add(kind=FeedKind.RSS, location="https://example.test/feed", office=None, name="本部", every_minutes=60)
    work.feeds.read(feed, Reading(entries=(Entry(title="題", text="", url="", published_at=None),)))


def assert_empty(store: Store) -> None:
    with store.read() as work:
        assert [work.inbox.counts(), work.inquiries.counts(), work.outbox.counts(), work.channels.states()] == [{}, {}, {}, {}]
        assert not work.conversations.known(ASKER, "")
        assert work.conversations.moved(Address(channel="line", recipient="C1")).recipient == "C1"
        assert work.tickets.get(1) is None
        assert work.tickets.history(1) == []
        assert work.tickets.without_desk() == 0
        assert [work.subscribers.listed(), work.bulletins.listed(), work.feeds.listed(), work.feeds.fresh(None, limit=1)] == [[]] * 4
        assert (work.bulletins.segments(), work.links.clicks(1), work.bulletins.events(1)) == ({}, {}, [])
        assert not work.ledger.is_begun(1)
    assert writing(store, lambda work: work.channels.lease("listen:line", "b", 15))


def test_what_is_not_committed_is_not_there(store: Store) -> None:
    with store.write() as work:
        everything(work)
    assert_empty(store)


def test_an_error_leaves_nothing_and_stays_what_it_is(store: Store) -> None:
    with pytest.raises(KeyError, match="ours"), store.write() as work:  # noqa: PT012
        everything(work)
        raise KeyError("ours")
    assert_empty(store)


def test_what_was_committed_stays_when_the_rest_does_not(store: Store) -> None:
    with store.write() as work:
        work.inbox.record([heard("一")])
        work.commit()
        work.inbox.record([heard("二", at=1, thread="t")])
    assert [entry.message.text for entry in reading(store, lambda work: work.inbox.pending(9))] == ["一"]


def test_readers_see_what_is_committed_and_do_not_wait(store: Store) -> None:
    with store.write() as work:
        work.inbox.record([heard()])
        assert reading(store, lambda reader: reader.inbox.counts()) == {}
        work.commit()
    assert reading(store, lambda reader: reader.inbox.counts()) == {"pending": 1}


def test_texts_that_no_database_can_hold_are_stored_without_harm(store: Store) -> None:
    """S13: NUL and lone surrogates, wherever people or platforms put them."""
    strange = heard(STRANGE, event_ids=(STRANGE,), message_id=STRANGE, thread=STRANGE, sender=STRANGE, reply_handle=STRANGE)
    assert writing(store, lambda work: work.inbox.record([strange])) == 1
    assert writing(store, lambda work: work.inbox.record([strange])) == 0
    (entry,) = reading(store, lambda work: work.inbox.pending(1))
    assert (entry.message.text, entry.message.thread, entry.message.event_ids) == (CLEAN, CLEAN, (CLEAN,))
    with store.write() as work:
        conversation = work.conversations.get(ASKER, STRANGE)
        work.conversations.put(replace(conversation, question=STRANGE, offered=(STRANGE,)))
        work.inbox.hide(ASKER, STRANGE)
        work.inbox.failed(entry.id, error=STRANGE, next_at=None)
        ticket = a_ticket(work, conversation, question=STRANGE)
        assert ticket.question == CLEAN
        work.tickets.move(ticket, Move.REPLY, actor=STRANGE, text=STRANGE)
        assert [found.text for found in work.tickets.history(ticket.id)] == [CLEAN, CLEAN]
        work.tickets.hide(conversation.id, STRANGE)
        work.tickets.behind(ROOM, STRANGE)
        work.channels.report("line", STRANGE)
        work.commit()
    for lookup in (Address(channel="line", recipient=STRANGE), ASKER):
        with store.read() as work:
            work.conversations.known(lookup, STRANGE)
            work.conversations.moved(lookup)
            work.outbox.ours(lookup, STRANGE)


def test_strange_texts_are_sent_without_harm(store: Store) -> None:
    writing(store, lambda work: work.outbox.put(said(STRANGE, thread=STRANGE)))
    with store.write() as work:
        (delivery,) = work.outbox.claim("line", 1, FREE)
        assert (delivery.message.paragraphs, delivery.message.thread) == ((CLEAN,), CLEAN)
        work.outbox.unsent(delivery, DeliveryError(STRANGE), Fate(state=DeliveryState.QUEUED))
        work.commit()
    with store.write() as work:
        (delivery,) = work.outbox.claim("line", 1, FREE)
        work.outbox.sent(delivery, Receipt(message_ids=(STRANGE,)))
        work.commit()
    assert len(reading(store, lambda work: work.outbox.read(ASKER))) == 1


@pytest.fixture
def stopping(postgres: PostgresStandIn) -> Iterator[PostgresStandIn]:
    """The server, which runs again afterwards whatever happened; all that the other tests wrote need not be read again at its start."""
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    yield postgres
    postgres.start()


@pytest.mark.parametrize("under_test", ["postgresql"], indirect=True)
def test_postgresql_that_dies_is_unavailable_and_comes_back(store: Store, stopping: PostgresStandIn) -> None:
    """R8 in small: in the middle of a transaction, at its beginning, and after the restart."""
    writing(store, lambda work: work.inbox.record([heard("受付済み")]))
    with pytest.raises(StorageUnavailable), store.write() as work:  # noqa: PT012
        work.inbox.record([heard("途中", thread="t")])
        stopping.stop_at_once()
        work.commit()
    for begin in (store.write, store.read):
        with pytest.raises(StorageUnavailable), begin() as work:
            work.inbox.pending(1)
    stopping.start()
    began = time.monotonic()
    while (entries := _served(store)) is None:
        assert time.monotonic() - began < 5
    assert entries == ["受付済み"]
    assert writing(store, lambda work: work.inbox.record([heard("再送", thread="t")])) == 1


def _served(store: Store) -> list[str] | None:
    try:
        return [entry.message.text for entry in reading(store, lambda work: work.inbox.pending(9))]
    except StorageUnavailable:
        return None


@pytest.mark.parametrize("under_test", ["postgresql"], indirect=True)
def test_a_restart_that_nobody_noticed_costs_no_more_than_one_attempt(store: Store, stopping: PostgresStandIn) -> None:
    """The pool's connections are dead: all of them are given up with the first."""
    writing(store, lambda work: work.inbox.record([heard()]))
    stopping.stop_at_once()
    stopping.start()
    first = _served(store)
    assert first in (None, ["質問"])
    assert _served(store) == ["質問"]


@pytest.mark.parametrize("under_test", ["sqlite"], indirect=True)
def test_a_full_disk_loses_nothing_that_was_acknowledged(under_test: StoreUnderTest) -> None:
    """R9 in small. The limit belongs to a connection: it is set whenever one is taken from the pool."""
    store = under_test.store
    assert isinstance(store, SqlStore)
    pages = {"limit": 110}

    def limit(connection: SqliteConnection, _record: Any, _proxy: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages['limit']}").close()

    event.listen(store.engine, "checkout", limit)
    acknowledged: list[str] = []
    with pytest.raises(StorageUnavailable):  # noqa: PT012
        for number in range(10_000):
            message = heard("長い" * 500, at=number, event_ids=(f"{number}",), thread=f"{number}")
            with store.write() as work:
                work.inbox.record([message])
                work.commit()
            acknowledged.append(message.thread)
    assert len(acknowledged) > 3
    with pytest.raises(StorageUnavailable):  # still full
        writing(store, lambda work: work.inbox.record([heard("長い" * 5_000)]))
    assert _threads(store) == acknowledged
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    pages["limit"] = 1_000_000
    writing(store, lambda work: work.inbox.record([heard("長い" * 5_000, at=99_999, thread="again")]))
    assert _threads(store) == [*acknowledged, "again"]


def _threads(store: Store) -> list[str]:
    return [entry.message.thread for entry in reading(store, lambda work: work.inbox.pending(10_000))]
