"""Staffing: whether every desk has somebody."""

from collections.abc import Sequence

from clair_bot.domain.advisors import Advisor, Role
from clair_bot.domain.desks import Desk, Desks


def sitting_at(desks: Desks, everyone: Sequence[Advisor], key: str) -> list[Advisor]:
    """Return who sits at a desk; where nobody does, who sits at the one that stands in for it, and so on."""
    seen: set[str] = set()
    while key and key not in seen:
        seen.add(key)
        if found := [advisor for advisor in everyone if advisor.sits_at(key)]:
            return found
        key = desks.get(key).fallback
    return []


def unstaffed(desks: Desks, everyone: Sequence[Advisor]) -> list[Desk]:
    """Return the desks with a room for which nobody answers."""
    return [desk for desk in desks.by_key.values() if desk.room and not sitting_at(desks, everyone, desk.key)]


def unsupervised(everyone: Sequence[Advisor]) -> bool:
    """Tell whether nobody would hear of what is late."""
    return not any(advisor.roles & {Role.SUPERVISOR, Role.ADMIN} for advisor in everyone)
