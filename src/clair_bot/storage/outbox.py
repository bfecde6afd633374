"""The outbox table: what is to be sent, and its fate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, bindparam, exists, func, or_, select, tuple_, union_all, update
from sqlmodel import Session

from clair_bot.domain.bulletins import BulletinStatus
from clair_bot.domain.deliveries import BATCHES, LEASE, LONGEST_HOLD, SENDER_DIED, Delivery, DeliveryState, Fate, Priority, without
from clair_bot.domain.pacing import allowance, slots
from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, OutboundMessage, Receipt
from clair_bot.ports import RateLimits
from clair_bot.storage.bulletin_tables import BulletinRow, ContentRow, RecipientRow
from clair_bot.storage.codec import pack_outbound, unpack_outbound
from clair_bot.storage.columns import UtcDateTime, table_of
from clair_bot.storage.conversations import SqlConversations
from clair_bot.storage.desk_tables import TicketRow
from clair_bot.storage.insertions import Insertion
from clair_bot.storage.tables import ChannelRow, DeliveryRow, SentMessageRow

_HIGHEST_ID = 2**31 - 1
_D, _C, _M, _T = table_of(DeliveryRow), table_of(ChannelRow), table_of(SentMessageRow), table_of(TicketRow)
_B, _N, _R = table_of(BulletinRow), table_of(ContentRow), table_of(RecipientRow)
_PUT = Insertion(lambda dialect: dialect.insert(_D).on_conflict_do_nothing(index_elements=["idempotency_key"]).returning(_D.c.id))
_PUT_BEFORE = select(_D.c.id).where(_D.c.idempotency_key == bindparam("idempotency_key"))
_queued = (_D.c.channel == bindparam("of"), _D.c.state == DeliveryState.QUEUED.value)
_SENDING = select(_B.c.id).where(_B.c.status == BulletinStatus.SENDING.value)
_open = or_(_D.c.bulletin_id.is_(None), _D.c.bulletin_id.in_(_SENDING))
_due = (*_queued, _D.c.next_at <= bindparam("now"), _open)
_DUE = select(exists().where(*_due, _D.c.priority.in_([int(priority) for priority in Priority])))  # all: for the index
_EARLIEST = [
    select(_D.c.next_at).where(*_queued, _D.c.priority == int(priority), _open).order_by(_D.c.next_at).limit(1).subquery()
    for priority in Priority
]
_NEXT_DUE = union_all(*(select(earliest.c.next_at) for earliest in _EARLIEST))  # each from the index, instead of looking at all that waits
_LOCK = select(_C).where(_C.c.name == bindparam("of")).with_for_update()
_ADD_CHANNEL = Insertion(lambda dialect: dialect.insert(_C).on_conflict_do_nothing())
_PACE = update(_C).where(_C.c.name == bindparam("of")).values(paced_until=bindparam("until"))
_other = _D.alias()
_blocks = or_(
    and_(
        _other.c.state == DeliveryState.QUEUED.value,
        _other.c.next_at <= bindparam("held", type_=UtcDateTime),
        tuple_(_other.c.priority, _other.c.id) < tuple_(_D.c.priority, _D.c.id),
        or_(_other.c.bulletin_id.is_(None), _other.c.bulletin_id.in_(_SENDING)),  # what is paused holds no other
    ),
    _other.c.state == DeliveryState.SENDING.value,
    and_(_other.c.state == DeliveryState.SENT.value, _other.c.sent_at > bindparam("resting", type_=UtcDateTime)),
    and_(
        _D.c.priority == int(Priority.BULLETIN),
        bindparam("mark") != "",
        _D.c.recipient.startswith(bindparam("mark")),
        _other.c.state == DeliveryState.SENT.value,
        _other.c.sent_at > bindparam("room_resting", type_=UtcDateTime),
    ),
)
_many = _D.alias()
_first_many = (
    select(_many.c.id)
    .where(
        _many.c.channel == bindparam("of"),
        _many.c.state == DeliveryState.QUEUED.value,
        _many.c.next_at <= bindparam("now"),
        _many.c.together,
        _many.c.bulletin_id.is_(None) | _many.c.bulletin_id.in_(_SENDING),
    )
    .order_by(_many.c.priority, _many.c.next_at, _many.c.id)
    .limit(bindparam("batches"))
)
_claimable = (
    select(_D.c.id)
    .where(
        *_due,
        or_(~_D.c.together, _D.c.id.in_(_first_many)),
        ~exists().where(_other.c.channel == _D.c.channel, _other.c.recipient == _D.c.recipient, _blocks),
    )
    .order_by(_D.c.priority, _D.c.next_at, _D.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("due")
    .prefix_with("MATERIALIZED")
)
_CLAIM = (
    update(_D)
    .where(_D.c.id.in_(select(_claimable.c.id)))
    .values(state=DeliveryState.SENDING.value, lease_until=bindparam("leased"), attempts=_D.c.attempts + 1)
    .returning(_D)
)
_KEEP = update(_D).where(_D.c.id == bindparam("wanted"), _D.c.state == DeliveryState.SENDING.value).values(lease_until=bindparam("until"))
_CONTENT = select(_N.c.payload).where(_N.c.id == bindparam("wanted"))
_MEMBERS = (  # a digest of several bulletins has several lines for one person
    select(_R.c.recipient)
    .where(_R.c.delivery_id == bindparam("wanted"), _R.c.state == "")
    .group_by(_R.c.subscriber_id, _R.c.recipient)
    .order_by(_R.c.subscriber_id)
)
_SUPERSEDE = (
    update(_D)
    .where(_D.c.replaces == bindparam("of"), _D.c.state == DeliveryState.QUEUED.value, _D.c.id != bindparam("newest"))
    .values(state=DeliveryState.CANCELLED.value, error="superseded")
)
_DROP = update(_D).where(_D.c.id == bindparam("wanted")).values(state=DeliveryState.CANCELLED.value, error="nothing to change")
_BREAK = update(_D).where(_D.c.id == bindparam("wanted")).values(state=DeliveryState.FAILED.value, error="unreadable")
_SENT = (
    update(_D)
    .where(_D.c.id == bindparam("wanted"))
    .values(state=DeliveryState.SENT.value, sent_at=bindparam("at"), error="", lease_until=None, recipient=bindparam("to"))
)
_RECEIVED = Insertion(
    lambda dialect: (new := dialect.insert(_M)).on_conflict_do_update(
        index_elements=["channel", "recipient", "message_id"], set_={"delivery_id": new.excluded.delivery_id, "part": new.excluded.part}
    )
)
_MESSAGE_IDS = select(_M.c.message_id).where(_M.c.delivery_id == bindparam("wanted")).order_by(_M.c.part)
_DESK = select(_T.c.desk).where(_T.c.id == bindparam("wanted"))
_ROOT = (
    select(_M.c.message_id)
    .join(_D, _M.c.delivery_id == _D.c.id)
    .where(_D.c.ticket_id == bindparam("ticket"), _D.c.recipient == bindparam("room"), _D.c.id < bindparam("before"))
    .order_by(_D.c.id, _M.c.part)
    .limit(1)
)


class SqlOutbox:
    """Repository of deliveries."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._now = now
        self._contents: dict[int, dict[str, Any]] = {}

    def put(
        self, message: OutboundMessage, *, priority: Priority = Priority.REPLY, ticket_id: int | None = None, replaces: int | None = None
    ) -> int:
        """Queue a message; return the delivery's id. With an ``idempotency_key`` that is there already, nothing new is queued."""
        connection = self._session.connection()
        to = SqlConversations(self._session, self._now).moved(message.to)
        values = {
            "channel": to.channel,
            "recipient": to.recipient,
            "state": DeliveryState.QUEUED.value,
            "priority": int(priority),
            "payload": pack_outbound(replace(message, to=to)),
            "idempotency_key": message.idempotency_key,
            "unsubscribe": message.unsubscribe,
            "ticket_id": ticket_id,
            "attempts": 0,
            "maybe_sent": False,
            "parts_sent": 0,
            "next_at": self._now,
            "replaces": replaces,
            "error": "",
            "created_at": self._now,
        }
        queued: int | None = connection.execute(_PUT.on(self._session), values).scalars().first()
        if queued is None:
            queued = connection.execute(_PUT_BEFORE, {"idempotency_key": message.idempotency_key}).scalar_one()
        elif replaces is not None:
            connection.execute(_SUPERSEDE, {"of": replaces, "newest": queued})
        return queued

    def claim(
        self, channel: str, limit: int, limits: RateLimits, *, lease: timedelta = LEASE, batches: int = BATCHES
    ) -> Sequence[Delivery]:
        """Take due deliveries of a channel for sending, within its rate limits, of each recipient only the first.

        The channel's row is locked before anything is looked at: two claims at once would not see what the other takes.
        """
        connection = self._session.connection()
        if not connection.execute(_DUE, {"of": channel, "now": self._now}).scalar():
            return []
        row = self._locked(channel)
        allowed = min(limit, self._allowance(row, limits))
        if allowed <= 0:
            return []
        times = {
            "now": self._now,
            "held": self._now + LONGEST_HOLD,
            "resting": self._now - timedelta(seconds=limits.per_recipient_seconds),
            "room_resting": self._now - timedelta(seconds=limits.per_room_seconds),
            "mark": limits.room_mark,
            "batches": batches,
            "leased": self._now + lease,
        }
        found = connection.execute(_CLAIM, {"of": channel, "most": allowed, **times})
        claimed = self._readable(one for one in sorted(found, key=lambda one: (one.priority, one.id)) if self._can_go(one))
        places, until = slots(row.paced_until, count=len(claimed), now=self._now, per_second=limits.per_second, burst=limits.burst)
        connection.execute(_PACE, {"of": channel, "until": until})
        return [replace(delivery, not_before=place) for delivery, place in zip(claimed, places, strict=True)]

    def keep(self, delivery_ids: Sequence[int], lease: timedelta) -> None:
        """Renew the lease of deliveries that are still being sent."""
        until = self._now + lease
        for delivery_id in delivery_ids:
            self._session.connection().execute(_KEEP, {"wanted": delivery_id, "until": until})

    def _can_go(self, row: Row[Any]) -> bool:
        """A change of what never arrived is dropped, and what nobody wants any more."""
        wanted = bool(self._members(row)) if row.together else row.replaces is None or bool(self._message_ids(row.replaces))
        if not wanted:
            self._session.connection().execute(_DROP, {"wanted": row.id})
        return wanted

    def _members(self, row: Row[Any]) -> tuple[str, ...]:
        return tuple(self._session.connection().execute(_MEMBERS, {"wanted": row.id}).scalars())

    def _allowance(self, row: Row[Any], limits: RateLimits) -> int:
        if row.paused_until and row.paused_until > self._now:
            return 0
        return allowance(row.paced_until, now=self._now, per_second=limits.per_second, burst=limits.burst)

    def _locked(self, channel: str) -> Row[Any]:
        connection = self._session.connection()
        row = connection.execute(_LOCK, {"of": channel}).first()
        if row is None:
            connection.execute(_ADD_CHANNEL.on(self._session), {"name": channel, "error": ""})
            row = connection.execute(_LOCK, {"of": channel}).one()
        return row

    def recover(self, channel: str, *, repeats_safely: bool) -> Sequence[Delivery]:
        """Put deliveries whose sender died back into the queue, or aside as uncertain; return them as they are now."""
        lapsed = (_D.c.channel == channel, _D.c.state == "sending", _D.c.lease_until < self._now)
        values: dict[str, object] = {"state": "uncertain", "error": SENDER_DIED}
        if repeats_safely:
            values |= {"state": "queued", "maybe_sent": True, "next_at": self._now}
        rows = self._session.connection().execute(update(_D).where(*lapsed).values(values).returning(_D))
        return self._readable(sorted(rows, key=lambda row: row.id))

    def sent(self, delivery: Delivery, receipt: Receipt) -> None:
        """Store what the platform gave back."""
        connection, to = self._session.connection(), receipt.moved_to or delivery.message.to
        connection.execute(_SENT, {"wanted": delivery.id, "at": self._now, "to": to.recipient})
        parts = [
            {**asdict(to), "message_id": message_id, "delivery_id": delivery.replaces or delivery.id, "part": part}
            for part, message_id in enumerate(receipt.message_ids)
        ]
        if parts:
            connection.execute(_RECEIVED.on(self._session), parts)

    def unsent(self, delivery: Delivery, error: DeliveryError, fate: Fate) -> None:
        """Store an attempt that failed."""
        values = {
            "state": fate.state.value,
            "error": error.reason[:300],
            "lease_until": None,
            "next_at": fate.next_at or self._now,
            "unreachable": error.unreachable,
            "maybe_sent": delivery.message.maybe_sent or error.uncertain,
            "parts_sent": max(error.parts_sent, delivery.message.parts_sent),
        }
        ours = (_D.c.id == delivery.id, _D.c.state == "sending", _D.c.attempts == delivery.attempts)  # not a later attempt's
        self._session.connection().execute(update(_D).where(*ours).values(values))

    def ours(self, address: Address, message_id: str) -> bool:
        """Tell whether a message in a chat is one that we sent."""
        return self._session.get(SentMessageRow, (address.channel, address.recipient, message_id)) is not None

    def unsettled(self, address: Address) -> bool:
        """Tell whether something may have reached a chat whose ids we do not know yet."""
        there = (_D.c.channel == address.channel, _D.c.recipient == address.recipient)
        unknown = or_(_D.c.state == DeliveryState.SENDING.value, and_(_D.c.state == DeliveryState.QUEUED.value, _D.c.maybe_sent))
        return bool(self._session.connection().execute(select(exists().where(*there, unknown))).scalar())

    def hide(self, conversation_id: int, text: str) -> None:
        """Blank a text that its author took back in everything that was said about the conversation's tickets."""
        connection = self._session.connection()
        tickets = select(_T.c.id).where(_T.c.conversation_id == conversation_id)
        for row in connection.execute(select(_D.c.id, _D.c.payload).where(_D.c.ticket_id.in_(tickets))).all():
            payload = pack_outbound(without(unpack_outbound(row.payload), text))
            connection.execute(update(_D).where(_D.c.id == row.id).values(payload=payload))

    def cancel(self, address: Address) -> int:
        """Cancel what waits for a recipient who is gone; return how many."""
        waiting = (_D.c.channel == address.channel, _D.c.recipient == address.recipient, _D.c.state == "queued")
        statement = update(_D).where(*waiting).values(state=DeliveryState.CANCELLED.value, error="recipient left")
        return self._session.connection().execute(statement).rowcount

    def read(self, address: Address, *, after: int = 0, limit: int = 200) -> Sequence[Delivery]:
        """Return what was sent to an address, in the order in which it was sent, behind a delivery: a lower id may be sent later."""
        connection = self._session.connection()
        place = [_D.c.channel == address.channel, _D.c.recipient == address.recipient, _D.c.state == "sent"]
        known = connection.execute(select(_D.c.sent_at).where(_D.c.id == after)).scalar() if after <= _HIGHEST_ID else None
        if known:
            place.append(tuple_(_D.c.sent_at, _D.c.id) > tuple_(known, after))
        rows = connection.execute(select(_D).where(*place).order_by(_D.c.sent_at, _D.c.id).limit(limit)).all()
        return self._readable(rows)

    def counts(self) -> Mapping[str, int]:
        """Return how many deliveries are in each state."""
        rows = self._session.connection().execute(select(_D.c.state, func.count()).group_by(_D.c.state))
        return {state: count for state, count in rows}  # noqa: C416  # rows are not tuples to the type checker

    def next_due(self, channel: str) -> datetime | None:
        """Return when the next queued delivery of a channel is due."""
        return min(self._session.connection().execute(_NEXT_DUE, {"of": channel}).scalars(), default=None)

    def _readable(self, rows: Iterable[Row[Any]]) -> list[Delivery]:
        """Return the rows as deliveries. One that cannot be read has failed for good, and takes no other with it (R14)."""
        found = []
        for row in rows:
            try:
                found.append(self._delivery(row))
            except ValueError:
                if row.state != DeliveryState.SENT.value:
                    self._session.connection().execute(_BREAK, {"wanted": row.id})
        return found

    def _delivery(self, row: Row[Any]) -> Delivery:
        message = replace(
            unpack_outbound(self._content(row.content_id) if row.content_id else row.payload),
            to=Address(channel=row.channel, recipient="" if row.together else row.recipient),
            idempotency_key=row.idempotency_key,
            unsubscribe=row.unsubscribe,
            maybe_sent=row.maybe_sent,
            parts_sent=row.parts_sent,
            replaces=self._message_ids(row.replaces) if row.replaces else (),
        )
        return Delivery(
            id=row.id,
            message=self._in_thread(row, message),
            state=DeliveryState(row.state),
            attempts=row.attempts,
            ticket_id=row.ticket_id,
            bulletin_id=row.bulletin_id,
            members=self._members(row) if row.together and row.state == DeliveryState.SENDING.value else None,
            replaces=row.replaces,
            error=row.error,
            created_at=row.created_at,
            sent_at=row.sent_at,
            message_ids=self._message_ids(row.id) if row.state == DeliveryState.SENT.value else (),
        )

    def _content(self, content_id: int) -> dict[str, Any]:
        if content_id not in self._contents:
            self._contents[content_id] = self._session.connection().execute(_CONTENT, {"wanted": content_id}).scalar_one()
        return self._contents[content_id]

    def _message_ids(self, delivery_id: int) -> tuple[str, ...]:
        return tuple(self._session.connection().execute(_MESSAGE_IDS, {"wanted": delivery_id}).scalars())

    def _in_thread(self, row: Row[Any], message: OutboundMessage) -> OutboundMessage:
        """A desk's messages about one ticket hang on the first of them."""
        if row.ticket_id is None or message.reply_to:
            return message
        connection = self._session.connection()
        if connection.execute(_DESK, {"wanted": row.ticket_id}).scalar() != f"{row.channel}:{row.recipient}":
            return message
        place = {"ticket": row.ticket_id, "room": row.recipient, "before": row.id}
        root = connection.execute(_ROOT, place).scalars().first()
        return replace(message, reply_to=root) if root else message
