"""Moments as people read them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from clair_bot.services.phrases import Phrases


def shown_moment(at: datetime, timezone: ZoneInfo, phrases: Phrases) -> str:
    """Return 「11月26日（木）17:15」, or what the language has instead."""
    local = at.astimezone(timezone)
    return phrases.moment.format(**_parts(local.date(), phrases), time=f"{local:%H:%M}")


def shown_day(day: date, phrases: Phrases) -> str:
    """Return 「11月26日（木）」, or what the language has instead."""
    return phrases.day.format(**_parts(day, phrases))


def _parts(day: date, phrases: Phrases) -> dict[str, object]:
    weekdays = phrases.weekdays.split() if " " in phrases.weekdays else list(phrases.weekdays)
    return {"year": day.year, "month": day.month, "day": day.day, "weekday": weekdays[day.weekday()]}
