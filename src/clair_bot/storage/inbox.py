"""The inbox table: what was taken in, once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, exists, func, insert, or_, select, update
from sqlmodel import Session, col

from clair_bot.domain.conversations import InboxEntry, conversation_key
from clair_bot.messages import Address, InboundKind, InboundMessage
from clair_bot.storage.codec import pack_inbound, unpack_inbound
from clair_bot.storage.columns import table_of
from clair_bot.storage.insertions import Insertion
from clair_bot.storage.tables import InboxKeyRow, InboxRow

_I, _K = table_of(InboxRow), table_of(InboxKeyRow)
_earlier = _I.alias()
_before = or_(_earlier.c.sent_at < _I.c.sent_at, (_earlier.c.sent_at == _I.c.sent_at) & (_earlier.c.id < _I.c.id))
_OWNER = select(_K.c.inbox_id).where(_K.c.channel == bindparam("channel"), _K.c.key.in_(bindparam("keys", expanding=True))).limit(1)
_ADD = insert(_I).returning(_I.c.id, sort_by_parameter_order=True)
_ADD_KEYS = Insertion(lambda dialect: dialect.insert(_K).on_conflict_do_nothing().returning(_K.c.key))
_PENDING = (
    select(_I)
    .where(
        _I.c.state == "pending",
        _I.c.next_at <= bindparam("now"),
        ~exists().where(_earlier.c.conversation == _I.c.conversation, _earlier.c.state == "pending", _before),
    )
    .order_by(_I.c.id)
    .limit(bindparam("most"))
)
_CLAIM = select(_I).where(_I.c.id == bindparam("wanted"), _I.c.state == "pending").with_for_update(skip_locked=True)
_DONE = update(_I).where(_I.c.id == bindparam("wanted")).values(state="done", error="")
_ASIDE = select(_I).where(_I.c.state == "aside").order_by(_I.c.id).limit(bindparam("most"))


_SPOKEN = {InboundKind.TEXT.value, InboundKind.MEDIA.value}


class SqlInbox:
    """Repository of inbound messages."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._now = now

    def record(self, messages: Sequence[InboundMessage]) -> int:
        """Store those that are not known yet; return how many were new.

        Usually none is known, and they are stored at once. Otherwise, and where another process takes in one of them at this very
        moment, they go one by one.
        """
        if messages and not self._any_known(messages) and self._insert(messages):
            return len(messages)
        return sum(self._record(message) for message in messages)

    def _any_known(self, messages: Sequence[InboundMessage]) -> bool:
        keys = [(message.address.channel, key) for message in messages for key in set(message.event_ids)]
        channels = {channel for channel, _ in keys}
        return len(set(keys)) < len(keys) or any(
            self._owner(channel, [key for of, key in keys if of == channel]) is not None for channel in channels
        )

    def _record(self, message: InboundMessage) -> bool:
        """Whoever inserts all of a message's keys owns it; later comers add the keys that they alone know."""
        channel, keys = message.address.channel, set(message.event_ids)
        while (owner := self._owner(channel, list(keys))) is None:
            if self._insert([message]):
                return True
        self._add_keys({(channel, key): owner for key in keys})
        return False

    def _owner(self, channel: str, keys: Sequence[str]) -> int | None:
        owner: int | None = self._session.connection().execute(_OWNER, {"channel": channel, "keys": keys}).scalars().first()
        return owner

    def _insert(self, messages: Sequence[InboundMessage]) -> bool:
        """Store new messages with all their keys; False, and nothing is stored, when another process was quicker with one of them."""
        connection = self._session.connection()
        with connection.begin_nested() as attempt:
            inserted = connection.execute(_ADD, [self._row(message) for message in messages]).scalars()
            keys = {
                (message.address.channel, key): inbox_id
                for message, inbox_id in zip(messages, inserted, strict=True)
                for key in message.event_ids
            }
            if self._add_keys(keys) == len(keys):
                return True
            attempt.rollback()
        return False

    def _add_keys(self, keys: Mapping[tuple[str, str], int]) -> int:
        """Return how many of the keys nobody had. They are sorted, so that two who insert the same ones cannot deadlock."""
        rows = [{"channel": channel, "key": key, "inbox_id": inbox_id} for (channel, key), inbox_id in sorted(keys.items())]
        return len(self._session.connection().execute(_ADD_KEYS.on(self._session), rows).all())

    def _row(self, message: InboundMessage) -> dict[str, object]:
        return {
            "state": "pending",
            "conversation": conversation_key(message),
            "address": str(message.address),
            "message_id": message.message_id,
            "payload": pack_inbound(message),
            "sent_at": message.sent_at,
            "received_at": self._now,
            "next_at": self._now,
            "attempts": 0,
            "error": "",
        }

    def pending(self, limit: int) -> Sequence[InboxEntry]:
        """Return due entries, oldest first, and of each conversation only the first."""
        return [_shown(row) for row in self._session.connection().execute(_PENDING, {"now": self._now, "most": limit})]

    def claim(self, entry_id: int) -> InboxEntry | None:
        """Lock an entry until the end of this unit of work; None when another process has it or had it."""
        row = self._session.connection().execute(_CLAIM, {"wanted": entry_id}).first()
        return _entry(row) if row else None

    def done(self, entry_id: int) -> None:
        """Mark an entry as handled."""
        self._session.connection().execute(_DONE, {"wanted": entry_id})

    def failed(self, entry_id: int, *, error: str, next_at: datetime | None) -> None:
        """Count a failed attempt: again at ``next_at``, or put aside when that is None."""
        fate = {"state": "aside"} if next_at is None else {"next_at": next_at}
        values = {"attempts": InboxRow.attempts + 1, "error": error[:500], **fate}
        self._session.execute(update(InboxRow).where(col(InboxRow.id) == entry_id, col(InboxRow.state) == "pending").values(values))

    def postpone(self, entry_id: int, next_at: datetime) -> None:
        """Look at an entry again at ``next_at``; that is no failed attempt."""
        self._session.execute(
            update(InboxRow).where(col(InboxRow.id) == entry_id, col(InboxRow.state) == "pending").values(next_at=next_at)
        )

    def counts(self) -> Mapping[str, int]:
        """Return how many entries are pending, done and aside."""
        rows = self._session.execute(select(col(InboxRow.state), func.count()).group_by(col(InboxRow.state)))
        return {state: count for state, count in rows}  # noqa: C416  # rows are not tuples to the type checker

    def set_aside(self, limit: int) -> Sequence[InboxEntry]:
        """Return entries that were put aside."""
        return [_shown(row) for row in self._session.connection().execute(_ASIDE, {"most": limit})]

    def forget(self, age: timedelta) -> int:
        """Delete handled messages and their event ids that are older than this; return how many."""
        old = select(col(InboxRow.id)).where(col(InboxRow.state) == "done", col(InboxRow.received_at) < self._now - age)
        self._session.execute(delete(InboxKeyRow).where(col(InboxKeyRow.inbox_id).in_(old)))
        return len(self._session.execute(delete(InboxRow).where(col(InboxRow.id).in_(old)).returning(col(InboxRow.id))).all())

    def holds(self, address: Address, message_id: str) -> bool:
        """Tell whether a message of a chat was taken in."""
        return self._spoken(address, message_id) is not None

    def correct(self, address: Address, message_id: str, text: str) -> tuple[int | None, str]:
        """Store how a message reads now; return the entry's id and how it read before."""
        row = self._spoken(address, message_id)
        return (row.id, self._say(row, text)) if row else (None, "")

    def hide(self, address: Address, message_id: str) -> tuple[int | None, str]:
        """Blank the text of a message that its author took back, and of its corrections; return the entry's id and what it said last."""
        row = self._spoken(address, message_id)
        if row is None:
            return None, ""
        for correction in self._rows(address, message_id, {InboundKind.EDITED.value}):
            self._say(correction, "")
        return row.id, self._say(row, "").strip()

    def _say(self, row: InboxRow, text: str) -> str:
        message = unpack_inbound(row.payload)
        row.payload = pack_inbound(replace(message, text=text))
        self._session.flush()  # the statements that read do not go through the session
        return message.text

    def _spoken(self, address: Address, message_id: str) -> InboxRow | None:
        return next(iter(self._rows(address, message_id, _SPOKEN)), None)

    def _rows(self, address: Address, message_id: str, kinds: Collection[str]) -> list[InboxRow]:
        statement = select(InboxRow).where(col(InboxRow.address) == str(address), col(InboxRow.message_id) == message_id)
        return [row for row in self._session.execute(statement).scalars() if row.payload.get("kind") in kinds]


def _shown(row: Row[Any]) -> InboxEntry:
    """Return an entry to look at. One that cannot be read is shown without its content; to claim it fails, and so it is put aside."""
    try:
        return _entry(row)
    except ValueError:
        blank = InboundMessage(
            event_ids=(f"unreadable:{row.id}",),
            kind=InboundKind.WITHDRAWN,
            address=Address.parse(row.address),
            sender="",
            sent_at=row.sent_at,
            message_id=row.message_id,
        )
        return InboxEntry(id=row.id, message=blank, attempts=row.attempts, received_at=row.received_at, error=row.error)


def _entry(row: Row[Any]) -> InboxEntry:
    return InboxEntry(id=row.id, message=unpack_inbound(row.payload), attempts=row.attempts, received_at=row.received_at, error=row.error)
