"""Calendars: working time over lunch, weekends, holidays, year ends and changes of the clocks."""

import random
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clair_bot.desks.holidays import holidays_of, is_known
from clair_bot.desks.reading import read_desks
from clair_bot.domain.calendars import BusinessCalendar, Span

TOKYO = ZoneInfo("Asia/Tokyo")
NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")
PARIS = ZoneInfo("Europe/Paris")
SYDNEY = ZoneInfo("Australia/Sydney")

KEYS = ("base", "NY", "LON", "PAR", "SIN", "SEL", "SYD", "BEI")
DESKS = read_desks(file=None, everyone=None, rooms={}, timezone=TOKYO)
CALENDARS = {key: DESKS.get(key).calendar for key in KEYS}
HEAD = CALENDARS["base"]

# The Cabinet Office's list for 2026 and 2027, with 振替休日 and 国民の休日.
JAPAN = {
    *(date(2026, 1, 1), date(2026, 1, 12), date(2026, 2, 11), date(2026, 2, 23), date(2026, 3, 20), date(2026, 4, 29)),
    *(date(2026, 5, 3), date(2026, 5, 4), date(2026, 5, 5), date(2026, 5, 6), date(2026, 7, 20), date(2026, 8, 11)),
    *(date(2026, 9, 21), date(2026, 9, 22), date(2026, 9, 23), date(2026, 10, 12), date(2026, 11, 3), date(2026, 11, 23)),
    *(date(2027, 1, 1), date(2027, 1, 11), date(2027, 2, 11), date(2027, 2, 23), date(2027, 3, 21), date(2027, 3, 22)),
    *(date(2027, 4, 29), date(2027, 5, 3), date(2027, 5, 4), date(2027, 5, 5), date(2027, 7, 19), date(2027, 8, 11)),
    *(date(2027, 9, 20), date(2027, 9, 23), date(2027, 10, 11), date(2027, 11, 3), date(2027, 11, 23)),
}


def at(text: str, zone: ZoneInfo = TOKYO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def calendar(*hours: tuple[str, str], zone: ZoneInfo = TOKYO, weekdays: frozenset[int] = frozenset(range(7))) -> BusinessCalendar:
    spans = tuple(Span(start=time.fromisoformat(start), end=time.fromisoformat(end)) for start, end in hours)
    return BusinessCalendar(timezone=zone, spans=spans, weekdays=weekdays, is_holiday=holidays_of(""), closed=(), year_end=None)


def days(first: date = date(2026, 1, 1), last: date = date(2027, 12, 31)) -> Iterator[date]:
    return (first + timedelta(days=count) for count in range((last - first).days + 1))


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-12-28 16:00", 480, "2027-01-04 16:15"),  # over the year's end
        ("2026-12-28 17:15", 0, "2027-01-04 08:30"),
        ("2026-12-31 23:59", 1, "2027-01-04 08:31"),
        ("2026-05-01 17:00", 30, "2026-05-07 08:45"),  # Golden Week: the 6th stands in for the Sunday
        ("2026-04-28 17:00", 30, "2026-04-30 08:45"),
        ("2027-04-28 17:00", 30, "2027-04-30 08:45"),
        ("2027-04-30 17:00", 30, "2027-05-06 08:45"),
        ("2027-03-19 17:00", 30, "2027-03-23 08:45"),  # the 22nd stands in for the Sunday
        ("2026-09-18 17:00", 30, "2026-09-24 08:45"),  # the 22nd lies between two holidays
        ("2026-06-05 17:20", 10, "2026-06-08 08:40"),  # Friday, after work
        ("2026-06-05 17:20", 0, "2026-06-08 08:30"),
        ("2026-06-01 11:50", 10, "2026-06-01 12:00"),  # lunch
        ("2026-06-01 11:50", 11, "2026-06-01 13:01"),
        ("2026-06-01 12:00", 0, "2026-06-01 13:00"),
        ("2026-06-01 12:30", 5, "2026-06-01 13:05"),
        ("2026-06-01 08:30", 210, "2026-06-01 12:00"),
        ("2026-06-01 08:30", 465, "2026-06-01 17:15"),
        ("2026-06-01 08:30", 466, "2026-06-02 08:31"),
        ("2026-06-01 03:00", 465, "2026-06-01 17:15"),
        ("2026-06-01 16:00:30", 5, "2026-06-01 16:05:30"),
    ],
)
def test_adding_in_tokyo(start: str, minutes: int, end: str) -> None:
    result = HEAD.add(at(start), minutes)
    assert result == at(end)
    assert result.tzinfo is UTC
    assert HEAD.minutes(at(start), result) == minutes


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-06-01 08:29:59", False),
        ("2026-06-01 08:30", True),
        ("2026-06-01 11:59:59", True),
        ("2026-06-01 12:00", False),
        ("2026-06-01 13:00", True),
        ("2026-06-01 17:15", False),
        ("2026-06-06 10:00", False),
        ("2026-05-06 10:00", False),
        ("2026-12-29 10:00", False),
        ("2027-01-03 10:00", False),
        ("2027-01-04 10:00", True),
    ],
)
def test_open_and_closed(moment: str, *, is_open: bool) -> None:
    assert HEAD.is_open(at(moment)) is is_open
    assert (HEAD.next_opening(at(moment)) == at(moment)) is is_open


