"""Tickets: an inquiry that a person answers, and the moves that are allowed."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from clair_bot.domain.articles import Area
from clair_bot.domain.desks import Office, Urgency
from clair_bot.messages import Address


class TicketState(StrEnum):
    """Where a ticket stands."""

    OPEN = "open"  # nobody has taken it, or nobody has any more
    ASSIGNED = "assigned"  # an advisor has it and owes an answer
    WAITING = "waiting"  # answered: the asker's turn
    MERGED = "merged"  # answered together with another one, ``merged_into``
    RESOLVED = "resolved"  # the answer stands; may be reopened within the window
    CLOSED = "closed"  # finished for good
    CANCELLED = "cancelled"  # the asker does not need it any more


IN_HAND = frozenset({TicketState.OPEN, TicketState.ASSIGNED, TicketState.WAITING})
"""The desk's work."""
LIVE = IN_HAND | {TicketState.MERGED}
"""At most one ticket of a conversation is in one of these."""
UNANSWERED = frozenset({TicketState.OPEN, TicketState.ASSIGNED})
"""The desk's turn."""


class Move(StrEnum):
    """What can be done to a ticket. What starts with an asker's deed is theirs alone."""

    CLAIM = "claim"  # an advisor takes it
    ASSIGN = "assign"  # it is given to an advisor
    RELEASE = "release"  # the advisor gives it back
    TRANSFER = "transfer"  # another desk takes it
    SNOOZE = "snooze"  # its reminders rest until a day
    WAKE = "wake"  # they are heard again
    PRIORITIZE = "prioritize"  # another urgency
    SEAL = "seal"  # it is confidential from now on
    NOTE = "note"  # an advisor writes down something that stays inside
    READ = "read"  # somebody opened what is confidential or masked
    DRAFT = "draft"  # the answer was made into a draft article
    REPLY = "reply"  # an advisor answers
    FOLLOW_UP = "follow_up"  # an advisor adds to an answer that stands, while the asker has another live ticket
    RECEIPT = "receipt"  # the asker hears from an advisor what is no answer yet: one is owed as before
    RESOLVE = "resolve"  # it is answered
    MERGE = "merge"  # it is answered together with another one
    REOPEN = "reopen"  # it was not answered, after all
    CLOSE = "close"  # it is finished for good
    ADD = "add"  # the asker writes more
    DETAIL = "detail"  # the asker says who they are, where, by when
    CORRECT = "correct"  # the asker changed what they had written
    CANCEL = "cancel"  # the asker takes it back
    RATE = "rate"  # the asker says how it was


_S = TicketState
MOVES: dict[tuple[TicketState, Move], TicketState] = (
    {(_S.OPEN, Move.CLAIM): _S.ASSIGNED, (_S.ASSIGNED, Move.RELEASE): _S.OPEN}
    | {(_S.OPEN, Move.ASSIGN): _S.ASSIGNED, (_S.ASSIGNED, Move.ASSIGN): _S.ASSIGNED, (_S.WAITING, Move.ASSIGN): _S.WAITING}
    | {(_S.OPEN, Move.TRANSFER): _S.OPEN, (_S.ASSIGNED, Move.TRANSFER): _S.OPEN, (_S.WAITING, Move.TRANSFER): _S.WAITING}
    | {(state, Move.REPLY): _S.WAITING for state in IN_HAND | {_S.RESOLVED}}
    | {(_S.MERGED, Move.REPLY): _S.MERGED, (_S.RESOLVED, Move.FOLLOW_UP): _S.RESOLVED}
    | {(state, Move.RECEIPT): state for state in LIVE | {_S.RESOLVED}}
    | {(state, Move.RESOLVE): _S.RESOLVED for state in LIVE}
    | {(state, Move.CANCEL): _S.CANCELLED for state in LIVE}
    | {(state, Move.MERGE): _S.MERGED for state in IN_HAND}
    | {(_S.RESOLVED, Move.REOPEN): _S.OPEN, (_S.CANCELLED, Move.REOPEN): _S.OPEN}
    | {(_S.WAITING, Move.CLOSE): _S.CLOSED, (_S.RESOLVED, Move.CLOSE): _S.CLOSED}
    | {(_S.OPEN, Move.ADD): _S.OPEN, (_S.ASSIGNED, Move.ADD): _S.ASSIGNED, (_S.WAITING, Move.ADD): _S.OPEN, (_S.MERGED, Move.ADD): _S.OPEN}
    | {(state, move): state for state in IN_HAND for move in (Move.SNOOZE, Move.WAKE, Move.PRIORITIZE, Move.DETAIL)}
    | {(state, Move.CORRECT): state for state in LIVE}
    | {(state, Move.DRAFT): state for state in (_S.WAITING, _S.RESOLVED, _S.CLOSED)}
    | {(state, Move.RATE): state for state in (_S.RESOLVED, _S.CLOSED)}
    | {(state, move): state for state in TicketState for move in (Move.NOTE, Move.READ, Move.SEAL)}
)
"""The state after each allowed move. What is not here is refused."""


class Rating(StrEnum):
    """What the asker says of an answer, with one tap."""

    GOOD = "good"  # 役に立った
    POOR = "poor"  # 足りなかった


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An escalation."""

    id: int
    """The number that people are told."""
    conversation_id: int
    asker: Address
    asker_thread: str
    state: TicketState
    question: str
    """Word for word, as corrected by its asker."""
    candidates: tuple[tuple[str, float], ...]
    """The article ids that were not sure enough, with their confidence."""
    opened_at: datetime
    desk_key: str
    """The desk that takes it."""
    desk: Address | None
    """The room of that desk; None when none is set."""
    area: Area | None
    office: Office | None
    card: int | None = None
    """The delivery that shows it in the room: what is edited when its state changes."""
    assignee: int | None = None
    """The advisor who has it."""
    urgency: Urgency = Urgency.NORMAL
    organisation: str = ""
    country: str = ""
    deadline: date | None = None
    tried: str = ""
    """What the asker has done already, in their words."""
    confidential: bool = False
    snoozed_until: datetime | None = None
    answer_due: datetime | None = None
    """When the next answer is aimed at; None while it is the asker's turn."""
    resolution_due: datetime | None = None
    answered_at: datetime | None = None
    """When the first answer was given."""
    resolved_at: datetime | None = None
    """When it was resolved, or taken back."""
    merged_into: int | None = None
    follows: int | None = None
    """The earlier ticket that this one goes on with."""
    rating: Rating | None = None


def state_after(ticket: Ticket, move: Move, assignee: int | None) -> TicketState | None:
    """Return the state after a move, or None when it is not allowed. What somebody has in hand is not open."""
    state = MOVES.get((ticket.state, move))
    return TicketState.ASSIGNED if state is TicketState.OPEN and assignee is not None else state


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One line of a ticket's history."""

    ticket_id: int
    move: str
    """A ``Move``, or ``open``."""
    actor: str
    """``channel:id`` of a person, ``advisor:N``, ``asker``, or ``clock``."""
    text: str
    """What was said, or the reason."""
    at: datetime
    source: str = ""
    """The message that it came with, ``channel:recipient/message id``: how a later edit of it is recognised."""
    template: str = ""
    """The canned reply that was used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CannedReply:
    """A text that advisors send again and again."""

    key: str
    text: str
    """With variables in braces."""
    answers: bool = True
    """False for a mere receipt: the asker hears it, and waits for the answer all the same."""
