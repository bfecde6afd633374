"""Calendars: when a desk works, and how much working time lies between two moments."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

Holidays = Callable[[date], bool]
"""Whether a day is a public holiday."""

_PATIENCE = 400
"""After so many closed days in a row nobody will ever open: a year with room for long own closures."""

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_QUARTER = timedelta(minutes=15)
_LAST_WEEKDAY = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Working hours within one day; the end is no longer worked."""

    start: time
    end: time

    def __post_init__(self) -> None:
        """Refuse hours that do not go forward.

        Raises:
            ValueError: The end is not after the start.
        """
        if self.start >= self.end:
            raise ValueError(f"a span must end after its start: {self.start} to {self.end}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessCalendar:
    """The working time of a desk. Takes aware datetimes of any zone and returns them in UTC."""

    timezone: ZoneInfo
    spans: tuple[Span, ...]
    """In order and not overlapping; a lunch break lies between two."""
    weekdays: frozenset[int]
    """0 is Monday."""
    is_holiday: Holidays
    closed: tuple[tuple[date, date], ...]
    """The desk's own closed days, first and last included."""
    year_end: tuple[tuple[int, int], tuple[int, int]] | None
    """First and last (month, day), both included, between which it is closed every year; None: it is not."""

    def __post_init__(self) -> None:
        """Refuse a calendar that never opens, or whose hours or closed days are out of order.

        Raises:
            ValueError: Says which part is wrong.
        """
        if not self.spans:
            raise ValueError("a calendar needs working hours")
        if any(before.end > after.start for before, after in pairwise(self.spans)):
            raise ValueError("working hours must be in order and must not overlap")
        if not self.weekdays or not all(0 <= weekday <= _LAST_WEEKDAY for weekday in self.weekdays):
            raise ValueError("a calendar needs working weekdays, 0 to 6")
        if any(first > last for first, last in self.closed):
            raise ValueError("closed days must not end before they begin")

    def is_working_day(self, day: date) -> bool:
        """Tell whether the desk works on a local day."""
        return (
            day.weekday() in self.weekdays
            and not self._in_year_end(day)
            and not any(first <= day <= last for first, last in self.closed)
            and not self.is_holiday(day)
        )

    def is_open(self, at: datetime) -> bool:
        """Tell whether the desk works at a moment; the moment of closing is closed."""
        moment = _utc(at)
        return any(opens <= moment < closes for opens, closes in self._hours(self._day(moment)))

    def next_opening(self, at: datetime) -> datetime:
        """Return ``at`` while the desk is open, otherwise the moment at which it opens next.

        Raises:
            ValueError: It does not open within 400 days.
        """
        return next(self._stretches(_utc(at)))[0]

    def add(self, start: datetime, minutes: int) -> datetime:
        """Return the moment at which so many minutes of working time have passed since ``start``.

        Minutes that run out at a closing end there, not at the next opening. None at all: the next opening.

        Raises:
            ValueError: The minutes are negative, or the desk does not open within 400 days.
        """
        if minutes < 0:
            raise ValueError(f"minutes must not be negative: {minutes}")
        left = minutes * _MINUTE
        stretches = self._stretches(_utc(start))
        begins, ends = next(stretches)
        while ends - begins < left:
            left -= ends - begins
            begins, ends = next(stretches)
        return begins + left

    def promise(self, at: datetime) -> datetime:
        """Return the moment to promise for what is due ``at``: the next quarter of an hour, yet not behind the close of business."""
        moment = _utc(at)
        rounded = moment + (datetime.min.replace(tzinfo=UTC) - moment) % _QUARTER
        hours = self._hours(self._day(moment))
        closes = hours[-1][1] if hours else rounded
        return closes if moment <= closes < rounded else rounded

    def minutes(self, start: datetime, end: datetime) -> int:
        """Return the whole minutes of working time between two moments; 0 when the end is not after the start."""
        first, last = _utc(start), _utc(end)
        worked, day = timedelta(), self._day(first)
        while first < last and day <= self._day(last):
            worked += sum((max(min(closes, last) - max(opens, first), timedelta()) for opens, closes in self._hours(day)), timedelta())
            day += _DAY
        return worked // _MINUTE

    def days_later(self, start: datetime, days: int) -> datetime:
        """Return the close of business of the n-th working day after the local day of ``start``.

        Raises:
            ValueError: ``days`` is less than 1, or the desk does not open within 400 days.
        """
        if days < 1:
            raise ValueError(f"days must be at least 1: {days}")
        following = self._days(self._day(_utc(start)) + _DAY)
        for _ in range(days - 1):
            next(following)
        return next(following)[-1][1]

    def _in_year_end(self, day: date) -> bool:
        if self.year_end is None:
            return False
        first, last = self.year_end
        at = (day.month, day.day)
        return first <= at <= last if first <= last else at >= first or at <= last

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.timezone).date()

    def _hours(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return a local day's openings and closings in UTC, in order.

        A bound that the clocks jump over lies as far behind the jump as it was written behind its beginning (PEP 495, fold 0), so
        hours around a jump can meet, or vanish.
        """
        found: list[tuple[datetime, datetime]] = []
        for span in self.spans if self.is_working_day(day) else ():
            opens, closes = (datetime.combine(day, at, tzinfo=self.timezone).astimezone(UTC) for at in (span.start, span.end))
            opens = max(opens, found[-1][1]) if found else opens
            if opens < closes:
                found.append((opens, closes))
        return found

    def _days(self, day: date) -> Iterator[list[tuple[datetime, datetime]]]:
        """Yield the hours of each day that has some, from a local day on, without end."""
        closed = 0
        while closed < _PATIENCE:
            if hours := self._hours(day):
                yield hours
            closed = 0 if hours else closed + 1
            day += _DAY
        raise ValueError(f"no working day within {_PATIENCE} days before {day}: everything is closed")

    def _stretches(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield what is left of the working hours from a moment on, without end."""
        for hours in self._days(self._day(moment)):
            for opens, closes in hours:
                if closes > moment:
                    yield max(opens, moment), closes


def _utc(moment: datetime) -> datetime:
    """Bring a moment to UTC: datetimes of one zone are compared by the wall clock, which is wrong when the clocks change."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC)