@pytest.mark.parametrize(
    ("tokyo", "opening", "seen"),
    [
        ("2026-01-15 12:00", "2026-01-15 14:00", "2026-01-15 09:00"),  # standard time
        ("2026-07-15 12:00", "2026-07-15 13:00", "2026-07-15 09:00"),  # daylight time
        ("2026-03-07 12:00", "2026-03-09 13:00", "2026-03-09 09:00"),  # the clocks change on the Sunday between
        ("2026-10-31 12:00", "2026-11-02 14:00", "2026-11-02 09:00"),
    ],
)
def test_noon_in_tokyo_is_night_in_new_york(tokyo: str, opening: str, seen: str) -> None:
    desk = CALENDARS["NY"]
    assert HEAD.is_open(at("2026-01-15 11:59"))
    assert not desk.is_open(at(tokyo))
    assert desk.next_opening(at(tokyo)) == utc(opening) == at(seen, NEW_YORK)


@pytest.mark.parametrize(
    ("key", "friday", "end"),
    [
        ("NY", "2026-03-06 21:30", "2026-03-09 13:30"),
        ("NY", "2026-10-30 20:30", "2026-11-02 14:30"),
        ("NY", "2027-03-12 21:30", "2027-03-15 13:30"),
        ("NY", "2027-11-05 20:30", "2027-11-08 14:30"),
        ("LON", "2026-03-27 16:30", "2026-03-30 08:30"),
        ("LON", "2026-10-23 15:30", "2026-10-26 09:30"),
        ("PAR", "2026-03-27 15:30", "2026-03-30 07:30"),
        ("PAR", "2026-10-23 14:30", "2026-10-26 08:30"),
        ("SYD", "2026-04-02 05:30", "2026-04-06 23:30"),  # Thursday before Easter, to Tuesday
        ("SYD", "2026-10-02 06:30", "2026-10-05 22:30"),  # Labour Day: to Tuesday
        ("SYD", "2027-04-02 05:30", "2027-04-04 23:30"),
        ("SYD", "2027-10-01 06:30", "2027-10-04 22:30"),
    ],
)
def test_over_a_weekend_on_which_the_clocks_change(key: str, friday: str, end: str) -> None:
    assert CALENDARS[key].add(utc(friday), 60) == utc(end)
    assert CALENDARS[key].minutes(utc(friday), utc(end)) == 60


