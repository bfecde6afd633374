"""Public holidays by country, computed the first time that a year is asked for."""

import re
from collections.abc import Callable
from datetime import date
from functools import cache


@cache
def holidays_of(country: str, subdivision: str = "") -> Callable[[date], bool]:
    """Return the test for a public holiday.

    Days given in lieu (Japan's 振替休日 and 国民の休日, "observed" days elsewhere) are holidays. Working days that China puts on a
    weekend are not known here.

    Args:
        country: ISO 3166-1 alpha-2, e.g. ``JP``; empty: there are no holidays.
        subdivision: The part of the country whose own holidays count as well, e.g. ``NY``; empty: the whole country's only.

    Returns:
        A function that takes a day; it raises NotImplementedError for a country that is not known.
    """

    def is_holiday(day: date) -> bool:
        return bool(country) and day in _days(country, subdivision, day.year)

    return is_holiday


def is_known(country: str, subdivision: str = "") -> bool:
    """Tell whether the holidays of a country, and of a part of it, are known."""
    import holidays

    # The library looks the code up among all its own names, numbers and modules too.
    if not re.fullmatch(r"[A-Z]{2}", country):
        return False
    try:
        holidays.country_holidays(country, subdiv=subdivision or None)
    except (NotImplementedError, TypeError):
        return False
    return True


@cache
def _days(country: str, subdivision: str, year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
