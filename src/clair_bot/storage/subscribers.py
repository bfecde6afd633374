"""The tables of subscribers, of what they want to hear, and of their consent."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, exists, func, insert, or_, select, update
from sqlmodel import Session

from clair_bot.domain.audiences import Target
from clair_bot.domain.bulletins import LedgerState
from clair_bot.domain.conversations import Language
from clair_bot.domain.deliveries import DeliveryState
from clair_bot.domain.mailings import Reader
from clair_bot.domain.subscriptions import Consent, ConsentAction, Frequency, Organisation, Subscriber, SubscriberState, Topic
from clair_bot.messages import Address
from clair_bot.storage.bulletin_tables import ConsentRow, RecipientRow, SubscriberRow, SubscriptionRow
from clair_bot.storage.columns import table_of
from clair_bot.storage.tables import DeliveryRow

_S, _T, _C, _R, _D = (table_of(row) for row in (SubscriberRow, SubscriptionRow, ConsentRow, RecipientRow, DeliveryRow))
_PLACE = (_S.c.channel == bindparam("channel"), _S.c.recipient == bindparam("recipient"))
_AT = select(_S).where(*_PLACE)
_COLUMNS = [column.name for column in _S.columns if column.name not in {"id", "token", "created_at"}]
_CHANGE = update(_S).where(_S.c.id == bindparam("wanted")).values({name: bindparam(name) for name in _COLUMNS})
_AT_ONCE = 1_000
"""Subscribers that one statement writes."""
_GOT = (LedgerState.SENT.value, LedgerState.UNCERTAIN.value)


class SqlSubscribers:
    """Repository of subscribers."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._connection = session.connection
        self._now = now

    def put(self, subscriber: Subscriber, consent: Consent | None) -> Subscriber:
        """Store somebody new (id 0) or changed, with the line of the ledger that says why."""
        values = _values(subscriber)
        if subscriber.id:
            number = subscriber.id
            self._connection().execute(update(_S).where(_S.c.id == number).values(values))
            self._connection().execute(delete(_T).where(_T.c.subscriber_id == number))
        else:
            fresh = values | {"token": secrets.token_urlsafe(16), "created_at": self._now}
            number = self._connection().execute(insert(_S).values(fresh).returning(_S.c.id)).scalar_one()
        if subscriber.topics:
            topics = [{"subscriber_id": number, "topic": topic.value} for topic in sorted(subscriber.topics)]
            self._connection().execute(insert(_T), topics)
        if consent:
            self._connection().execute(insert(_C).values(_line(number, consent)))
        stored = self.get(number)
        if stored is None:
            raise LookupError(number)
        return stored

    def put_all(self, subscribers: Sequence[Subscriber], consent: Callable[[Subscriber], Consent]) -> None:
        """As ``put`` for many, each with the line of the ledger that ``consent`` returns for them; nobody is there twice."""
        for start in range(0, len(subscribers), _AT_ONCE):
            self._put_some(subscribers[start : start + _AT_ONCE], consent)

    def _put_some(self, subscribers: Sequence[Subscriber], consent: Callable[[Subscriber], Consent]) -> None:
        fresh = [one for one in subscribers if not one.id]
        known = [one for one in subscribers if one.id]
        numbers = [one.id for one in known]
        if known:
            self._connection().execute(_CHANGE, [_values(one) | {"wanted": one.id} for one in known])
            self._connection().execute(delete(_T).where(_T.c.subscriber_id.in_(numbers)))
        if fresh:
            rows = [_values(one) | {"token": secrets.token_urlsafe(16), "created_at": self._now} for one in fresh]
            found = self._connection().execute(insert(_S).returning(_S.c.id, sort_by_parameter_order=True), rows)
            numbers += found.scalars()
        people = list(zip(numbers, [*known, *fresh], strict=True))
        topics = [{"subscriber_id": number, "topic": topic.value} for number, one in people for topic in sorted(one.topics)]
        if topics:
            self._connection().execute(insert(_T), topics)
        if people:
            self._connection().execute(insert(_C), [_line(number, consent(one)) for number, one in people])

    def get(self, subscriber_id: int) -> Subscriber | None:
        """Return a subscriber."""
        return next(iter(self._found(select(_S).where(_S.c.id == subscriber_id))), None)

    def at(self, address: Address) -> Subscriber | None:
        """Return who is written to at an address, in whatever state."""
        place = {"channel": address.channel, "recipient": address.recipient}
        return next(iter(self._read(self._connection().execute(_AT, place).all())), None)

    def with_token(self, token: str) -> Subscriber | None:
        """Return whose link this is."""
        return next(iter(self._found(select(_S).where(_S.c.token == token))), None) if token else None

    def listed(self, *, states: Collection[SubscriberState] | None = None, after: int = 0, limit: int = 1_000) -> Sequence[Subscriber]:
        """Return subscribers by number, behind one."""
        wanted = [_S.c.id > after]
        if states is not None:
            wanted.append(_S.c.state.in_([state.value for state in states]))
        return self._found(select(_S).where(*wanted).order_by(_S.c.id).limit(limit))

    def reached(self, target: Target, *, after: int = 0, limit: int = 1_000) -> Sequence[Subscriber]:
        """Return the active subscribers that a target reaches, by number, behind one."""
        return self._found(select(_S).where(_S.c.id > after, *_conditions(target)).order_by(_S.c.id).limit(limit))

    def readers(self, target: Target, *, after: int = 0, limit: int = 1_000) -> Sequence[Reader]:
        """As ``reached``, with no more than sending takes.

        Nobody of them unsubscribes until the end of this unit of work: their withdrawal would not find the line that is being written.
        """
        columns = (_S.c.id, _S.c.channel, _S.c.recipient, _S.c.language, _S.c.frequency, _S.c.timezone, _S.c.token)
        statement = select(*columns).where(_S.c.id > after, *_conditions(target)).order_by(_S.c.id).limit(limit)
        return [Reader(*row) for row in self._connection().execute(statement.with_for_update(read=True, of=_S)).all()]

    def count(self, target: Target) -> Mapping[str, int]:
        """Return how many a target reaches on each channel."""
        rows = self._connection().execute(select(_S.c.channel, func.count()).where(*_conditions(target)).group_by(_S.c.channel))
        return {channel: count for channel, count in rows}  # noqa: C416  # rows are not tuples to the type checker

    def consents(self, subscriber_id: int) -> Sequence[Consent]:
        """Return the ledger of one subscriber, oldest first."""
        rows = self._connection().execute(select(_C).where(_C.c.subscriber_id == subscriber_id).order_by(_C.c.id))
        return [
            Consent(
                at=row.at,
                action=ConsentAction(row.action),
                topics=tuple(Topic(topic) for topic in row.topics),
                source=row.source,
                by=row.by,
            )
            for row in rows
        ]

    def digests_due(self, limit: int) -> Sequence[Subscriber]:
        """Return active subscribers whose digest is due."""
        due = (_S.c.state == SubscriberState.ACTIVE.value, _S.c.digest_at <= self._now)
        return self._found(select(_S).where(*due).order_by(_S.c.digest_at, _S.c.id).limit(limit).with_for_update(skip_locked=True))

    def _found(self, statement: Any) -> list[Subscriber]:
        return self._read(self._connection().execute(statement).all())

    def _read(self, rows: Sequence[Row[Any]]) -> list[Subscriber]:
        topics: dict[int, set[Topic]] = {row.id: set() for row in rows}
        if rows:
            span = (_T.c.subscriber_id >= min(topics), _T.c.subscriber_id <= max(topics))
            wanted = _T.c.subscriber_id.in_(list(topics)) if len(topics) < 100 else span[0] & span[1]  # noqa: PLR2004  # a long list costs more than a range
            for number, topic in self._connection().execute(select(_T.c.subscriber_id, _T.c.topic).where(wanted)):
                if number in topics:
                    topics[number].add(Topic(topic))
        return [_subscriber(row, frozenset(topics[row.id])) for row in rows]


