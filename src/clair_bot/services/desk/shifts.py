"""A shift: what desk work has at hand inside one transaction, whether a message, a command or the clock asked for it."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from clair_bot.domain.advisors import Advisor
from clair_bot.domain.desks import Desk, Desks
from clair_bot.domain.tickets import CannedReply, Ticket
from clair_bot.messages import Address
from clair_bot.ports import Retriever, UnitOfWork
from clair_bot.services.desk.staffing import sitting_at
from clair_bot.services.speaking import Speech

CLOCK = "clock"
"""Who did it, where nobody did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """What the desk works with, the same for every transaction."""

    desks: Desks
    timezone: ZoneInfo
    """In which people read dates."""
    base_url: str = ""
    """Our public address, without a slash at its end; empty where there is none."""
    templates: tuple[CannedReply, ...] = ()
    """Canned replies, in the order of their file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Desk work inside one transaction."""

    work: UnitOfWork
    speech: Speech
    settings: DeskSettings
    retriever: Retriever
    now: datetime
    source: str = ""
    """The message that asked for it, ``channel:recipient/message id``."""

    @property
    def desks(self) -> Desks:
        """Every desk."""
        return self.settings.desks

    @property
    def timezone(self) -> ZoneInfo:
        """In which people read dates."""
        return self.settings.timezone

    def desk_of(self, ticket: Ticket) -> Desk:
        """Return the desk that a ticket is at."""
        return self.desks.get(ticket.desk_key)

    def room_of(self, desk: Desk) -> Address | None:
        """Return where a desk's room is now."""
        return self.work.conversations.moved(desk.room) if desk.room else None

    def rooms(self) -> frozenset[Address]:
        """Return every advisors' room, where it is now."""
        return frozenset(self.work.conversations.moved(room) for room in self.desks.rooms())

    def members(self, key: str) -> list[Advisor]:
        """Return who sits at a desk; where nobody does, who sits at the one that stands in for it."""
        return sitting_at(self.desks, self.work.advisors.everyone(), key)
