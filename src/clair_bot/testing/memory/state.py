"""What the store in memory holds: dictionaries of frozen records, so that copying a state copies no record."""

import copy
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Self

from clair_bot.domain.advisors import Advisor
from clair_bot.domain.attachments import StoredAttachment
from clair_bot.domain.audiences import Audience
from clair_bot.domain.bulletins import Bulletin, BulletinEvent, Document, LedgerState
from clair_bot.domain.conversations import Conversation, InboxEntry, Outcome
from clair_bot.domain.deliveries import Delivery, Priority
from clair_bot.domain.feeds import Entry, Feed
from clair_bot.domain.reminders import Reminder
from clair_bot.domain.subscriptions import Consent, Subscriber
from clair_bot.domain.tickets import Ticket, TicketEvent
from clair_bot.messages import Address, OutboundMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An entry of the inbox."""

    entry: InboxEntry
    state: str
    """pending, done or aside"""
    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An inquiry."""

    conversation_id: int
    entry_id: int
    question: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A delivery, and when it may go. One to many goes to ``*`` and its key."""

    delivery: Delivery
    priority: Priority
    next_at: datetime
    lease_until: datetime | None = None
    together: bool = False
    unreachable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRecord:
    """How a channel is."""

    error: str = ""
    paused_until: datetime | None = None
    paced_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who holds something, until when."""

    holder: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file, with its bytes once they are there."""

    attachment: StoredAttachment
    next_at: datetime
    created_at: datetime
    content: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A text behind a code."""

    ticket_id: int
    code_hash: str
    text: str
    expires_at: datetime
    wrong_codes: int = 0
    opened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One recipient of a bulletin. Without a state of its own, a line has that of its delivery."""

    address: Address
    delivery_id: int | None = None
    state: LedgerState | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address in a bulletin that leads through us."""

    bulletin_id: int
    url: str
    clicks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something that was found in a feed."""

    fingerprint: str
    office: str | None
    entry: Entry
    bulletin_id: int | None = None


@dataclass(slots=True, kw_only=True)
class MemoryState:
    """All tables."""

    received: dict[int, Received] = field(default_factory=dict)
    event_ids: dict[tuple[str, str], int] = field(default_factory=dict)
    """Entries by channel and the platform's id."""
    conversations: dict[int, Conversation] = field(default_factory=dict)
    room_moves: dict[Address, Address] = field(default_factory=dict)
    inquiries: dict[int, Asked] = field(default_factory=dict)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    ticket_events: dict[int, TicketEvent] = field(default_factory=dict)
    ticket_terms: dict[int, tuple[str, ...]] = field(default_factory=dict)
    advisors: dict[int, Advisor] = field(default_factory=dict)
    former_advisors: dict[int, str] = field(default_factory=dict)
    """Names of those who are gone."""
    reminders: dict[int, Reminder] = field(default_factory=dict)
    """What is still to be said."""
    attachments: dict[int, Kept] = field(default_factory=dict)
    sealed: dict[str, Sealed] = field(default_factory=dict)
    """By token."""
    deliveries: dict[int, Queued] = field(default_factory=dict)
    sent_messages: dict[tuple[Address, str], tuple[int, int]] = field(default_factory=dict)
    """Delivery and part by chat and the platform's id."""
    channels: dict[str, ChannelRecord] = field(default_factory=dict)
    leases: dict[str, Lease] = field(default_factory=dict)
    subscribers: dict[int, Subscriber] = field(default_factory=dict)
    consents: dict[int, tuple[Consent, ...]] = field(default_factory=dict)
    """By subscriber."""
    bulletins: dict[int, Bulletin] = field(default_factory=dict)
    cursors: dict[int, int] = field(default_factory=dict)
    """Up to which subscriber a bulletin has lines."""
    revisions: dict[tuple[int, int], Document] = field(default_factory=dict)
    bulletin_events: dict[int, tuple[int, BulletinEvent]] = field(default_factory=dict)
    """With their bulletin."""
    occurrences: dict[tuple[int, str], datetime] = field(default_factory=dict)
    segments: dict[str, Audience] = field(default_factory=dict)
    contents: dict[str, OutboundMessage] = field(default_factory=dict)
    """What many deliveries say, by key."""
    lines: dict[tuple[int, int], Line] = field(default_factory=dict)
    """By bulletin and subscriber."""
    links: dict[str, Link] = field(default_factory=dict)
    """By token."""
    feeds: dict[int, Feed] = field(default_factory=dict)
    found: dict[int, Found] = field(default_factory=dict)
    last_ids: dict[str, int] = field(default_factory=dict)

    def next_id(self, table: str) -> int:
        """Return an id that this table never had."""
        self.last_ids[table] = self.last_ids.get(table, 0) + 1
        return self.last_ids[table]

    def copy(self) -> Self:
        """Return a state that may change without this one."""
        twin = copy.copy(self)
        for table in fields(self):
            setattr(twin, table.name, dict(getattr(self, table.name)))
        return twin
