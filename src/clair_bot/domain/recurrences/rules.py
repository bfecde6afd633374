"""What a recurrence is, as data."""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Final

MOST_EXCLUDED: Final = 100
"""So many days may be excluded."""
WEEKDAYS: Final = frozenset(range(7))
WEEKS: Final = frozenset(range(1, 6))
DAYS: Final = frozenset(range(1, 32))


class Every(StrEnum):
    """On which days it comes again."""

    DAILY = "daily"
    WEEKLY = "weekly"
    NTH_WEEKDAY = "nth_weekday"
    MONTH_DAYS = "month_days"
    MONTH_END = "month_end"


class Shift(StrEnum):
    """What happens when the day is closed."""

    NONE = "none"  # it is due all the same
    NEXT = "next"  # due on the next business day
    PREVIOUS = "previous"  # due on the business day before
    SKIP = "skip"  # not due


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """When a bulletin comes again, by the wall clock of whoever reads or sends it."""

    kind: Every
    at: time
    """Local, to the minute."""
    weekdays: frozenset[int] = frozenset()
    """For WEEKLY and NTH_WEEKDAY, otherwise empty; 0 is Monday."""
    weeks: frozenset[int] = frozenset()
    """For NTH_WEEKDAY, otherwise empty; 1 to 5. A month without a fifth such weekday has none."""
    days: frozenset[int] = frozenset()
    """For MONTH_DAYS, otherwise empty; 1 to 31. A month without a 31st has no 31st: whoever means its last day says MONTH_END."""
    shift: Shift = Shift.NONE
    excluded: frozenset[date] = frozenset()
    """Days on which nothing is due, nor on the day to which one of them would be shifted."""
    until: date | None = None
    """The last day on which it may be due, after shifting; None: without end."""

    def __post_init__(self) -> None:
        """Refuse a rule that says too much or too little.

        Raises:
            ValueError: Says which part is wrong.
        """
        if self.at.tzinfo or self.at.second or self.at.microsecond or self.at.fold:
            raise ValueError(f"a recurrence is due at a local minute: {self.at!r}")
        self._check("weekdays", self.weekdays, WEEKDAYS, needed=self.kind in {Every.WEEKLY, Every.NTH_WEEKDAY})
        self._check("weeks", self.weeks, WEEKS, needed=self.kind is Every.NTH_WEEKDAY)
        self._check("days", self.days, DAYS, needed=self.kind is Every.MONTH_DAYS)
        if len(self.excluded) > MOST_EXCLUDED:
            raise ValueError(f"at most {MOST_EXCLUDED} days may be excluded: {len(self.excluded)}")

    def _check(self, name: str, numbers: frozenset[int], allowed: frozenset[int], *, needed: bool) -> None:
        if bool(numbers) != needed or not numbers <= allowed:
            raise ValueError(f"{self.kind} does not go with these {name}: {sorted(numbers)}")
