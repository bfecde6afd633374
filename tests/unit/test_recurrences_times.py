"""Due times of recurrences: 24 months by the calendar, over closed days, and over changes of the clocks in eight zones."""

import calendar
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clair_bot.desks.reading import read_desks
from clair_bot.domain.recurrences import Every, Recurrence, Shift, local_times, parse_recurrence, resolve

FIRST, LAST = date(2026, 12, 1), date(2028, 11, 30)
MONTHS = [(2026, 12), *((2027, month) for month in range(1, 13)), *((2028, month) for month in range(1, 12))]
DAY = timedelta(days=1)

DESKS = read_desks(file=None, everyone=None, rooms={}, timezone=ZoneInfo("Asia/Tokyo"))
KEYS = ("base", "NY", "LON", "PAR", "SIN", "SEL", "SYD", "BEI")
JAPAN = DESKS.get("base").calendar.is_working_day


def always(_: date) -> bool:
    return True


def never(_: date) -> bool:
    return False


def due(text: str | Recurrence, works: Callable[[date], bool] = always, *, first: date = FIRST, last: date = LAST) -> list[datetime]:
    """Return the due times from the first day to the last."""
    rule = parse_recurrence(text) if isinstance(text, str) else text
    times = local_times(rule, after=datetime.combine(first, time()) - timedelta(minutes=1), is_working_day=works)
    return list(takewhile(lambda at: at.date() <= last, times))


def days(text: str | Recurrence, works: Callable[[date], bool] = always, *, first: date = FIRST, last: date = LAST) -> list[date]:
    return [at.date() for at in due(text, works, first=first, last=last)]


def listed(text: str) -> list[date]:
    """Read 「2026-12: 10 25」, a month a line."""
    lines = (line.partition(":") for line in text.strip().splitlines())
    return [date.fromisoformat(f"{month.strip()}-{day}") for month, _, numbers in lines for day in numbers.split()]


def every_day() -> list[date]:
    return [FIRST + count * DAY for count in range(731)]


def nth(week: int, weekday: int) -> list[date]:
    """Return the n-th such weekdays, from the printed calendar of each month."""
    columns = [(month, [row[weekday] for row in calendar.monthcalendar(*month) if row[weekday]]) for month in MONTHS]
    return [date(*month, column[week - 1]) for month, column in columns if len(column) >= week]


def printed(*, wanted: Callable[[date], bool]) -> list[date]:
    """Return the days of the 24 printed months that are wanted."""
    calendars = calendar.Calendar()
    return [day for month in MONTHS for day in calendars.itermonthdates(*month) if (day.year, day.month) == month and wanted(day)]


# Without shifts. Each list comes from the printed calendar, not from the code.
GOLDEN: dict[str, list[date]] = {
    "毎日": every_day(),
    "毎週 月・木": printed(wanted=lambda day: day.strftime("%a") in {"Mon", "Thu"}),
    "第2火曜日": nth(2, calendar.TUESDAY),
    "第2・第4水曜": sorted(nth(2, calendar.WEDNESDAY) + nth(4, calendar.WEDNESDAY)),
    "第5金曜": nth(5, calendar.FRIDAY),
    "第1の土・日曜": sorted(nth(1, calendar.SATURDAY) + nth(1, calendar.SUNDAY)),
    "10日・25日": [date(*month, day) for month in MONTHS for day in (10, 25)],
    "29日・30日・31日": printed(wanted=lambda day: day.strftime("%d") in {"29", "30", "31"}),
    "月末": [date(*month, max(max(week) for week in calendar.monthcalendar(*month))) for month in MONTHS],
}


@pytest.mark.parametrize(("text", "expected"), GOLDEN.items())
def test_24_months_by_the_calendar(text: str, expected: list[date]) -> None:
    assert days(text) == expected


def test_counts_that_anybody_can_check() -> None:
    counts = {text: len(expected) for text, expected in GOLDEN.items()}
    assert counts["毎日"] == 31 + 365 + 335
    assert (counts["第2火曜日"], counts["第2・第4水曜"], counts["10日・25日"], counts["月末"]) == (24, 48, 48, 24)
    assert days("第2火曜日")[:4] == [date(2026, 12, 8), date(2027, 1, 12), date(2027, 2, 9), date(2027, 3, 9)]
    fifths = [date(2027, 1, 29), date(2027, 4, 30), date(2027, 7, 30), date(2027, 10, 29), date(2027, 12, 31)]
    assert days("第5金曜", last=date(2027, 12, 31)) == fifths


