"""A database of the second migration, full: every row of every table is there after the third, and bulletins are sent beside it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text
from tests.contract.mailrooms import at, claim, counts, queued, reader, readers, sent
from tests.storage.fillings import assert_complete, fill, found
from tests.storage.test_first_rows import ASKER, FREE, ROOM
from tests.storage.test_first_rows import ROWS as FIRST

from clair_bot.domain.advisors import Role
from clair_bot.domain.bulletins import BulletinStatus, LedgerState
from clair_bot.domain.deliveries import DeliveryState
from clair_bot.domain.tickets import TicketState
from clair_bot.messages import OutboundMessage, Receipt
from clair_bot.storage import schema
from clair_bot.storage.codec import pack_outbound
from clair_bot.storage.engines import open_engine
from clair_bot.storage.unit_of_work import SqlStore
from clair_bot.testing.clocks import START, FrozenClock

LATER = START + timedelta(hours=4)
_TICKET = {
    "terms": ["食品"],
    "desk_key": "IV",
    "office": "LON",
    "card": 1,
    "assignee": 1,
    "urgency": "high",
    "organisation": "群馬県",
    "country": "英国",
    "deadline": date(2026, 12, 1),
    "tried": "電話した",
    "confidential": False,
    "snoozed_until": None,
    "answer_due": LATER,
    "resolution_due": LATER,
    "answered_at": None,
    "resolved_at": None,
    "merged_into": None,
    "follows": None,
    "rating": None,
}
_ADVISOR = {"desks": ["IV"], "capacity": 5, "last_assigned_at": START, "removed_at": None}
_FILE = {"channel": "line", "to_desk": True, "handle": "h", "name": "企画書.pdf", "media_type": "application/pdf", "error": ""}


def _with(rows: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    return [row | more for row in rows]


def _change(key: str) -> dict[str, Any]:
    message = OutboundMessage(to=ROOM, idempotency_key=key, paragraphs=("新しいカード",))
    return FIRST["delivery"][1] | {
        "id": 3,
        "channel": "slack",
        "recipient": "C1",
        "payload": pack_outbound(message),
        "idempotency_key": key,
    }


ROWS: dict[str, list[dict[str, Any]]] = FIRST | {
    "conversation": _with(FIRST["conversation"], organisation="群馬県", asking="detail", asking_until=LATER),
    "ticket": _with(FIRST["ticket"], **_TICKET),
    "ticket_event": _with(FIRST["ticket_event"], source="slack:C1/1", template="greeting"),
    "delivery": [*_with(FIRST["delivery"], replaces=None), _change("k3") | {"replaces": 1}],
    "advisor": [
        {"id": 1, "name": "佐藤", "folded": "佐藤", "roles": ["advisor"], **_ADVISOR},
        {"id": 2, "name": "鈴木", "folded": "鈴木", "roles": ["lead", "manager"], **_ADVISOR, "removed_at": START},
    ],
    "advisor_address": [{"id": 1, "channel": "slack", "recipient": "U9", "advisor_id": 1}],
    "absence": [{"id": 1, "advisor_id": 1, "first": date(2026, 12, 28), "last": date(2027, 1, 4)}],
    "reminder": [{"id": 1, "ticket_id": 2, "kind": "answer", "percent": 50, "due_at": LATER, "done": False}],
    "attachment": [
        {"id": 1, "ticket_id": 2, "size": 3, "state": "ready", "attempts": 1, "next_at": START, "token": "t1", "content": b"\x00\xff1"}
        | _FILE
        | {"created_at": START},
        {"id": 2, "ticket_id": 2, "size": 0, "state": "wanted", "attempts": 0, "next_at": START, "token": "t2", "content": None}
        | _FILE
        | {"created_at": START},
    ],
    "sealed_text": [
        {
            "id": 1,
            "ticket_id": 3,
            "token": "s1",
            "code_hash": "h",
            "text": "秘密",
            "wrong_codes": 2,
            "expires_at": LATER,
            "opened_at": None,
        }
    ],
}


@pytest.fixture
def second(empty_database: str) -> Iterator[Engine]:
    engine = open_engine(empty_database)
    schema.upgrade(engine, "0002")
    fill(engine, ROWS)
    yield engine
    engine.dispose()


@pytest.fixture
def store(second: Engine) -> SqlStore:
    schema.upgrade(second)
    return SqlStore(second, FrozenClock())


def test_every_table_of_the_second_migration_has_rows_here(second: Engine) -> None:
    assert_complete(second, ROWS)


def test_every_row_is_as_it_was(second: Engine) -> None:
    before = found(second, ROWS)
    assert {name: len(rows) for name, rows in before.items()} == {name: len(rows) for name, rows in ROWS.items()}
    for start in ("0002", schema.HEAD):
        assert schema.upgrade(second) == (start, schema.HEAD)
        assert found(second, ROWS) == before


def test_the_ways_into_the_outbox_are_there(second: Engine) -> None:
    schema.upgrade(second)
    indexes = {index["name"]: index["column_names"] for index in inspect(second).get_indexes("delivery")}
    assert indexes["ix_delivery_due"] == ["channel", "state", "priority", "next_at", "id"]
    assert indexes["ix_delivery_bulletin"] == ["bulletin_id", "state"]
    assert {"ix_delivery_order", "ix_delivery_ticket", "ix_delivery_replaces"} <= set(indexes)


def test_deliveries_of_then_are_no_bulletins_and_are_sent(second: Engine, store: SqlStore) -> None:
    with second.connect() as connection:
        columns = "bulletin_id, content_id, unsubscribe, together, unreachable"
        rows = connection.execute(text(f"SELECT {columns} FROM delivery")).all()  # noqa: S608  # our own words
        assert {tuple(row) for row in rows} == {(None, None, "", False, False)}
    with store.write() as work:
        (reply,) = work.outbox.claim("line", 5, FREE)
        (change,) = work.outbox.claim("slack", 5, FREE)
        assert (reply.id, reply.members, reply.bulletin_id, reply.message.paragraphs) == (2, None, None, ("答え",))
        assert (change.id, change.replaces, change.message.replaces, change.message.issue) == (3, 1, ("1.1",), None)
        work.outbox.sent(reply, Receipt(message_ids=("m9",)))
        work.outbox.sent(change, Receipt(message_ids=("1.1",)))
        work.commit()
    with store.read() as work:
        assert [one.state for one in work.outbox.read(ASKER)] == [DeliveryState.SENT]
        assert [one.id for one in work.outbox.read(ROOM)] == [1, 3]


def test_the_desk_works_on(store: SqlStore) -> None:
    with store.write() as work:
        assert [(one.id, one.name, one.roles) for one in work.advisors.everyone()] == [(1, "佐藤", frozenset({Role.ADVISOR}))]
        assert work.advisors.name(2) == "鈴木"
        ticket = work.tickets.behind(ROOM, "1.1")
        assert ticket
        assert (ticket.id, ticket.state, ticket.assignee, ticket.card, ticket.deadline) == (
            2,
            TicketState.ASSIGNED,
            1,
            1,
            date(2026, 12, 1),
        )
        assert work.attachments.opened(1, "t1") == ("企画書.pdf", "application/pdf", b"\x00\xff1")
        assert [one.id for one in work.attachments.claim(["line"], 5)] == [2]
        assert work.sealed.open("s1", "h") == (3, "秘密")
        assert work.conversations.get(ASKER, "").organisation == "群馬県"
        work.commit()


def test_bulletins_are_sent_beside_what_was_there(store: SqlStore) -> None:
    bulletin, asker = at(store, BulletinStatus.SENDING), reader(store, address=ASKER)
    assert (bulletin.id, asker.id) == (1, 1)
    queued(store, bulletin, [asker])
    queued(store, bulletin, readers(store, 3), together=True)
    first, batch = claim(store)
    assert (first.id, len(batch.members or ())) == (2, 3)
    sent(store, first, batch)
    (own,) = claim(store)
    assert (own.id, own.bulletin_id, own.message.to) == (4, bulletin.id, ASKER)
    sent(store, own)
    assert counts(store, bulletin) == {LedgerState.SENT: 4}
    with store.read() as work:
        assert work.subscribers.get(1) == replace(asker, id=1)
