"""A recurrence in words, which read back as the same recurrence."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from clair_bot.domain.recurrences.rules import Every, Recurrence, Shift

LETTERS: Final = "月火水木金土日"
_SHIFTS: Final = {Shift.NEXT: "休日は翌営業日", Shift.PREVIOUS: "休日は前営業日", Shift.SKIP: "休日は休み"}
_OWN_WORD: Final = {(Every.DAILY, Shift.SKIP): "平日", (Every.MONTH_END, Shift.PREVIOUS): "毎月 月末営業日"}
"""What has a word of its own that says the shift as well."""
_RUN: Final = 3
"""From so many days in a row on, a range is shorter."""


def describe(recurrence: Recurrence) -> str:
    """Return 「毎月 第2・第4水曜日 9:00（休日は翌営業日）」; ``parse_recurrence`` reads the same recurrence from it."""
    clock = f"{recurrence.at.hour}:{recurrence.at.minute:02}"
    options = "、".join(_options(recurrence))
    return f"{_days(recurrence)} {clock}" + (f"（{options}）" if options else "")


def _days(recurrence: Recurrence) -> str:
    if word := _OWN_WORD.get((recurrence.kind, recurrence.shift)):
        return word
    match recurrence.kind:
        case Every.DAILY:
            return "毎日"
        case Every.WEEKLY:
            return f"毎週 {_weekdays(recurrence)}"
        case Every.NTH_WEEKDAY:
            weeks = "・".join(f"第{week}" for week in sorted(recurrence.weeks))
            return f"毎月 {weeks}{'の' if len(recurrence.weekdays) > 1 else ''}{_weekdays(recurrence)}"
        case Every.MONTH_DAYS:
            return "毎月 " + "・".join(f"{day}日" for day in sorted(recurrence.days))
        case Every.MONTH_END:
            return "毎月 月末"


def _weekdays(recurrence: Recurrence) -> str:
    return "・".join(LETTERS[weekday] for weekday in sorted(recurrence.weekdays)) + "曜日"


def _options(recurrence: Recurrence) -> Iterator[str]:
    """Yield the options; the excluded days come last, so that no other day seems to be one of them."""
    if recurrence.shift in _SHIFTS and (recurrence.kind, recurrence.shift) not in _OWN_WORD:
        yield _SHIFTS[recurrence.shift]
    if recurrence.until:
        yield f"{recurrence.until}まで"
    if recurrence.excluded:
        yield "除外 " + "・".join(_spans(recurrence.excluded))


def _spans(days: Iterable[date]) -> Iterator[str]:
    """Yield the days in order, ``first〜last`` for those in a row."""
    for run in _runs(sorted(days)):
        if len(run) >= _RUN:
            yield f"{run[0]}〜{run[-1]}"
        else:
            yield from map(str, run)


def _runs(days: list[date]) -> list[list[date]]:
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs
