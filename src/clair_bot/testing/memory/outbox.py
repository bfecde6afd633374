"""The outbox in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from clair_bot.domain.bulletins import BulletinStatus
from clair_bot.domain.deliveries import BATCHES, LEASE, LONGEST_HOLD, SENDER_DIED, Delivery, DeliveryState, Fate, Priority, without
from clair_bot.domain.pacing import allowance, slots
from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, OutboundMessage, Receipt
from clair_bot.ports import RateLimits
from clair_bot.storage.codec import pack_outbound, unpack_outbound
from clair_bot.testing.memory.conversations import MemoryConversations
from clair_bot.testing.memory.state import ChannelRecord, MemoryState, Queued


class MemoryOutbox:
    """An ``Outbox``."""

    def __init__(self, state: MemoryState, now: datetime) -> None:
        """Work on this state, at this time."""
        self._state = state
        self._now = now

    def put(
        self, message: OutboundMessage, *, priority: Priority = Priority.REPLY, ticket_id: int | None = None, replaces: int | None = None
    ) -> int:
        """Queue a message; return the delivery's id. With an ``idempotency_key`` that is there already, nothing new is queued."""
        for row in self._state.deliveries.values():
            if row.delivery.message.idempotency_key == message.idempotency_key:
                return row.delivery.id
        for row in list(self._state.deliveries.values()):
            if replaces is not None and row.delivery.replaces == replaces and row.delivery.state is DeliveryState.QUEUED:
                self._change(row, state=DeliveryState.CANCELLED, error="superseded")
        stored = unpack_outbound(pack_outbound(replace(message, to=MemoryConversations(self._state).moved(message.to))))
        delivery = Delivery(
            id=self._state.next_id("delivery"),
            message=replace(stored, maybe_sent=False, parts_sent=0),
            state=DeliveryState.QUEUED,
            attempts=0,
            ticket_id=ticket_id,
            replaces=replaces,
            created_at=self._now,
        )
        self._state.deliveries[delivery.id] = Queued(delivery=delivery, priority=priority, next_at=self._now)
        return delivery.id

    def claim(
        self, channel: str, limit: int, limits: RateLimits, *, lease: timedelta = LEASE, batches: int = BATCHES
    ) -> Sequence[Delivery]:
        """Take due deliveries of a channel for sending, within its rate limits, of each recipient only the first."""
        record = self._state.channels.get(channel, ChannelRecord())
        if record.paused_until and record.paused_until > self._now:
            return []
        allowed = min(limit, allowance(record.paced_until, now=self._now, per_second=limits.per_second, burst=limits.burst))
        first = [row for row in self._due(channel, batches) if self._is_first(row, limits)][: max(allowed, 0)]
        claimed = [self._take(row, lease) for row in sorted(first, key=_order) if self._can_go(row)]
        places, until = slots(record.paced_until, count=len(claimed), now=self._now, per_second=limits.per_second, burst=limits.burst)
        if first:
            self._state.channels[channel] = replace(record, paced_until=until)
        return [replace(self._shown(delivery), not_before=place) for delivery, place in zip(claimed, places, strict=True)]

    def _due(self, channel: str, batches: int) -> list[Queued]:
        """Return what may go now, in order, and of those to many only so many."""
        waiting = self._in(channel, DeliveryState.QUEUED)
        due = sorted((row for row in waiting if row.next_at <= self._now and self._is_open(row)), key=_due_order)
        many = [row.delivery.id for row in due if row.together][:batches]
        return [row for row in due if not row.together or row.delivery.id in many]

    def _is_open(self, row: Queued) -> bool:
        """Tell whether it belongs to no bulletin, or to one that is being sent."""
        number = row.delivery.bulletin_id
        bulletin = self._state.bulletins.get(number) if number is not None else None
        return number is None or (bulletin is not None and bulletin.status is BulletinStatus.SENDING)

    def _can_go(self, row: Queued) -> bool:
        """A change of what never arrived is dropped, and what nobody wants any more."""
        if row.together:
            wanted = bool(self._members(row.delivery))
        else:
            wanted = row.delivery.replaces is None or bool(self._message_ids(row.delivery.replaces))
        if not wanted:
            self._change(row, state=DeliveryState.CANCELLED, error="nothing to change")
        return wanted

    def _members(self, delivery: Delivery) -> tuple[str, ...]:
        lines = ((person, line) for (_, person), line in self._state.lines.items() if line.delivery_id == delivery.id and not line.state)
        return tuple(line.address.recipient for _, line in sorted(lines, key=lambda found: found[0]))

    def keep(self, delivery_ids: Sequence[int], lease: timedelta) -> None:
        """Renew the lease of deliveries that are still being sent."""
        for number in delivery_ids:
            row = self._state.deliveries.get(number)
            if row and row.delivery.state is DeliveryState.SENDING:
                self._state.deliveries[number] = replace(row, lease_until=self._now + lease)

    def _message_ids(self, delivery_id: int) -> tuple[str, ...]:
        parts = [(part, message_id) for (_, message_id), (owner, part) in self._state.sent_messages.items() if owner == delivery_id]
        return tuple(message_id for _, message_id in sorted(parts))

    def _is_first(self, row: Queued, limits: RateLimits) -> bool:
        return not any(self._blocks(other, row, limits) for other in self._to(row.delivery.message.to))

    def _blocks(self, other: Queued, row: Queued, limits: RateLimits) -> bool:
        if other.delivery.state is DeliveryState.QUEUED:
            return other.next_at <= self._now + LONGEST_HOLD and _order(other) < _order(row) and self._is_open(other)
        if other.delivery.state is DeliveryState.SENT and other.delivery.sent_at:
            return other.delivery.sent_at > self._now - timedelta(seconds=_rest(row, limits))
        return other.delivery.state is DeliveryState.SENDING

    def _take(self, row: Queued, lease: timedelta) -> Delivery:
        delivery = replace(row.delivery, state=DeliveryState.SENDING, attempts=row.delivery.attempts + 1)
        self._state.deliveries[delivery.id] = replace(row, delivery=delivery, lease_until=self._now + lease)
        return delivery

    def recover(self, channel: str, *, repeats_safely: bool) -> Sequence[Delivery]:
        """Put deliveries whose sender died back into the queue, or aside as uncertain; return them as they are now."""
        lapsed = [row for row in self._in(channel, DeliveryState.SENDING) if row.lease_until and row.lease_until < self._now]
        for row in lapsed:
            state = DeliveryState.QUEUED if repeats_safely else DeliveryState.UNCERTAIN
            maybe_sent = repeats_safely or row.delivery.message.maybe_sent
            self._change(row, next_at=self._now, maybe_sent=maybe_sent, state=state, error=SENDER_DIED)
        return [self._shown(self._state.deliveries[row.delivery.id].delivery) for row in lapsed]

    def sent(self, delivery: Delivery, receipt: Receipt) -> None:
        """Store what the platform gave back."""
        row = self._state.deliveries[delivery.id]
        to = receipt.moved_to or delivery.message.to
        self._change(row, to=to, state=DeliveryState.SENT, sent_at=self._now, error="")
        for part, message_id in enumerate(receipt.message_ids):
            self._state.sent_messages[to, message_id] = (delivery.replaces or delivery.id, part)

    def unsent(self, delivery: Delivery, error: DeliveryError, fate: Fate) -> None:
        """Store an attempt that failed."""
        row = self._state.deliveries[delivery.id]
        if (row.delivery.state, row.delivery.attempts) != (DeliveryState.SENDING, delivery.attempts):
            return  # a later attempt is under way, or over
        self._change(
            row,
            next_at=fate.next_at or self._now,
            unreachable=error.unreachable,
            maybe_sent=delivery.message.maybe_sent or error.uncertain,
            parts_sent=max(error.parts_sent, delivery.message.parts_sent),
            state=fate.state,
            error=error.reason[:300],
        )

    def ours(self, address: Address, message_id: str) -> bool:
        """Tell whether a message in a chat is one that we sent."""
        return (address, message_id) in self._state.sent_messages

    def unsettled(self, address: Address) -> bool:
        """Tell whether something may have reached a chat whose ids we do not know yet."""
        return any(
            row.delivery.state is DeliveryState.SENDING or (row.delivery.state is DeliveryState.QUEUED and row.delivery.message.maybe_sent)
            for row in self._to(address)
        )

    def hide(self, conversation_id: int, text: str) -> None:
        """Blank a text that its author took back in everything that was said about the conversation's tickets."""
        mine = {ticket.id for ticket in self._state.tickets.values() if ticket.conversation_id == conversation_id}
        for row in list(self._state.deliveries.values()):
            if row.delivery.ticket_id in mine:
                hidden = replace(row.delivery, message=without(row.delivery.message, text))
                self._state.deliveries[row.delivery.id] = replace(row, delivery=hidden)

    def cancel(self, address: Address) -> int:
        """Cancel what waits for a recipient who is gone; return how many."""
        waiting = [row for row in self._to(address) if row.delivery.state is DeliveryState.QUEUED]
        for row in waiting:
            self._change(row, state=DeliveryState.CANCELLED, error="recipient left")
        return len(waiting)

    def read(self, address: Address, *, after: int = 0, limit: int = 200) -> Sequence[Delivery]:
        """Return what was sent to an address, in the order in which it was sent, behind a delivery: a lower id may be sent later."""
        sent = sorted((row.delivery for row in self._to(address) if row.delivery.state is DeliveryState.SENT), key=_sent_order)
        known = self._state.deliveries.get(after)
        if known and known.delivery.sent_at:
            sent = [delivery for delivery in sent if _sent_order(delivery) > _sent_order(known.delivery)]
        return [self._shown(delivery) for delivery in sent[:limit]]

    def counts(self) -> Mapping[str, int]:
        """Return how many deliveries are in each state."""
        return Counter(row.delivery.state.value for row in self._state.deliveries.values())

    def next_due(self, channel: str) -> datetime | None:
        """Return when the next queued delivery of a channel is due."""
        return min((row.next_at for row in self._in(channel, DeliveryState.QUEUED) if self._is_open(row)), default=None)

    def _in(self, channel: str, state: DeliveryState) -> list[Queued]:
        rows = self._state.deliveries.values()
        return [row for row in rows if row.delivery.message.to.channel == channel and row.delivery.state is state]

    def _to(self, address: Address) -> list[Queued]:
        return [row for row in self._state.deliveries.values() if row.delivery.message.to == address]

    def _change(self, row: Queued, *, next_at: datetime | None = None, unreachable: bool | None = None, **changes: Any) -> None:
        """Give back the lease, and change the delivery or its message."""
        inner = {name: changes.pop(name) for name in ("to", "maybe_sent", "parts_sent") if name in changes}
        delivery = replace(row.delivery, message=replace(row.delivery.message, **inner), **changes)
        gone = row.unreachable if unreachable is None else unreachable
        changed = replace(row, delivery=delivery, next_at=next_at or row.next_at, lease_until=None, unreachable=gone)
        self._state.deliveries[delivery.id] = changed

    def _shown(self, delivery: Delivery) -> Delivery:
        """Ids of platform messages lie under the delivery that was sent first, whatever changed them later."""
        replaces = self._message_ids(delivery.replaces) if delivery.replaces is not None else ()
        message_ids = self._message_ids(delivery.id) if delivery.state is DeliveryState.SENT else ()
        shown = replace(delivery, message=replace(delivery.message, replaces=replaces), message_ids=message_ids)
        if self._state.deliveries[delivery.id].together:
            members = self._members(delivery) if delivery.state is DeliveryState.SENDING else None
            shown = replace(shown, members=members, message=replace(shown.message, to=replace(shown.message.to, recipient="")))
        return self._in_thread(shown)

    def _in_thread(self, delivery: Delivery) -> Delivery:
        """A desk's messages about one ticket hang on the first of them."""
        ticket = self._state.tickets.get(delivery.ticket_id) if delivery.ticket_id else None
        if ticket is None or delivery.message.reply_to or delivery.message.to != ticket.desk:
            return delivery
        for row in self._to(ticket.desk):
            earlier = row.delivery
            if earlier.ticket_id == ticket.id and earlier.id < delivery.id and (ids := self._message_ids(earlier.id)):
                return replace(delivery, message=replace(delivery.message, reply_to=ids[0]))
        return delivery


def _order(row: Queued) -> tuple[int, int]:
    return row.priority, row.delivery.id


def _due_order(row: Queued) -> tuple[int, datetime, int]:
    return row.priority, row.next_at, row.delivery.id


def _rest(row: Queued, limits: RateLimits) -> float:
    """Return the pause that its recipient is given: longer for bulletins to a room."""
    is_room = bool(limits.room_mark) and row.delivery.message.to.recipient.startswith(limits.room_mark)
    slow = limits.per_room_seconds if is_room and row.priority is Priority.BULLETIN else 0
    return max(slow, limits.per_recipient_seconds)


def _sent_order(delivery: Delivery) -> tuple[datetime, int]:
    return delivery.sent_at or delivery.created_at, delivery.id
