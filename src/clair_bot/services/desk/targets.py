"""Targets: how soon a ticket wants an answer, and when people are told that it is late."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from clair_bot.domain.deadlines import deadline_in, hasty
from clair_bot.domain.desks import Desk, Urgency
from clair_bot.domain.reminders import END, TARGET_PERCENTS, WARNING, ReminderKind
from clair_bot.domain.tickets import LIVE, Ticket
from clair_bot.services.desk.shifts import Shift

SILENCE_DAYS, SILENCE_GRACE = 5, 3
"""Business days after an answer until its asker is reminded, and from then until the ticket is closed."""
REOPEN_DAYS = 5
"""Business days in which a resolved ticket may be reopened."""
_HIGH_DAYS = 3
ASKERS_TURN = (ReminderKind.SILENCE, ReminderKind.WINDOW)
EVERY_KIND = tuple(ReminderKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Haste:
    """What a text says of its urgency."""

    urgency: Urgency
    deadline: date | None


def haste_of(shift: Shift, desk: Desk, text: str) -> Haste:
    """Return how urgent a text is, by the asker's own calendar day."""
    deadline = deadline_in(text, shift.now.astimezone(shift.timezone).date())
    urgency = urgency_of(shift, desk, deadline)
    return Haste(urgency=max(urgency, Urgency.HIGH, key=list(Urgency).index) if hasty(text) else urgency, deadline=deadline)


def urgency_of(shift: Shift, desk: Desk, deadline: date | None) -> Urgency:
    """Return how urgent a deadline is, in the desk's working days."""
    if deadline is None:
        return Urgency.NORMAL
    today = shift.now.astimezone(desk.calendar.timezone).date()
    days = sum(desk.calendar.is_working_day(today + timedelta(days=n)) for n in range(1, min((deadline - today).days, 60) + 1))
    if days <= 1:
        return Urgency.URGENT
    return Urgency.HIGH if days <= _HIGH_DAYS else Urgency.NORMAL


def aim(shift: Shift, ticket: Ticket, desk: Desk, *, since: datetime | None = None) -> Ticket:
    """Return the ticket with its due times, counted from when it was opened, and plan the reminders.

    Args:
        shift: The transaction.
        ticket: With its urgency.
        desk: Whose targets and calendar count.
        since: When the next answer began to be owed, if not when the ticket was opened. What is late already has been said then; of a
            new aim that is late from the beginning only the last reminder is said.
    """
    targets, begun = desk.targets[ticket.urgency], since or ticket.opened_at
    finished = ticket.state not in LIVE
    answer = (ReminderKind.ANSWER, begun, targets.first_answer)
    resolution = (ReminderKind.RESOLUTION, begun if finished else ticket.opened_at, targets.resolution)
    for kind, start, minutes in (answer, resolution):
        moments = [(percent, desk.calendar.add(start, minutes * percent // 100)) for percent in TARGET_PERCENTS]
        ahead = [(percent, due) for percent, due in moments if due > shift.now or (percent == END and since is None)]
        shift.work.reminders.plan(ticket.id, kind, ahead)
    return replace(
        ticket,
        answer_due=desk.calendar.add(begun, targets.first_answer),
        resolution_due=desk.calendar.add(resolution[1], targets.resolution),
    )


def rest(shift: Shift, ticket: Ticket, *kinds: ReminderKind) -> None:
    """Drop what is planned of these kinds."""
    for kind in kinds:
        shift.work.reminders.plan(ticket.id, kind, [])


def await_asker(shift: Shift, ticket: Ticket, desk: Desk) -> None:
    """The asker's turn: nobody is late any more, but their silence is noticed."""
    rest(shift, ticket, ReminderKind.ANSWER, ReminderKind.WINDOW)
    shift.work.reminders.plan(ticket.id, ReminderKind.SILENCE, [(WARNING, desk.calendar.days_later(shift.now, SILENCE_DAYS))])


def warn_asker(shift: Shift, ticket: Ticket, desk: Desk) -> datetime:
    """Plan the end of a silence, counted from its warning, and return it."""
    ends = desk.calendar.days_later(shift.now, SILENCE_GRACE)
    shift.work.reminders.plan(ticket.id, ReminderKind.SILENCE, [(END, ends)])
    return ends


def finish(shift: Shift, ticket: Ticket, desk: Desk) -> None:
    """Nothing is owed any more; the time in which it may be reopened begins."""
    rest(shift, ticket, ReminderKind.ANSWER, ReminderKind.RESOLUTION, ReminderKind.SILENCE, ReminderKind.SNOOZE)
    shift.work.reminders.plan(ticket.id, ReminderKind.WINDOW, [(END, desk.calendar.days_later(shift.now, REOPEN_DAYS))])


def is_in_window(shift: Shift, ticket: Ticket, desk: Desk) -> bool:
    """Tell whether a finished ticket may still be reopened."""
    return ticket.resolved_at is not None and shift.now <= desk.calendar.days_later(ticket.resolved_at, REOPEN_DAYS)
