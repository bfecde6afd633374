"""The inbox table: what was taken in, once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from clair_bot.domain.conversations import InboxEntry, conversation_key
from clair_bot.messages import Address, InboundKind, InboundMessage
from clair_bot.storage.codec import pack_inbound, unpack_inbound
from clair_bot.storage.tables import InboxKeyRow, InboxRow, table_of

_T, _KEYS = table_of(InboxRow), table_of(InboxKeyRow)


class SqlInbox:
    """Repository of inbound messages."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._now = now

    def record(self, messages: Sequence[InboundMessage]) -> int:
        """Store those that are not known yet; return how many were new."""
        return sum(self._record(message) for message in messages)

    def _record(self, message: InboundMessage) -> bool:
        """Whoever inserts all of a message's keys owns it; later comers add the keys that they alone know."""
        channel, keys = message.address.channel, sorted(set(message.event_ids))  # sorted, so that two who insert them cannot deadlock
        while (owner := self._owner(channel, keys)) is None:
            if self._insert(message, keys):
                return True
        self._add_keys(owner, channel, keys)
        return False

    def _owner(self, channel: str, keys: Sequence[str]) -> int | None:
        known = select(_KEYS.c.inbox_id).where(_KEYS.c.channel == channel, _KEYS.c.key.in_(keys))
        return self._session.execute(known.limit(1)).scalars().first()

    def _insert(self, message: InboundMessage, keys: Sequence[str]) -> bool:
        with self._session.begin_nested() as attempt:
            inserted = self._session.execute(insert(_T).values(self._row(message)).returning(_T.c.id)).scalar_one()
            if self._add_keys(inserted, message.address.channel, keys) == len(keys):
                return True
            attempt.rollback()  # another process took the same message in at this very moment
        return False

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

    def _add_keys(self, inbox_id: int | None, channel: str, keys: Sequence[str]) -> int:
        dialect = postgresql if self._session.get_bind().dialect.name == "postgresql" else sqlite
        rows = [{"channel": channel, "key": key, "inbox_id": inbox_id} for key in keys]
        statement = dialect.insert(_KEYS).values(rows).on_conflict_do_nothing().returning(_KEYS.c.key)
        return len(self._session.execute(statement).scalars().all())

    def pending(self, limit: int) -> Sequence[InboxEntry]:
        """Return due entries, oldest first, and of each conversation only the first."""
        earlier = InboxRow.__table__.alias()  # type: ignore[attr-defined]
        before = (earlier.c.sent_at < InboxRow.sent_at) | ((earlier.c.sent_at == InboxRow.sent_at) & (earlier.c.id < InboxRow.id))
        statement = (
            select(InboxRow)
            .where(
                col(InboxRow.state) == "pending",
                col(InboxRow.next_at) <= self._now,
                ~exists().where(earlier.c.conversation == InboxRow.conversation, earlier.c.state == "pending", before),
            )
            .order_by(col(InboxRow.id))
            .limit(limit)
        )
        return [_shown(row) for row in self._session.execute(statement).scalars()]

    def claim(self, entry_id: int) -> InboxEntry | None:
        """Lock an entry until the end of this unit of work; None when another process has it or had it."""
        statement = select(InboxRow).where(col(InboxRow.id) == entry_id, col(InboxRow.state) == "pending").with_for_update(skip_locked=True)
        row = self._session.execute(statement).scalars().first()
        return _entry(row) if row else None

    def done(self, entry_id: int) -> None:
        """Mark an entry as handled."""
        self._session.execute(update(_T).where(_T.c.id == entry_id).values(state="done", error=""))

    def failed(self, entry_id: int, *, error: str, next_at: datetime | None) -> None:
        """Count a failed attempt: again at ``next_at``, or put aside when that is None."""
        fate = {"state": "aside"} if next_at is None else {"next_at": next_at}
        values = {"attempts": InboxRow.attempts + 1, "error": error[:500], **fate}
        self._session.execute(update(InboxRow).where(col(InboxRow.id) == entry_id, col(InboxRow.state) == "pending").values(values))

    def counts(self) -> Mapping[str, int]:
        """Return how many entries are pending, done and aside."""
        rows = self._session.execute(select(col(InboxRow.state), func.count()).group_by(col(InboxRow.state)))
        return {state: count for state, count in rows}  # noqa: C416  # rows are not tuples to the type checker

    def set_aside(self, limit: int) -> Sequence[InboxEntry]:
        """Return entries that were put aside."""
        statement = select(InboxRow).where(col(InboxRow.state) == "aside").order_by(col(InboxRow.id)).limit(limit)
        return [_shown(row) for row in self._session.execute(statement).scalars()]

    def forget(self, age: timedelta) -> int:
        """Delete handled messages and their event ids that are older than this; return how many."""
        old = select(col(InboxRow.id)).where(col(InboxRow.state) == "done", col(InboxRow.received_at) < self._now - age)
        self._session.execute(delete(InboxKeyRow).where(col(InboxKeyRow.inbox_id).in_(old)))
        return len(self._session.execute(delete(InboxRow).where(col(InboxRow.id).in_(old)).returning(col(InboxRow.id))).all())

    def hide(self, address: Address, message_id: str) -> tuple[int | None, str]:
        """Blank the text of a message that its author took back; return the entry's id and what it said."""
        statement = select(InboxRow).where(col(InboxRow.address) == str(address), col(InboxRow.message_id) == message_id)
        for row in self._session.execute(statement).scalars():
            message = unpack_inbound(row.payload)
            if message.kind in {InboundKind.TEXT, InboundKind.MEDIA}:
                row.payload = pack_inbound(replace(message, text=""))
                self._session.add(row)
                return row.id, message.text.strip()
        return None, ""


def _shown(row: InboxRow) -> InboxEntry:
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
        return InboxEntry(id=row.id or 0, message=blank, attempts=row.attempts, received_at=row.received_at, error=row.error)


def _entry(row: InboxRow) -> InboxEntry:
    return InboxEntry(
        id=row.id or 0, message=unpack_inbound(row.payload), attempts=row.attempts, received_at=row.received_at, error=row.error
    )
