"""Advisors: the people who answer tickets, what they may do, and whose turn it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from clair_bot.messages import Address


class Role(StrEnum):
    """What a person may do."""

    ADVISOR = "advisor"  # answers tickets of their desks
    SUPERVISOR = "supervisor"  # as an advisor, and is told what is late
    EDITOR = "editor"  # writes articles and bulletins
    APPROVER = "approver"  # approves what others wrote
    ADMIN = "admin"  # everything, at every desk


DESK_ROLES = frozenset({Role.ADVISOR, Role.SUPERVISOR, Role.ADMIN})
"""Who may act on a ticket."""
CAPACITY = 10
"""Tickets that one advisor is given by turns, unless something else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Days on which somebody is away, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisor:
    """A person of a desk."""

    id: int
    name: str
    addresses: tuple[Address, ...]
    """Where they write from, in the order in which these were added; the first is where they are told things."""
    desks: tuple[str, ...]
    """Keys of the desks that they sit at; empty: all."""
    roles: frozenset[Role]
    capacity: int
    absences: tuple[Absence, ...]
    last_assigned_at: datetime | None

    def sits_at(self, desk: str) -> bool:
        """Tell whether tickets of this desk are theirs to answer."""
        return bool(self.roles & DESK_ROLES) and (Role.ADMIN in self.roles or not self.desks or desk in self.desks)

    def supervises(self, desk: str) -> bool:
        """Tell whether they are told what is late at this desk."""
        return Role.SUPERVISOR in self.roles and self.sits_at(desk)

    def is_away(self, day: date) -> bool:
        """Tell whether they are away on this day."""
        return any(absence.first <= day <= absence.last for absence in self.absences)


def next_in_turn(members: Iterable[Advisor], loads: Mapping[int, int], today: date) -> Advisor | None:
    """Return who takes the next ticket: not away, below capacity, and longest without a new one; then by number.

    Args:
        members: Those who sit at the desk. Supervisors and administrators are given tickets only where they are advisors too.
        loads: How many tickets each has in hand, by id.
        today: The day at the desk.
    """
    free = [
        member
        for member in members
        if Role.ADVISOR in member.roles and not member.is_away(today) and loads.get(member.id, 0) < member.capacity
    ]
    return min(free, key=lambda member: (member.last_assigned_at is not None, member.last_assigned_at, member.id), default=None)
