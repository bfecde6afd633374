"""The ticket table and its history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, insert, or_, select, update
from sqlmodel import Session

from clair_bot.domain.articles import Area
from clair_bot.domain.conversations import Conversation
from clair_bot.domain.desks import Desk, Office, Urgency
from clair_bot.domain.tickets import IN_HAND, LIVE, Move, Rating, Ticket, TicketEvent, TicketState, state_after
from clair_bot.messages import Address
from clair_bot.storage.columns import table_of
from clair_bot.storage.desk_tables import TicketEventRow, TicketRow
from clair_bot.storage.tables import ConversationRow, DeliveryRow, SentMessageRow

_LIVE = sorted(state.value for state in LIVE)
_ANSWERED = (TicketState.RESOLVED.value, TicketState.CLOSED.value)
_T, _C, _E = table_of(TicketRow), table_of(ConversationRow), table_of(TicketEventRow)
_D, _M = table_of(DeliveryRow), table_of(SentMessageRow)
_ALL = select(_T, _C.c.channel, _C.c.recipient, _C.c.thread).join(_C, _C.c.id == _T.c.conversation_id)
"""Tickets, with where their askers are."""
_GET = _ALL.where(_T.c.id == bindparam("wanted"))
_LOCK = _GET.with_for_update(of=_T)
_OF = _ALL.where(_T.c.conversation_id == bindparam("conversation")).order_by(_T.c.id.desc()).limit(bindparam("most"))
_LIVE_OF = _OF.where(_T.c.state.in_(_LIVE)).with_for_update(of=_T)
_MERGED = _ALL.where(_T.c.merged_into == bindparam("target"), _T.c.state == "merged").order_by(_T.c.id).with_for_update(of=_T)
_BEHIND = (
    select(_D.c.ticket_id)
    .join(_M, _M.c.delivery_id == _D.c.id)
    .where(_M.c.channel == bindparam("channel"), _M.c.recipient == bindparam("recipient"), _M.c.message_id == bindparam("message"))
)
_OPEN = insert(_T).returning(_T.c.id)
_MOVE = update(_T).where(_T.c.id == bindparam("wanted"), _T.c.state == bindparam("from_state")).returning(_T.c.id)
_WRITE_DOWN = insert(_E)
_CHANGING = (
    *("desk_key", "area", "office", "card", "assignee", "urgency", "organisation", "country", "deadline", "tried", "confidential"),
    *("snoozed_until", "answer_due", "resolution_due", "answered_at", "resolved_at", "merged_into", "follows", "rating", "question"),
)
"""What a move may change beside the state and the room."""


class SqlTickets:
    """Repository of tickets."""

    def __init__(self, session: Session, now: datetime) -> None:
        """Work in this session, at this time."""
        self._session = session
        self._now = now

    def open(
        self,
        *,
        conversation: Conversation,
        desk: Desk,
        area: Area | None,
        office: Office | None,
        question: str,
        terms: Sequence[str],
        candidates: Sequence[tuple[str, float]],
        urgency: Urgency = Urgency.NORMAL,
        country: str = "",
        deadline: date | None = None,
        follows: int | None = None,
    ) -> Ticket:
        """Store a new ticket of a desk."""
        values = {
            "conversation_id": conversation.id,
            "state": TicketState.OPEN.value,
            "question": question,
            "terms": list(terms),
            "candidates": [list(candidate) for candidate in candidates],
            "opened_at": self._now,
            "desk_key": desk.key,
            "desk": str(desk.room) if desk.room else None,
            "area": area,
            "office": office,
            "urgency": urgency.value,
            "organisation": conversation.organisation,
            "country": country,
            "deadline": deadline,
            "tried": "",
            "confidential": desk.confidential,
            "follows": follows,
        }
        ticket_id: int = self._session.connection().execute(_OPEN, values).scalar_one()
        self._write_down(ticket_id, "open", actor="asker", text=question)
        return self._there(ticket_id)

    def get(self, ticket_id: int) -> Ticket | None:
        """Return a ticket by its number, as it is."""
        return self._first(_GET, wanted=ticket_id)

    def lock(self, ticket_id: int) -> Ticket | None:
        """Return a ticket by its number for changing."""
        return self._first(_LOCK, wanted=ticket_id)

    def live(self, conversation_id: int) -> Ticket | None:
        """Return the conversation's live ticket for changing."""
        return self._first(_LIVE_OF, conversation=conversation_id, most=1)

    def of(self, conversation_id: int, limit: int) -> Sequence[Ticket]:
        """Return the conversation's tickets, newest first."""
        return self._every(_OF, conversation=conversation_id, most=limit)

    def behind(self, address: Address, message_id: str) -> Ticket | None:
        """Return the ticket that one of our messages in a chat is about, for changing."""
        place = {"channel": address.channel, "recipient": address.recipient, "message": message_id}
        ticket_id = self._session.connection().execute(_BEHIND, place).scalars().first()
        return self.lock(ticket_id) if ticket_id else None

    def move(
        self, ticket: Ticket, move: Move, *, actor: str, text: str = "", becomes: Ticket | None = None, source: str = "", template: str = ""
    ) -> Ticket | None:
        """Make an allowed move and write it down; None when the ticket's stored state does not allow it (any more)."""
        becomes = becomes or ticket
        state = state_after(ticket, move, becomes.assignee)
        if state is None:
            return None
        values = {name: getattr(becomes, name) for name in _CHANGING}
        values |= {"state": state.value, "desk": str(becomes.desk) if becomes.desk else None}
        moved = self._session.connection().execute(_MOVE, {"wanted": ticket.id, "from_state": ticket.state.value, **values})
        if moved.scalars().first() is None:
            return None
        self._write_down(ticket.id, move.value, actor=actor, text=text, source=source, template=template)
        return replace(becomes, state=state)

    def place(self, ticket: Ticket) -> Ticket:
        """Store of a ticket that was just opened in which room it is and when answers are aimed at."""
        values = {"desk": str(ticket.desk) if ticket.desk else None, "answer_due": ticket.answer_due}
        values |= {"resolution_due": ticket.resolution_due}
        self._session.connection().execute(update(_T).where(_T.c.id == ticket.id).values(values))
        return ticket

    def show(self, ticket: Ticket, card: int) -> Ticket:
        """Remember which delivery shows the ticket in its room."""
        self._session.connection().execute(update(_T).where(_T.c.id == ticket.id).values(card=card))
        return replace(ticket, card=card)

    def history(self, ticket_id: int) -> Sequence[TicketEvent]:
        """Return what happened to a ticket, oldest first."""
        rows = self._session.connection().execute(select(_E).where(_E.c.ticket_id == ticket_id).order_by(_E.c.id))
        return [_event(row) for row in rows]

    def written(self, source: str) -> TicketEvent | None:
        """Return what came with a message."""
        row = self._session.connection().execute(select(_E).where(_E.c.source == source).order_by(_E.c.id)).first()
        return _event(row) if row and source else None

    def rewrite(self, source: str, text: str) -> None:
        """Store how the words that came with a message read now."""
        if source:
            self._session.connection().execute(update(_E).where(_E.c.source == source).values(text=text))

    def merged_into(self, ticket_id: int) -> Sequence[Ticket]:
        """Return the tickets that are answered together with one, for changing."""
        return self._every(_MERGED, target=ticket_id)

    def listed(
        self,
        *,
        states: Collection[TicketState],
        desks: Collection[str] | None = None,
        assignee: int | None = None,
        unassigned: bool = False,
        due_before: datetime | None = None,
        opened_from: datetime | None = None,
        opened_before: datetime | None = None,
        limit: int = 20,
    ) -> Sequence[Ticket]:
        """Return tickets, those due first, then by number."""
        wanted: list[ColumnElement[bool]] = [_T.c.state.in_([state.value for state in states])]
        wanted += [_T.c.desk_key.in_(list(desks))] if desks is not None else []
        wanted += [_T.c.assignee == assignee] if assignee is not None else []
        wanted += [_T.c.assignee.is_(None)] if unassigned else []
        wanted += [or_(_T.c.answer_due < due_before, _T.c.resolution_due < due_before)] if due_before else []
        wanted += [_T.c.opened_at >= opened_from] if opened_from else []
        wanted += [_T.c.opened_at < opened_before] if opened_before else []
        due = func.coalesce(_T.c.answer_due, _T.c.resolution_due)
        return self._every(_ALL.where(*wanted).order_by(due.is_(None), due, _T.c.id).limit(limit))

    def count(self, *, states: Collection[TicketState], desks: Collection[str] | None = None) -> int:
        """Return how many tickets are in these states, at these desks."""
        statement = select(func.count()).select_from(_T).where(_T.c.state.in_([state.value for state in states]))
        if desks is not None:
            statement = statement.where(_T.c.desk_key.in_(list(desks)))
        return int(self._session.connection().execute(statement).scalar_one())

    def loads(self) -> Mapping[int, int]:
        """Return how many tickets each advisor has in hand, by the advisor's id."""
        held = (_T.c.state.in_([state.value for state in IN_HAND]), _T.c.assignee.is_not(None))
        rows = self._session.connection().execute(select(_T.c.assignee, func.count()).where(*held).group_by(_T.c.assignee))
        return {assignee: count for assignee, count in rows}  # noqa: C416  # rows are not tuples to the type checker

    def finished_terms(self, limit: int) -> Sequence[tuple[int, Sequence[str]]]:
        """Return the words of answered tickets that are not confidential, newest first, with their numbers."""
        plain = (_T.c.state.in_(_ANSWERED), _T.c.confidential.is_(False), _T.c.question != "")
        rows = self._session.connection().execute(select(_T.c.id, _T.c.terms).where(*plain).order_by(_T.c.id.desc()).limit(limit))
        return [(row.id, tuple(row.terms)) for row in rows]

    def templates(self) -> Mapping[str, int]:
        """Return how often each canned reply was used."""
        used = select(_E.c.template, func.count()).where(_E.c.template != "").group_by(_E.c.template)
        return {template: count for template, count in self._session.connection().execute(used)}  # noqa: C416  # as above

    def hide(self, conversation_id: int, text: str) -> None:
        """Blank a text that its author took back."""
        connection = self._session.connection()
        tickets = select(_T.c.id).where(_T.c.conversation_id == conversation_id)
        connection.execute(update(_E).where(_E.c.ticket_id.in_(tickets), _E.c.text == text).values(text=""))
        for name in ("question", "tried", "organisation", "country"):
            said = (_T.c.conversation_id == conversation_id, _T.c[name] == text)
            connection.execute(update(_T).where(*said).values({name: "", **({"terms": []} if name == "question" else {})}))

    def without_desk(self) -> int:
        """Return how many live tickets no room has."""
        lonely = (_T.c.desk.is_(None), _T.c.state.in_(_LIVE))
        return int(self._session.connection().execute(select(func.count()).select_from(_T).where(*lonely)).scalar_one())

    def _write_down(self, ticket_id: int, move: str, *, actor: str, text: str, source: str = "", template: str = "") -> None:
        event = {"ticket_id": ticket_id, "move": move, "actor": actor, "text": text, "at": self._now, "source": source}
        self._session.connection().execute(_WRITE_DOWN, {**event, "template": template})

    def _first(self, statement: Select[Any], **values: object) -> Ticket | None:
        row = self._session.connection().execute(statement, values).first()
        return _ticket(row) if row else None

    def _every(self, statement: Select[Any], **values: object) -> list[Ticket]:
        return [_ticket(row) for row in self._session.connection().execute(statement, values)]

    def _there(self, ticket_id: int) -> Ticket:
        ticket = self.get(ticket_id)
        if ticket is None:
            raise LookupError(ticket_id)
        return ticket


