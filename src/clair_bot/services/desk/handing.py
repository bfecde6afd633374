"""Handing: a ticket goes to an advisor, to another desk, or to a later day. Each returns what the advisor hears."""

from dataclasses import replace
from datetime import datetime

from clair_bot.domain.advisors import Advisor
from clair_bot.domain.articles import Area
from clair_bot.domain.desks import Desk, Office, Urgency
from clair_bot.domain.reminders import END, ReminderKind
from clair_bot.domain.tickets import IN_HAND, Move, Ticket
from clair_bot.services.desk import assigning, targets
from clair_bot.services.desk.actors import Actor
from clair_bot.services.desk.cards import assignee_of, post_card, refresh_card
from clair_bot.services.desk.moves import Result, done, is_owed, move, refused
from clair_bot.services.desk.shifts import Shift
from clair_bot.services.desk.telling import asker_phrases, notice, tell_asker, tell_room
from clair_bot.services.moments import shown_moment
from clair_bot.services.phrases import DESK, JA


def claim(shift: Shift, actor: Actor, ticket: Ticket) -> Result:
    """Take a ticket; of many at once, one does."""
    if actor.advisor is None:
        claimed = move(shift, actor, ticket, Move.CLAIM, actor.name)
        if claimed:
            tell_asker(shift, claimed, notice(asker_phrases(shift, claimed).assigned.format(number=ticket.id)), private=False)
    else:
        claimed = assigning.give(shift, ticket, actor.advisor, actor=actor.mark, move=Move.CLAIM)
    if claimed:
        sentence = DESK.claimed if actor.advisor else DESK.claimed_here
        return done(shift, claimed, sentence.format(number=ticket.id, name=actor.name))
    if actor.id is not None and ticket.assignee == actor.id:
        return Result(sentence=DESK.already_yours.format(number=ticket.id))
    if ticket.assignee is not None and is_owed(ticket):
        return Result(sentence=DESK.taken.format(number=ticket.id, name=assignee_of(shift, ticket)))
    return refused(shift, ticket)


def assign(shift: Shift, actor: Actor, ticket: Ticket, name: str = "") -> Result:
    """Give a ticket to somebody of its desk by name, or by turns."""
    advisor = shift.work.advisors.named(name) if name else assigning.whose_turn(shift, ticket)
    if advisor is None:
        return Result(sentence=DESK.who.format(text=name) if name else DESK.nobody_free)
    if ticket.assignee == advisor.id and ticket.state in IN_HAND:
        return Result(sentence=DESK.taken.format(number=ticket.id, name=advisor.name))
    if problem := _cannot_take(shift, advisor, ticket):
        return Result(sentence=problem)
    given = assigning.give(shift, ticket, advisor, actor=actor.mark)
    return done(shift, given, DESK.assigned.format(number=ticket.id, name=advisor.name)) if given else refused(shift, ticket)


def _cannot_take(shift: Shift, advisor: Advisor, ticket: Ticket) -> str:
    if advisor.id not in {member.id for member in shift.members(ticket.desk_key)}:
        return DESK.not_at_desk.format(name=advisor.name, desk=shift.desk_of(ticket).name)
    return DESK.is_away.format(name=advisor.name) if assigning.is_away(shift, advisor, ticket) else ""


def transfer(shift: Shift, actor: Actor, ticket: Ticket, desk: Desk, reason: str = "") -> Result:
    """Hand a ticket to another desk, with its history; the room it leaves keeps a card that says so."""
    if desk.key == ticket.desk_key:
        return Result(sentence=DESK.transfer_same.format(number=ticket.id, desk=desk.name))
    before = shift.desk_of(ticket)
    becomes = replace(
        ticket,
        desk_key=desk.key,
        desk=shift.room_of(desk),
        area=Area(desk.key) if desk.key in set(Area) else Area.VII,
        office=Office(desk.key) if desk.key in set(Office) else None,
        assignee=None,
        snoozed_until=None,
        confidential=ticket.confidential or desk.confidential,
        card=None,
    )
    owed = targets.aim(shift, becomes, desk) if is_owed(ticket) else becomes
    moved = move(shift, actor, ticket, Move.TRANSFER, f"{before.name} → {desk.name} {reason}".strip(), owed)
    if moved is None:
        return refused(shift, ticket)
    _show_transferred(shift, ticket, moved, before, reason)
    tell_asker(shift, moved, notice(asker_phrases(shift, moved).transferred.format(number=ticket.id, desk=desk.name)), private=False)
    return Result(sentence=DESK.transferred.format(number=ticket.id, desk=desk.name), ticket=moved)


def _show_transferred(shift: Shift, before: Ticket, now: Ticket, desk: Desk, reason: str) -> None:
    """Edit the card in the room that the ticket leaves, and show a new one where it goes; one room for both keeps its card."""
    if before.desk == now.desk and before.card is not None:
        refresh_card(shift, shift.work.tickets.show(now, before.card))
    else:
        if before.card is not None:
            tell_room(shift, before, notice(DESK.transferred.format(number=now.id, desk=shift.desk_of(now).name)), replaces=before.card)
        now = post_card(shift, now)
    tell_room(shift, now, notice(DESK.transferred_here.format(number=now.id, desk=desk.name, reason=reason)))


def snooze(shift: Shift, actor: Actor, ticket: Ticket, until: datetime) -> Result:
    """Let a ticket's reminders rest."""
    rested = move(shift, actor, ticket, Move.SNOOZE, until.isoformat(), replace(ticket, snoozed_until=until))
    if rested is None:
        return refused(shift, ticket)
    shift.work.reminders.plan(ticket.id, ReminderKind.SNOOZE, [(END, until)])
    return done(shift, rested, DESK.snoozed.format(number=ticket.id, until=shown_moment(until, shift.timezone, JA)))


def wake(shift: Shift, actor: Actor, ticket: Ticket) -> Result:
    """Let them be heard again."""
    if ticket.snoozed_until is None:
        return Result(sentence=DESK.not_snoozed.format(number=ticket.id))
    woken = move(shift, actor, ticket, Move.WAKE, "", replace(ticket, snoozed_until=None))
    if woken is None:
        return refused(shift, ticket)
    targets.rest(shift, woken, ReminderKind.SNOOZE)
    return done(shift, woken, DESK.woken.format(number=ticket.id))


def prioritize(shift: Shift, actor: Actor, ticket: Ticket, urgency: Urgency) -> Result:
    """Give a ticket another urgency, and with it other targets."""
    becomes = replace(ticket, urgency=urgency)
    if is_owed(ticket):
        becomes = targets.aim(shift, becomes, shift.desk_of(ticket))
    changed = move(shift, actor, ticket, Move.PRIORITIZE, urgency.value, becomes)
    if changed is None:
        return refused(shift, ticket)
    return done(shift, changed, DESK.prioritized.format(number=ticket.id, urgency=DESK.urgencies[urgency]))
