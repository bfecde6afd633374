"""Figures of a month: each ticket counts once, by the clocks of the town and the calendar of its desk."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.desks import TOKYO, desks

from clair_bot.domain.articles import Area
from clair_bot.domain.tickets import Move, Rating, Ticket
from clair_bot.messages import Address
from clair_bot.services.figures import Figures, Month, Report, monthly
from clair_bot.testing.clocks import FrozenClock
from clair_bot.testing.memory import MemoryStore

NOVEMBER = Month(year=2026, month=11)
MORNING = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
"""Nine in Tokyo on a Tuesday."""
DESKS = desks(None)


class Town:
    """Tickets of one town."""

    def __init__(self) -> None:
        self.clock = FrozenClock(MORNING)
        self.store = MemoryStore(self.clock)

    def open(self, *, desk: str = "IV", area: Area | None = Area.IV) -> int:
        with self.store.write() as work:
            conversation = work.conversations.get(Address(channel="web", recipient=str(len(self.store.state.tickets))), "")
            ticket = work.tickets.open(
                conversation=conversation, desk=DESKS.get(desk), area=area, office=None, question="?", terms=(), candidates=()
            )
            work.commit()
        return ticket.id

    def move(self, number: int, move: Move, **changes: object) -> None:
        with self.store.write() as work:
            ticket = work.tickets.get(number)
            assert ticket
            becomes: Ticket = replace(ticket, **changes)  # type: ignore[arg-type]
            assert work.tickets.move(ticket, move, actor="clock", becomes=becomes)
            work.commit()

    def answer(self, number: int) -> None:
        self.move(number, Move.REPLY, answered_at=self.clock.now())

    def resolve(self, number: int) -> None:
        self.move(number, Move.RESOLVE, resolved_at=self.clock.now())

    def after(self, minutes: int) -> None:
        self.clock.advance(minutes * 60)

    def report(self, month: Month = NOVEMBER) -> Report:
        with self.store.read() as work:
            return monthly(work, DESKS, month, timezone=TOKYO, now=self.clock.now())


@pytest.fixture
def town() -> Town:
    return Town()


def sums(rows: list[Figures]) -> tuple[int, int, int]:
    return sum(row.opened for row in rows), sum(row.still_open for row in rows), sum(row.answer.of for row in rows)


def test_an_empty_month_is_zero(town: Town) -> None:
    report = town.report()
    assert (report.total.opened, report.total.still_open, report.total.answer.of) == (0, 0, 0)
    assert report.total.answer.median is report.total.answer.ninetieth is report.total.answer.share is None
    assert (len(report.desks), len(report.areas)) == (15, 9)


def test_each_state_is_counted_once(town: Town) -> None:
    for _ in range(6):
        town.open()
    town.answer(2)
    town.answer(3)
    town.resolve(3)
    town.move(4, Move.CANCEL, resolved_at=town.clock.now())
    town.answer(5)
    town.move(5, Move.CLOSE, resolved_at=town.clock.now())
    town.move(6, Move.MERGE, merged_into=1)
    total = town.report().total
    assert (total.opened, total.answered, total.resolved, total.cancelled, total.still_open) == (6, 3, 2, 1, 3)
    assert total.opened == total.resolved + total.cancelled + total.still_open


def test_every_ticket_is_at_one_desk_and_in_one_area(town: Town) -> None:
    town.open()
    town.open(desk="NY", area=None)
    town.open(desk="gone", area=Area.VII)  # a desk that is no longer configured is the head office's
    report = town.report()
    assert {row.key for row in report.desks if row.figures.opened} == {"IV", "NY", "base"}
    assert {row.key for row in report.areas if row.figures.opened} == {"IV", "", "VII"}
    for rows in (report.desks, report.areas):
        assert sums([row.figures for row in rows]) == sums([report.total])


def test_only_working_time_counts(town: Town) -> None:
    town.clock = FrozenClock(datetime(2026, 11, 20, 8, 0, tzinfo=UTC))  # Friday, a quarter of an hour before the desk closes
    town.store = MemoryStore(town.clock)
    town.open()
    town.clock.advance(timedelta(days=3, hours=16).total_seconds())  # Tuesday at nine: Monday was a holiday
    town.answer(1)
    assert town.report().total.answer.median == 15 + 30


def test_median_and_ninetieth(town: Town) -> None:
    for _ in range(10):
        town.open()
    for number in range(1, 11):
        town.after(10)
        town.answer(number)
    answer = town.report().total.answer
    assert (answer.median, answer.ninetieth, answer.within, answer.of, answer.share) == (55, 90, 10, 10, 1.0)


def test_what_may_still_be_done_in_time_is_not_judged(town: Town) -> None:
    for _ in range(3):
        town.open()
    town.answer(1)
    assert (town.report().total.answer.within, town.report().total.answer.of) == (1, 1)
    town.move(2, Move.CANCEL, resolved_at=town.clock.now())
    town.clock.advance(timedelta(days=2).total_seconds())
    answer = town.report().total.answer
    assert (answer.within, answer.of) == (1, 2)  # the third is late; the second was taken back in time
    town.answer(3)
    assert (town.report().total.answer.within, town.report().total.answer.of) == (1, 2)


def test_a_taken_back_ticket_was_not_resolved(town: Town) -> None:
    town.open()
    town.move(1, Move.CANCEL, resolved_at=town.clock.now())
    assert (town.report().total.resolution.median, town.report().total.resolution.of) == (None, 0)


def test_a_resolution_that_stands(town: Town) -> None:
    town.open()
    town.resolve(1)
    town.move(1, Move.REOPEN, resolved_at=None)
    assert (town.report().total.reopened, town.report().total.resolution.median) == (1, None)
    town.after(30)
    town.resolve(1)
    town.move(1, Move.RATE, rating=Rating.POOR)
    total = town.report().total
    assert (total.reopened, total.resolution.median, total.good, total.poor) == (1, 30, 0, 1)


@pytest.mark.parametrize(
    ("at", "month"),
    [
        ("2026-10-31T14:59:59+00:00", "2026-10"),
        ("2026-10-31T15:00:00+00:00", "2026-11"),
        ("2026-11-30T14:59:59+00:00", "2026-11"),
        ("2026-12-31T14:59:59+00:00", "2026-12"),
        ("2026-12-31T15:00:00+00:00", "2027-01"),
    ],
)
def test_a_month_begins_at_midnight_in_town(at: str, month: str) -> None:
    town = Town()
    town.clock = FrozenClock(datetime.fromisoformat(at))
    town.store = MemoryStore(town.clock)
    town.open()
    months = [Month(year=2026, month=number) for number in (10, 11, 12)] + [Month(year=2027, month=1)]
    assert [str(one) for one in months if town.report(one).total.opened] == [month]