def _event(row: Row[Any]) -> TicketEvent:
    return TicketEvent(
        ticket_id=row.ticket_id, move=row.move, actor=row.actor, text=row.text, at=row.at, source=row.source, template=row.template
    )


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(
        id=row.id,
        conversation_id=row.conversation_id,
        asker=Address(channel=row.channel, recipient=row.recipient),
        asker_thread=row.thread,
        state=TicketState(row.state),
        question=row.question,
        candidates=tuple((article_id, confidence) for article_id, confidence in row.candidates),
        opened_at=row.opened_at,
        desk_key=row.desk_key,
        desk=Address.parse(row.desk) if row.desk else None,
        area=Area(row.area) if row.area else None,
        office=Office(row.office) if row.office else None,
        card=row.card,
        assignee=row.assignee,
        urgency=Urgency(row.urgency),
        organisation=row.organisation,
        country=row.country,
        deadline=row.deadline,
        tried=row.tried,
        confidential=row.confidential,
        snoozed_until=row.snoozed_until,
        answer_due=row.answer_due,
        resolution_due=row.resolution_due,
        answered_at=row.answered_at,
        resolved_at=row.resolved_at,
        merged_into=row.merged_into,
        follows=row.follows,
        rating=Rating(row.rating) if row.rating else None,
    )
