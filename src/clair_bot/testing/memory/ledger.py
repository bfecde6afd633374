"""The ledger in memory: a line for each recipient of a bulletin."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from clair_bot.domain.bulletins import BulletinKind, BulletinStatus, LedgerLine, LedgerState
from clair_bot.domain.deliveries import SENDER_DIED, Delivery, DeliveryState, Priority
from clair_bot.domain.mailings import Mailing, Reader
from clair_bot.domain.subscriptions import SubscriberState
from clair_bot.messages import Address, OutboundMessage
from clair_bot.storage.codec import clean, pack_outbound, unpack_outbound
from clair_bot.testing.memory.state import Line, MemoryState, Queued

_SETTLED = frozenset({LedgerState.SENT, LedgerState.FAILED, LedgerState.UNCERTAIN})


class MemoryLedger:
    """A ``Ledger``."""

    def __init__(self, state: MemoryState, now: datetime) -> None:
        """Work on this state, at this time."""
        self._state = state
        self._now = now

    def queue(self, bulletin_id: int, mailing: Mailing) -> None:
        """Write lines and deliveries for new recipients."""
        deliveries = self._deliver(mailing, f"bulletin:{bulletin_id}", bulletin_id)
        for member, delivery in zip(mailing.members, deliveries, strict=True):
            address = replace(mailing.message.to, recipient=clean(member.recipient))
            self._write(bulletin_id, member.subscriber_id, Line(address=address, delivery_id=delivery))

    def _write(self, bulletin_id: int, subscriber_id: int, line: Line) -> None:
        if (bulletin_id, subscriber_id) in self._state.lines:
            raise ValueError("there is a line already")
        self._state.lines[bulletin_id, subscriber_id] = line

    def _deliver(self, mailing: Mailing, cause: str, bulletin_id: int | None) -> list[int]:
        """Put deliveries into the outbox; return for each member the number of theirs."""
        if not mailing.members:
            return []
        content = self._state.contents.setdefault(mailing.key, unpack_outbound(pack_outbound(mailing.message)))
        if mailing.together:
            key = f"{cause}:{mailing.members[0].subscriber_id}-{mailing.members[-1].subscriber_id}:{mailing.key}"
            return [self._put(content, mailing, key, bulletin_id, recipient=f"*{_key(key)}")] * len(mailing.members)
        return [
            self._put(
                content,
                mailing,
                f"{cause}:{member.subscriber_id}",
                bulletin_id,
                recipient=clean(member.recipient),
                unsubscribe=clean(member.unsubscribe),
            )
            for member in mailing.members
        ]

    def _put(
        self, content: OutboundMessage, mailing: Mailing, cause: str, bulletin_id: int | None, *, recipient: str, unsubscribe: str = ""
    ) -> int:
        to = replace(mailing.message.to, recipient=recipient)
        message = replace(content, to=to, idempotency_key=_key(cause), unsubscribe=unsubscribe)
        delivery = Delivery(
            id=self._state.next_id("delivery"),
            message=message,
            state=DeliveryState.QUEUED,
            attempts=0,
            bulletin_id=bulletin_id,
            created_at=self._now,
        )
        self._store(Queued(delivery=delivery, priority=self._priority(bulletin_id), next_at=mailing.at, together=mailing.together))
        return delivery.id

    def _priority(self, bulletin_id: int | None) -> Priority:
        """Emergencies go before other bulletins, also to those for whom one waits already."""
        bulletin = self._state.bulletins.get(bulletin_id) if bulletin_id is not None else None
        return Priority.DESK if bulletin and bulletin.document.kind is BulletinKind.EMERGENCY else Priority.BULLETIN

    def _store(self, row: Queued) -> None:
        key = row.delivery.message.idempotency_key
        if any(other.delivery.message.idempotency_key == key for other in self._state.deliveries.values()):
            raise ValueError("there is a delivery already")
        self._state.deliveries[row.delivery.id] = row

    def hold(self, bulletin_id: int, readers: Sequence[Reader]) -> None:
        """Write lines for recipients whose digest will tell them."""
        for reader in readers:
            address = Address(channel=reader.channel, recipient=clean(reader.recipient))
            self._write(bulletin_id, reader.id, Line(address=address, state=LedgerState.HELD))

    def advance(self, bulletin_id: int, cursor: int | None) -> None:
        """Remember up to which subscriber lines have been written; None: to the last."""
        if cursor is None:
            self._state.bulletins[bulletin_id] = replace(self._state.bulletins[bulletin_id], expanded=True)
        else:
            self._state.cursors[bulletin_id] = cursor

    def cursor(self, bulletin_id: int) -> int | None:
        """Return where to go on with writing lines; None: nowhere. The unit of work itself is the lock."""
        bulletin = self._state.bulletins.get(bulletin_id)
        is_open = bulletin and bulletin.status is BulletinStatus.SENDING and not bulletin.expanded
        return self._state.cursors[bulletin_id] if is_open else None

    def held(self, subscriber_id: int) -> Sequence[int]:
        """Return the bulletins that wait for somebody's digest, oldest first."""
        return [bulletin for (bulletin, person), line in self._lines() if person == subscriber_id and line.state is LedgerState.HELD]

    def digest(self, bulletin_ids: Sequence[int], mailing: Mailing) -> None:
        """Put a digest into the outbox and let the held lines follow it."""
        deliveries = self._deliver(mailing, f"digest:{mailing.key}", None)
        for member, delivery in zip(mailing.members, deliveries, strict=True):
            for place in [(number, member.subscriber_id) for number in bulletin_ids]:
                line = self._state.lines.get(place)
                if line and line.state is LedgerState.HELD:
                    self._state.lines[place] = replace(line, state=None, delivery_id=delivery)

    def withdraw(self, subscriber_id: int, bulletin_ids: Collection[int] | None = None) -> int:
        """Cancel what waits for somebody, of all bulletins or of some; return how many lines.

        What stands in a digest beside something that is wanted is told with it.
        """
        mine = [(place, line) for place, line in self._lines() if place[1] == subscriber_id and self._waits(line)]
        theirs = [(place, line) for place, line in mine if bulletin_ids is None or place[0] in bulletin_ids]
        shared = {line.delivery_id for place, line in mine if bulletin_ids is not None and place[0] not in bulletin_ids}
        taken = [(place, line) for place, line in theirs if line.delivery_id is None or line.delivery_id not in shared]
        for place, line in taken:
            self._state.lines[place] = replace(line, state=LedgerState.CANCELLED, reason="unsubscribed")
            row = self._row(line)
            if row and not row.together:
                self._cancel(row, "unsubscribed")
        return len(taken)

    def _cancel(self, row: Queued, error: str) -> None:
        delivery = replace(row.delivery, state=DeliveryState.CANCELLED, error=error)
        self._state.deliveries[delivery.id] = replace(row, delivery=delivery, lease_until=None)

    def waiting(self, subscriber_id: int) -> Sequence[int]:
        """Return the bulletins of which something still waits for somebody."""
        return [bulletin for (bulletin, person), line in self._lines() if person == subscriber_id and self._waits(line)]

    def cancel(self, bulletin_id: int) -> int:
        """Cancel every line that waits; return how many. What stands in a digest already is told."""
        count = 0
        for person, line in self._of(bulletin_id):
            row = self._row(line)
            if line.state is LedgerState.HELD:
                self._state.lines[bulletin_id, person] = replace(line, state=LedgerState.CANCELLED, reason="bulletin cancelled")
            count += self._waits(line) and (row is None or row.delivery.bulletin_id == bulletin_id)
        for row in list(self._state.deliveries.values()):
            if row.delivery.bulletin_id == bulletin_id and row.delivery.state is DeliveryState.QUEUED:
                self._cancel(row, "bulletin cancelled")
        return count

    def again(self, bulletin_id: int, states: Collection[LedgerState]) -> int:
        """Put lines that failed or are uncertain back into the outbox, of people who still want it; return how many."""
        mine = [(person, line) for person, line in self._of(bulletin_id) if not line.state and self._state_of(line) in states]
        stuck = [line.delivery_id for person, line in mine if self._is_active(person) and line.delivery_id is not None]
        for place, line in self._lines():
            if line.delivery_id in stuck and not line.state and not self._is_active(place[1]):
                self._state.lines[place] = replace(line, state=self._state_of(line), reason=self._reason_of(line))
        for number in stuck:
            row = self._state.deliveries[number]
            delivery = replace(row.delivery, state=DeliveryState.QUEUED, attempts=0, error="")
            self._state.deliveries[number] = replace(row, delivery=delivery, next_at=self._now, lease_until=None, unreachable=False)
        return len(stuck)

    def _is_active(self, subscriber_id: int) -> bool:
        person = self._state.subscribers.get(subscriber_id)
        return person is not None and person.state is SubscriberState.ACTIVE

    def wake(self, bulletin_id: int) -> None:
        """Let what was tried and put off be tried at once: somebody has seen to what stood in its way."""
        for number, row in list(self._state.deliveries.items()):
            waits = row.delivery.bulletin_id == bulletin_id and row.delivery.state is DeliveryState.QUEUED
            if waits and row.delivery.attempts > 0:
                self._state.deliveries[number] = replace(row, next_at=self._now)

    def split(self, delivery: Delivery) -> bool:
        """Replace a delivery to many that was refused by two to half of them each; False when there is only one left.

        Nor is one that another process has at hand by now: both halves would get it twice.
        """
        now = self._state.deliveries[delivery.id].delivery
        if (now.state, now.attempts) != (DeliveryState.SENDING, delivery.attempts):
            return False
        places = [(place, line) for place, line in self._lines() if line.delivery_id == delivery.id and not line.state]
        people = sorted({person for (_, person), _ in places})
        if len(people) < 2:  # one cannot be halved
            return False
        row, middle = self._state.deliveries[delivery.id], len(people) // 2
        for half in (people[:middle], people[middle:]):
            number = self._half(row, half)
            for place, line in places:
                if place[1] in half:
                    self._state.lines[place] = replace(line, delivery_id=number)
        self._cancel(row, "split")
        return True

    def _half(self, row: Queued, people: Sequence[int]) -> int:
        key = _key(f"half:{row.delivery.message.idempotency_key}:{people[0]}-{people[-1]}")
        to = replace(row.delivery.message.to, recipient=f"*{key}")
        message = replace(row.delivery.message, to=to, idempotency_key=key, maybe_sent=False)
        fresh = replace(row.delivery, state=DeliveryState.QUEUED, attempts=0, error="")
        delivery = replace(fresh, id=self._state.next_id("delivery"), message=message, created_at=self._now)
        self._store(replace(row, delivery=delivery, next_at=row.next_at - timedelta(microseconds=1), lease_until=None))
        return delivery.id

    def counts(self, bulletin_id: int) -> Mapping[LedgerState, int]:
        """Return how many lines are in each state."""
        found = Counter(self._state_of(line) for _, line in self._of(bulletin_id))
        return {state: found[state] for state in LedgerState}

    def is_begun(self, bulletin_id: int) -> bool:
        """Tell whether a bulletin has a line."""
        return any(number == bulletin_id for number, _ in self._state.lines)

    def is_open(self, bulletin_id: int) -> bool:
        """Tell whether anything of a bulletin is still to be sent, or under way; digests aside."""
        return self._is_any(bulletin_id, DeliveryState.QUEUED, DeliveryState.SENDING)

    def _is_any(self, bulletin_id: int, *states: DeliveryState) -> bool:
        deliveries = (row.delivery for row in self._state.deliveries.values())
        return any(delivery.bulletin_id == bulletin_id and delivery.state in states for delivery in deliveries)

    def faults(self, bulletin_id: int) -> tuple[int, int]:
        """Return how many lines are settled, and how many of them met a fault that is not the recipient's nor ours; (0, 0): none did."""
        settled = [(line, state) for _, line in self._of(bulletin_id) if (state := self._state_of(line)) in _SETTLED]
        if not self._is_any(bulletin_id, DeliveryState.FAILED, DeliveryState.UNCERTAIN):
            return 0, 0
        return len(settled), sum(state is not LedgerState.SENT and self._is_fault(line) for line, state in settled)

    def _is_fault(self, line: Line) -> bool:
        """Tell that it is not because its recipient has gone, or its sender."""
        row = self._row(line)
        return row is not None and not line.state and not row.unreachable and row.delivery.error != SENDER_DIED

    def lines(self, bulletin_id: int, states: Collection[LedgerState], *, after: int = 0, limit: int = 100) -> Sequence[LedgerLine]:
        """Return lines in some states, by subscriber, behind one."""
        found = [
            LedgerLine(
                subscriber_id=person,
                address=str(line.address) if line.address.recipient else "",
                state=self._state_of(line),
                reason=self._reason_of(line),
                at=row.delivery.sent_at if (row := self._row(line)) else None,
            )
            for person, line in self._of(bulletin_id)
            if person > after and self._state_of(line) in states
        ]
        return found[:limit]

    def figures(self, bulletin_id: int) -> Sequence[tuple[str, LedgerState, str, int]]:
        """Return (channel, state, reason, count)."""
        kinds = Counter((line.address.channel, self._state_of(line), self._reason_of(line)) for _, line in self._of(bulletin_id))
        return [(*kind, count) for kind, count in sorted(kinds.items())]

    def reserved(self, channel: str) -> int:
        """Return how many messages are still to be sent on a channel, of bulletins that were released: a digest counts once."""
        waiting = ((place, line) for place, line in self._state.lines.items() if line.address.channel == channel and self._waits(line))
        return len({(place[1], line.delivery_id) for place, line in waiting})

    def _lines(self) -> list[tuple[tuple[int, int], Line]]:
        return sorted(self._state.lines.items(), key=lambda item: item[0])

    def _of(self, bulletin_id: int) -> Iterator[tuple[int, Line]]:
        return ((person, line) for (number, person), line in self._lines() if number == bulletin_id)

    def _row(self, line: Line) -> Queued | None:
        return self._state.deliveries[line.delivery_id] if line.delivery_id is not None else None

    def _waits(self, line: Line) -> bool:
        return self._state_of(line) in {LedgerState.QUEUED, LedgerState.HELD}

    def _state_of(self, line: Line) -> LedgerState:
        row = self._row(line)
        return line.state or (LedgerState(row.delivery.state.value) if row else LedgerState.QUEUED)

    def _reason_of(self, line: Line) -> str:
        row = self._row(line)
        return line.reason if line.state else (row.delivery.error if row else "")


def _key(text: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, text))
