"""Reminding: at the clock's ticks, whatever is due of tickets is said or done, once, by whichever process comes first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from clair_bot.domain.advisors import Advisor
from clair_bot.domain.reminders import END, TARGET_PERCENTS, WARNING, Reminder, ReminderKind
from clair_bot.domain.tickets import IN_HAND, UNANSWERED, Move, Ticket, TicketState
from clair_bot.messages import Address
from clair_bot.ports import Clock, Retriever, Store
from clair_bot.services.answering import Content
from clair_bot.services.desk.cards import assignee_of, refresh_card
from clair_bot.services.desk.rooms import supervisors
from clair_bot.services.desk.shifts import CLOCK, DeskSettings, Shift
from clair_bot.services.desk.targets import EVERY_KIND, rest, warn_asker
from clair_bot.services.desk.telling import asker_phrases, notice, tell_asker, tell_person, tell_room
from clair_bot.services.moments import shown_day, shown_moment
from clair_bot.services.phrases import DESK, JA
from clair_bot.services.speaking import Speech

_BATCH = 100
_NEARLY = TARGET_PERCENTS[1]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminding:
    """Says and does what is due."""

    store: Store
    settings: DeskSettings
    retriever: Retriever
    clock: Clock

    def run_due(self) -> int:
        """Do everything that is due, one transaction each; return how much was done."""
        done = 0
        while True:
            with self.store.read() as work:
                due = work.reminders.due(_BATCH)
            handled = sum(self._attempt(reminder) for reminder in due)
            done += handled
            if not handled:
                return done

    def _attempt(self, reminder: Reminder) -> bool:
        with self.store.write() as work:
            if not work.reminders.take(reminder.id):
                return False
            ticket = work.tickets.lock(reminder.ticket_id)
            speech = Speech(work, f"reminder:{reminder.id}")
            shift = Shift(work=work, speech=speech, settings=self.settings, retriever=self.retriever, now=self.clock.now())
            if ticket is not None:
                _remind(shift, ticket, reminder)
            work.commit()
        log.info("reminder.done", ticket=reminder.ticket_id, kind=reminder.kind, percent=reminder.percent)
        return True


def _remind(shift: Shift, ticket: Ticket, reminder: Reminder) -> None:
    match reminder.kind:
        case ReminderKind.ANSWER if ticket.state in UNANSWERED and not _is_overtaken(shift, reminder):
            _tell_late(shift, ticket, reminder, DESK.late, ticket.answer_due)
        case ReminderKind.RESOLUTION if ticket.state in UNANSWERED and not _is_overtaken(shift, reminder):
            _tell_late(shift, ticket, reminder, DESK.late_resolution, ticket.resolution_due)
        case ReminderKind.SNOOZE if ticket.state in IN_HAND and ticket.snoozed_until:  # an answer or the asker's word ends a rest too
            _wake(shift, ticket)
        case ReminderKind.SILENCE if ticket.state is TicketState.WAITING:
            _silence(shift, ticket, reminder)
        case ReminderKind.WINDOW if ticket.state is TicketState.RESOLVED:
            if closed := shift.work.tickets.move(ticket, Move.CLOSE, actor=CLOCK):
                refresh_card(shift, closed)


def _is_overtaken(shift: Shift, reminder: Reminder) -> bool:
    """Tell whether a later step of the same target is due as well, as after a rest or an outage: only the last is said."""
    planned = shift.work.reminders.planned(reminder.ticket_id)
    return any(one.kind is reminder.kind and one.percent > reminder.percent and one.due_at <= shift.now for one in planned)


def _tell_late(shift: Shift, ticket: Ticket, reminder: Reminder, sentences: dict[int, str], due: datetime | None) -> None:
    """Tell who has the ticket; towards the end the room as well; when it is late, the supervisors too."""
    name = assignee_of(shift, ticket)
    who = DESK.who_has.format(name=name) if name else DESK.who_none
    sentence = sentences[reminder.percent].format(number=ticket.id, due=shown_moment(due, shift.timezone, JA) if due else "", who=who)
    holder = shift.work.advisors.get(ticket.assignee) if ticket.assignee is not None else None
    told = _addresses([holder] if holder else [])
    if holder is None or reminder.percent >= _NEARLY:
        tell_room(shift, ticket, notice(sentence), private=False)
    if reminder.percent >= END:
        told |= _addresses(supervisors(shift, ticket.desk_key))
    for address in sorted(told - {ticket.desk}):
        heading = DESK.supervisor.format(desk=shift.desk_of(ticket).name)
        paragraphs = (sentence,) if holder and address in holder.addresses else (heading, sentence)
        tell_person(shift, address, Content(paragraphs=paragraphs), ticket, private=False)


def _addresses(advisors: Sequence[Advisor]) -> set[Address]:
    return {advisor.addresses[0] for advisor in advisors if advisor.addresses}


def _wake(shift: Shift, ticket: Ticket) -> None:
    woken = shift.work.tickets.move(ticket, Move.WAKE, actor=CLOCK, becomes=replace(ticket, snoozed_until=None))
    if woken:
        tell_room(shift, woken, notice(DESK.snooze_over.format(number=ticket.id)), private=False)
        refresh_card(shift, woken)


def _silence(shift: Shift, ticket: Ticket, reminder: Reminder) -> None:
    phrases = asker_phrases(shift, ticket)
    if reminder.percent == WARNING:
        ends = warn_asker(shift, ticket, shift.desk_of(ticket))
        day = shown_day(ends.astimezone(shift.timezone).date(), phrases)
        tell_asker(shift, ticket, notice(phrases.silence.format(number=ticket.id, day=day)), private=False)
        return
    becomes = replace(ticket, resolved_at=shift.now, resolution_due=None)
    closed = shift.work.tickets.move(ticket, Move.CLOSE, actor=CLOCK, becomes=becomes)
    if closed:
        rest(shift, closed, *EVERY_KIND)
        tell_asker(shift, closed, notice(phrases.closed.format(number=ticket.id)), private=False)
        tell_room(shift, closed, notice(DESK.closed.format(number=ticket.id)), private=False)
        refresh_card(shift, closed)
