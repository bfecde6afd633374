"""When a recurrence is due: by the wall clock first, then as a moment.

Due times are local and naive, so that a day has one of them even when the clocks change; ``resolve`` finds the moment.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from clair_bot.domain.recurrences.rules import Every, Recurrence, Shift

IsWorkingDay = Callable[[date], bool]
"""Whether a local day is a business day, such as ``BusinessCalendar.is_working_day``."""

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_WEEK: Final = 7
_LONGEST_CLOSURE: Final = 400
"""No day is shifted over more closed days than that."""
_PATIENCE: Final = timedelta(days=2 * 366)
"""A rule that has found only closed days for so long will never find anything else (Saturdays of an office that is closed then)."""
_NEVER: Final = "この繰り返しに当たる日がすべて休日のため、日や曜日、休日の扱いを見直してください（例: 毎月 10日 9:00 休日は翌営業日）。"


def local_times(recurrence: Recurrence, *, after: datetime, is_working_day: IsWorkingDay) -> Iterator[datetime]:
    """Yield the local due times after a local time, naive and strictly increasing, until ``until`` or without end.

    Two days that shift onto the same day count once. A day is left out when it is excluded itself, or the day that it shifts onto is.

    Args:
        recurrence: The rule.
        after: Naive; itself not included.
        is_working_day: Asked for local days only, and only if the rule has a shift.

    Yields:
        Due times.

    Raises:
        ValueError: At a ``next``: ``after`` is aware; or all days of the rule have been closed for two years (in Japanese, for people).
    """
    if after.tzinfo:
        raise ValueError(f"local times need a naive start: {after!r}")
    last = None
    for day in _due_days(recurrence, after.date(), is_working_day):
        due = datetime.combine(day, recurrence.at)
        if day != last and due > after:
            yield due
        last = day


def resolve(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment of a naive local time, in UTC.

    A time that the clocks jump over becomes the first moment after the jump (02:30 in New York on the second Sunday of March is 03:00
    by the new time); of a time that comes twice the first one counts.

    Raises:
        ValueError: ``local`` is aware.
    """
    if local.tzinfo:
        raise ValueError(f"a local time is naive: {local!r}")
    late, early = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    # The two readings of a time that comes once are the same; in a fold, fold 0 is the earlier one; only in a gap it is the later one.
    return late if late <= early else _jump(early.replace(microsecond=0), late.replace(microsecond=0), zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first second, after ``before`` and not after ``after``, from which on the offset is that of ``after``."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        before, after = (before, middle) if middle.astimezone(zone).utcoffset() == offset else (middle, after)
    return after


def _due_days(recurrence: Recurrence, first: date, is_working_day: IsWorkingDay) -> Iterator[date]:
    """Yield the days that are due from about ``first`` on, shifted and not excluded; the same day may come several times in a row."""
    found = first
    for day in _days(recurrence, _start(recurrence.shift, first, is_working_day)):
        due = _shifted(day, recurrence.shift, is_working_day)
        if recurrence.until and (due or day) > recurrence.until:
            return
        if due:
            found = due
        elif day - found > _PATIENCE:
            raise ValueError(_NEVER)
        if due and day not in recurrence.excluded and due not in recurrence.excluded:
            yield due


def _start(shift: Shift, first: date, is_working_day: IsWorkingDay) -> date:
    """Return the first day that can shift onto ``first`` or later: closed days just before it may move there."""
    if shift is not Shift.NEXT:
        return first
    earliest = first - min(_LONGEST_CLOSURE * _DAY, first - date.min)
    while first > earliest and not is_working_day(first - _DAY):
        first -= _DAY
    return first


def _shifted(day: date, shift: Shift, is_working_day: IsWorkingDay) -> date | None:
    """Return the day on which it is due instead; None: not at all."""
    if shift is Shift.NONE or is_working_day(day):
        return day
    if shift is Shift.SKIP:
        return None
    step = _DAY if shift is Shift.NEXT else -_DAY
    reach = date.max - day if shift is Shift.NEXT else day - date.min
    near = (day + count * step for count in range(1, min(_LONGEST_CLOSURE, reach.days) + 1))
    return next(filter(is_working_day, near), None)


def _days(recurrence: Recurrence, first: date) -> Iterator[date]:
    """Yield the days of the rule itself, without shift and exclusions, from a day on to the end of the calendar."""
    return (day for day in _every_day(first) if _is_of(day, recurrence))


def _every_day(first: date) -> Iterator[date]:
    return map(date.fromordinal, range(first.toordinal(), date.max.toordinal() + 1))


def _is_of(day: date, recurrence: Recurrence) -> bool:
    match recurrence.kind:
        case Every.DAILY:
            return True
        case Every.WEEKLY:
            return day.weekday() in recurrence.weekdays
        case Every.NTH_WEEKDAY:
            return day.weekday() in recurrence.weekdays and (day.day - 1) // _WEEK + 1 in recurrence.weeks
        case Every.MONTH_DAYS:
            return day.day in recurrence.days
        case Every.MONTH_END:
            return day.day == monthrange(day.year, day.month)[1]
