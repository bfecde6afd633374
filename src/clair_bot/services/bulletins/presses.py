"""A press: what bulletin work has at hand inside one transaction, whether a command, a page or the clock asked for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from clair_bot.domain.advisors import Role
from clair_bot.domain.articles import Area
from clair_bot.domain.bulletins import BulletinKind, Document
from clair_bot.domain.deliveries import Priority
from clair_bot.domain.desks import Desk, Desks
from clair_bot.messages import Address
from clair_bot.ports import UnitOfWork
from clair_bot.services.answering import Content
from clair_bot.services.speaking import Speech

CLOCK = "clock"
"""Who did it, where nobody did."""
READER = "reader"
"""Instead of a time zone: each reader's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinSettings:
    """What bulletin work needs, the same for every transaction."""

    desks: Desks
    timezone: ZoneInfo
    base_url: str = ""
    """Our public address, without a slash at its end; empty where there is none."""
    quiet: tuple[time, time] | None = None
    """Between these local times nobody is sent a bulletin, emergencies aside; it may go past midnight."""
    count_clicks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who works on bulletins."""

    mark: str
    """As ``BulletinEvent.actor``."""
    name: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Bulletin work inside one transaction."""

    work: UnitOfWork
    speech: Speech
    settings: BulletinSettings
    now: datetime

    def desk_of(self, document: Document) -> Desk:
        """Return whose bulletin it is: its office's, where there is exactly one, otherwise headquarters'."""
        if document.kind is BulletinKind.OFFICE and len(document.offices) == 1:
            return self.settings.desks.get(document.offices[0].value)
        return self.settings.desks.get(Area.BASE.value)

    def timezone_of(self, document: Document) -> ZoneInfo:
        """Return in which zone its times are meant; for those in each reader's own, in which people talk of them."""
        if document.timezone and document.timezone != READER:
            return ZoneInfo(document.timezone)
        return self.desk_of(document).calendar.timezone if not document.timezone else self.settings.timezone

    def tell(self, text: str, *, also: str = "") -> None:
        """Tell headquarters' room, and somebody by their mark (``advisor:3``), what they have to know."""
        rooms: dict[Address, None] = {}
        room = self.settings.desks.get(Area.BASE.value).room
        if room:
            rooms[self.work.conversations.moved(room)] = None
        kind, _, number = also.partition(":")
        person = self.work.advisors.get(int(number)) if kind == "advisor" and number.isdecimal() else None
        if person and person.addresses:
            rooms[person.addresses[0]] = None
        for address in rooms:
            self.speech.send(address, Content(paragraphs=(text,)), priority=Priority.DESK)


def total(counts: Mapping[str, int]) -> int:
    """Return how many people that are, all channels together."""
    return sum(counts.values())
