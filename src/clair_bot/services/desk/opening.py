"""Opening: a question becomes a ticket, and its desk and its asker hear of it."""

from dataclasses import replace

from clair_bot.domain.articles import Area, Search
from clair_bot.domain.conversations import Conversation
from clair_bot.domain.countries import country_in
from clair_bot.domain.desks import Assignment
from clair_bot.domain.tickets import Move, Ticket
from clair_bot.services.desk import targets
from clair_bot.services.desk.assigning import give, whose_turn
from clair_bot.services.desk.cards import post_card, refresh_card
from clair_bot.services.desk.shifts import CLOCK, Shift
from clair_bot.services.moments import shown_moment
from clair_bot.services.phrases import Phrases

_SURE_AREA = 0.2
"""Below this confidence the best candidate does not decide the area."""
_CANDIDATES = 3


def open_ticket(shift: Shift, conversation: Conversation, question: str, search: Search, *, follows: Ticket | None = None) -> Ticket:
    """Store a ticket for the conversation, show it to its desk, and give it to somebody where the desk works by turns.

    What goes on with an earlier ticket stays with the earlier one's desk, and as confidential.
    """
    country = country_in(question)
    area = follows.area if follows else _area_of(search)
    office = follows.office if follows else (country.office if country else None)
    desk = shift.desks.get(follows.desk_key) if follows else shift.desks.of(area, office)
    haste = targets.haste_of(shift, desk, question)
    ticket = shift.work.tickets.open(
        conversation=conversation,
        desk=desk,
        area=area,
        office=office,
        question=question,
        terms=search.terms,
        candidates=[(hit.article.id, hit.confidence) for hit in search.hits[:_CANDIDATES]],
        urgency=haste.urgency,
        country=country.name if country else "",
        deadline=haste.deadline,
        follows=follows.id if follows else None,
    )
    if follows and follows.confidential and not ticket.confidential:
        ticket = shift.work.tickets.move(ticket, Move.SEAL, actor=CLOCK, becomes=replace(ticket, confidential=True)) or ticket
    ticket = shift.work.tickets.place(replace(targets.aim(shift, ticket, desk), desk=shift.room_of(desk)))
    ticket = post_card(shift, ticket)
    return _by_turns(shift, ticket) if desk.assignment is Assignment.TURNS else ticket


def _by_turns(shift: Shift, ticket: Ticket) -> Ticket:
    advisor = whose_turn(shift, ticket)
    given = give(shift, ticket, advisor, actor=CLOCK) if advisor else None
    if given:
        refresh_card(shift, given)
    return given or ticket


def expected(shift: Shift, ticket: Ticket, phrases: Phrases) -> str:
    """Return when the asker may expect an answer, and whether the desk is closed; empty when no room would see the ticket."""
    if ticket.answer_due is None or ticket.desk is None:
        return ""
    calendar = shift.desk_of(ticket).calendar
    sentence = phrases.expected if calendar.is_open(shift.now) else phrases.expected_closed
    return sentence.format(due=shown_moment(calendar.promise(ticket.answer_due), shift.timezone, phrases))


def opened(shift: Shift, ticket: Ticket, phrases: Phrases) -> str:
    """Return what the asker hears of a new ticket: number, section, and when to expect the answer."""
    if ticket.desk is None:
        return phrases.opened_without_desk.format(number=ticket.id)
    told = phrases.opened.format(number=ticket.id, desk=shift.desk_of(ticket).name)
    return f"{told}\n{expected(shift, ticket, phrases)}"


def _area_of(search: Search) -> Area | None:
    best = search.hits[0] if search.hits else None
    return best.article.area if best and best.confidence >= _SURE_AREA else None