@pytest.mark.parametrize(
    ("zone", "day", "worked", "close"),
    [
        (NEW_YORK, "2026-03-08", 300, "2026-03-08 10:00"),
        (NEW_YORK, "2026-11-01", 420, "2026-11-01 11:00"),
        (LONDON, "2026-03-29", 300, "2026-03-29 05:00"),
        (LONDON, "2026-10-25", 420, "2026-10-25 06:00"),
        (PARIS, "2026-03-29", 300, "2026-03-29 04:00"),
        (PARIS, "2026-10-25", 420, "2026-10-25 05:00"),
        (SYDNEY, "2026-10-04", 300, "2026-10-03 19:00"),
        (SYDNEY, "2026-04-05", 420, "2026-04-04 20:00"),
    ],
)
def test_a_night_shift_works_what_really_passes(zone: ZoneInfo, day: str, worked: int, close: str) -> None:
    night = calendar(("00:00", "06:00"), zone=zone)
    midnight = at(day, zone)
    assert night.minutes(midnight, midnight + timedelta(days=1)) == worked
    assert night.add(midnight, worked) == utc(close) == at(f"{day} 06:00", zone)
    assert night.add(midnight, worked + 1) == at(day, zone).replace(hour=0, minute=1) + timedelta(days=1)


def test_hours_that_the_clocks_jump_over() -> None:
    midnight = at("2026-03-08", NEW_YORK)
    inside = calendar(("02:15", "02:45"), zone=NEW_YORK)
    assert inside.minutes(midnight, midnight + timedelta(days=1)) == 30
    vanished = calendar(("02:45", "03:15"), zone=NEW_YORK)
    assert vanished.minutes(midnight, midnight + timedelta(days=1)) == 0
    assert vanished.next_opening(midnight) == at("2026-03-09 02:45", NEW_YORK)
    met = calendar(("01:00", "02:45"), ("03:00", "04:00"), zone=NEW_YORK)
    assert met.minutes(midnight, midnight + timedelta(days=1)) == 120


@pytest.mark.parametrize("key", KEYS)
def test_every_day_has_its_minutes(key: str) -> None:
    desk, whole = CALENDARS[key], 465 if key == "base" else 420
    for day in days():
        midnight = datetime.combine(day, time(), tzinfo=desk.timezone)
        next_midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=desk.timezone)
        assert desk.minutes(midnight, next_midnight) == (whole if desk.is_working_day(day) else 0), day


# Counted by hand; only where no decree or sighting of the moon can still move a day.
@pytest.mark.parametrize(
    ("key", "in_2026", "in_2027"),
    [
        ("base", 261 - 17 - 4, 261 - 16 - 3),  # weekdays, holidays on weekdays, the year's ends
        ("NY", 261 - 13, 261 - 14),
        ("LON", 261 - 8, 261 - 8),
        ("PAR", 261 - 9, 261 - 7),
        ("SYD", 261 - 9, 261 - 9),
    ],
)
def test_how_many_working_days_a_year_has(key: str, in_2026: int, in_2027: int) -> None:
    working = [day.year for day in days() if CALENDARS[key].is_working_day(day)]
    assert (working.count(2026), working.count(2027)) == (in_2026, in_2027)


@pytest.mark.parametrize("key", KEYS)
def test_nobody_works_on_weekends_and_holidays(key: str) -> None:
    desk = CALENDARS[key]
    assert not any(desk.is_working_day(day) for day in days() if day.weekday() > 4 or desk.is_holiday(day))


def test_the_head_offices_holidays() -> None:
    assert {day for day in days() if HEAD.is_holiday(day)} == JAPAN
    closed = {day for day in days() if day.weekday() < 5 and not HEAD.is_working_day(day)} - JAPAN
    assert closed == {date(2026, 1, 2), *days(date(2026, 12, 29), date(2026, 12, 31)), *days(date(2027, 12, 29), date(2027, 12, 31))}


@pytest.mark.parametrize(
    ("key", "day"),
    [
        ("NY", date(2026, 7, 3)),
        ("NY", date(2026, 11, 26)),
        ("LON", date(2026, 12, 28)),
        ("PAR", date(2026, 7, 14)),
        ("SIN", date(2026, 8, 10)),
        ("SEL", date(2026, 9, 24)),
        ("SYD", date(2026, 1, 26)),
        ("BEI", date(2026, 10, 6)),
    ],
)
def test_an_offices_holiday_is_not_the_head_offices(key: str, day: date) -> None:
    assert CALENDARS[key].is_holiday(day)
    assert day in JAPAN or not HEAD.is_holiday(day)


