"""Subscribers, bulletins wherever they stand, and their lines: for the contract tests of the store."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.contract.samples import FREE, reading, writing

from clair_bot.domain.bulletins import Act, Bulletin, BulletinItem, BulletinKind, BulletinStatus, Document, LedgerLine, LedgerState
from clair_bot.domain.deliveries import BATCHES, Delivery, DeliveryState, Fate
from clair_bot.domain.mailings import Mailing, Member, Reader
from clair_bot.domain.subscriptions import Subscriber
from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, OutboundMessage, Receipt
from clair_bot.ports import RateLimits, Store
from clair_bot.testing.clocks import START

_APPROVED = (Act.SUBMIT, Act.APPROVE)
_SCHEDULED = (*_APPROVED, Act.SCHEDULE)
_PATHS: dict[BulletinStatus, tuple[Act, ...]] = {
    BulletinStatus.DRAFT: (),
    BulletinStatus.SUBMITTED: (Act.SUBMIT,),
    BulletinStatus.APPROVED: _APPROVED,
    BulletinStatus.SCHEDULED: _SCHEDULED,
    BulletinStatus.SENDING: (*_SCHEDULED, Act.RELEASE),
    BulletinStatus.SENT: (*_SCHEDULED, Act.RELEASE, Act.FINISH),
    BulletinStatus.PAUSED: (*_SCHEDULED, Act.RELEASE, Act.PAUSE),
    BulletinStatus.CANCELLED: (Act.CANCEL,),
    BulletinStatus.MISSED: (*_SCHEDULED, Act.MISS),
}
_numbers: Iterator[int] = itertools.count(1)


def a_document(title: str = "秋の号", **changes: Any) -> Document:
    """Return a small newsletter."""
    item = BulletinItem(title="多文化共生セミナー", text="事例を学びます。", owner="多文化共生課", place="東京都")
    return replace(Document(title=title, kind=BulletinKind.NEWSLETTER, items=(item,)), **changes)


def at(store: Store, status: BulletinStatus, document: Document | None = None, due: datetime = START) -> Bulletin:
    """Return a bulletin in a status, on its usual way there."""

    def walk(work: Any) -> Bulletin:
        bulletin: Bulletin = work.bulletins.add(document or a_document(), actor="advisor:1")
        for act in _PATHS[status]:
            becomes = BulletinStatus.APPROVED if act is Act.APPROVE else None
            when = (due, f"{due:%Y-%m-%dT%H:%M}") if act is Act.SCHEDULE else None
            bulletin = work.bulletins.act(bulletin, act, actor="advisor:2", becomes=becomes, due=when)
        return bulletin

    return writing(store, walk)


def sending(store: Store, document: Document | None = None) -> Bulletin:
    """Return a bulletin that is being sent."""
    return at(store, BulletinStatus.SENDING, document)


def moved(store: Store, bulletin: Bulletin, act: Act, **more: Any) -> Bulletin:
    """Do something that is allowed."""
    changed = writing(store, lambda work: work.bulletins.act(bulletin, act, actor="advisor:2", **more))
    assert changed
    return changed


def reader(store: Store, channel: str = "line", **changes: Any) -> Subscriber:
    """Return somebody new who subscribes."""
    somebody = replace(Subscriber(address=Address(channel=channel, recipient=f"R{next(_numbers)}")), **changes)
    return writing(store, lambda work: work.subscribers.put(somebody, None))


def readers(store: Store, count: int, channel: str = "line") -> list[Subscriber]:
    """Return so many."""
    return [reader(store, channel) for _ in range(count)]


def mailing(people: Sequence[Subscriber], *, together: bool = False, key: str = "ja", when: datetime = START) -> Mailing:
    """Return the same words for some people of one channel."""
    to = Address(channel=people[0].address.channel, recipient="")
    message = OutboundMessage(to=to, idempotency_key="", paragraphs=("お知らせ",))
    members = tuple(
        Member(subscriber_id=one.id, recipient=one.address.recipient, unsubscribe="" if together else f"https://example.test/{one.token}")
        for one in people
    )
    return Mailing(key=key, message=message, members=members, at=when, together=together)


def queued(store: Store, bulletin: Bulletin, people: Sequence[Subscriber], *, together: bool = False, when: datetime = START) -> None:
    """Write their lines."""
    words = mailing(people, together=together, key=f"bulletin:{bulletin.id}", when=when)
    writing(store, lambda work: work.ledger.queue(bulletin.id, words))


def as_reader(one: Subscriber) -> Reader:
    """Return of somebody what it takes to send to them."""
    return Reader(one.id, one.address.channel, one.address.recipient, one.language, one.frequency, one.timezone, one.token)


def held(store: Store, bulletin: Bulletin, people: Sequence[Subscriber]) -> None:
    """Let it wait for their digests."""
    writing(store, lambda work: work.ledger.hold(bulletin.id, [as_reader(one) for one in people]))


def claim(store: Store, limits: RateLimits = FREE, *, limit: int = 50, channel: str = "line", batches: int = BATCHES) -> list[Delivery]:
    """Take what is due."""
    return list(writing(store, lambda work: work.outbox.claim(channel, limit, limits, batches=batches)))


def sent(store: Store, *deliveries: Delivery) -> None:
    """Let them arrive."""
    for one in deliveries:
        writing(store, lambda work, one=one: work.outbox.sent(one, Receipt()))  # type: ignore[misc]


def unsent(store: Store, delivery: Delivery, state: DeliveryState, *, unreachable: bool = False) -> None:
    """Let one fail."""
    error = DeliveryError("blocked" if unreachable else "refused", unreachable=unreachable)
    writing(store, lambda work: work.outbox.unsent(delivery, error, Fate(state=state)))


def counts(store: Store, bulletin: Bulletin) -> dict[LedgerState, int]:
    """Return how many lines are in which state, where there are any."""
    found = reading(store, lambda work: work.ledger.counts(bulletin.id))
    assert set(found) == set(LedgerState)
    return {state: count for state, count in found.items() if count}


def named(people: Sequence[Subscriber]) -> list[str]:
    """Return where they are on their platform."""
    return [one.address.recipient for one in people]


def lines(store: Store, bulletin: Bulletin, *states: LedgerState, after: int = 0, limit: int = 100) -> list[LedgerLine]:
    return list(reading(store, lambda work: work.ledger.lines(bulletin.id, states or tuple(LedgerState), after=after, limit=limit)))


def split(store: Store, delivery: Delivery) -> bool:
    return writing(store, lambda work: work.ledger.split(delivery))


def withdraw(store: Store, one: Subscriber, *bulletins: Bulletin) -> int:
    numbers = [bulletin.id for bulletin in bulletins] or None
    return writing(store, lambda work: work.ledger.withdraw(one.id, numbers))


def waiting(store: Store, one: Subscriber) -> list[int]:
    return sorted(reading(store, lambda work: work.ledger.waiting(one.id)))


def again(store: Store, bulletin: Bulletin, *states: LedgerState) -> int:
    return writing(store, lambda work: work.ledger.again(bulletin.id, states))


def faults(store: Store, bulletin: Bulletin) -> tuple[int, int]:
    return reading(store, lambda work: work.ledger.faults(bulletin.id))


def reserved(store: Store, channel: str = "line") -> int:
    return reading(store, lambda work: work.ledger.reserved(channel))


def digest(store: Store, bulletins: list[Bulletin], people: list[Subscriber], *, together: bool = False) -> None:
    words = mailing(people, together=together, key="digest")
    writing(store, lambda work: work.ledger.digest([bulletin.id for bulletin in bulletins], words))
