"""Recurrences: the rules by which a bulletin comes again, in words and as due times."""

from clair_bot.domain.recurrences.reading import parse_recurrence
from clair_bot.domain.recurrences.rules import MOST_EXCLUDED, Every, Recurrence, Shift
from clair_bot.domain.recurrences.times import local_times, resolve
from clair_bot.domain.recurrences.wording import describe

__all__ = ["MOST_EXCLUDED", "Every", "Recurrence", "Shift", "describe", "local_times", "parse_recurrence", "resolve"]