def test_offices_work_at_the_years_end() -> None:
    assert CALENDARS["NY"].is_working_day(date(2026, 12, 30))
    assert not HEAD.is_working_day(date(2026, 12, 30))


def test_countries_that_are_known() -> None:
    assert all(is_known(*country) for country in (("JP",), ("US", "NY"), ("GB", "ENG"), ("AU", "NSW")))
    assert not any(is_known(*country) for country in (("XX",), ("US", "ZZ"), ("",), ("jp",), ("JPN",), ("TU",), ("Holiday",)))
    assert not holidays_of("")(date(2026, 1, 1))


def test_own_closed_days() -> None:
    desk = replace(HEAD, closed=((date(2026, 6, 3), date(2026, 6, 4)), (date(2026, 6, 8), date(2026, 6, 8))))
    assert [day.day for day in days(date(2026, 6, 1), date(2026, 6, 9)) if desk.is_working_day(day)] == [1, 2, 5, 9]
    assert desk.add(at("2026-06-02 17:00"), 30) == at("2026-06-05 08:45")
    assert desk.next_opening(at("2026-06-05 17:15")) == at("2026-06-09 08:30")


def test_a_year_end_within_one_year() -> None:
    desk = replace(HEAD, year_end=((8, 13), (8, 15)))
    assert [day.day for day in days(date(2026, 8, 10), date(2026, 8, 18)) if desk.is_working_day(day)] == [10, 12, 17, 18]
    assert desk.is_working_day(date(2026, 12, 30))


@pytest.mark.parametrize(
    ("start", "count", "close"),
    [
        ("2026-06-01 10:00", 1, "2026-06-02 17:15"),
        ("2026-06-05 10:00", 1, "2026-06-08 17:15"),
        ("2026-06-06 10:00", 1, "2026-06-08 17:15"),
        ("2026-04-30 23:59", 2, "2026-05-07 17:15"),
        ("2026-12-28 09:00", 3, "2027-01-06 17:15"),
    ],
)
def test_days_later(start: str, count: int, close: str) -> None:
    assert HEAD.days_later(at(start), count) == at(close)


def test_days_later_counts_local_days() -> None:
    sunday_in_new_york = at("2026-06-01 12:00")
    assert CALENDARS["NY"].days_later(sunday_in_new_york, 1) == at("2026-06-01 17:00", NEW_YORK)


def test_minutes_between_moments_the_wrong_way_round() -> None:
    assert HEAD.minutes(at("2026-06-02 10:00"), at("2026-06-01 10:00")) == 0
    assert HEAD.minutes(at("2026-06-02 10:00"), at("2026-06-02 10:00")) == 0
    assert HEAD.minutes(at("2026-06-02 10:00"), at("2026-06-02 10:00:59")) == 0
    assert HEAD.minutes(at("2026-06-02 11:59:30"), at("2026-06-02 13:00:30")) == 1


def test_everything_is_closed() -> None:
    desk = replace(HEAD, is_holiday=lambda day: True)
    for ask in (desk.next_opening, lambda moment: desk.add(moment, 1), lambda moment: desk.days_later(moment, 1)):
        with pytest.raises(ValueError, match="no working day within 400 days"):
            ask(at("2026-06-01"))
    assert desk.minutes(at("2026-06-01"), at("2027-06-01")) == 0
    assert not desk.is_open(at("2026-06-01 10:00"))


def test_a_long_closure_that_ends_in_time() -> None:
    desk = replace(HEAD, closed=((date(2026, 1, 1), date(2026, 12, 31)),))
    assert desk.next_opening(at("2026-01-01")) == at("2027-01-04 08:30")