def _conditions(target: Target) -> list[ColumnElement[bool]]:
    """Return what whom a target reaches has in common."""
    audience = target.audience
    found = [_S.c.state == SubscriberState.ACTIVE.value, _S.c.tester.is_(target.testers)]
    needed = frozenset({target.needed} if target.needed else ())
    found += [_wants(topics) for topics in (audience.topics, target.topics, needed) if topics]
    if target.received is not None:
        found.append(_got(target.received))
    restrictions = (
        (_S.c.prefecture, audience.prefectures),
        (_S.c.kind, audience.kinds),
        (_S.c.role, audience.roles),
        (_S.c.language, audience.languages),
        (_S.c.channel, audience.channels),
    )
    found += [column.in_(sorted(values)) for column, values in restrictions if values]
    return found


def _wants(topics: Collection[Topic]) -> ColumnElement[bool]:
    return exists().where(_T.c.subscriber_id == _S.c.id, _T.c.topic.in_(sorted(topics)))


def _got(bulletin_id: int) -> ColumnElement[bool]:
    """Tell that a subscriber got a bulletin, or may have: theirs is the line, and it was not withdrawn."""
    line = (_R.c.bulletin_id == bulletin_id, _R.c.subscriber_id == _S.c.id, _R.c.state == "", _R.c.delivery_id == _D.c.id)
    return exists().where(*line, or_(_D.c.state.in_(_GOT), _D.c.state == DeliveryState.SENDING.value))


def _values(subscriber: Subscriber) -> dict[str, object]:
    return {
        "channel": subscriber.address.channel,
        "recipient": subscriber.address.recipient,
        "name": subscriber.name,
        "organisation": subscriber.organisation,
        "kind": subscriber.kind.value,
        "prefecture": subscriber.prefecture,
        "role": subscriber.role,
        "language": subscriber.language.value,
        "frequency": subscriber.frequency.value,
        "timezone": subscriber.timezone,
        "tester": subscriber.tester,
        "state": subscriber.state.value,
        "reason": subscriber.reason,
        "digest_at": subscriber.digest_at,
    }


def _line(subscriber_id: int, consent: Consent) -> dict[str, object]:
    return {
        "subscriber_id": subscriber_id,
        "at": consent.at,
        "action": consent.action.value,
        "topics": [topic.value for topic in consent.topics],
        "source": consent.source,
        "by": consent.by,
    }


def _subscriber(row: Row[Any], topics: frozenset[Topic]) -> Subscriber:
    return Subscriber(
        id=row.id,
        address=Address(channel=row.channel, recipient=row.recipient),
        name=row.name,
        organisation=row.organisation,
        kind=Organisation(row.kind),
        prefecture=row.prefecture,
        role=row.role,
        topics=topics,
        language=Language(row.language),
        frequency=Frequency(row.frequency),
        timezone=row.timezone,
        tester=row.tester,
        state=SubscriberState(row.state),
        reason=row.reason,
        token=row.token,
        digest_at=row.digest_at,
    )
