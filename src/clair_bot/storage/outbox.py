"""The outbox table: what is to be sent, and its fate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, func, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from clair_bot.domain.deliveries import LEASE, LONGEST_HOLD, Delivery, DeliveryState, Fate, Priority
from clair_bot.domain.pacing import allowance, paced
from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, OutboundMessage, Receipt
from clair_bot.ports import RateLimits
from clair_bot.storage.codec import pack_outbound, unpack_outbound
from clair_bot.storage.conversations import SqlConversations
from clair_bot.storage.tables import ChannelRow, DeliveryRow, SentMessageRow, TicketRow, table_of

_D = DeliveryRow
_T, _SENT = table_of(DeliveryRow), table_of(SentMessageRow)
_HIGHEST_ID = 2**31 - 1


class SqlOutbox:
    """Repository of deliveries."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._now = now
        self._dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite

    def put(self, message: OutboundMessage, *, priority: Priority = Priority.REPLY, ticket_id: int | None = None) -> int:
        """Queue a message; return the delivery's id. With an ``idempotency_key`` that is there already, nothing new is queued."""
        to = SqlConversations(self._session, self._now).moved(message.to)
        values = {
            "channel": to.channel,
            "recipient": to.recipient,
            "state": DeliveryState.QUEUED.value,
            "priority": int(priority),
            "payload": pack_outbound(replace(message, to=to)),
            "idempotency_key": message.idempotency_key,
            "ticket_id": ticket_id,
            "attempts": 0,
            "maybe_sent": False,
            "parts_sent": 0,
            "next_at": self._now,
            "error": "",
            "created_at": self._now,
        }
        statement = self._dialect.insert(_T).values(values).on_conflict_do_nothing(index_elements=["idempotency_key"])
        queued: int | None = self._session.execute(statement.returning(_T.c.id)).scalars().first()
        return (
            queued or self._session.execute(select(col(_D.id)).where(col(_D.idempotency_key) == message.idempotency_key)).scalar_one() or 0
        )

    def claim(self, channel: str, limit: int, limits: RateLimits) -> Sequence[Delivery]:
        """Take due deliveries of a channel for sending, within its rate limits, of each recipient only the first.

        The channel's row is locked before anything is looked at: two claims at once would not see what the other takes.
        """
        if not self._due(channel):
            return []
        row = self._locked(channel)
        allowed = min(limit, self._allowance(row, limits))
        if allowed <= 0:
            return []
        due = self._claimable(channel, limits).limit(allowed).with_for_update(skip_locked=True).cte("due").prefix_with("MATERIALIZED")
        statement = (
            update(_D)
            .where(col(_D.id).in_(select(due.c.id)))
            .values(state=DeliveryState.SENDING.value, lease_until=self._now + LEASE, attempts=_D.attempts + 1)
            .returning(_D)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        rows = sorted(self._session.execute(statement).scalars().all(), key=lambda row: (row.priority, row.id or 0))
        row.paced_until = paced(row.paced_until, count=len(rows), now=self._now, per_second=limits.per_second, burst=limits.burst)
        self._session.flush()
        return self._readable(rows)

    def _due(self, channel: str) -> bool:
        statement = select(exists().where(col(_D.channel) == channel, col(_D.state) == "queued", col(_D.next_at) <= self._now))
        return bool(self._session.execute(statement).scalar())

    def _claimable(self, channel: str, limits: RateLimits):  # type: ignore[no-untyped-def]  # noqa: ANN202  # a select, typed by use
        other = _D.__table__.alias()  # type: ignore[attr-defined]
        pause = self._now - timedelta(seconds=limits.per_recipient_seconds)
        blocks = or_(
            and_(
                other.c.state == "queued",
                other.c.next_at <= self._now + LONGEST_HOLD,
                tuple_(other.c.priority, other.c.id) < tuple_(col(_D.priority), col(_D.id)),
            ),
            other.c.state == "sending",
            and_(other.c.state == "sent", other.c.sent_at > pause),
        )
        return (
            select(col(_D.id))
            .where(col(_D.channel) == channel, col(_D.state) == "queued", col(_D.next_at) <= self._now)
            .where(~exists().where(other.c.channel == _D.channel, other.c.recipient == _D.recipient, blocks))
            .order_by(col(_D.priority), col(_D.id))
        )

    def _allowance(self, row: ChannelRow, limits: RateLimits) -> int:
        if row.paused_until and row.paused_until > self._now:
            return 0
        return allowance(row.paced_until, now=self._now, per_second=limits.per_second, burst=limits.burst)

    def _locked(self, channel: str) -> ChannelRow:
        statement = select(ChannelRow).where(col(ChannelRow.name) == channel).with_for_update()
        fresh = statement.execution_options(populate_existing=True)
        row: ChannelRow | None = self._session.execute(fresh).scalars().first()
        if row is None:
            self._session.execute(self._dialect.insert(ChannelRow).values(name=channel, error="").on_conflict_do_nothing())
            row = self._session.execute(fresh).scalars().one()
        return row

    def recover(self, channel: str, *, repeats_safely: bool) -> Sequence[Delivery]:
        """Put deliveries whose sender died back into the queue, or aside as uncertain; return them as they are now."""
        lapsed = (col(_D.channel) == channel, col(_D.state) == "sending", col(_D.lease_until) < self._now)
        if repeats_safely:
            values = {"state": "queued", "maybe_sent": True, "next_at": self._now, "error": "sender died"}
        else:
            values = {"state": "uncertain", "error": "sender died"}
        statement = update(_D).where(*lapsed).values(values).returning(_D)
        fresh = statement.execution_options(synchronize_session=False, populate_existing=True)
        return self._readable(sorted(self._session.execute(fresh).scalars().all(), key=lambda row: row.id or 0))

    def sent(self, delivery: Delivery, receipt: Receipt) -> None:
        """Store what the platform gave back."""
        to = receipt.moved_to or delivery.message.to
        values = {"state": DeliveryState.SENT.value, "sent_at": self._now, "error": "", "lease_until": None, "recipient": to.recipient}
        self._session.execute(update(_T).where(_T.c.id == delivery.id).values(values))
        place = {"channel": to.channel, "recipient": to.recipient, "delivery_id": delivery.id}
        rows = [{**place, "message_id": message_id, "part": part} for part, message_id in enumerate(dict.fromkeys(receipt.message_ids))]
        if rows:
            statement = self._dialect.insert(_SENT).values(rows)
            latest = {"delivery_id": statement.excluded.delivery_id, "part": statement.excluded.part}
            self._session.execute(statement.on_conflict_do_update(index_elements=["channel", "recipient", "message_id"], set_=latest))

    def unsent(self, delivery: Delivery, error: DeliveryError, fate: Fate) -> None:
        """Store an attempt that failed."""
        values = {
            "state": fate.state.value,
            "error": error.reason[:300],
            "lease_until": None,
            "next_at": fate.next_at or self._now,
            "maybe_sent": delivery.message.maybe_sent or error.uncertain,
            "parts_sent": max(error.parts_sent, delivery.message.parts_sent),
        }
        ours = (col(_D.id) == delivery.id, col(_D.state) == "sending", col(_D.attempts) == delivery.attempts)  # not a later attempt's
        self._session.execute(update(_D).where(*ours).values(values))

    def ours(self, address: Address, message_id: str) -> bool:
        """Tell whether a message in a chat is one that we sent."""
        return self._session.get(SentMessageRow, (address.channel, address.recipient, message_id)) is not None

    def cancel(self, address: Address) -> int:
        """Cancel what waits for a recipient who is gone; return how many."""
        waiting = (col(_D.channel) == address.channel, col(_D.recipient) == address.recipient, col(_D.state) == "queued")
        statement = update(_D).where(*waiting).values(state=DeliveryState.CANCELLED.value, error="recipient left")
        return len(self._session.execute(statement.returning(col(_D.id))).all())

    def read(self, address: Address, *, after: int = 0, limit: int = 200) -> Sequence[Delivery]:
        """Return what was sent to an address, in the order in which it was sent, behind a delivery: a lower id may be sent later."""
        place = [col(_D.channel) == address.channel, col(_D.recipient) == address.recipient, col(_D.state) == "sent"]
        if after <= _HIGHEST_ID and (known := self._session.get(_D, after)) and known.sent_at:
            place.append(tuple_(col(_D.sent_at), col(_D.id)) > tuple_(known.sent_at, after))
        rows = self._session.execute(select(_D).where(*place).order_by(col(_D.sent_at), col(_D.id)).limit(limit)).scalars()
        return self._readable(rows.all())

    def counts(self) -> Mapping[str, int]:
        """Return how many deliveries are in each state."""
        rows = self._session.execute(select(col(_D.state), func.count()).group_by(col(_D.state)))
        return {state: count for state, count in rows}  # noqa: C416  # rows are not tuples to the type checker

    def next_due(self, channel: str) -> datetime | None:
        """Return when the next queued delivery of a channel is due."""
        statement = select(col(_D.next_at)).where(col(_D.channel) == channel, col(_D.state) == "queued").order_by(col(_D.next_at)).limit(1)
        return self._session.execute(statement).scalars().first()

    def _readable(self, rows: Iterable[DeliveryRow]) -> list[Delivery]:
        """Return the rows as deliveries. One that cannot be read has failed for good, and takes no other with it (R14)."""
        found = []
        for row in rows:
            try:
                found.append(self._delivery(row))
            except ValueError:
                if row.state != DeliveryState.SENT.value:
                    row.state, row.error = DeliveryState.FAILED.value, "unreadable"
        self._session.flush()
        return found

    def _delivery(self, row: DeliveryRow) -> Delivery:
        sent = select(col(SentMessageRow.message_id)).where(col(SentMessageRow.delivery_id) == row.id).order_by(col(SentMessageRow.part))
        message = replace(
            unpack_outbound(row.payload),
            to=Address(channel=row.channel, recipient=row.recipient),
            maybe_sent=row.maybe_sent,
            parts_sent=row.parts_sent,
        )
        return Delivery(
            id=row.id or 0,
            message=self._in_thread(row, message),
            state=DeliveryState(row.state),
            attempts=row.attempts,
            ticket_id=row.ticket_id,
            error=row.error,
            created_at=row.created_at,
            sent_at=row.sent_at,
            message_ids=tuple(self._session.execute(sent).scalars()) if row.state == "sent" else (),
        )

    def _in_thread(self, row: DeliveryRow, message: OutboundMessage) -> OutboundMessage:
        """A desk's messages about one ticket hang on the first of them."""
        if row.ticket_id is None or message.reply_to:
            return message
        ticket = self._session.get(TicketRow, row.ticket_id)
        if ticket is None or ticket.desk != f"{row.channel}:{row.recipient}":
            return message
        first = (
            select(col(SentMessageRow.message_id))
            .join(_D, col(SentMessageRow.delivery_id) == col(_D.id))
            .where(col(_D.ticket_id) == row.ticket_id, col(_D.recipient) == row.recipient, col(_D.id) < row.id)
            .order_by(col(_D.id), col(SentMessageRow.part))
            .limit(1)
        )
        root = self._session.execute(first).scalars().first()
        return replace(message, reply_to=root) if root else message
