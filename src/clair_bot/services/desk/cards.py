"""Cards: a ticket as its room sees it, sent once and then edited as it changes."""

from collections.abc import Iterator

from clair_bot.domain.likeness import alike
from clair_bot.domain.masking import masked
from clair_bot.domain.tickets import IN_HAND, UNANSWERED, Ticket, TicketState
from clair_bot.messages import Block, BlockKind, Button, Card
from clair_bot.services.answering import Content
from clair_bot.services.desk.shifts import Shift
from clair_bot.services.desk.telling import tell_room
from clair_bot.services.moments import shown_day, shown_moment
from clair_bot.services.phrases import DESK, JA

_SIMILAR = 3
_LOOKED_AT = 500
"""Answered tickets among which similar ones are sought, newest first."""
_SHORT = 60


def post_card(shift: Shift, ticket: Ticket) -> Ticket:
    """Show a ticket in its room; return it with its card."""
    card = tell_room(shift, ticket, _content(shift, ticket))
    return shift.work.tickets.show(ticket, card) if card is not None else ticket


def refresh_card(shift: Shift, ticket: Ticket) -> None:
    """Let the card in the room show how the ticket stands now."""
    if ticket.card is not None:
        tell_room(shift, ticket, _content(shift, ticket), replaces=ticket.card)


def short_question(ticket: Ticket) -> str:
    """Return the beginning of the question as lists show it."""
    if ticket.confidential:
        return DESK.sealed
    line = " ".join(masked(ticket.question).split())
    return line if len(line) <= _SHORT else line[: _SHORT - 1] + "…"


def assignee_of(shift: Shift, ticket: Ticket) -> str:
    """Return who has the ticket, as people read it; empty when nobody has."""
    return shift.work.advisors.name(ticket.assignee) if ticket.assignee is not None else ""


def _content(shift: Shift, ticket: Ticket) -> Content:
    desk = shift.desk_of(ticket)
    title = DESK.urgency.get(ticket.urgency, "") + DESK.title.format(number=ticket.id, desk=desk.name)
    card = Card(title=title, blocks=tuple(_blocks(shift, ticket)), note=_note(shift, ticket))
    return Content(paragraphs=(DESK.intro,), card=card, buttons=_buttons(ticket))


def _note(shift: Shift, ticket: Ticket) -> str:
    name = assignee_of(shift, ticket)
    state = DESK.state.format(state=DESK.states[ticket.state], assignee=DESK.assignee.format(name=name) if name else "")
    due = ticket.answer_due if ticket.state in UNANSWERED else None
    return "　".join([state, *([DESK.due.format(due=shown_moment(due, shift.timezone, JA))] if due else [])])


def _blocks(shift: Shift, ticket: Ticket) -> Iterator[Block]:
    question = masked(ticket.question)
    yield Block(kind=BlockKind.HEADING, text=DESK.question)
    yield Block(kind=BlockKind.PARAGRAPH, text=question)
    if question != ticket.question:
        yield Block(kind=BlockKind.PARAGRAPH, text=DESK.masked)
    yield Block(kind=BlockKind.HEADING, text=DESK.asker)
    yield from (Block(kind=BlockKind.ITEM, text=line) for line in _asker(ticket))
    if near := [_candidate(shift, article_id, confidence) for article_id, confidence in ticket.candidates]:
        yield Block(kind=BlockKind.HEADING, text=DESK.candidates)
        yield from (Block(kind=BlockKind.ITEM, text=line) for line in near)
    if similar := _similar(shift, ticket):
        yield Block(kind=BlockKind.HEADING, text=DESK.similar)
        for other in similar:
            yield Block(kind=BlockKind.ITEM, text=DESK.similar_line.format(number=other.id, question=short_question(other)))


def _asker(ticket: Ticket) -> Iterator[str]:
    yield DESK.channel.format(channel=ticket.asker.channel)
    if ticket.area:
        yield DESK.area.format(text=JA.areas[ticket.area])
    if ticket.organisation:
        yield DESK.organisation.format(text=masked(ticket.organisation))
    if ticket.country:
        yield DESK.country.format(text=ticket.country)
    if ticket.deadline:
        yield DESK.deadline.format(text=shown_day(ticket.deadline, JA))
    if ticket.tried:
        yield DESK.tried.format(text=masked(ticket.tried))
    if ticket.follows:
        yield DESK.follows.format(number=ticket.follows)


def _candidate(shift: Shift, article_id: str, confidence: float) -> str:
    article = shift.retriever.article(article_id)
    return DESK.candidate.format(title=article.title if article else article_id, percent=round(confidence * 100))


def _similar(shift: Shift, ticket: Ticket) -> list[Ticket]:
    terms = shift.retriever.search(ticket.question, limit=1).terms
    others = [(number, words) for number, words in shift.work.tickets.finished_terms(_LOOKED_AT) if number != ticket.id]
    return [found for number in alike(terms, others, _SIMILAR) if (found := shift.work.tickets.get(number))] if terms else []


def _buttons(ticket: Ticket) -> tuple[Button, ...]:
    if ticket.state in IN_HAND:
        taken = {TicketState.OPEN: [("claim", DESK.button_claim)], TicketState.ASSIGNED: [("release", DESK.button_release)]}
        named = [*taken.get(ticket.state, []), ("transfer", DESK.button_transfer), ("snooze", DESK.button_snooze)]
        named.append(("canned", DESK.button_canned))
        return tuple(desk_button(ticket, verb, label) for verb, label in (*named, ("resolve", DESK.button_resolve)))
    return (desk_button(ticket, "reopen", DESK.button_reopen),) if ticket.state is TicketState.RESOLVED else ()


def desk_button(ticket: Ticket, verb: str, label: str, rest: str = "") -> Button:
    """Return a button for advisors: ``t:claim:12``."""
    return Button(label=label, action=f"t:{verb}:{ticket.id}" + (f":{rest}" if rest else ""))
