"""What the core asks of the database as a whole, and of time."""

from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from clair_bot.ports.bulletins import Bulletins, Feeds, Ledger, Links, Subscribers
from clair_bot.ports.desk import Advisors, Attachments, Reminders, SealedTexts, Tickets
from clair_bot.ports.repositories import Channels, Conversations, Inbox, Inquiries, Outbox


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...


class UnitOfWork(Protocol):
    """One transaction. Used as a context manager; what is not committed is rolled back."""

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

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Roll back what was not committed.

        Raises:
            StorageUnavailable: the database cannot be reached or written (instead of the driver's own error).
        """
        ...

    def commit(self) -> None:
        """Make it durable."""
        ...


class Store(Protocol):
    """The database."""

    def write(self) -> UnitOfWork:
        """Return a unit of work that may write (SQLite: takes the write lock at once)."""
        ...

    def read(self) -> UnitOfWork:
        """Return a unit of work that only reads."""
        ...
