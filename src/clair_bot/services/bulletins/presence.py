"""Presence: who cannot be reached any more is not written to, until they come back."""

from dataclasses import replace
from datetime import datetime

from clair_bot.domain.subscriptions import Consent, ConsentAction, SubscriberState
from clair_bot.messages import Address
from clair_bot.ports import UnitOfWork

_LONGEST_REASON = 200


def suspend(work: UnitOfWork, address: Address, *, reason: str, now: datetime, source: str = "relay") -> None:
    """Write nothing more to somebody who has blocked us, left, or whose address does not exist."""
    subscriber = work.subscribers.at(address)
    if subscriber is None or subscriber.state is not SubscriberState.ACTIVE:
        return
    gone = replace(subscriber, state=SubscriberState.UNREACHABLE, reason=reason[:_LONGEST_REASON])
    topics = tuple(sorted(subscriber.topics))
    work.subscribers.put(gone, Consent(at=now, action=ConsentAction.SUSPENDED, topics=topics, source=source, by="self"))
    work.ledger.withdraw(subscriber.id)


def restore(work: UnitOfWork, address: Address, *, now: datetime) -> bool:
    """Write again to somebody who has come back; what they subscribed to still holds. False when nobody was away."""
    subscriber = work.subscribers.at(address)
    if subscriber is None or subscriber.state is not SubscriberState.UNREACHABLE:
        return False
    back = replace(subscriber, state=SubscriberState.ACTIVE, reason="")
    topics = tuple(sorted(subscriber.topics))
    work.subscribers.put(back, Consent(at=now, action=ConsentAction.RESTORED, topics=topics, source="chat", by="self"))
    return True


def move(work: UnitOfWork, old: Address, new: Address) -> None:
    """Follow a room to its new id."""
    subscriber = work.subscribers.at(old)
    if subscriber and work.subscribers.at(new) is None:
        work.subscribers.put(replace(subscriber, address=new), None)
