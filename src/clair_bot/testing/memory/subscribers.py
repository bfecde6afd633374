"""The subscribers in memory, with the ledger of their consent."""

import secrets
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime

from clair_bot.domain.audiences import Target
from clair_bot.domain.deliveries import DeliveryState
from clair_bot.domain.mailings import Reader
from clair_bot.domain.subscriptions import Consent, Subscriber, SubscriberState
from clair_bot.messages import Address
from clair_bot.storage.codec import clean
from clair_bot.testing.memory.state import MemoryState

_TEXTS = ("name", "organisation", "prefecture", "role", "timezone", "reason")
_GOT = frozenset({DeliveryState.SENT, DeliveryState.UNCERTAIN, DeliveryState.SENDING})


class MemorySubscribers:
    """A ``Subscribers``."""

    def __init__(self, state: MemoryState, now: datetime) -> None:
        """Work on this state, at this time."""
        self._state = state
        self._now = now

    def put(self, subscriber: Subscriber, consent: Consent | None) -> Subscriber:
        """Store somebody new (id 0) or changed, with the line of the ledger that says why."""
        address = _stored(subscriber.address)
        there, known = self.at(address), self.get(subscriber.id)
        if there and there.id != subscriber.id:
            raise ValueError("somebody else is at this address")
        if subscriber.id and known is None:
            raise LookupError(subscriber.id)
        texts = {name: clean(getattr(subscriber, name)) for name in _TEXTS}
        number = subscriber.id or self._state.next_id("subscriber")
        token = known.token if known else secrets.token_urlsafe(16)
        stored = replace(subscriber, id=number, address=address, token=token, **texts)
        self._state.subscribers[number] = stored
        if consent:
            line = replace(consent, source=clean(consent.source), by=clean(consent.by))
            self._state.consents[number] = (*self._state.consents.get(number, ()), line)
        return stored

    def put_all(self, subscribers: Sequence[Subscriber], consent: Callable[[Subscriber], Consent]) -> None:
        """As ``put`` for many, each with the line of the ledger that ``consent`` returns for them; nobody is there twice."""
        for subscriber in subscribers:
            self.put(subscriber, consent(subscriber))

    def get(self, subscriber_id: int) -> Subscriber | None:
        """Return a subscriber."""
        return self._state.subscribers.get(subscriber_id)

    def at(self, address: Address) -> Subscriber | None:
        """Return who is written to at an address, in whatever state."""
        return next((one for one in self._state.subscribers.values() if one.address == _stored(address)), None)

    def with_token(self, token: str) -> Subscriber | None:
        """Return whose link this is."""
        return next((one for one in self._state.subscribers.values() if token and one.token == clean(token)), None)

    def listed(self, *, states: Collection[SubscriberState] | None = None, after: int = 0, limit: int = 1_000) -> Sequence[Subscriber]:
        """Return subscribers by number, behind one."""
        return [one for one in self._every() if one.id > after and (states is None or one.state in states)][:limit]

    def reached(self, target: Target, *, after: int = 0, limit: int = 1_000) -> Sequence[Subscriber]:
        """Return the active subscribers that a target reaches, by number, behind one."""
        return [one for one in self._every() if one.id > after and self._reaches(target, one)][:limit]

    def readers(self, target: Target, *, after: int = 0, limit: int = 1_000) -> Sequence[Reader]:
        """As ``reached``, with no more than sending takes."""
        return [
            Reader(one.id, one.address.channel, one.address.recipient, one.language, one.frequency, one.timezone, one.token)
            for one in self.reached(target, after=after, limit=limit)
        ]

    def count(self, target: Target) -> Mapping[str, int]:
        """Return how many a target reaches on each channel."""
        return Counter(one.address.channel for one in self._every() if self._reaches(target, one))

    def consents(self, subscriber_id: int) -> Sequence[Consent]:
        """Return the ledger of one subscriber, oldest first."""
        return list(self._state.consents.get(subscriber_id, ()))

    def digests_due(self, limit: int) -> Sequence[Subscriber]:
        """Return active subscribers whose digest is due."""
        waiting = [(one.digest_at, one.id, one) for one in self._every() if one.state is SubscriberState.ACTIVE and one.digest_at]
        return [one for at, _, one in sorted(waiting, key=lambda row: row[:2]) if at <= self._now][:limit]

    def _every(self) -> list[Subscriber]:
        return [self._state.subscribers[number] for number in sorted(self._state.subscribers)]

    def _reaches(self, target: Target, one: Subscriber) -> bool:
        audience = target.audience
        restrictions: Sequence[tuple[Collection[str], AbstractSet[str]]] = (
            (one.topics, audience.topics),
            (one.topics, target.topics),
            (one.topics, {target.needed} if target.needed else set()),
            ([one.prefecture], audience.prefectures),
            ([one.kind], audience.kinds),
            ([one.role], audience.roles),
            ([one.language], audience.languages),
            ([one.address.channel], audience.channels),
        )
        return (
            one.state is SubscriberState.ACTIVE
            and one.tester is target.testers
            and all(not wanted or any(had in wanted for had in theirs) for theirs, wanted in restrictions)
            and (target.received is None or self._got(target.received, one.id))
        )

    def _got(self, bulletin_id: int, subscriber_id: int) -> bool:
        """Tell that a subscriber got a bulletin, or may have: theirs is the line, and it was not withdrawn."""
        line = self._state.lines.get((bulletin_id, subscriber_id))
        if line is None or line.state is not None or line.delivery_id is None:
            return False
        return self._state.deliveries[line.delivery_id].delivery.state in _GOT


def _stored(address: Address) -> Address:
    return replace(address, recipient=clean(address.recipient))
