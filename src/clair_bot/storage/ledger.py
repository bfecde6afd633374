"""The ledger: a line for each recipient of a bulletin. Without a state of its own, a line has that of its delivery."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, insert, literal, or_, select, update
from sqlmodel import Session

from clair_bot.domain.bulletins import LedgerLine, LedgerState
from clair_bot.domain.deliveries import SENDER_DIED, Delivery, DeliveryState, Priority
from clair_bot.domain.mailings import Mailing
from clair_bot.messages import Address
from clair_bot.storage.bulletin_tables import BulletinRow, ContentRow, RecipientRow, SubscriberRow
from clair_bot.storage.codec import pack_outbound
from clair_bot.storage.columns import table_of
from clair_bot.storage.insertions import Insertion
from clair_bot.storage.tables import DeliveryRow

_B, _N, _R, _D, _S = (table_of(row) for row in (BulletinRow, ContentRow, RecipientRow, DeliveryRow, SubscriberRow))
_NAMESPACE = uuid.UUID("3a1b0f64-9d0e-4a56-8f8b-0f2f7c1b5a10")
_PUT_CONTENT = Insertion(lambda dialect: dialect.insert(_N).on_conflict_do_nothing(index_elements=["key"]).returning(_N.c.id))
_CONTENT = select(_N.c.id).where(_N.c.key == bindparam("key"))
_HELD, _CANCELLED = LedgerState.HELD.value, LedgerState.CANCELLED.value
_STATE = case((_R.c.state != "", _R.c.state), else_=func.coalesce(_D.c.state, literal(LedgerState.QUEUED.value)))
_LINES = _R.outerjoin(_D, _R.c.delivery_id == _D.c.id)
_WAITING = or_(_R.c.state == _HELD, and_(_R.c.state == "", _D.c.state == DeliveryState.QUEUED.value))


class SqlLedger:
    """Repository of who got what."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._connection = session.connection
        self._now = now

    def queue(self, bulletin_id: int, mailing: Mailing) -> None:
        """Write lines and deliveries for new recipients."""
        deliveries = self._deliver(mailing, f"bulletin:{bulletin_id}", bulletin_id)
        lines = [
            {
                "bulletin_id": bulletin_id,
                "subscriber_id": member.subscriber_id,
                "channel": mailing.message.to.channel,
                "recipient": member.recipient,
                "delivery_id": delivery,
                "state": "",
                "reason": "",
            }
            for member, delivery in zip(mailing.members, deliveries, strict=True)
        ]
        self._connection().execute(insert(_R), lines)

    def _deliver(self, mailing: Mailing, cause: str, bulletin_id: int | None) -> list[int]:
        """Put deliveries into the outbox; return for each member the number of theirs."""
        shared = {
            "channel": mailing.message.to.channel,
            "state": DeliveryState.QUEUED.value,
            "priority": int(Priority.BULLETIN),
            "payload": {},
            "content_id": self._content(mailing),
            "bulletin_id": bulletin_id,
            "together": mailing.together,
            "unreachable": False,
            "ticket_id": None,
            "attempts": 0,
            "maybe_sent": False,
            "parts_sent": 0,
            "next_at": mailing.at,
            "replaces": None,
            "error": "",
            "created_at": self._now,
        }
        if mailing.together:
            key = _key(f"{cause}:{mailing.members[0].subscriber_id}-{mailing.members[-1].subscriber_id}:{mailing.key}")
            values = shared | {"recipient": f"*{key}", "idempotency_key": key, "unsubscribe": ""}
            number = self._connection().execute(insert(_D).values(values).returning(_D.c.id)).scalar_one()
            return [number] * len(mailing.members)
        rows = [
            shared
            | {
                "recipient": member.recipient,
                "idempotency_key": _key(f"{cause}:{member.subscriber_id}"),
                "unsubscribe": member.unsubscribe,
            }
            for member in mailing.members
        ]
        numbers = self._connection().execute(insert(_D).returning(_D.c.id, sort_by_parameter_order=True), rows)
        return list(numbers.scalars())

    def _content(self, mailing: Mailing) -> int:
        values = {"key": mailing.key, "payload": pack_outbound(mailing.message)}
        stored: int | None = self._connection().execute(_PUT_CONTENT.on(self._session), values).scalars().first()
        return stored if stored is not None else self._connection().execute(_CONTENT, {"key": mailing.key}).scalar_one()

    def hold(self, bulletin_id: int, members: Sequence[tuple[int, Address]]) -> None:
        """Write lines for recipients whose digest will tell them."""
        lines = [
            {
                "bulletin_id": bulletin_id,
                "subscriber_id": subscriber_id,
                "channel": address.channel,
                "recipient": address.recipient,
                "delivery_id": None,
                "state": _HELD,
                "reason": "",
            }
            for subscriber_id, address in members
        ]
        if lines:
            self._connection().execute(insert(_R), lines)

    def advance(self, bulletin_id: int, cursor: int | None) -> None:
        """Remember up to which subscriber lines have been written; None: to the last."""
        values: dict[str, Any] = {"expanded": True} if cursor is None else {"cursor": cursor}
        self._connection().execute(update(_B).where(_B.c.id == bulletin_id).values(values))

    def cursor(self, bulletin_id: int) -> int | None:
        """Return where to go on with writing lines, locked until the end of this unit of work; None: nowhere, or another is at it."""
        open_ = (_B.c.id == bulletin_id, _B.c.status == "sending", _B.c.expanded.is_(False))
        statement = select(_B.c.cursor).where(*open_).with_for_update(skip_locked=True)
        found: int | None = self._connection().execute(statement).scalar()
        return found

    def held(self, subscriber_id: int) -> Sequence[int]:
        """Return the bulletins that wait for somebody's digest, oldest first."""
        wanted = (_R.c.subscriber_id == subscriber_id, _R.c.state == _HELD)
        return list(self._connection().execute(select(_R.c.bulletin_id).where(*wanted).order_by(_R.c.bulletin_id)).scalars())

    def digest(self, bulletin_ids: Sequence[int], mailing: Mailing) -> None:
        """Put a digest into the outbox and let the held lines follow it."""
        deliveries = self._deliver(mailing, f"digest:{mailing.key}", None)
        for member, delivery in zip(mailing.members, deliveries, strict=True):
            held = (_R.c.subscriber_id == member.subscriber_id, _R.c.bulletin_id.in_(list(bulletin_ids)), _R.c.state == _HELD)
            self._connection().execute(update(_R).where(*held).values(state="", delivery_id=delivery))

    def withdraw(self, subscriber_id: int, bulletin_ids: Collection[int] | None = None) -> int:
        """Cancel what waits for somebody, of all bulletins or of some; return how many lines."""
        wanted = [_R.c.subscriber_id == subscriber_id, _WAITING]
        if bulletin_ids is not None:
            wanted.append(_R.c.bulletin_id.in_(list(bulletin_ids)))
        rows = (
            self._connection().execute(select(_R.c.bulletin_id, _R.c.delivery_id, _D.c.together).select_from(_LINES).where(*wanted)).all()
        )
        for row in rows:
            line = (_R.c.bulletin_id == row.bulletin_id, _R.c.subscriber_id == subscriber_id)
            self._connection().execute(update(_R).where(*line).values(state=_CANCELLED, reason="unsubscribed"))
            if row.delivery_id and not row.together:
                queued = (_D.c.id == row.delivery_id, _D.c.state == DeliveryState.QUEUED.value)
                self._connection().execute(update(_D).where(*queued).values(state=_CANCELLED, error="unsubscribed"))
        return len(rows)

    def waiting(self, subscriber_id: int) -> Sequence[int]:
        """Return the bulletins of which something still waits for somebody."""
        wanted = (_R.c.subscriber_id == subscriber_id, _WAITING)
        return list(self._connection().execute(select(_R.c.bulletin_id).select_from(_LINES).where(*wanted)).scalars())

    def cancel(self, bulletin_id: int) -> int:
        """Cancel every line that waits; return how many."""
        wanted = (_R.c.bulletin_id == bulletin_id, _WAITING)
        count: int = self._connection().execute(select(func.count()).select_from(_LINES).where(*wanted)).scalar_one()
        queued = (_D.c.bulletin_id == bulletin_id, _D.c.state == DeliveryState.QUEUED.value)
        self._connection().execute(update(_D).where(*queued).values(state=_CANCELLED, error="bulletin cancelled"))
        held = (_R.c.bulletin_id == bulletin_id, _R.c.state == _HELD)
        self._connection().execute(update(_R).where(*held).values(state=_CANCELLED, reason="bulletin cancelled"))
        return count

    def again(self, bulletin_id: int, states: Collection[LedgerState]) -> int:
        """Put lines that failed or are uncertain back into the outbox; return how many."""
        wanted = (_D.c.bulletin_id == bulletin_id, _D.c.state.in_([state.value for state in states]), _R.c.state == "")
        count: int = self._connection().execute(select(func.count()).select_from(_LINES).where(*wanted)).scalar_one()
        stuck = (_D.c.bulletin_id == bulletin_id, _D.c.state.in_([state.value for state in states]))
        fresh = {"state": DeliveryState.QUEUED.value, "attempts": 0, "next_at": self._now, "error": "", "lease_until": None}
        self._connection().execute(update(_D).where(*stuck).values(fresh))
        return count

    def split(self, delivery: Delivery) -> bool:
        """Replace a delivery to many that was refused by two to half of them each; False when there is only one left."""
        wanted = (_R.c.delivery_id == delivery.id, _R.c.state == "")
        statement = select(_R.c.bulletin_id, _R.c.subscriber_id, _R.c.recipient).where(*wanted).order_by(_R.c.subscriber_id)
        lines = self._connection().execute(statement).all()
        people = sorted({line.subscriber_id for line in lines})
        if len(people) < 2:  # noqa: PLR2004  # one cannot be halved
            return False
        row = self._connection().execute(select(_D).where(_D.c.id == delivery.id)).one()
        middle = len(people) // 2
        for half in (people[:middle], people[middle:]):
            key = _key(f"half:{row.idempotency_key}:{half[0]}-{half[-1]}")
            values = {name: value for name, value in row._mapping.items() if name != "id"}  # noqa: SLF001  # SQLAlchemy's public name for it
            values |= {"recipient": f"*{key}", "idempotency_key": key, "state": DeliveryState.QUEUED.value, "attempts": 0}
            values |= {"maybe_sent": False, "next_at": self._now, "lease_until": None, "error": "", "created_at": self._now}
            number = self._connection().execute(insert(_D).values(values).returning(_D.c.id)).scalar_one()
            theirs = (_R.c.delivery_id == delivery.id, _R.c.subscriber_id.in_(half))
            self._connection().execute(update(_R).where(*theirs).values(delivery_id=number))
        self._connection().execute(update(_D).where(_D.c.id == delivery.id).values(state=_CANCELLED, error="split", lease_until=None))
        return True

    def counts(self, bulletin_id: int) -> Mapping[LedgerState, int]:
        """Return how many lines are in each state."""
        statement = select(_STATE.label("is"), func.count()).select_from(_LINES).where(_R.c.bulletin_id == bulletin_id).group_by("is")
        found = {LedgerState(state): count for state, count in self._connection().execute(statement)}
        return {state: found.get(state, 0) for state in LedgerState}

    def faults(self, bulletin_id: int) -> tuple[int, int]:
        """Return how many lines are settled, and how many of them met a fault that is not the recipient's."""
        settled = _STATE.in_([LedgerState.SENT.value, LedgerState.FAILED.value, LedgerState.UNCERTAIN.value])
        fault = _fault()
        statement = select(func.count(), func.coalesce(func.sum(case((fault, 1), else_=0)), 0)).select_from(_LINES)
        row = self._connection().execute(statement.where(_R.c.bulletin_id == bulletin_id, settled)).one()
        return int(row[0]), int(row[1])

    def lines(self, bulletin_id: int, states: Collection[LedgerState], *, after: int = 0, limit: int = 100) -> Sequence[LedgerLine]:
        """Return lines in some states, by subscriber, behind one."""
        columns = (_R.c.subscriber_id, _R.c.channel, _R.c.recipient, _STATE.label("is"), _reason().label("why"), _D.c.sent_at)
        wanted = (_R.c.bulletin_id == bulletin_id, _R.c.subscriber_id > after, _STATE.in_([state.value for state in states]))
        rows = self._connection().execute(select(*columns).select_from(_LINES).where(*wanted).order_by(_R.c.subscriber_id).limit(limit))
        return [
            LedgerLine(
                subscriber_id=number,
                address=f"{channel}:{recipient}" if recipient else "",
                state=LedgerState(state),
                reason=reason,
                at=at,
            )
            for number, channel, recipient, state, reason, at in rows
        ]

    def figures(self, bulletin_id: int) -> Sequence[tuple[str, LedgerState, str, int]]:
        """Return (channel, state, reason, count)."""
        columns = (_R.c.channel, _STATE.label("is"), _reason().label("why"), func.count())
        statement = select(*columns).select_from(_LINES).where(_R.c.bulletin_id == bulletin_id).group_by(_R.c.channel, "is", "why")
        rows = self._connection().execute(statement.order_by(_R.c.channel, "is", "why"))
        return [(channel, LedgerState(state), reason, count) for channel, state, reason, count in rows]

    def reserved(self, channel: str) -> int:
        """Return how many recipients of a channel are still to be sent to, of bulletins that were released."""
        wanted = (_R.c.channel == channel, or_(_R.c.state == _HELD, _D.c.state == DeliveryState.QUEUED.value))
        count: int = self._connection().execute(select(func.count()).select_from(_LINES).where(*wanted)).scalar_one()
        return count


def _reason() -> ColumnElement[str]:
    return case((_R.c.state != "", _R.c.reason), else_=func.coalesce(_D.c.error, literal("")))


def _fault() -> ColumnElement[bool]:
    """Tell that a line failed or is uncertain, and not because its recipient has gone or a process of ours has died."""
    state = _STATE.in_([LedgerState.FAILED.value, LedgerState.UNCERTAIN.value])
    return and_(state, _D.c.unreachable.is_not(True), _D.c.error != SENDER_DIED)


def _key(text: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, text))
