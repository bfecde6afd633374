"""Tickets: an inquiry that a person answers, and the moves that are allowed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clair_bot.domain.articles import Area
from clair_bot.messages import Address


class TicketState(StrEnum):
    """Where a ticket stands."""

    OPEN = "open"  # nobody has answered yet, or the asker has written again
    ASSIGNED = "assigned"  # an advisor has taken it
    WAITING = "waiting"  # answered: the asker's turn
    RESOLVED = "resolved"  # the answer stands
    CLOSED = "closed"  # finished for good
    CANCELLED = "cancelled"  # the asker does not need it any more


LIVE = frozenset({TicketState.OPEN, TicketState.ASSIGNED, TicketState.WAITING})
"""At most one ticket of a conversation is in one of these."""


class Move(StrEnum):
    """What can be done to a ticket."""

    REPLY = "reply"  # an advisor answers
    FOLLOW_UP = "follow_up"  # an advisor adds to an answer that stands, while the asker has another live ticket
    ADD = "add"  # the asker writes more
    RESOLVE = "resolve"  # it is answered
    REOPEN = "reopen"  # it was not, after all
    CANCEL = "cancel"  # the asker takes it back
    NOTE = "note"  # an advisor writes down something that stays inside


_SELF = TicketState
MOVES: dict[tuple[TicketState, Move], TicketState] = {
    (_SELF.OPEN, Move.REPLY): _SELF.WAITING,
    (_SELF.OPEN, Move.ADD): _SELF.OPEN,
    (_SELF.OPEN, Move.RESOLVE): _SELF.RESOLVED,
    (_SELF.OPEN, Move.CANCEL): _SELF.CANCELLED,
    (_SELF.ASSIGNED, Move.REPLY): _SELF.WAITING,
    (_SELF.ASSIGNED, Move.ADD): _SELF.ASSIGNED,
    (_SELF.ASSIGNED, Move.RESOLVE): _SELF.RESOLVED,
    (_SELF.ASSIGNED, Move.CANCEL): _SELF.CANCELLED,
    (_SELF.WAITING, Move.REPLY): _SELF.WAITING,
    (_SELF.WAITING, Move.ADD): _SELF.OPEN,
    (_SELF.WAITING, Move.RESOLVE): _SELF.RESOLVED,
    (_SELF.WAITING, Move.CANCEL): _SELF.CANCELLED,
    (_SELF.RESOLVED, Move.REPLY): _SELF.WAITING,
    (_SELF.RESOLVED, Move.FOLLOW_UP): _SELF.RESOLVED,
    (_SELF.RESOLVED, Move.REOPEN): _SELF.OPEN,
    (_SELF.CANCELLED, Move.REOPEN): _SELF.OPEN,
} | {(state, Move.NOTE): state for state in TicketState}
"""The state after each allowed move. What is not here is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An escalation."""

    id: int
    """The number that people are told."""
    conversation_id: int
    asker: Address
    asker_thread: str
    desk: Address | None
    """The room that takes it; None when no desk is set."""
    area: Area | None
    question: str
    """Word for word."""
    candidates: tuple[tuple[str, float], ...]
    """The article ids that were not sure enough, with their confidence."""
    state: TicketState
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One line of a ticket's history."""

    ticket_id: int
    move: str
    actor: str
    """``channel:id`` of a person, or ``asker``."""
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """The advisors' rooms: one for all areas, or one for an area."""

    everyone: Address | None
    by_area: dict[Area, Address]

    def room(self, area: Area | None) -> Address | None:
        """Return the room that takes tickets of this area."""
        return self.by_area.get(area, self.everyone) if area else self.everyone

    def rooms(self) -> frozenset[Address]:
        """Return every advisors' room."""
        return frozenset({*self.by_area.values(), *({self.everyone} if self.everyone else ())})
