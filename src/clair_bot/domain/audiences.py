"""Audiences: for whom a bulletin is, among those who subscribed to its topics."""

from dataclasses import dataclass, fields

from clair_bot.domain.conversations import Language
from clair_bot.domain.subscriptions import Organisation, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """What all of its members have. An empty set restricts nothing."""

    topics: frozenset[Topic] = frozenset()
    """Subscribed to at least one of these."""
    prefectures: frozenset[str] = frozenset()
    kinds: frozenset[Organisation] = frozenset()
    roles: frozenset[str] = frozenset()
    languages: frozenset[Language] = frozenset()
    channels: frozenset[str] = frozenset()

    @property
    def is_everyone(self) -> bool:
        """Tell whether it restricts nothing at all."""
        return not any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Exactly whom a bulletin goes to."""

    audience: Audience
    topics: frozenset[Topic]
    """The bulletin's own: whoever subscribed to one of them; empty: to whatever (emergencies)."""
    testers: bool = False
    """True for drills: testers, and only they. Otherwise never they."""
    received: int | None = None
    """For corrections: those who received, or may have received, this bulletin, whatever they subscribed to."""
    needed: Topic | None = None
    """And subscribed to this one, whatever else: emergencies do not reach those who have taken them off."""
