"""The conversation table, and where rooms have moved to."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from clair_bot.domain.conversations import Conversation, Language
from clair_bot.messages import Address
from clair_bot.storage.tables import ConversationRow, DeliveryRow, InquiryRow, RoomMoveRow, SentMessageRow, TicketRow, table_of

_Placed = ConversationRow | DeliveryRow | SentMessageRow
"""Rows that belong to a chat."""


_T = table_of(ConversationRow)


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
        if row := self._find(address, thread):
            return _conversation(row)
        dialect = postgresql if self._session.get_bind().dialect.name == "postgresql" else sqlite
        new = {
            "channel": address.channel,
            "recipient": address.recipient,
            "thread": thread,
            "language": "ja",
            "question": "",
            "offered": [],
        }
        self._session.execute(dialect.insert(_T).values(**new, article_id="", aside=False).on_conflict_do_nothing())
        row = self._find(address, thread)
        if row is None:
            raise LookupError(thread)
        return _conversation(row)

    def by_id(self, conversation_id: int) -> Conversation:
        """Return a conversation that exists."""
        row = self._session.get(ConversationRow, conversation_id)
        if row is None:
            raise LookupError(conversation_id)
        return _conversation(row)

    def put(self, conversation: Conversation) -> None:
        """Store what changed."""
        values = asdict(conversation)
        for place in ("id", "address", "thread"):
            del values[place]
        values["offered"] = list(conversation.offered)
        self._session.execute(update(_T).where(_T.c.id == conversation.id).values(values))

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

    def _take(self, table: type[_Placed], old: Address, new: Address, *only: ColumnElement[bool]) -> None:
        self._session.execute(update(table).where(*_in(table, old), *only).values(recipient=new.recipient))

    def _merge_conversations(self, old: Address, new: Address) -> None:
        """Somebody may have spoken in the new room before we heard of the move: what hangs on the old conversation goes there."""
        there = {row.thread: row.id for row in self._session.execute(select(ConversationRow).where(*_in(ConversationRow, new))).scalars()}
        for left in self._session.execute(select(ConversationRow).where(*_in(ConversationRow, old))).scalars().all():
            if left.thread in there:
                for table in (TicketRow, InquiryRow):
                    mine = col(table.conversation_id) == left.id
                    self._session.execute(update(table).where(mine).values(conversation_id=there[left.thread]))
                self._session.delete(left)
        self._session.flush()

    def moved(self, address: Address) -> Address:
        """Return where a room is now."""
        seen: set[str] = set()
        while address.recipient not in seen and (row := self._session.get(RoomMoveRow, (address.channel, address.recipient))):
            seen.add(address.recipient)
            address = Address(channel=address.channel, recipient=row.new)
        return address

    def _find(self, address: Address, thread: str) -> ConversationRow | None:
        place = (
            col(ConversationRow.channel) == address.channel,
            col(ConversationRow.recipient) == address.recipient,
            col(ConversationRow.thread) == thread,
        )
        return self._session.execute(select(ConversationRow).where(*place)).scalars().first()


def _in(table: type[_Placed], address: Address) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(table.channel) == address.channel, col(table.recipient) == address.recipient


def _conversation(row: ConversationRow) -> Conversation:
    return Conversation(
        id=row.id or 0,
        address=Address(channel=row.channel, recipient=row.recipient),
        thread=row.thread,
        language=Language(row.language),
        question=row.question,
        inquiry_id=row.inquiry_id,
        offered=tuple(row.offered),
        offered_until=row.offered_until,
        article_id=row.article_id,
        aside=row.aside,
    )
