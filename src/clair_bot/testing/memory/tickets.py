"""The tickets in memory, with their history."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from clair_bot.domain.articles import Area
from clair_bot.domain.conversations import Conversation
from clair_bot.domain.tickets import LIVE, MOVES, Move, Ticket, TicketEvent, TicketState
from clair_bot.messages import Address
from clair_bot.storage.codec import clean
from clair_bot.testing.memory.state import MemoryState


class MemoryTickets:
    """A ``Tickets``."""

    def __init__(self, state: MemoryState, now: datetime) -> None:
        """Work on this state, at this time."""
        self._state = state
        self._now = now

    def open(
        self, *, conversation: Conversation, desk: Address | None, area: Area | None, question: str, candidates: Sequence[tuple[str, float]]
    ) -> Ticket:
        """Store a new ticket."""
        ticket = Ticket(
            id=self._state.next_id("ticket"),
            conversation_id=conversation.id,
            asker=conversation.address,
            asker_thread=conversation.thread,
            desk=desk,
            area=area,
            question=clean(question),
            candidates=tuple(candidates),
            state=TicketState.OPEN,
            opened_at=self._now,
        )
        self._state.tickets[ticket.id] = ticket
        self._write_down(ticket.id, "open", actor="asker", text=question)
        return ticket

    def get(self, ticket_id: int) -> Ticket | None:
        """Return a ticket by its number; its asker is where the conversation is now."""
        ticket = self._state.tickets.get(ticket_id)
        return replace(ticket, asker=self._state.conversations[ticket.conversation_id].address) if ticket else None

    def live(self, conversation_id: int) -> Ticket | None:
        """Return the conversation's live ticket."""
        return next((ticket for ticket in self.of(conversation_id, len(self._state.tickets)) if ticket.state in LIVE), None)

    def of(self, conversation_id: int, limit: int) -> Sequence[Ticket]:
        """Return the conversation's tickets, newest first."""
        mine = [ticket.id for ticket in self._state.tickets.values() if ticket.conversation_id == conversation_id]
        return [found for ticket_id in sorted(mine, reverse=True)[:limit] if (found := self.get(ticket_id))]

    def in_room(self, room: Address, message_id: str) -> Ticket | None:
        """Return the ticket that one of our messages in an advisors' room belongs to."""
        sent = self._state.sent_messages.get((room, message_id))
        ticket_id = self._state.deliveries[sent[0]].delivery.ticket_id if sent else None
        ticket = self.get(ticket_id) if ticket_id else None
        return ticket if ticket and ticket.desk == room else None

    def move(self, ticket: Ticket, move: Move, *, actor: str, text: str) -> Ticket | None:
        """Make an allowed move and write it down; None when the ticket's stored state does not allow it (any more)."""
        state = MOVES.get((ticket.state, move))
        stored = self._state.tickets.get(ticket.id)
        if state is None or stored is None or stored.state is not ticket.state:
            return None
        self._state.tickets[ticket.id] = replace(stored, state=state)
        self._write_down(ticket.id, move.value, actor=actor, text=text)
        return self.get(ticket.id)

    def history(self, ticket_id: int) -> Sequence[TicketEvent]:
        """Return what happened to a ticket, oldest first."""
        return [event for event in self._state.ticket_events.values() if event.ticket_id == ticket_id]

    def hide(self, conversation_id: int, question: str) -> None:
        """Blank a question that its author took back."""
        mine = {ticket.id for ticket in self.of(conversation_id, len(self._state.tickets))}
        for event_id, event in self._state.ticket_events.items():
            if event.ticket_id in mine and event.text == question:
                self._state.ticket_events[event_id] = replace(event, text="")
        for ticket_id in mine:
            if self._state.tickets[ticket_id].question == question:
                self._state.tickets[ticket_id] = replace(self._state.tickets[ticket_id], question="")

    def without_desk(self) -> int:
        """Return how many live tickets no desk has."""
        return sum(ticket.desk is None and ticket.state in LIVE for ticket in self._state.tickets.values())

    def _write_down(self, ticket_id: int, move: str, *, actor: str, text: str) -> None:
        event = TicketEvent(ticket_id=ticket_id, move=move, actor=actor, text=clean(text), at=self._now)
        self._state.ticket_events[self._state.next_id("ticket event")] = event
