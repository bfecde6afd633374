"""What every store does with what is to be said later."""

from dataclasses import replace
from datetime import timedelta

from tests.conftest import StoreUnderTest
from tests.contract.samples import opened, reading, together, writing

from clair_bot.domain.reminders import Reminder, ReminderKind
from clair_bot.domain.tickets import Move
from clair_bot.ports import Store
from clair_bot.testing.clocks import START

ANSWER, RESOLUTION, SNOOZE = ReminderKind.ANSWER, ReminderKind.RESOLUTION, ReminderKind.SNOOZE
SOON, LATER = START + timedelta(minutes=10), START + timedelta(minutes=20)


def due(store: Store) -> list[tuple[ReminderKind, int]]:
    return [(reminder.kind, reminder.percent) for reminder in reading(store, lambda work: work.reminders.due(10))]


def test_a_plan_takes_the_place_of_the_earlier_one_of_its_kind(store: Store) -> None:
    ticket = opened(store)
    writing(store, lambda work: work.reminders.plan(ticket.id, ANSWER, [(50, SOON), (100, LATER)]))
    writing(store, lambda work: work.reminders.plan(ticket.id, RESOLUTION, [(100, LATER)]))
    writing(store, lambda work: work.reminders.plan(ticket.id, ANSWER, [(80, LATER)]))
    planned = reading(store, lambda work: work.reminders.planned(ticket.id))
    assert [(one.kind, one.percent, one.due_at) for one in planned] == [(RESOLUTION, 100, LATER), (ANSWER, 80, LATER)]
    writing(store, lambda work: work.reminders.plan(ticket.id, ANSWER, []))
    assert [one.kind for one in reading(store, lambda work: work.reminders.planned(ticket.id))] == [RESOLUTION]


def test_what_is_due_comes_oldest_first_and_once(under_test: StoreUnderTest) -> None:
    store, ticket = under_test.store, opened(under_test.store)
    writing(store, lambda work: work.reminders.plan(ticket.id, ANSWER, [(100, LATER), (50, SOON)]))
    assert due(store) == []
    under_test.clock.advance(3_600)
    first, second = reading(store, lambda work: work.reminders.due(10))
    assert (first.percent, second.percent) == (50, 100)
    assert sorted(together(8, lambda _: writing(store, lambda work: work.reminders.take(first.id)))) == [False] * 7 + [True]
    assert due(store) == [(ANSWER, 100)]
    writing(store, lambda work: work.reminders.plan(ticket.id, ANSWER, []))
    assert not writing(store, lambda work: work.reminders.take(second.id))


def test_a_ticket_that_rests_is_not_reminded_of_but_for_the_end_of_its_rest(under_test: StoreUnderTest) -> None:
    store, ticket = under_test.store, opened(under_test.store)
    until = START + timedelta(hours=2)
    writing(store, lambda work: work.tickets.move(ticket, Move.SNOOZE, actor="x", becomes=replace(ticket, snoozed_until=until)))
    writing(store, lambda work: work.reminders.plan(ticket.id, ANSWER, [(50, SOON)]))
    writing(store, lambda work: work.reminders.plan(ticket.id, SNOOZE, [(100, LATER)]))
    under_test.clock.advance(3_600)
    assert due(store) == [(SNOOZE, 100)]
    under_test.clock.advance(3_600)
    assert due(store) == [(ANSWER, 50), (SNOOZE, 100)]


def test_a_reminder_knows_its_ticket(store: Store) -> None:
    ticket = opened(store)
    writing(store, lambda work: work.reminders.plan(ticket.id, ANSWER, [(50, SOON)]))
    (planned,) = reading(store, lambda work: work.reminders.planned(ticket.id))
    assert planned == Reminder(id=planned.id, ticket_id=ticket.id, kind=ANSWER, percent=50, due_at=SOON)
