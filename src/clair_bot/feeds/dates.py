"""Dates: the days that Japanese pages write beside their news."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

TOKYO: Final = ZoneInfo("Asia/Tokyo")
_ERAS: Final = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}
"""The year before the first of an era."""
_FIRST: Final = "元"
_DAY: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:(?P<era>令和|平成|[RH])\s?\.?(?P<count>元|[0-9]{1,2})|(?P<year>(?:19|20)[0-9]{2}))"
    r"\s?[年./-]\s?(?P<month>[0-9]{1,2})\s?[月./-]\s?(?P<day>[0-9]{1,2})(?:\s?日|(?![0-9]))"
)
_LONGEST: Final = 2_000
"""Characters in which a day is looked for."""
_NARROW: Final = {0xFEE0 + ord(sign): sign for sign in "0123456789./-RH"}
"""Signs of full width to narrow ones, one for one, so that places stay what they are."""


def days(text: str) -> Iterator[tuple[date, tuple[int, int]]]:
    """Yield the days written in a text, each with its place; what is no day of the calendar is skipped."""
    for match in _DAY.finditer(text[:_LONGEST].translate(_NARROW)):
        try:
            yield date(_year(match), int(match["month"]), int(match["day"])), match.span()
        except ValueError:
            continue


def midnight(day: date) -> datetime:
    """Return the beginning of a day in Japan."""
    return datetime(day.year, day.month, day.day, tzinfo=TOKYO)


def without_days(text: str) -> str:
    """Return a text without the days in it."""
    for _, (start, end) in reversed(list(days(text))):
        text = f"{text[:start]} {text[end:]}"
    return text


def moment(text: str) -> datetime | None:
    """Return the moment that a field names: ISO 8601, or a day as people write it; None for anything else."""
    text = text.strip()[:_LONGEST]
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return next((midnight(day) for day, _ in days(text)), None)
    return found if found.tzinfo else found.replace(tzinfo=TOKYO)


def _year(match: re.Match[str]) -> int:
    if match["year"]:
        return int(match["year"])
    return _ERAS[match["era"]] + (1 if match["count"] == _FIRST else int(match["count"]))
