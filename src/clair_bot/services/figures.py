"""Figures: how the desk did in a month, per desk and area."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from clair_bot.domain.articles import Area
from clair_bot.domain.desks import Desks
from clair_bot.domain.tickets import LIVE, Move, Rating, Ticket, TicketState
from clair_bot.ports import UnitOfWork

_EVERYTHING = 1_000_000
_FIELDS = (
    *("opened", "answered", "resolved", "cancelled", "still_open", "reopened", "good", "poor"),
    *("answer_minutes_median", "answer_minutes_p90", "resolution_minutes_median", "resolution_minutes_p90"),
    *("answered_in_time", "resolved_in_time"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """A ticket, in working minutes of its desk."""

    ticket: Ticket
    answer: int | None
    resolution: int | None
    reopened: int
    in_time: bool | None
    """Whether the first answer was; None while there is none."""
    resolved_in_time: bool | None


def month_of(text: str, timezone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """Return the first moment of a month, ``2026-11``, and that of the next; empty: the present one.

    Raises:
        ValueError: it is no month.
    """
    first = datetime.strptime(text, "%Y-%m").replace(tzinfo=timezone) if text else now.astimezone(timezone)
    first = first.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first.astimezone(UTC), following.astimezone(UTC)


def monthly(work: UnitOfWork, desks: Desks, first: datetime, following: datetime) -> list[dict[str, object]]:
    """Return a row for all tickets opened in between, for each desk, and for each area; times in working minutes, shares from 0 to 1.

    A row has ``kind`` (``total``, ``desk``, ``area``), ``key``, ``name``, and the figures; what cannot be told is None.
    """
    found = work.tickets.listed(states=list(TicketState), opened_from=first, opened_before=following, limit=_EVERYTHING)
    measured = [_measure(work, desks, ticket) for ticket in found]
    rows = [_row("total", "", "全体", measured)]
    rows += [_row("desk", key, desk.name, [one for one in measured if one.ticket.desk_key == key]) for key, desk in desks.by_key.items()]
    rows += [_row("area", area.value, area.value, [one for one in measured if one.ticket.area is area]) for area in Area]
    return rows


def _measure(work: UnitOfWork, desks: Desks, ticket: Ticket) -> _Measured:
    desk = desks.get(ticket.desk_key)
    aims = desk.targets[ticket.urgency]
    resolved_at = ticket.resolved_at if ticket.state in {TicketState.RESOLVED, TicketState.CLOSED} else None
    answer = desk.calendar.minutes(ticket.opened_at, ticket.answered_at) if ticket.answered_at else None
    resolution = desk.calendar.minutes(ticket.opened_at, resolved_at) if resolved_at else None
    return _Measured(
        ticket=ticket,
        answer=answer,
        resolution=resolution,
        reopened=sum(event.move == Move.REOPEN for event in work.tickets.history(ticket.id)),
        in_time=None if answer is None else answer <= aims.first_answer,
        resolved_in_time=None if resolution is None else resolution <= aims.resolution,
    )


def _row(kind: str, key: str, name: str, measured: Sequence[_Measured]) -> dict[str, object]:
    answers = [one.answer for one in measured if one.answer is not None]
    resolutions = [one.resolution for one in measured if one.resolution is not None]
    figures: Mapping[str, object] = {
        "opened": len(measured),
        "answered": len(answers),
        "resolved": len(resolutions),
        "cancelled": sum(one.ticket.state is TicketState.CANCELLED for one in measured),
        "still_open": sum(one.ticket.state in LIVE for one in measured),
        "reopened": sum(one.reopened for one in measured),
        "good": sum(one.ticket.rating is Rating.GOOD for one in measured),
        "poor": sum(one.ticket.rating is Rating.POOR for one in measured),
        "answer_minutes_median": _median(answers),
        "answer_minutes_p90": _p90(answers),
        "resolution_minutes_median": _median(resolutions),
        "resolution_minutes_p90": _p90(resolutions),
        "answered_in_time": _share(one.in_time for one in measured),
        "resolved_in_time": _share(one.resolved_in_time for one in measured),
    }
    return {"kind": kind, "key": key, "name": name, **{field: figures[field] for field in _FIELDS}}


def _median(values: Sequence[int]) -> float | None:
    return float(statistics.median(values)) if values else None


def _p90(values: Sequence[int]) -> float | None:
    """Return the smallest value that nine of ten do not exceed."""
    return float(sorted(values)[-(-len(values) * 9 // 10) - 1]) if values else None


def _share(values: Iterable[bool | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 4) if known else None
