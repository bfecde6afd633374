"""One transaction on the database, and the store that begins them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from clair_bot.errors import StorageUnavailable
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
    UnitOfWork,
)
from clair_bot.storage.advisors import SqlAdvisors
from clair_bot.storage.attachments import SqlAttachments
from clair_bot.storage.bulletins import SqlBulletins
from clair_bot.storage.channels import SqlChannels
from clair_bot.storage.conversations import SqlConversations
from clair_bot.storage.feeds import SqlFeeds
from clair_bot.storage.inbox import SqlInbox
from clair_bot.storage.inquiries import SqlInquiries
from clair_bot.storage.ledger import SqlLedger
from clair_bot.storage.links import SqlLinks
from clair_bot.storage.outbox import SqlOutbox
from clair_bot.storage.reminders import SqlReminders
from clair_bot.storage.sealed import SqlSealedTexts
from clair_bot.storage.subscribers import SqlSubscribers
from clair_bot.storage.tickets import SqlTickets
from clair_bot.storage.turns import Turns


class SqlUnitOfWork:
    """A transaction with its repositories."""

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

    def __init__(self, engine: Engine, clock: Clock, turn: AbstractContextManager[object]) -> None:
        """Begin nothing yet. ``turn`` is held from begin to end."""
        self._engine = engine
        self._clock = clock
        self._turn = turn

    def __enter__(self) -> Self:
        """Wait for our turn and open a session; the transaction begins with its first statement."""
        self._turn.__enter__()
        self._session = Session(self._engine, autoflush=True, expire_on_commit=False)
        now = self._clock.now()
        self.inbox = SqlInbox(self._session, now)
        self.conversations = SqlConversations(self._session, now)
        self.inquiries = SqlInquiries(self._session, now)
        self.outbox = SqlOutbox(self._session, now)
        self.tickets = SqlTickets(self._session, now)
        self.advisors = SqlAdvisors(self._session, now)
        self.reminders = SqlReminders(self._session, now)
        self.attachments = SqlAttachments(self._session, now)
        self.sealed = SqlSealedTexts(self._session, now)
        self.channels = SqlChannels(self._session, now)
        self.subscribers = SqlSubscribers(self._session, now)
        self.bulletins = SqlBulletins(self._session, now)
        self.ledger = SqlLedger(self._session, now)
        self.links = SqlLinks(self._session)
        self.feeds = SqlFeeds(self._session, now)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Roll back what was not committed; turn the driver's outages into ours."""
        try:
            self._guarded(self._session.close)
        finally:
            self._turn.__exit__(kind, error, trace)
        if _is_outage(error):
            raise StorageUnavailable("データベースに接続できないか、書き込めません。") from error

    def commit(self) -> None:
        """Make it durable."""
        self._session.commit()

    @staticmethod
    def _guarded(close: Callable[[], None]) -> None:
        try:
            close()
        except DBAPIError as error:
            if not _is_outage(error):
                raise


def _is_outage(error: BaseException | None) -> bool:
    """SQLAlchemy's OperationalError covers a lost server, a full disk and a lock that did not come free."""
    return isinstance(error, (OperationalError, InterfaceError, PoolTimeout))


class SqlStore:
    """The database."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """Work on this engine, by this clock."""
        self.engine = engine
        self._reading = engine.execution_options(reads=True)
        self._clock = clock
        # SQLite's own waiting for its one writer sleeps in steps of up to 100 ms; threads of one process take turns at once instead.
        self._writing: AbstractContextManager[object] = Turns() if engine.dialect.name == "sqlite" else nullcontext()

    def write(self) -> UnitOfWork:
        """Return a unit of work that may write."""
        return SqlUnitOfWork(self.engine, self._clock, self._writing)

    def read(self) -> UnitOfWork:
        """Return a unit of work that only reads."""
        return SqlUnitOfWork(self._reading, self._clock, nullcontext())
