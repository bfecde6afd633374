"""Figures: how many tickets a month brought, and how soon they were answered. Counts and times only, never a text."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from statistics import median
from zoneinfo import ZoneInfo

from clair_bot.domain.articles import Area
from clair_bot.domain.desks import Desk, Desks
from clair_bot.domain.tickets import LIVE, Move, Rating, Ticket, TicketState
from clair_bot.ports import UnitOfWork

_EVERYTHING = 1_000_000
_FINISHED = frozenset({TicketState.RESOLVED, TicketState.CLOSED})
_NINETIETH = 0.9
_DECEMBER = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A calendar month."""

    year: int
    month: int

    def bounds(self, timezone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return its first moment and that of the next month, by the clocks of a zone."""
        following = (self.year + 1, 1) if self.month == _DECEMBER else (self.year, self.month + 1)
        first, last = (datetime(*month, 1, tzinfo=timezone) for month in ((self.year, self.month), following))
        return first.astimezone(UTC), last.astimezone(UTC)

    def __str__(self) -> str:
        """Return ``2026-11``."""
        return f"{self.year:04}-{self.month:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long something took, in minutes of the desk's working time, and how often within its target."""

    median: float | None
    """None where it has not happened once."""
    ninetieth: int | None
    """The shortest time within which nine of ten were done."""
    within: int
    of: int
    """Those done, and those not done although the target has passed. What may still be done in time is not judged yet."""

    @property
    def share(self) -> float | None:
        """What part was done within its target; None where nothing can be judged."""
        return self.within / self.of if self.of else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of some tickets: ``opened`` is the sum of ``resolved``, ``cancelled`` and ``still_open``."""

    opened: int
    answered: int
    resolved: int
    """Resolved, or closed because the asker had nothing to add to the answer."""
    cancelled: int
    still_open: int
    reopened: int
    good: int
    poor: int
    answer: Times
    """From opening to the first answer."""
    resolution: Times
    """From opening to the resolution that stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The figures of a desk or an area."""

    key: str
    """Empty: the area is not known."""
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A month's tickets. Each stands in ``total``, at one desk and in one area."""

    month: Month
    total: Figures
    desks: tuple[Row, ...]
    areas: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A ticket, measured."""

    ticket: Ticket
    desk: Desk
    reopened: bool
    answered_after: int | None
    resolved_after: int | None
    lasted: int
    """Until it was finished, or until now."""


def monthly(work: UnitOfWork, desks: Desks, month: Month, *, timezone: ZoneInfo, now: datetime) -> Report:
    """Return the figures of the tickets that were opened in a month, as they stand now.

    A ticket counts at the desk that has it now, by that desk's calendar and targets.

    Args:
        work: Where the tickets are.
        desks: Every desk; each gets a row, also where nothing was opened.
        month: By the clocks of ``timezone``.
        timezone: In which people read dates.
        now: Until when what is open has lasted.
    """
    first, following = month.bounds(timezone)
    found = work.tickets.listed(states=frozenset(TicketState), opened_from=first, opened_before=following, limit=_EVERYTHING)
    cases = [_measure(work, desks.get(ticket.desk_key), ticket, now) for ticket in found]
    areas = [area.value for area in Area]
    return Report(
        month=month,
        total=_figures(cases),
        desks=_rows(desks.by_key, cases, lambda case: case.desk.key),
        areas=_rows([*areas, ""], cases, lambda case: case.ticket.area.value if case.ticket.area else ""),
    )


def _measure(work: UnitOfWork, desk: Desk, ticket: Ticket, now: datetime) -> _Case:
    def after(moment: datetime | None) -> int | None:
        return desk.calendar.minutes(ticket.opened_at, moment) if moment else None

    # an old ticket may have been finished at a moment that nobody stored: then nothing is said of its time
    until = ticket.resolved_at or (now if ticket.state in LIVE else ticket.opened_at)
    return _Case(
        ticket=ticket,
        desk=desk,
        reopened=any(event.move == Move.REOPEN for event in work.tickets.history(ticket.id)),
        answered_after=after(ticket.answered_at),
        resolved_after=after(ticket.resolved_at) if ticket.state in _FINISHED else None,
        lasted=desk.calendar.minutes(ticket.opened_at, until),
    )


def _rows(keys: Iterable[str], cases: Sequence[_Case], key_of: Callable[[_Case], str]) -> tuple[Row, ...]:
    return tuple(Row(key=key, figures=_figures([case for case in cases if key_of(case) == key])) for key in keys)


def _figures(cases: Sequence[_Case]) -> Figures:
    def count(is_counted: Callable[[_Case], bool]) -> int:
        return sum(is_counted(case) for case in cases)

    return Figures(
        opened=len(cases),
        answered=count(lambda case: case.answered_after is not None),
        resolved=count(lambda case: case.ticket.state in _FINISHED),
        cancelled=count(lambda case: case.ticket.state is TicketState.CANCELLED),
        still_open=count(lambda case: case.ticket.state in LIVE),
        reopened=count(lambda case: case.reopened),
        good=count(lambda case: case.ticket.rating is Rating.GOOD),
        poor=count(lambda case: case.ticket.rating is Rating.POOR),
        answer=_times([(case.answered_after, case.lasted, _targets(case)[0]) for case in cases]),
        resolution=_times([(case.resolved_after, case.lasted, _targets(case)[1]) for case in cases]),
    )


def _targets(case: _Case) -> tuple[int, int]:
    targets = case.desk.targets[case.ticket.urgency]
    return targets.first_answer, targets.resolution


def _times(measured: Sequence[tuple[int | None, int, int]]) -> Times:
    """Summarize (took, or None where it was not done; lasted; target)."""
    took = sorted(minutes for minutes, _, _ in measured if minutes is not None)
    judged = [minutes is not None and minutes <= target for minutes, lasted, target in measured if minutes is not None or lasted > target]
    return Times(
        median=median(took) if took else None,
        ninetieth=took[ceil(_NINETIETH * len(took)) - 1] if took else None,
        within=sum(judged),
        of=len(judged),
    )
