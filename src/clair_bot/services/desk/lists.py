"""Lists: what is at a desk, and what happened to a ticket, as text for a chat."""

from dataclasses import dataclass
from datetime import datetime

from clair_bot.domain.desks import Urgency
from clair_bot.domain.masking import masked
from clair_bot.domain.tickets import IN_HAND, UNANSWERED, Move, Ticket, TicketEvent
from clair_bot.services.answering import Content
from clair_bot.services.desk.actors import Actor
from clair_bot.services.desk.cards import assignee_of, short_question
from clair_bot.services.desk.shifts import CLOCK, Shift
from clair_bot.services.moments import shown_moment
from clair_bot.services.phrases import DESK, JA

_SHOWN = 20
_EVENTS = 30
_TEXT = 80
FILTERS = {
    "": "all",
    "自分": "mine",
    "mine": "mine",
    "期限超過": "overdue",
    "overdue": "overdue",
    "未割当": "unassigned",
    "unassigned": "unassigned",
}
"""What may follow 「一覧」, and which tickets it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Some tickets, and how many there are of them."""

    title: str
    tickets: tuple[Ticket, ...]
    count: int


def listing(shift: Shift, actor: Actor, which: str) -> Listing:
    """Return the tickets in hand at the desks of somebody: ``all``, ``mine``, ``overdue`` or ``unassigned``."""
    titles = {"mine": DESK.list_mine, "overdue": DESK.list_overdue, "unassigned": DESK.list_unassigned}
    found = shift.work.tickets.listed(
        states=UNANSWERED if which == "unassigned" else IN_HAND,
        desks=_desks_of(shift, actor),
        assignee=(actor.id or 0) if which == "mine" else None,
        unassigned=which == "unassigned",
        due_before=shift.now if which == "overdue" else None,
        limit=1_000,
    )
    return Listing(title=titles.get(which, DESK.list_all), tickets=tuple(found[:_SHOWN]), count=len(found))


def _desks_of(shift: Shift, actor: Actor) -> list[str] | None:
    """Return the keys of the desks that somebody answers for; None: all."""
    if actor.advisor is None:
        return None
    return [key for key in shift.desks.by_key if actor.advisor.sits_at(key) or actor.id in {member.id for member in shift.members(key)}]


def show_listing(shift: Shift, found: Listing) -> Content:
    """Return a list as a message."""
    if not found.tickets:
        return Content(paragraphs=(f"{found.title}\n{DESK.list_none}",))
    lines = [DESK.list_title.format(title=found.title, count=found.count), *(_line(shift, ticket) for ticket in found.tickets)]
    if found.count > len(found.tickets):
        lines.append(DESK.list_more.format(count=found.count - len(found.tickets)))
    return Content(paragraphs=("\n".join(lines),))


def _line(shift: Shift, ticket: Ticket) -> str:
    due, label = (ticket.answer_due, DESK.due) if ticket.answer_due else (ticket.resolution_due, DESK.aim)
    return DESK.list_line.format(
        number=ticket.id,
        urgency=DESK.urgency.get(ticket.urgency, ""),
        state=DESK.states[ticket.state],
        assignee=assignee_of(shift, ticket) or DESK.unassigned,
        due=label.format(due=shown_moment(due, shift.timezone, JA)) if due else "",
        question=short_question(ticket),
    )


def show_history(shift: Shift, ticket: Ticket) -> Content:
    """Return what happened to a ticket as a message; of a confidential one only the moves."""
    events = shift.work.tickets.history(ticket.id)[-_EVENTS:]
    lines = [DESK.history.format(number=ticket.id), *(_event(shift, event, hidden=ticket.confidential) for event in events)]
    return Content(paragraphs=("\n".join(lines),))


def _event(shift: Shift, event: TicketEvent, *, hidden: bool) -> str:
    actor = actor_name(shift, event.actor)
    text = "" if hidden else " ".join(shown_text(shift, event.move, masked(event.text), actor).split())
    return DESK.history_line.format(
        at=shown_moment(event.at, shift.timezone, JA),
        move=DESK.moves.get(event.move, event.move),
        actor=actor,
        text=text if len(text) <= _TEXT else text[: _TEXT - 1] + "…",
    ).rstrip()


def shown_text(shift: Shift, move: str, text: str, actor: str) -> str:
    """Return what goes with a move as people read it: beside words, values are stored.

    Args:
        shift: The transaction.
        move: A ``Move``, or ``open``.
        text: As stored.
        actor: Who did it, as people read it; the name is not said twice.
    """
    match move:
        case Move.CLAIM | Move.ASSIGN | Move.RELEASE if text == actor:
            return ""
        case Move.SNOOZE if text:
            return DESK.until.format(until=shown_moment(datetime.fromisoformat(text), shift.timezone, JA))
        case Move.PRIORITIZE if text:
            return DESK.urgencies[Urgency(text)]
        case Move.MERGE if text:
            return DESK.number.format(number=text)
        case Move.RATE:
            return DESK.ratings.get(text, text)
    return text


def actor_name(shift: Shift, mark: str) -> str:
    """Return who did something, as people read it."""
    kind, _, number = mark.partition(":")
    if kind == "advisor" and number.isdecimal():
        return shift.work.advisors.name(int(number)) or DESK.somebody
    return {"asker": DESK.by_asker, CLOCK: DESK.by_clock}.get(mark, DESK.somebody)
