"""Plain messages and the crowds that send them, for the contract tests of the store."""

import itertools
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from tests.unit.desks import desks

from clair_bot.domain.conversations import Conversation
from clair_bot.domain.desks import Desk
from clair_bot.domain.tickets import Ticket
from clair_bot.messages import Address, InboundKind, InboundMessage, OutboundMessage
from clair_bot.ports import RateLimits, Store, UnitOfWork
from clair_bot.testing.clocks import START

ASKER = Address(channel="line", recipient="U1")
ROOM = Address(channel="slack", recipient="C1")
FREE = RateLimits(per_second=1_000, burst=1_000, per_recipient_seconds=0)

_numbers: Iterator[int] = itertools.count(1)

T = TypeVar("T")


def heard(text: str = "質問", *, at: float = 0, **more: Any) -> InboundMessage:
    """Return a message that came ``at`` seconds after the clock's start."""
    number = next(_numbers)
    plain = InboundMessage(
        event_ids=(f"e{number}",),
        kind=InboundKind.TEXT,
        address=ASKER,
        sender="U1",
        sent_at=START + timedelta(seconds=at),
        text=text,
        message_id=f"m{number}",
    )
    return replace(plain, **more)


def said(*paragraphs: str, to: Address = ASKER, **more: Any) -> OutboundMessage:
    """Return a message to be sent, with a fresh key."""
    return replace(OutboundMessage(to=to, idempotency_key=str(uuid.uuid4()), paragraphs=paragraphs or ("答え",)), **more)


def somebody() -> Address:
    """Return a person whom nobody has written to."""
    return Address(channel="line", recipient=f"V{next(_numbers)}")


def writing(store: Store, work: Callable[[UnitOfWork], T]) -> T:
    """Do something in a transaction of its own."""
    with store.write() as unit:
        result = work(unit)
        unit.commit()
    return result


def reading(store: Store, work: Callable[[UnitOfWork], T]) -> T:
    """Look at something."""
    with store.read() as unit:
        return work(unit)


def opened(store: Store, *, asker: Address = ASKER, desk: Address | None = ROOM, question: str = "食品展に出したい") -> Ticket:
    """Return a new ticket."""

    def open_one(work: UnitOfWork) -> Ticket:
        conversation = work.conversations.get(asker, "")
        return a_ticket(work, conversation, desk=desk, question=question, candidates=[("i-4-x", 0.25)])

    return writing(store, open_one)


def a_desk(room: Address | None = ROOM, **more: Any) -> Desk:
    """Return the desk of an area."""
    return replace(desks(room).by_key["I"], room=room, **more)


def a_ticket(work: UnitOfWork, conversation: Conversation, *, desk: Address | None = ROOM, **more: Any) -> Ticket:
    """Open a ticket inside a transaction."""
    plain: dict[str, Any] = {"area": None, "office": None, "question": "質問", "terms": ("食品", "展"), "candidates": ()}
    return work.tickets.open(conversation=conversation, desk=a_desk(desk), **{**plain, **more})


def together(count: int, work: Callable[[int], T]) -> list[T]:
    """Do something in several threads that start at the same moment; return what came of each, in order."""
    gate = threading.Barrier(count)

    def run(number: int) -> T:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
