"""One transaction in memory, and the store that begins them."""

import threading
from types import TracebackType
from typing import Self

from clair_bot.ports import (
    Advisors,
    Attachments,
    Bulletins,
    Channels,
    Clock,
    Conversations,
    Feeds,
    Inbox,
    Inquiries,
    Ledger,
    Links,
    Outbox,
    Reminders,
    SealedTexts,
    Subscribers,
    Tickets,
)
from clair_bot.testing.memory.advisors import MemoryAdvisors
from clair_bot.testing.memory.attachments import MemoryAttachments
from clair_bot.testing.memory.bulletins import MemoryBulletins
from clair_bot.testing.memory.channels import MemoryChannels
from clair_bot.testing.memory.conversations import MemoryConversations
from clair_bot.testing.memory.feeds import MemoryFeeds
from clair_bot.testing.memory.inbox import MemoryInbox
from clair_bot.testing.memory.inquiries import MemoryInquiries
from clair_bot.testing.memory.ledger import MemoryLedger
from clair_bot.testing.memory.links import MemoryLinks
from clair_bot.testing.memory.outbox import MemoryOutbox
from clair_bot.testing.memory.reminders import MemoryReminders
from clair_bot.testing.memory.sealed import MemorySealedTexts
from clair_bot.testing.memory.state import MemoryState
from clair_bot.testing.memory.subscribers import MemorySubscribers
from clair_bot.testing.memory.tickets import MemoryTickets


class MemoryStore:
    """A ``Store``. Its state may be read and set by tests between transactions."""

    def __init__(self, clock: Clock) -> None:
        """Begin empty, by this clock."""
        self.clock = clock
        self.state = MemoryState()
        self.writing = threading.Lock()

    def write(self) -> "MemoryUnitOfWork":
        """Return a unit of work that may write; the next one waits until it is over."""
        return MemoryUnitOfWork(self, writes=True)

    def read(self) -> "MemoryUnitOfWork":
        """Return a unit of work that only reads."""
        return MemoryUnitOfWork(self, writes=False)


class MemoryUnitOfWork:
    """A ``UnitOfWork``: works on a copy of the state, which takes its place on ``commit``."""

    inbox: Inbox
    conversations: Conversations
    inquiries: Inquiries
    outbox: Outbox
    tickets: Tickets
    advisors: Advisors
    reminders: Reminders
    attachments: Attachments
    sealed: SealedTexts
    channels: Channels
    subscribers: Subscribers
    bulletins: Bulletins
    ledger: Ledger
    links: Links
    feeds: Feeds

    def __init__(self, store: MemoryStore, *, writes: bool) -> None:
        """Begin nothing yet."""
        self._store = store
        self._writes = writes

    def __enter__(self) -> Self:
        """Begin: writers one after the other."""
        if self._writes:
            self._store.writing.acquire()
        self._state = self._store.state.copy()
        now = self._store.clock.now()
        self.inbox = MemoryInbox(self._state, now)
        self.conversations = MemoryConversations(self._state)
        self.inquiries = MemoryInquiries(self._state)
        self.outbox = MemoryOutbox(self._state, now)
        self.tickets = MemoryTickets(self._state, now)
        self.advisors = MemoryAdvisors(self._state, now)
        self.reminders = MemoryReminders(self._state, now)
        self.attachments = MemoryAttachments(self._state, now)
        self.sealed = MemorySealedTexts(self._state, now)
        self.channels = MemoryChannels(self._state, now)
        self.subscribers = MemorySubscribers(self._state, now)
        self.bulletins = MemoryBulletins(self._state, now)
        self.ledger = MemoryLedger(self._state, now)
        self.links = MemoryLinks(self._state)
        self.feeds = MemoryFeeds(self._state, now)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Forget what was not committed."""
        if self._writes:
            self._store.writing.release()

    def commit(self) -> None:
        """Put the copy in the state's place."""
        if not self._writes:
            raise RuntimeError("this unit of work only reads")
        self._store.state = self._state.copy()