def test_a_month_without_a_31st_has_no_31st() -> None:
    assert [(day.month, day.day) for day in days("31日", first=date(2027, 1, 1), last=date(2027, 12, 31))] == [
        (month, 31) for month in (1, 3, 5, 7, 8, 10, 12)
    ]
    assert date(2028, 2, 29) in days("29日")
    assert not [day for day in days("29日") if (day.year, day.month) == (2027, 2)]


# Japan, checked by hand against the Cabinet Office's list (2028: by the Act on National Holidays), with 12/29 to 1/3 closed.
MONTH_END_BUSINESS_DAYS = """
2026-12: 28
2027-01: 29
2027-02: 26
2027-03: 31
2027-04: 30
2027-05: 31
2027-06: 30
2027-07: 30
2027-08: 31
2027-09: 30
2027-10: 29
2027-11: 30
2027-12: 28
2028-01: 31
2028-02: 29
2028-03: 31
2028-04: 28
2028-05: 31
2028-06: 30
2028-07: 31
2028-08: 31
2028-09: 29
2028-10: 31
2028-11: 30
"""
TENTH_AND_25TH_NEXT = """
2026-12: 10 25
2027-01: 12 25
2027-02: 10 25
2027-03: 10 25
2027-04: 12 26
2027-05: 10 25
2027-06: 10 25
2027-07: 12 26
2027-08: 10 25
2027-09: 10 27
2027-10: 12 25
2027-11: 10 25
2027-12: 10 27
2028-01: 11 25
2028-02: 10 25
2028-03: 10 27
2028-04: 10 25
2028-05: 10 25
2028-06: 12 26
2028-07: 10 25
2028-08: 10 25
2028-09: 11 25
2028-10: 10 25
2028-11: 10 27
"""
# Mondays are 海の日, 敬老の日, スポーツの日 and days in lieu; 2027-01-04 and 2028-01-03 stand by the year's end.
FIRST_MONDAYS_SKIPPED = """
2026-12: 07
2027-01: 04
2027-02: 01
2027-03: 01
2027-04: 05
2027-06: 07
2027-07: 05
2027-08: 02
2027-09: 06
2027-10: 04
2027-11: 01
2027-12: 06
2028-02: 07
2028-03: 06
2028-04: 03
2028-05: 01
2028-06: 05
2028-07: 03
2028-08: 07
2028-09: 04
2028-10: 02
2028-11: 06
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("月末営業日", MONTH_END_BUSINESS_DAYS),
        ("10日・25日 休日は翌営業日", TENTH_AND_25TH_NEXT),
        ("第1月曜 休日は休み", FIRST_MONDAYS_SKIPPED),
    ],
)
def test_24_months_over_the_closed_days_of_japan(text: str, expected: str) -> None:
    assert days(text, JAPAN) == listed(expected)


@pytest.mark.parametrize(
    ("text", "first", "last", "expected"),
    [
        ("毎日 休日は翌営業日", "2026-12-28", "2027-01-05", "2026-12: 28\n2027-01: 04 05"),
        ("平日", "2026-12-25", "2027-01-05", "2026-12: 25 28\n2027-01: 04 05"),
        ("3日・29日・30日 休日は翌営業日", "2026-12-25", "2027-01-20", "2027-01: 04"),  # three days, one bulletin
        ("3日・29日・30日 休日は前営業日", "2026-12-25", "2027-01-20", "2026-12: 28"),
        ("29日 休日は翌営業日", "2026-12-31", "2027-01-28", "2027-01: 04"),  # begun in the middle of the closed days
        ("29日 休日は翌営業日", "2027-01-05", "2027-01-28", ""),
        ("29日 休日は前営業日", "2026-12-29", "2027-01-28", ""),  # it was due on the 28th, before we began
        ("第1の月・火・水・木曜 休日は翌営業日", "2027-05-01", "2027-05-31", "2027-05: 06"),  # Golden Week
        ("毎週木曜 休日は前営業日", "2027-04-26", "2027-05-07", "2027-04: 28\n2027-05: 06"),  # the 29th is 昭和の日
        ("21日 休日は翌営業日", "2027-03-01", "2027-03-31", "2027-03: 23"),  # the 22nd stands in for the Sunday
        ("10日 休日は翌営業日 除外 2027-01-10", "2027-01-01", "2027-02-28", "2027-02: 10"),  # the day itself
        ("10日 休日は翌営業日 除外 2027-01-12", "2027-01-01", "2027-02-28", "2027-02: 10"),  # the day it is moved to
        ("10日 休日は翌営業日 除外 2027-01-11", "2027-01-01", "2027-01-31", "2027-01: 12"),  # one in between
        ("10日・11日 休日は翌営業日 除外 2027-01-10", "2027-01-01", "2027-01-31", "2027-01: 12"),  # the 11th is moved there too
        ("毎日 除外 2027-01-11", "2027-01-10", "2027-01-12", "2027-01: 10 12"),
        ("10日 休日は翌営業日 2027-01-12まで", "2026-12-01", "2027-12-31", "2026-12: 10\n2027-01: 12"),
        ("10日 休日は翌営業日 2027-01-11まで", "2026-12-01", "2027-12-31", "2026-12: 10"),  # it would be late
        ("月末営業日 2027-01-29まで", "2026-12-01", "2027-12-31", "2026-12: 28\n2027-01: 29"),  # the month ends later, the day fits
        ("月末営業日 2027-01-28まで", "2026-12-01", "2027-12-31", "2026-12: 28"),
        ("平日 2026-12-30まで", "2026-12-28", "2027-12-31", "2026-12: 28"),
    ],
)
def test_closed_excluded_and_last_days(text: str, first: str, last: str, expected: str) -> None:
    found = days(text, JAPAN, first=date.fromisoformat(first), last=date.fromisoformat(last))
    assert found == (listed(expected) if expected else [])


@pytest.mark.parametrize(
    ("key", "month", "day"),
    [
        ("NY", "2027-05", 28),  # the 31st is Memorial Day
        ("LON", "2027-05", 28),  # Spring bank holiday
        ("PAR", "2027-05", 31),
        ("SYD", "2027-05", 31),
        ("SIN", "2027-05", 31),
        ("NY", "2026-12", 31),
        ("SYD", "2027-01", 29),
        ("base", "2028-04", 28),
    ],
)
def test_the_last_business_day_is_the_office_s_own(key: str, month: str, day: int) -> None:
    first = date.fromisoformat(f"{month}-01")
    found = days("月末営業日", DESKS.get(key).calendar.is_working_day, first=first, last=first + timedelta(days=30))
    assert found == [first.replace(day=day)]


# Offsets from UTC in hours, and the local days on which summer time begins and ends, from the law of each place.
ZONES: dict[str, tuple[int, list[tuple[str, str]]]] = {
    "America/New_York": (-5, [("2027-03-14", "2027-11-07"), ("2028-03-12", "2028-11-05")]),
    "Europe/London": (0, [("2027-03-28", "2027-10-31"), ("2028-03-26", "2028-10-29")]),
    "Europe/Paris": (1, [("2027-03-28", "2027-10-31"), ("2028-03-26", "2028-10-29")]),
    "Australia/Sydney": (10, [("2026-10-04", "2027-04-04"), ("2027-10-03", "2028-04-02"), ("2028-10-01", "2029-04-01")]),
    "Asia/Singapore": (8, []),
    "Asia/Seoul": (9, []),
    "Asia/Shanghai": (8, []),
    "Asia/Tokyo": (9, []),
}
GAP_AT = {"America/New_York": 2, "Europe/London": 1, "Europe/Paris": 2, "Australia/Sydney": 2}
"""The hour that is jumped over when summer time begins."""
FOLD_AT = {"America/New_York": 1, "Europe/London": 1, "Europe/Paris": 2, "Australia/Sydney": 2}
"""The hour that comes twice when it ends."""


def moment(zone: str, local: datetime) -> datetime:
    """Work the moment out from the table."""
    standard, summers = ZONES[zone]
    day, hour = local.date().isoformat(), local.hour
    if any(day == begins for begins, _ in summers) and hour == GAP_AT[zone]:
        return (local.replace(minute=0) - timedelta(hours=standard)).replace(tzinfo=UTC)  # the jump itself
    # From the hour of the jump on, and through the first turn of the hour that comes twice.
    summer = any((begins, GAP_AT[zone]) <= (day, hour) and (day, hour) <= (ends, FOLD_AT[zone]) for begins, ends in summers)
    return (local - timedelta(hours=standard + summer)).replace(tzinfo=UTC)


RULES = (*(text for text in GOLDEN if text != "毎日"), "毎日 0:30", "毎日 1:30", "毎日 2:30", "毎日 3:00", "毎日 9:00", "毎日 23:30")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("text", RULES)
def test_24_months_in_eight_zones(zone: str, text: str) -> None:
    times = due(text)
    moments = [resolve(at, ZoneInfo(zone)) for at in times]
    assert [at.date() for at in times] == GOLDEN[text.split(" ", maxsplit=1)[0] if text.startswith("毎日") else text]
    assert moments == [moment(zone, at) for at in times]
    assert {at.utcoffset() for at in moments} == {timedelta()}
    assert all(before < after for before, after in pairwise(moments))


@pytest.mark.parametrize(
    ("zone", "local", "expected"),
    [
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30"),  # twice; the first
        ("America/New_York", "2027-03-14T01:59", "2027-03-14T06:59"),
        ("America/New_York", "2027-03-14T02:00", "2027-03-14T07:00"),  # never; 03:00
        ("America/New_York", "2027-03-14T02:30", "2027-03-14T07:00"),
        ("America/New_York", "2027-03-14T02:59:59.5", "2027-03-14T07:00"),
        ("America/New_York", "2027-03-14T03:00", "2027-03-14T07:00"),
        ("America/New_York", "2027-11-07T00:59", "2027-11-07T04:59"),
        ("America/New_York", "2027-11-07T01:00", "2027-11-07T05:00"),
        ("America/New_York", "2027-11-07T02:00", "2027-11-07T07:00"),
        ("Europe/London", "2027-03-28T01:30", "2027-03-28T01:00"),
        ("Europe/London", "2027-10-31T01:30", "2027-10-31T00:30"),
        ("Europe/Paris", "2027-03-28T02:30", "2027-03-28T01:00"),
        ("Europe/Paris", "2027-10-31T02:30", "2027-10-31T00:30"),
        ("Australia/Sydney", "2027-10-03T02:30", "2027-10-02T16:00"),
        ("Australia/Sydney", "2027-04-04T02:30", "2027-04-03T15:30"),
        ("Australia/Lord_Howe", "2027-10-03T02:15", "2027-10-02T15:30"),  # half an hour
        ("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T10:00"),  # a day that never was
        ("Asia/Tokyo", "2027-01-01T00:00", "2026-12-31T15:00"),
    ],
)
def test_the_moment_of_a_local_time(zone: str, local: str, expected: str) -> None:
    found = resolve(datetime.fromisoformat(local), ZoneInfo(zone))
    assert (found, found.tzinfo) == (datetime.fromisoformat(expected).replace(tzinfo=UTC), UTC)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)), st.sampled_from([*ZONES, "Pacific/Apia", "Australia/Lord_Howe"]))  # noqa: DTZ001 - local times are naive
def test_a_moment_shows_its_local_time_or_follows_the_jump(local: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    found = resolve(local, zone)
    shown = found.astimezone(zone)
    if shown.replace(tzinfo=None, fold=0) != local:
        before = (found - timedelta(microseconds=1)).astimezone(zone).replace(tzinfo=None)
        assert before < local < shown.replace(tzinfo=None)
    assert not shown.fold


def test_after_is_naive_and_not_included() -> None:
    nine = datetime(2026, 12, 1, 9)  # noqa: DTZ001 - local times are naive
    rule = parse_recurrence("毎日 9:00")
    assert next(local_times(rule, after=nine, is_working_day=always)) == nine + DAY
    assert next(local_times(rule, after=nine - timedelta(seconds=1), is_working_day=always)) == nine
    with pytest.raises(ValueError, match="naive"):
        next(local_times(rule, after=nine.replace(tzinfo=UTC), is_working_day=always))
    with pytest.raises(ValueError, match="naive"):
        resolve(nine.replace(tzinfo=UTC), ZoneInfo("Asia/Tokyo"))


def test_has_no_end_but_the_calendar_s() -> None:
    found = local_times(parse_recurrence("月末"), after=datetime(2026, 12, 1), is_working_day=always)  # noqa: DTZ001 - local times are naive
    assert len(list(islice(found, 1_200))) == 1_200
    for text in ("毎日", "毎日 休日は翌営業日", "毎日 休日は前営業日"):
        assert days(text, lambda day: day.day != 31, first=date(9999, 12, 30), last=date.max)[0] == date(9999, 12, 30)
    assert days("毎日", first=date.max, last=date.max) == [date.max]
    assert days("毎日 休日は翌営業日", lambda day: day > date(1, 1, 3), first=date(1, 1, 2), last=date(1, 1, 5)) == [
        date(1, 1, 4),
        date(1, 1, 5),
    ]


@pytest.mark.parametrize("text", ["毎日 休日は翌営業日", "月末営業日", "平日", "毎週土曜 休日は休み"])
def test_says_so_when_all_its_days_are_closed(text: str) -> None:
    works = JAPAN if "土" in text else never
    with pytest.raises(ValueError, match=r"^この繰り返しに当たる日がすべて休日のため、.*（例: .*）。$"):
        due(text, works)
    assert due("毎週土曜 休日は休み 2027-03-31まで", works) == []


def test_waits_for_an_opening_that_comes() -> None:
    def works(day: date) -> bool:
        return day >= date(2027, 12, 1)

    assert days("10日 休日は翌営業日", works, last=date(2028, 1, 31)) == [date(2027, 12, 1), date(2027, 12, 10), date(2028, 1, 10)]
    assert days("10日 休日は前営業日", works, last=date(2028, 1, 31)) == [date(2027, 12, 10), date(2028, 1, 10)]
    assert days("10日 休日は休み", works, last=date(2028, 1, 31)) == [date(2027, 12, 10), date(2028, 1, 10)]


def a_rule(*, shift: st.SearchStrategy[Shift]) -> st.SearchStrategy[Recurrence]:
    near = st.dates(date(2026, 12, 1), date(2027, 6, 30))
    numbers = {"weekdays": st.integers(0, 6), "weeks": st.integers(1, 5), "days": st.integers(1, 31)}
    wanted = {Every.WEEKLY: ["weekdays"], Every.NTH_WEEKDAY: ["weekdays", "weeks"], Every.MONTH_DAYS: ["days"]}

    def of(kind: Every) -> st.SearchStrategy[Recurrence]:
        return st.builds(
            Recurrence,
            kind=st.just(kind),
            at=st.sampled_from([time(0), time(9), time(23, 59)]),
            shift=shift,
            excluded=st.frozensets(near, max_size=40),
            until=st.none() | near,
            **{name: st.frozensets(numbers[name], min_size=1) for name in wanted.get(kind, [])},
        )

    return st.sampled_from(Every).flatmap(of)


CLOSED = st.lists(st.tuples(st.dates(date(2026, 11, 1), date(2027, 7, 31)), st.integers(1, 12)), max_size=8).map(
    lambda runs: {day + count * DAY for day, length in runs for count in range(length)}
)


def expected_days(rule: Recurrence, works: Callable[[date], bool], first: date, last: date) -> Iterator[date]:
    """Work the days out the slow way: each day of the rule far around, moved by itself, sorted out afterwards."""
    around = [first + count * DAY for count in range(-150, (last - first).days + 150)]
    moved = {day: _moved(day, rule.shift, works) for day in around if _named(day, rule)}
    found = {to for day, to in moved.items() if to and not {day, to} & rule.excluded}
    return (day for day in sorted(found) if first <= day <= last and (rule.until is None or day <= rule.until))


def _moved(day: date, shift: Shift, works: Callable[[date], bool]) -> date | None:
    if shift is Shift.SKIP:
        return day if works(day) else None
    while shift is not Shift.NONE and not works(day):
        day += DAY if shift is Shift.NEXT else -DAY
    return day


def _named(day: date, rule: Recurrence) -> bool:
    weeks = calendar.monthcalendar(day.year, day.month)
    column = [week[day.weekday()] for week in weeks if week[day.weekday()]]
    return {
        Every.DAILY: True,
        Every.WEEKLY: day.weekday() in rule.weekdays,
        Every.NTH_WEEKDAY: day.weekday() in rule.weekdays and column.index(day.day) + 1 in rule.weeks,
        Every.MONTH_DAYS: day.day in rule.days,
        Every.MONTH_END: day.day == max(weeks[-1]),
    }[rule.kind]


@given(a_rule(shift=st.sampled_from(Shift)), CLOSED)
def test_is_due_on_just_the_days_that_the_slow_way_finds(rule: Recurrence, closed: set[date]) -> None:
    def works(day: date) -> bool:
        return day.weekday() < 5 and day not in closed

    first, last = date(2026, 12, 15), date(2027, 5, 31)
    if rule.shift is Shift.SKIP:
        assume(any(_named(first + count * DAY, rule) and works(first + count * DAY) for count in range(400)))
    found = due(rule, works, first=first, last=last)
    assert [at.date() for at in found] == list(expected_days(rule, works, first, last))
    assert all(before < after for before, after in pairwise(found))
    assert not {at.date() for at in found} & rule.excluded
    assert rule.shift is Shift.NONE or all(works(at.date()) for at in found)
    assert {at.time() for at in found} <= {rule.at}
