"""The ticket table and its history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update
from sqlmodel import Session, col

from clair_bot.domain.articles import Area
from clair_bot.domain.conversations import Conversation
from clair_bot.domain.tickets import LIVE, MOVES, Move, Ticket, TicketEvent, TicketState
from clair_bot.messages import Address
from clair_bot.storage.tables import ConversationRow, DeliveryRow, SentMessageRow, TicketEventRow, TicketRow, table_of

_LIVE = sorted(state.value for state in LIVE)
_T, _C, _E = table_of(TicketRow), table_of(ConversationRow), table_of(TicketEventRow)
_ALL = select(_T, _C.c.channel, _C.c.recipient, _C.c.thread).join(_C, _C.c.id == _T.c.conversation_id)
"""Tickets, with where their askers are."""
_GET = _ALL.where(_T.c.id == bindparam("wanted"))
_OF = _ALL.where(_T.c.conversation_id == bindparam("conversation")).order_by(_T.c.id.desc()).limit(bindparam("most"))
_LIVE_OF = _OF.where(_T.c.state.in_(_LIVE))
_OPEN = insert(_T).returning(_T.c.id)
_WRITE_DOWN = insert(_E)


class SqlTickets:
    """Repository of tickets."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._now = now

    def open(
        self, *, conversation: Conversation, desk: Address | None, area: Area | None, question: str, candidates: Sequence[tuple[str, float]]
    ) -> Ticket:
        """Store a new ticket."""
        values = {
            "conversation_id": conversation.id,
            "desk": str(desk) if desk else None,
            "area": area.value if area else None,
            "question": question,
            "candidates": [list(candidate) for candidate in candidates],
            "state": TicketState.OPEN.value,
            "opened_at": self._now,
        }
        ticket_id: int = self._session.connection().execute(_OPEN, values).scalar_one()
        self._write_down(ticket_id, "open", actor="asker", text=question)
        ticket = self.get(ticket_id)
        if ticket is None:
            raise LookupError(ticket_id)
        return ticket

    def get(self, ticket_id: int) -> Ticket | None:
        """Return a ticket by its number."""
        row = self._session.connection().execute(_GET, {"wanted": ticket_id}).first()
        return _ticket(row) if row else None

    def live(self, conversation_id: int) -> Ticket | None:
        """Return the conversation's live ticket."""
        row = self._session.connection().execute(_LIVE_OF, {"conversation": conversation_id, "most": 1}).first()
        return _ticket(row) if row else None

    def of(self, conversation_id: int, limit: int) -> Sequence[Ticket]:
        """Return the conversation's tickets, newest first."""
        return [_ticket(row) for row in self._session.connection().execute(_OF, {"conversation": conversation_id, "most": limit})]

    def in_room(self, room: Address, message_id: str) -> Ticket | None:
        """Return the ticket that one of our messages in an advisors' room belongs to."""
        sent = self._session.get(SentMessageRow, (room.channel, room.recipient, message_id))
        delivery = self._session.get(DeliveryRow, sent.delivery_id) if sent else None
        ticket = self.get(delivery.ticket_id) if delivery and delivery.ticket_id else None
        return ticket if ticket and ticket.desk == room else None

    def move(self, ticket: Ticket, move: Move, *, actor: str, text: str) -> Ticket | None:
        """Make an allowed move and write it down; None when the ticket's stored state does not allow it (any more)."""
        state = MOVES.get((ticket.state, move))
        if state is None:
            return None
        unchanged = (col(TicketRow.id) == ticket.id, col(TicketRow.state) == ticket.state.value)
        moved = self._session.execute(update(TicketRow).where(*unchanged).values(state=state.value).returning(col(TicketRow.id)))
        if moved.scalars().first() is None:
            return None
        self._write_down(ticket.id, move.value, actor=actor, text=text)
        return self.get(ticket.id)

    def history(self, ticket_id: int) -> Sequence[TicketEvent]:
        """Return what happened to a ticket, oldest first."""
        statement = select(TicketEventRow).where(col(TicketEventRow.ticket_id) == ticket_id).order_by(col(TicketEventRow.id))
        rows = self._session.execute(statement).scalars()
        return [TicketEvent(ticket_id=row.ticket_id, move=row.move, actor=row.actor, text=row.text, at=row.at) for row in rows]

    def hide(self, conversation_id: int, question: str) -> None:
        """Blank a question that its author took back."""
        tickets = select(col(TicketRow.id)).where(col(TicketRow.conversation_id) == conversation_id)
        events = (col(TicketEventRow.ticket_id).in_(tickets), col(TicketEventRow.text) == question)
        self._session.execute(update(TicketEventRow).where(*events).values(text=""))
        asked = (col(TicketRow.conversation_id) == conversation_id, col(TicketRow.question) == question)
        self._session.execute(update(TicketRow).where(*asked).values(question=""))

    def without_desk(self) -> int:
        """Return how many live tickets no desk has."""
        lonely = (col(TicketRow.desk).is_(None), col(TicketRow.state).in_(_LIVE))
        count: int = self._session.execute(select(func.count()).select_from(TicketRow).where(*lonely)).scalar_one()
        return count

    def _write_down(self, ticket_id: int, move: str, *, actor: str, text: str) -> None:
        event = {"ticket_id": ticket_id, "move": move, "actor": actor, "text": text, "at": self._now}
        self._session.connection().execute(_WRITE_DOWN, event)


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(
        id=row.id,
        conversation_id=row.conversation_id,
        asker=Address(channel=row.channel, recipient=row.recipient),
        asker_thread=row.thread,
        desk=Address.parse(row.desk) if row.desk else None,
        area=Area(row.area) if row.area else None,
        question=row.question,
        candidates=tuple((article_id, confidence) for article_id, confidence in row.candidates),
        state=TicketState(row.state),
        opened_at=row.opened_at,
    )