def test_what_a_calendar_refuses() -> None:
    with pytest.raises(ValueError, match="working hours"):
        replace(HEAD, spans=())
    with pytest.raises(ValueError, match="overlap"):
        replace(HEAD, spans=HEAD.spans[::-1])
    with pytest.raises(ValueError, match="weekdays"):
        replace(HEAD, weekdays=frozenset())
    with pytest.raises(ValueError, match="weekdays"):
        replace(HEAD, weekdays=frozenset({7}))
    with pytest.raises(ValueError, match="closed days"):
        replace(HEAD, closed=((date(2026, 1, 2), date(2026, 1, 1)),))
    with pytest.raises(ValueError, match="span"):
        Span(start=time(12), end=time(12))


def test_what_a_question_must_not_be() -> None:
    with pytest.raises(ValueError, match="negative"):
        HEAD.add(at("2026-06-01"), -1)
    with pytest.raises(ValueError, match="at least 1"):
        HEAD.days_later(at("2026-06-01"), 0)
    with pytest.raises(ValueError, match="time zone"):
        HEAD.is_open(datetime(2026, 6, 1))  # noqa: DTZ001  # that is the point


def naively_open(desk: BusinessCalendar, first: datetime, count: int) -> list[bool]:
    """Look at the wall clock, minute by minute."""
    spans = [(span.start, span.end) for span in desk.spans]
    working = {day: desk.is_working_day(day) for day in days(date(2025, 12, 31), date(2028, 1, 1))}
    opened, step, moment = [], timedelta(minutes=1), first
    for _ in range(count):
        wall = moment.astimezone(desk.timezone)
        clock = wall.time()
        opened.append(any(start <= clock < end for start, end in spans) and working[wall.date()])
        moment += step
    return opened


def test_two_years_minute_by_minute() -> None:
    desk, first, count = CALENDARS["NY"], utc("2026-01-01"), 730 * 24 * 60
    before = list(accumulate(naively_open(desk, first, count), initial=0))
    chance = random.Random(7)
    for _ in range(1500):
        start = chance.randrange(count - 90 * 24 * 60)
        end = start + chance.randrange(60 * 24 * 60)
        minutes = chance.randrange(1, 40 * 420)
        begin = first + timedelta(minutes=start)
        assert desk.minutes(begin, first + timedelta(minutes=end)) == before[end] - before[start]
        assert desk.add(begin, minutes) == first + timedelta(minutes=bisect_left(before, before[start] + minutes))
        assert desk.is_open(begin) is (before[start + 1] > before[start])


desks = st.sampled_from(KEYS).map(CALENDARS.__getitem__)
moments = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # the strategy adds the zone
some_minutes = st.integers(min_value=0, max_value=20 * 465)


@settings(deadline=None)
@given(desk=desks, start=moments, minutes=some_minutes)
def test_what_is_added_is_what_lies_between(desk: BusinessCalendar, start: datetime, minutes: int) -> None:
    end = desk.add(start, minutes)
    assert desk.minutes(start, end) == minutes
    assert end >= start
    assert desk.add(start, 0) == desk.next_opening(start)
    assert desk.is_open(desk.next_opening(start))


@settings(deadline=None)
@given(desk=desks, one=moments, other=moments, fewer=some_minutes, more=some_minutes)
def test_later_and_longer_never_ends_earlier(desk: BusinessCalendar, one: datetime, other: datetime, fewer: int, more: int) -> None:
    (earlier, later), (fewer, more) = sorted((one, other)), sorted((fewer, more))
    assert desk.add(earlier, fewer) <= desk.add(earlier, more) <= desk.add(later, more)
    assert desk.next_opening(earlier) <= desk.next_opening(later)
    assert desk.minutes(earlier, later) >= desk.minutes(later, later)


@settings(deadline=None)
@given(desk=desks, start=moments, first=some_minutes, second=some_minutes)
def test_adding_twice_is_adding_once(desk: BusinessCalendar, start: datetime, first: int, second: int) -> None:
    if first and second:
        assert desk.add(desk.add(start, first), second) == desk.add(start, first + second)
