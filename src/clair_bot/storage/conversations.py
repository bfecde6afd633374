"""The conversation table, and where rooms have moved to."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, select, update
from sqlmodel import Session, col

from clair_bot.domain.conversations import Conversation, Language
from clair_bot.messages import Address
from clair_bot.storage.columns import table_of
from clair_bot.storage.desk_tables import TicketRow
from clair_bot.storage.insertions import Insertion
from clair_bot.storage.tables import ConversationRow, DeliveryRow, InquiryRow, RoomMoveRow, SentMessageRow

_Placed = ConversationRow | DeliveryRow | SentMessageRow
"""Rows that belong to a chat."""

_C, _M = table_of(ConversationRow), table_of(RoomMoveRow)
_FIND = select(_C).where(
    _C.c.channel == bindparam("channel"), _C.c.recipient == bindparam("recipient"), _C.c.thread == bindparam("in_thread")
)
_BY_ID = select(_C).where(_C.c.id == bindparam("wanted"))
_ADD = Insertion(lambda dialect: dialect.insert(_C).on_conflict_do_nothing().returning(_C))
_PUT = update(_C).where(_C.c.id == bindparam("wanted"))
_MOVED = select(_M.c.new).where(_M.c.channel == bindparam("channel"), _M.c.old == bindparam("recipient"))


class SqlConversations:
    """Repository of conversations."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._now = now

    def known(self, address: Address, thread: str) -> bool:
        """Tell whether we have talked here before."""
        return self._find(address, thread) is not None

    def get(self, address: Address, thread: str) -> Conversation:
        """Return the conversation, made new at first sight."""
        row = self._find(address, thread) or self._add(address, thread) or self._find(address, thread)
        if row is None:
            raise LookupError(thread)
        return _conversation(row)

    def _find(self, address: Address, thread: str) -> Row[Any] | None:
        place = {"channel": address.channel, "recipient": address.recipient, "in_thread": thread}
        return self._session.connection().execute(_FIND, place).first()

    def _add(self, address: Address, thread: str) -> Row[Any] | None:
        """Return the new row; None when another process has made it at this very moment."""
        place = {"channel": address.channel, "recipient": address.recipient, "thread": thread}
        new = {**place, "language": "ja", "question": "", "offered": [], "article_id": "", "aside": False, "organisation": "", "asking": ""}
        return self._session.connection().execute(_ADD.on(self._session), new).first()

    def by_id(self, conversation_id: int) -> Conversation:
        """Return a conversation that exists."""
        row = self._session.connection().execute(_BY_ID, {"wanted": conversation_id}).first()
        if row is None:
            raise LookupError(conversation_id)
        return _conversation(row)

    def put(self, conversation: Conversation) -> None:
        """Store what changed."""
        values = asdict(conversation)
        for place in ("id", "address", "thread"):
            del values[place]
        values["offered"] = list(conversation.offered)
        self._session.connection().execute(_PUT, {"wanted": conversation.id, **values})

    def move(self, old: Address, new: Address) -> None:
        """A room has a new id: conversations, tickets, waiting deliveries and desks follow it."""
        if old == new:
            return
        back = (col(RoomMoveRow.channel) == new.channel, col(RoomMoveRow.old) == new.recipient)
        self._session.execute(delete(RoomMoveRow).where(*back))
        self._session.merge(RoomMoveRow(channel=old.channel, old=old.recipient, new=new.recipient))
        self._merge_conversations(old, new)
        taken = select(col(SentMessageRow.message_id)).where(*_in(SentMessageRow, new))
        self._take(SentMessageRow, old, new, col(SentMessageRow.message_id).not_in(taken))  # the new room may count from 1 again
        self._take(ConversationRow, old, new)
        self._take(DeliveryRow, old, new)
        self._session.execute(update(TicketRow).where(col(TicketRow.desk) == str(old)).values(desk=str(new)))

    def _take(self, rows: type[_Placed], old: Address, new: Address, *only: ColumnElement[bool]) -> None:
        self._session.execute(update(rows).where(*_in(rows, old), *only).values(recipient=new.recipient))

    def _merge_conversations(self, old: Address, new: Address) -> None:
        """Somebody may have spoken in the new room before we heard of the move: what hangs on the old conversation goes there."""
        there = {row.thread: row.id for row in self._session.execute(select(ConversationRow).where(*_in(ConversationRow, new))).scalars()}
        for left in self._session.execute(select(ConversationRow).where(*_in(ConversationRow, old))).scalars().all():
            if left.thread in there:
                for rows in (TicketRow, InquiryRow):
                    mine = col(rows.conversation_id) == left.id
                    self._session.execute(update(rows).where(mine).values(conversation_id=there[left.thread]))
                self._session.delete(left)
        self._session.flush()

    def moved(self, address: Address) -> Address:
        """Return where a room is now."""
        seen: set[str] = set()
        while address.recipient not in seen and (new := self._moved_once(address)):
            seen.add(address.recipient)
            address = Address(channel=address.channel, recipient=new)
        return address

    def _moved_once(self, address: Address) -> str | None:
        place = {"channel": address.channel, "recipient": address.recipient}
        new: str | None = self._session.connection().execute(_MOVED, place).scalars().first()
        return new


def _in(rows: type[_Placed], address: Address) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(rows.channel) == address.channel, col(rows.recipient) == address.recipient


def _conversation(row: Row[Any]) -> Conversation:
    return Conversation(
        id=row.id,
        address=Address(channel=row.channel, recipient=row.recipient),
        thread=row.thread,
        language=Language(row.language),
        question=row.question,
        inquiry_id=row.inquiry_id,
        offered=tuple(row.offered),
        offered_until=row.offered_until,
        article_id=row.article_id,
        aside=row.aside,
        organisation=row.organisation,
        asking=row.asking,
        asking_until=row.asking_until,
    )
