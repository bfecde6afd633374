"""The tickets in memory, with their history."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from clair_bot.domain.articles import Area
from clair_bot.domain.conversations import Conversation
from clair_bot.domain.desks import Desk, Office, Urgency
from clair_bot.domain.tickets import IN_HAND, LIVE, Move, Ticket, TicketEvent, TicketState, state_after
from clair_bot.messages import Address
from clair_bot.storage.codec import clean
from clair_bot.testing.memory.state import MemoryState

_NEVER = datetime.max.replace(tzinfo=UTC)
_ANSWERED = frozenset({TicketState.RESOLVED, TicketState.CLOSED})
_STAYS = ("conversation_id", "asker", "asker_thread", "candidates", "opened_at")
"""What no move changes."""


class MemoryTickets:
    """A ``Tickets``."""

    def __init__(self, state: MemoryState, now: datetime) -> None:
        """Work on this state, at this time."""
        self._state = state
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
        ticket = Ticket(
            id=self._state.next_id("ticket"),
            conversation_id=conversation.id,
            asker=conversation.address,
            asker_thread=conversation.thread,
            state=TicketState.OPEN,
            question=clean(question),
            candidates=tuple((article_id, confidence) for article_id, confidence in candidates),
            opened_at=self._now,
            desk_key=desk.key,
            desk=desk.room,
            area=area,
            office=office,
            urgency=urgency,
            organisation=conversation.organisation,
            country=clean(country),
            deadline=deadline,
            confidential=desk.confidential,
            follows=follows,
        )
        self._state.tickets[ticket.id] = ticket
        self._state.ticket_terms[ticket.id] = tuple(clean(term) for term in terms)
        self._write_down(ticket.id, "open", actor="asker", text=question)
        return ticket

    def get(self, ticket_id: int) -> Ticket | None:
        """Return a ticket by its number; its asker is where the conversation is now."""
        ticket = self._state.tickets.get(ticket_id)
        return replace(ticket, asker=self._state.conversations[ticket.conversation_id].address) if ticket else None

    def lock(self, ticket_id: int) -> Ticket | None:
        """Return a ticket by its number: whoever writes is alone here."""
        return self.get(ticket_id)

    def live(self, conversation_id: int) -> Ticket | None:
        """Return the conversation's live ticket."""
        return next((ticket for ticket in self.of(conversation_id, len(self._state.tickets)) if ticket.state in LIVE), None)

    def of(self, conversation_id: int, limit: int) -> Sequence[Ticket]:
        """Return the conversation's tickets, newest first."""
        mine = [ticket for ticket in self._every() if ticket.conversation_id == conversation_id]
        return sorted(mine, key=lambda ticket: -ticket.id)[:limit]

    def behind(self, address: Address, message_id: str) -> Ticket | None:
        """Return the ticket that one of our messages in a chat is about."""
        sent = self._state.sent_messages.get((address, message_id))
        ticket_id = self._state.deliveries[sent[0]].delivery.ticket_id if sent else None
        return self.get(ticket_id) if ticket_id else None

    def move(
        self, ticket: Ticket, move: Move, *, actor: str, text: str = "", becomes: Ticket | None = None, source: str = "", template: str = ""
    ) -> Ticket | None:
        """Make an allowed move and write it down; None when the ticket's stored state does not allow it (any more)."""
        becomes = becomes or ticket
        state, stored = state_after(ticket, move, becomes.assignee), self._state.tickets.get(ticket.id)
        if state is None or stored is None or stored.state is not ticket.state:
            return None
        values = {name: clean(getattr(becomes, name)) for name in ("question", "organisation", "country", "tried")}
        values |= {name: getattr(stored, name) for name in _STAYS}
        self._state.tickets[ticket.id] = replace(becomes, state=state, **values)
        self._write_down(ticket.id, move.value, actor=actor, text=text, source=source, template=template)
        return self.get(ticket.id)

    def place(self, ticket: Ticket) -> Ticket:
        """Store of a ticket that was just opened in which room it is and when answers are aimed at."""
        return self._keep(ticket, desk=ticket.desk, answer_due=ticket.answer_due, resolution_due=ticket.resolution_due)

    def show(self, ticket: Ticket, card: int) -> Ticket:
        """Remember which delivery shows the ticket in its room."""
        return self._keep(ticket, card=card)

    def _keep(self, ticket: Ticket, **changes: object) -> Ticket:
        self._state.tickets[ticket.id] = replace(self._state.tickets[ticket.id], **changes)  # type: ignore[arg-type]
        return replace(ticket, **changes)  # type: ignore[arg-type]

    def history(self, ticket_id: int) -> Sequence[TicketEvent]:
        """Return what happened to a ticket, oldest first."""
        return [event for event in self._state.ticket_events.values() if event.ticket_id == ticket_id]

    def written(self, source: str) -> TicketEvent | None:
        """Return what came with a message."""
        return next((event for event in self._state.ticket_events.values() if source and event.source == clean(source)), None)

    def rewrite(self, source: str, text: str) -> None:
        """Store how the words that came with a message read now."""
        for event_id, event in self._state.ticket_events.items():
            if source and event.source == clean(source):
                self._state.ticket_events[event_id] = replace(event, text=clean(text))

    def merged_into(self, ticket_id: int) -> Sequence[Ticket]:
        """Return the tickets that are answered together with one."""
        return [ticket for ticket in self._every() if ticket.merged_into == ticket_id and ticket.state is TicketState.MERGED]

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
        found = [
            ticket
            for ticket in self._every()
            if ticket.state in states
            and (desks is None or ticket.desk_key in desks)
            and (assignee is None or ticket.assignee == assignee)
            and (not unassigned or ticket.assignee is None)
            and (due_before is None or any(due and due < due_before for due in (ticket.answer_due, ticket.resolution_due)))
            and (opened_from is None or ticket.opened_at >= opened_from)
            and (opened_before is None or ticket.opened_at < opened_before)
        ]
        return sorted(found, key=_due)[:limit]

    def count(self, *, states: Collection[TicketState], desks: Collection[str] | None = None) -> int:
        """Return how many tickets are in these states, at these desks."""
        return sum(ticket.state in states and (desks is None or ticket.desk_key in desks) for ticket in self._every())

    def loads(self) -> Mapping[int, int]:
        """Return how many tickets each advisor has in hand, by the advisor's id."""
        return Counter(ticket.assignee for ticket in self._every() if ticket.state in IN_HAND and ticket.assignee is not None)

    def finished_terms(self, limit: int) -> Sequence[tuple[int, Sequence[str]]]:
        """Return the words of answered tickets that are not confidential, newest first, with their numbers."""
        plain = [ticket.id for ticket in self._every() if ticket.state in _ANSWERED and not ticket.confidential and ticket.question]
        return [(number, self._state.ticket_terms[number]) for number in sorted(plain, reverse=True)[:limit]]

    def templates(self) -> Mapping[str, int]:
        """Return how often each canned reply was used."""
        return Counter(event.template for event in self._state.ticket_events.values() if event.template)

    def hide(self, conversation_id: int, text: str) -> None:
        """Blank a text that its author took back."""
        text = clean(text)
        mine = {ticket.id for ticket in self.of(conversation_id, len(self._state.tickets))}
        for event_id, event in self._state.ticket_events.items():
            if event.ticket_id in mine and event.text == text:
                self._state.ticket_events[event_id] = replace(event, text="")
        for ticket_id in mine:
            ticket = self._state.tickets[ticket_id]
            said = {name: "" for name in ("question", "tried", "organisation", "country") if getattr(ticket, name) == text}
            if said:
                self._state.tickets[ticket_id] = replace(ticket, **said)  # type: ignore[arg-type]
            if "question" in said:
                self._state.ticket_terms[ticket_id] = ()

    def without_desk(self) -> int:
        """Return how many live tickets no room has."""
        return sum(ticket.desk is None and ticket.state in LIVE for ticket in self._state.tickets.values())

    def _every(self) -> list[Ticket]:
        return [found for ticket_id in sorted(self._state.tickets) if (found := self.get(ticket_id))]

    def _write_down(self, ticket_id: int, move: str, *, actor: str, text: str, source: str = "", template: str = "") -> None:
        said = {"actor": clean(actor), "text": clean(text), "source": clean(source), "template": clean(template)}
        event = TicketEvent(ticket_id=ticket_id, move=move, at=self._now, **said)
        self._state.ticket_events[self._state.next_id("ticket event")] = event


def _due(ticket: Ticket) -> tuple[datetime, int]:
    return ticket.answer_due or ticket.resolution_due or _NEVER, ticket.id
