"""Assigning: who gets a ticket, by name or by turns, as capacity and absence allow."""

from dataclasses import replace
from datetime import date

from clair_bot.domain.advisors import Advisor, next_in_turn
from clair_bot.domain.tickets import Move, Ticket
from clair_bot.services.desk.shifts import Shift
from clair_bot.services.desk.telling import asker_phrases, notice, tell_asker, tell_person
from clair_bot.services.phrases import DESK


def whose_turn(shift: Shift, ticket: Ticket) -> Advisor | None:
    """Return who of the ticket's desk takes the next one; None when nobody is free."""
    return next_in_turn(shift.members(ticket.desk_key), shift.work.tickets.loads(), today_at(shift, ticket))


def is_away(shift: Shift, advisor: Advisor, ticket: Ticket) -> bool:
    """Tell whether somebody is away on the desk's present day."""
    return advisor.is_away(today_at(shift, ticket))


def today_at(shift: Shift, ticket: Ticket) -> date:
    """Return the present day at the ticket's desk."""
    return shift.now.astimezone(shift.desk_of(ticket).calendar.timezone).date()


def give(shift: Shift, ticket: Ticket, advisor: Advisor, *, actor: str, move: Move = Move.ASSIGN) -> Ticket | None:
    """Give a ticket to somebody; None when its state does not allow it. Asker and advisor are told."""
    given = shift.work.tickets.move(
        ticket, move, actor=actor, text=advisor.name, becomes=replace(ticket, assignee=advisor.id), source=shift.source
    )
    if given is None:
        return None
    shift.work.advisors.assigned(advisor.id)
    if ticket.assignee is None:
        tell_asker(shift, given, notice(asker_phrases(shift, given).assigned.format(number=given.id)), private=False)
    if actor != f"advisor:{advisor.id}" and advisor.addresses:
        tell_person(shift, advisor.addresses[0], notice(DESK.assigned_to_you.format(number=given.id)), given, private=False)
    return given
