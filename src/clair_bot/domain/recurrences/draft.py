"""What has been read of a recurrence so far; refuses what contradicts itself."""

from dataclasses import dataclass, field
from datetime import date, time
from typing import Final, NoReturn

from clair_bot.domain.recurrences.rules import MOST_EXCLUDED, Every, Recurrence, Shift

_DEFAULT_TIME: Final = time(9)
_NOTHING: Final[frozenset[int]] = frozenset()


def refuse(what: str, example: str) -> NoReturn:
    """Raise the sentence for whoever wrote the rule.

    Raises:
        ValueError: Always: what is wrong, with an example that is right.
    """
    raise ValueError(f"{what}（例: {example}）。")


@dataclass(slots=True)
class Draft:
    """The parts of a recurrence, as they are found in the text."""

    kind: Every | None = None
    weekdays: frozenset[int] = _NOTHING
    weeks: frozenset[int] = _NOTHING
    days: frozenset[int] = _NOTHING
    at: time | None = None
    shift: Shift | None = None
    until: date | None = None
    excluded: set[date] = field(default_factory=set)

    def comes(
        self, kind: Every, *, weekdays: frozenset[int] = _NOTHING, weeks: frozenset[int] = _NOTHING, days: frozenset[int] = _NOTHING
    ) -> None:
        """Note the rule; more of the same kind is added."""
        if self.kind not in {None, kind}:
            refuse("繰り返しは1つの配信に1種類までのため、配信を分けてください", "毎月 10日・25日 9:00")
        # 第2水曜と第4金曜 is no product of weeks and weekdays: read as one it would also be the second Friday.
        if self.kind is Every.NTH_WEEKDAY and weeks != self.weeks and weekdays != self.weekdays:
            refuse("第2水曜と第4金曜のように週と曜日の両方が違うときは、配信を分けてください", "第2・第4水曜 9:00")
        self.kind = kind
        self.weekdays |= weekdays
        self.weeks |= weeks
        self.days |= days

    def starts(self, at: time) -> None:
        """Note the time of day."""
        if self.at not in {None, at}:
            refuse("時刻は1つの配信に1つまでのため、配信を分けてください", "毎日 9:00")
        self.at = at

    def shifts(self, shift: Shift) -> None:
        """Note what a closed day does."""
        if self.shift not in {None, shift}:
            refuse("休日の扱いは1つだけ書いてください", "毎月 10日 9:00 休日は翌営業日")
        self.shift = shift

    def ends(self, until: date) -> None:
        """Note the last day."""
        if self.until not in {None, until}:
            refuse("終わりの日は1つだけ書いてください", "毎日 9:00 2027-03-31まで")
        self.until = until

    def excludes(self, first: date, last: date) -> None:
        """Note days without a bulletin, both included."""
        if first > last:
            refuse(f"除外する期間「{first}〜{last}」は早い日から順に書いてください", "毎日 9:00 除外 2026-12-29〜2027-01-03")
        # Counted first: a range of centuries is not to be written out.
        if last.toordinal() - first.toordinal() < MOST_EXCLUDED:
            self.excluded.update(map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1)))
            if len(self.excluded) <= MOST_EXCLUDED:
                return
        refuse(f"除外できる日は{MOST_EXCLUDED}日までです", "毎日 9:00 除外 2026-12-29〜2027-01-03")

    def finished(self) -> Recurrence:
        """Return what was read."""
        if self.kind is None:
            refuse("配信する日を「毎日」「毎週 月・木」「第2水曜」「10日・25日」「月末」のように書いてください", "毎週 月・木 9:00")
        return Recurrence(
            kind=self.kind,
            at=_DEFAULT_TIME if self.at is None else self.at,
            weekdays=self.weekdays,
            weeks=self.weeks,
            days=self.days,
            shift=self.shift or Shift.NONE,
            excluded=frozenset(self.excluded),
            until=self.until,
        )
