"""A database of the first migration, full: every row of every table is there after the others, and is worked on."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.storage.fillings import assert_complete, fill, found
from tests.unit.desks import desks

from clair_bot.domain.conversations import QUESTION_LIMIT
from clair_bot.domain.tickets import Move, TicketState
from clair_bot.messages import Address, InboundKind, InboundMessage, OutboundMessage, Receipt
from clair_bot.ports import RateLimits
from clair_bot.storage import schema
from clair_bot.storage.codec import pack_inbound, pack_outbound
from clair_bot.storage.engines import open_engine
from clair_bot.storage.unit_of_work import SqlStore
from clair_bot.testing.clocks import START, FrozenClock

ASKER, ROOM = Address(channel="line", recipient="U1"), Address(channel="slack", recipient="C1")
FREE = RateLimits(per_second=1_000, burst=1_000, per_recipient_seconds=0)
LONG = "長い質問。" * (QUESTION_LIMIT // 5)
_HEARD = InboundMessage(event_ids=("e1",), kind=InboundKind.TEXT, address=ASKER, sender="U1", sent_at=START, text=LONG, message_id="m1")
_MOMENTS = {"sent_at": START, "received_at": START, "next_at": START}
_DELIVERY = {"priority": 0, "maybe_sent": False, "parts_sent": 0, "next_at": START, "error": "", "created_at": START}
_STATES = list(enumerate(("open", "assigned", "waiting", "resolved", "closed", "cancelled"), start=1))


def _said(to: Address, key: str) -> dict[str, Any]:
    return pack_outbound(OutboundMessage(to=to, idempotency_key=key, paragraphs=("答え",)))


ROWS: dict[str, list[dict[str, Any]]] = {
    "channel": [{"name": "line", "error": "slow", "paused_until": START, "paced_until": None}],
    "lease": [{"name": "listen:slack", "holder": "a", "until": START}],
    "room_move": [{"channel": "slack", "old": "C0", "new": "C1"}],
    "conversation": [
        {
            "id": 1,
            "channel": "line",
            "recipient": "U1",
            "thread": "",
            "language": "easy",
            "question": LONG,
            "inquiry_id": 1,
            "offered": ["a:i-1-x", "human"],
            "offered_until": START,
            "article_id": "i-1-x",
            "aside": True,
        }
    ],
    "inbox": [
        {
            "id": 7,
            "state": "pending",
            "conversation": "line:U1|",
            "address": "line:U1",
            "message_id": "m1",
            "payload": pack_inbound(_HEARD),
            "attempts": 2,
            "error": "KeyError",
            **_MOMENTS,
        }
    ],
    "inbox_key": [{"channel": "line", "key": "e1", "inbox_id": 7}],
    "inquiry": [
        {
            "id": 1,
            "conversation_id": 1,
            "inbox_id": 7,
            "question": LONG,
            "language": "easy",
            "outcome": "refused",
            "confidence": 0.25,
            "candidates": [["i-1-x", 0.25]],
            "asked_at": START,
        }
    ],
    "ticket": [
        {
            "id": number,
            "conversation_id": 1,
            "desk": "slack:C1" if number > 1 else None,
            "area": "IV" if number % 2 else None,
            "question": LONG,
            "candidates": [["i-1-x", 0.25]],
            "state": state,
            "opened_at": START,
        }
        for number, state in _STATES
    ],
    "ticket_event": [
        {"id": number, "ticket_id": number, "move": "open", "actor": "asker", "text": LONG, "at": START} for number, _ in _STATES
    ],
    "delivery": [
        {
            "id": 1,
            "channel": "slack",
            "recipient": "C1",
            "state": "sent",
            "payload": _said(ROOM, "k1"),
            "idempotency_key": "k1",
            "ticket_id": 2,
            "attempts": 1,
            "lease_until": None,
            "sent_at": START,
            **_DELIVERY,
        },
        {
            "id": 2,
            "channel": "line",
            "recipient": "U1",
            "state": "queued",
            "payload": _said(ASKER, "k2"),
            "idempotency_key": "k2",
            "ticket_id": 2,
            "attempts": 0,
            "lease_until": None,
            "sent_at": None,
            **_DELIVERY,
        },
    ],
    "sent_message": [{"channel": "slack", "recipient": "C1", "message_id": "1.1", "delivery_id": 1, "part": 0}],
}


@pytest.fixture
def first(empty_database: str) -> Iterator[Engine]:
    engine = open_engine(empty_database)
    schema.upgrade(engine, "0001")
    fill(engine, ROWS)
    yield engine
    engine.dispose()


def test_every_table_of_the_first_migration_has_rows_here(first: Engine) -> None:
    assert_complete(first, ROWS)


def test_every_row_is_as_it_was(first: Engine) -> None:
    before = found(first, ROWS)
    assert {name: len(rows) for name, rows in before.items()} == {name: len(rows) for name, rows in ROWS.items()}
    assert schema.upgrade(first) == ("0001", schema.HEAD)
    assert found(first, ROWS) == before
    assert schema.upgrade(first) == (schema.HEAD, schema.HEAD)
    assert found(first, ROWS) == before


def test_what_was_there_is_worked_on(first: Engine) -> None:
    schema.upgrade(first)
    store = SqlStore(first, FrozenClock())
    with store.write() as work:
        tickets = {number: work.tickets.lock(number) for number, _ in _STATES}
        assert {number: one.state.value for number, one in tickets.items() if one} == dict(_STATES)
        assert {number: one.desk_key for number, one in tickets.items() if one} == {
            1: "IV",
            2: "base",
            3: "IV",
            4: "base",
            5: "IV",
            6: "base",
        }
        assert work.tickets.finished_terms(9) == [(5, ()), (4, ())]
        assert [entry.id for entry in work.inbox.pending(5)] == [7]
        assert work.inbox.record([_HEARD]) == 0
        behind = work.tickets.behind(ROOM, "1.1")
        assert behind
        assert (behind.id, behind.deadline, behind.confidential, behind.assignee) == (2, None, False, None)
        answered = work.tickets.move(behind, Move.REPLY, actor="slack:U9", text="回答")
        assert answered
        assert answered.state is TicketState.WAITING
        (queued,) = work.outbox.claim("line", 5, FREE)
        assert (queued.id, queued.replaces, queued.message.paragraphs) == (2, None, ("答え",))
        work.outbox.sent(queued, Receipt(message_ids=("m9",)))
        change = work.outbox.put(OutboundMessage(to=ROOM, idempotency_key="k3", paragraphs=("新しい",)), ticket_id=2, replaces=1)
        assert [(one.id, one.message.replaces) for one in work.outbox.claim("slack", 5, FREE)] == [(change, ("1.1",))]
        work.commit()


def test_ids_go_on_behind_what_was_there(first: Engine) -> None:
    schema.upgrade(first)
    with SqlStore(first, FrozenClock()).write() as work:
        conversation = work.conversations.get(ASKER, "")
        assert (conversation.id, conversation.aside, conversation.organisation, conversation.asking) == (1, True, "", "")
        desk = desks(ROOM).by_key["I"]
        new = work.tickets.open(
            conversation=conversation,
            desk=desk,
            area=None,
            office=None,
            question="次",
            terms=["次"],
            candidates=[],
            deadline=date(2026, 12, 1),
        )
        assert new.id == 7
        assert work.outbox.put(OutboundMessage(to=ROOM, idempotency_key="k3")) == 3
        work.commit()
