"""The ledger: a line for each recipient of a bulletin. Without a state of its own, a line has that of its delivery."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, insert, literal, or_, select, update
from sqlmodel import Session

from clair_bot.domain.bulletins import BulletinKind, LedgerLine, LedgerState
from clair_bot.domain.deliveries import SENDER_DIED, Delivery, DeliveryState, Priority
from clair_bot.domain.mailings import Mailing, Reader
from clair_bot.domain.subscriptions import SubscriberState
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
_ACTIVE = select(_S.c.id).where(_S.c.state == SubscriberState.ACTIVE.value)
_FIRST = timedelta(microseconds=1)
"""By so much halves go before what waits: a message that all are refused is found after some dozens of calls, not after thousands."""


class SqlLedger:
    """Repository of who got what."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._connection = session.connection
        self._now = now

    def queue(self, bulletin_id: int, mailing: Mailing) -> None:
        """Write lines and deliveries for new recipients."""
        if not mailing.members:
            return
        deliveries = self._deliver(mailing, f"bulletin:{bulletin_id}", bulletin_id)
        if mailing.together:
            self._line_up(bulletin_id, mailing, deliveries[0])
            return
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

    def _line_up(self, bulletin_id: int, mailing: Mailing, delivery_id: int) -> None:
        """Write the lines of one delivery to many inside the database: there may be a hundred thousand."""
        fixed = (literal(delivery_id), literal(""), literal(""))
        people = _S.c.id.in_([member.subscriber_id for member in mailing.members])
        chosen = select(literal(bulletin_id), _S.c.id, _S.c.channel, _S.c.recipient, *fixed).where(people)
        columns = ["bulletin_id", "subscriber_id", "channel", "recipient", "delivery_id", "state", "reason"]
        self._connection().execute(insert(_R).from_select(columns, chosen))

    def _deliver(self, mailing: Mailing, cause: str, bulletin_id: int | None) -> list[int]:
        """Put deliveries into the outbox; return for each member the number of theirs."""
        shared = {
            "channel": mailing.message.to.channel,
            "state": DeliveryState.QUEUED.value,
            "priority": int(self._priority(bulletin_id)),
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
        stored = self._connection().execute(insert(_D).returning(_D.c.idempotency_key, _D.c.id), rows)
        numbers = {key: number for key, number in stored.all()}  # noqa: C416  # rows are not tuples to the type checker
        return [numbers[row["idempotency_key"]] for row in rows]

    def _priority(self, bulletin_id: int | None) -> Priority:
        """Emergencies go before other bulletins, also to those for whom one waits already."""
        kind = self._connection().execute(select(_B.c.kind).where(_B.c.id == bulletin_id)).scalar() if bulletin_id else None
        return Priority.DESK if kind == BulletinKind.EMERGENCY.value else Priority.BULLETIN

    def _content(self, mailing: Mailing) -> int:
        there: int | None = self._connection().execute(_CONTENT, {"key": mailing.key}).scalar()
        if there is not None:
            return there
        values = {"key": mailing.key, "payload": pack_outbound(mailing.message)}
        stored: int | None = self._connection().execute(_PUT_CONTENT.on(self._session), values).scalars().first()
        return stored if stored is not None else self._connection().execute(_CONTENT, {"key": mailing.key}).scalar_one()

    def hold(self, bulletin_id: int, readers: Sequence[Reader]) -> None:
        """Write lines for recipients whose digest will tell them."""
        lines = [
            {
                "bulletin_id": bulletin_id,
                "subscriber_id": reader.id,
                "channel": reader.channel,
                "recipient": reader.recipient,
                "delivery_id": None,
                "state": _HELD,
                "reason": "",
            }
            for reader in readers
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
        if not mailing.members:
            return
        deliveries = self._deliver(mailing, f"digest:{mailing.key}", None)
        for member, delivery in zip(mailing.members, deliveries, strict=True):
            held = (_R.c.subscriber_id == member.subscriber_id, _R.c.bulletin_id.in_(list(bulletin_ids)), _R.c.state == _HELD)
            self._connection().execute(update(_R).where(*held).values(state="", delivery_id=delivery))

    def withdraw(self, subscriber_id: int, bulletin_ids: Collection[int] | None = None) -> int:
        """Cancel what waits for somebody, of all bulletins or of some; return how many lines.

        What stands in a digest beside something that is wanted is told with it.
        """
        wanted = [_R.c.subscriber_id == subscriber_id, _WAITING]
        if bulletin_ids is not None:
            wanted.append(_R.c.bulletin_id.in_(list(bulletin_ids)))
        rows = self._connection().execute(select(_R.c.bulletin_id, _R.c.delivery_id).select_from(_LINES).where(*wanted)).all()
        still = self._locked({row.delivery_id for row in rows if row.delivery_id})
        for number in self._shared(subscriber_id, still, [row.bulletin_id for row in rows]):
            del still[number]
        lines = [row.bulletin_id for row in rows if row.delivery_id is None or row.delivery_id in still]
        mine = (_R.c.subscriber_id == subscriber_id, _R.c.bulletin_id.in_(lines))
        self._connection().execute(update(_R).where(*mine).values(state=_CANCELLED, reason="unsubscribed"))
        alone = [number for number, together in still.items() if not together]
        self._connection().execute(update(_D).where(_D.c.id.in_(alone)).values(state=_CANCELLED, error="unsubscribed"))
        return len(lines)

    def _shared(self, subscriber_id: int, delivery_ids: Collection[int], bulletin_ids: Collection[int]) -> list[int]:
        """Return which deliveries tell somebody of other bulletins as well."""
        theirs = (_R.c.subscriber_id == subscriber_id, _R.c.delivery_id.in_(list(delivery_ids)), _R.c.state == "")
        others = select(_R.c.delivery_id).where(*theirs, _R.c.bulletin_id.not_in(list(bulletin_ids))).distinct()
        return list(self._connection().execute(others).scalars())

    def _locked(self, delivery_ids: Collection[int]) -> dict[int, bool]:
        """Lock deliveries that still wait, so that none is claimed meanwhile; return which, and whether they are to many."""
        queued = (_D.c.id.in_(sorted(delivery_ids)), _D.c.state == DeliveryState.QUEUED.value)
        rows = self._connection().execute(select(_D.c.id, _D.c.together).where(*queued).order_by(_D.c.id).with_for_update())
        return {number: together for number, together in rows}  # noqa: C416  # rows are not tuples to the type checker

    def waiting(self, subscriber_id: int) -> Sequence[int]:
        """Return the bulletins of which something still waits for somebody."""
        wanted = (_R.c.subscriber_id == subscriber_id, _WAITING)
        return list(self._connection().execute(select(_R.c.bulletin_id).select_from(_LINES).where(*wanted)).scalars())

    def cancel(self, bulletin_id: int) -> int:
        """Cancel every line that waits; return how many. What stands in a digest already is told."""
        ours = or_(_R.c.delivery_id.is_(None), _D.c.bulletin_id == bulletin_id)
        wanted = (_R.c.bulletin_id == bulletin_id, _WAITING, ours)
        count: int = self._connection().execute(select(func.count()).select_from(_LINES).where(*wanted)).scalar_one()
        queued = (_D.c.bulletin_id == bulletin_id, _D.c.state == DeliveryState.QUEUED.value)
        self._connection().execute(update(_D).where(*queued).values(state=_CANCELLED, error="bulletin cancelled"))
        held = (_R.c.bulletin_id == bulletin_id, _R.c.state == _HELD)
        self._connection().execute(update(_R).where(*held).values(state=_CANCELLED, reason="bulletin cancelled"))
        return count

    def again(self, bulletin_id: int, states: Collection[LedgerState]) -> int:
        """Put lines that failed or are uncertain back into the outbox, of people who still want it; return how many."""
        mine = (_R.c.bulletin_id == bulletin_id, _R.c.state == "", _R.c.subscriber_id.in_(_ACTIVE))
        stuck = _D.c.state.in_([state.value for state in states])
        count: int = self._connection().execute(select(func.count()).select_from(_LINES).where(*mine, stuck)).scalar_one()
        fresh = {"state": DeliveryState.QUEUED.value, "attempts": 0, "next_at": self._now, "error": "", "lease_until": None}
        theirs = _D.c.id.in_(select(_R.c.delivery_id).where(*mine))  # digests, too, which belong to no one bulletin
        self._leave_out(select(_D.c.id).where(theirs, stuck))
        self._connection().execute(update(_D).where(theirs, stuck).values(fresh | {"unreachable": False}))
        return count

    def _leave_out(self, deliveries: Select[tuple[int]]) -> None:
        """Keep the lines of those who have left as they are, and out of the next attempt."""
        left = (_R.c.delivery_id.in_(deliveries), _R.c.state == "", _R.c.subscriber_id.not_in(_ACTIVE))
        state, error = (select(column).where(_D.c.id == _R.c.delivery_id).scalar_subquery() for column in (_D.c.state, _D.c.error))
        self._connection().execute(update(_R).where(*left).values(state=state, reason=error))

    def wake(self, bulletin_id: int) -> None:
        """Let what was tried and put off be tried at once: somebody has seen to what stood in its way."""
        put_off = (_D.c.bulletin_id == bulletin_id, _D.c.state == DeliveryState.QUEUED.value, _D.c.attempts > 0)
        self._connection().execute(update(_D).where(*put_off).values(next_at=self._now))

    def split(self, delivery: Delivery) -> bool:
        """Replace a delivery to many that was refused by two to half of them each; False when there is only one left.

        Nor is one that another process has at hand by now: both halves would get it twice.
        """
        row = self._connection().execute(select(_D).where(_D.c.id == delivery.id).with_for_update()).one()
        if (row.state, row.attempts) != (DeliveryState.SENDING.value, delivery.attempts):
            return False
        wanted = (_R.c.delivery_id == delivery.id, _R.c.state == "")
        statement = select(_R.c.bulletin_id, _R.c.subscriber_id, _R.c.recipient).where(*wanted).order_by(_R.c.subscriber_id)
        lines = self._connection().execute(statement).all()
        people = sorted({line.subscriber_id for line in lines})
        if len(people) < 2:  # noqa: PLR2004  # one cannot be halved
            return False
        middle = len(people) // 2
        for half in (people[:middle], people[middle:]):
            key = _key(f"half:{row.idempotency_key}:{half[0]}-{half[-1]}")
            values = {name: value for name, value in row._mapping.items() if name != "id"}  # noqa: SLF001  # SQLAlchemy's public name for it
            values |= {"recipient": f"*{key}", "idempotency_key": key, "state": DeliveryState.QUEUED.value, "attempts": 0}
            values |= {"maybe_sent": False, "next_at": row.next_at - _FIRST, "lease_until": None, "error": "", "created_at": self._now}
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

    def is_begun(self, bulletin_id: int) -> bool:
        """Tell whether a bulletin has a line."""
        return bool(self._connection().execute(select(exists().where(_R.c.bulletin_id == bulletin_id))).scalar())

    def is_open(self, bulletin_id: int) -> bool:
        """Tell whether anything of a bulletin is still to be sent, or under way."""
        return self._is_any(bulletin_id, DeliveryState.QUEUED, DeliveryState.SENDING)

    def _is_any(self, bulletin_id: int, *states: DeliveryState) -> bool:
        there = exists().where(_D.c.bulletin_id == bulletin_id, _D.c.state.in_([state.value for state in states]))
        return bool(self._connection().execute(select(there)).scalar())

    def faults(self, bulletin_id: int) -> tuple[int, int]:
        """Return how many lines are settled, and how many of them met a fault that is not the recipient's."""
        if not self._is_any(bulletin_id, DeliveryState.FAILED, DeliveryState.UNCERTAIN):
            return 0, 0  # the usual case, for which nobody counts a hundred thousand lines
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
        """Return how many messages are still to be sent on a channel, of bulletins that were released: a digest counts once."""
        waiting = select(_R.c.subscriber_id, _R.c.delivery_id).select_from(_LINES).where(_R.c.channel == channel, _WAITING)
        count: int = self._connection().execute(select(func.count()).select_from(waiting.distinct().subquery())).scalar_one()
        return count


def _reason() -> ColumnElement[str]:
    return case((_R.c.state != "", _R.c.reason), else_=func.coalesce(_D.c.error, literal("")))


def _fault() -> ColumnElement[bool]:
    """Tell that a line failed or is uncertain, and not because its recipient has gone or a process of ours has died."""
    state = _STATE.in_([LedgerState.FAILED.value, LedgerState.UNCERTAIN.value])
    return and_(state, _R.c.state == "", _D.c.unreachable.is_not(True), _D.c.error != SENDER_DIED)


def _key(text: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, text))
