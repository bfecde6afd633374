"""Persons: advisors say when they are away."""

import re
import unicodedata
from datetime import date

from clair_bot.domain.advisors import Absence
from clair_bot.domain.deadlines import date_only
from clair_bot.services.desk.actors import Actor
from clair_bot.services.desk.shifts import Shift
from clair_bot.services.moments import shown_day
from clair_bot.services.phrases import DESK, JA

_RANGE = re.compile(r"\s*(?:[-~〜–]|から|to)\s*")
_LONGEST_DAYS = 366


def away(shift: Shift, actor: Actor, text: str) -> str:
    """Store an absence: 「不在 12/1-12/5」, 「不在 明日」, 「不在」 for today; return what the advisor hears."""
    if actor.advisor is None:
        return DESK.not_registered
    today = shift.now.astimezone(shift.timezone).date()
    days = read_days(text, today)
    if days is None:
        return DESK.away_how
    shift.work.advisors.away(actor.advisor.id, Absence(first=days[0], last=days[1]))
    return DESK.away.format(first=shown_day(days[0], JA), last=shown_day(days[1], JA))


def back(shift: Shift, actor: Actor) -> str:
    """Forget the absences from today on; return what the advisor hears."""
    if actor.advisor is None:
        return DESK.not_registered
    shift.work.advisors.back(actor.advisor.id, shift.now.astimezone(shift.timezone).date())
    return DESK.back


def read_days(text: str, today: date) -> tuple[date, date] | None:
    """Return the first and last day that a text names, not in the past and at most a year long; nothing means today."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return today, today
    parts = (
        [date_only(part, today) for part in _RANGE.split(plain.replace("まで", ""))]
        if not date_only(plain, today)
        else [date_only(plain, today)]
    )
    first, last = parts[0], parts[-1]
    if first is None or last is None or last < today or not 0 <= (last - first).days <= _LONGEST_DAYS:
        return None
    return first, last
