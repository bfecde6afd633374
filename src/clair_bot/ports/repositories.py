"""What the core asks of the world, as Protocols. An implementer needs no import from the core but these and the messages."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from clair_bot.domain.articles import Area, Article, Search
from clair_bot.domain.conversations import Conversation, InboxEntry, Outcome
from clair_bot.domain.deliveries import Delivery, Fate, Priority
from clair_bot.domain.tickets import Move, Ticket, TicketEvent
from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, Bubble, InboundMessage, OutboundMessage, Receipt, WebhookRequest, WebhookResult

Deliver = Callable[[Sequence[InboundMessage]], Awaitable[None]]
"""Takes in what a listening adapter heard. Returns when it is stored; raises StorageError when it could not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """How fast a platform lets us send, with some distance kept."""

    per_second: float
    """Messages a second over the whole channel, all processes together."""
    burst: int
    """How many may go at once after a pause."""
    per_recipient_seconds: float
    """Pause between two deliveries to one recipient."""


class ChannelAdapter(Protocol):
    """The code that speaks one channel.

    An adapter is made by ``create(environment: Mapping[str, str]) -> ChannelAdapter | None``: None when its variables are not
    set; it raises ``ConfigurationError`` when they are wrong. Making one calls nobody. All methods are called in one event loop.
    """

    @property
    def name(self) -> str:
        """The channel: ``slack``, ``line``, ``telegram``, ``web``."""
        ...

    @property
    def listens(self) -> bool:
        """True when ``listen`` is the way in (a network that nobody reaches from outside), False when it is ``receive``."""
        ...

    @property
    def limits(self) -> RateLimits:
        """The platform's rate limits, obeyed by the relay."""
        ...

    @property
    def repeats_safely(self) -> bool:
        """True when ``send`` with ``maybe_sent`` cannot deliver twice (a retry key, or a look-up before repeating)."""
        ...

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        """Verify and translate one HTTP request. No database, no call to the platform, no exception for any input.

        Wrong, missing or stale proof of origin: 401. A body that cannot be read: 400. Verified but unknown: 200 and no message.
        Our own echoes, other bots and edits give no message. One bad member of a batch never costs the others.
        """
        ...

    async def listen(self, deliver: Deliver) -> None:
        """Hear the platform until cancelled. Reconnects by itself with growing pauses; acknowledges only what ``deliver`` stored.

        Returns at once when ``listens`` is False.

        Raises:
            DeliveryError: with ``channel_down`` when the platform refuses our token.
        """
        ...

    async def acknowledge(self, message: InboundMessage) -> None:
        """Show the person that the message has been seen: typing mark, loading animation, the end of a button's spinner.

        Called once after the message was stored. Best effort: never raises, never takes longer than 5 s.
        """
        ...

    async def send(self, message: OutboundMessage) -> Receipt:
        """Render and send.

        Raises:
            DeliveryError: nothing else. Its flags say what became of the message.
        """
        ...

    async def check(self) -> str:
        """Ask the platform who we are, and return one line for people: the bot's name, and what should be switched on.

        Raises:
            DeliveryError: the platform did not answer or refused.
        """
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...


Create = Callable[[Mapping[str, str]], ChannelAdapter | None]
"""Entry point of group ``clair_bot.adapters``, named after the channel."""

Preview = Callable[[OutboundMessage], tuple[Bubble, ...]]
"""Entry point of group ``clair_bot.previews``: draws what ``send`` would send, from the same rendered payloads. Needs no settings."""


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...


class Retriever(Protocol):
    """Finds the articles that may answer a question. Safe to call from several threads."""

    def search(self, question: str, *, limit: int = 10) -> Search:
        """Analyse the question and rank the articles.

        Args:
            question: As typed, any length; the retriever reads at most its first 1,000 characters.
            limit: The most hits to return.
        """
        ...

    def article(self, article_id: str) -> Article | None:
        """Return an article by its id, or None."""
        ...

    def areas(self) -> Mapping[Area, Sequence[Article]]:
        """Return the articles of each area, in the order of points and ids."""
        ...


class Inbox(Protocol):
    """What was taken in. Unique by the messages' event ids, so that it counts once."""

    def record(self, messages: Sequence[InboundMessage]) -> int:
        """Store those that are not known yet; return how many were new."""
        ...

    def pending(self, limit: int) -> Sequence[InboxEntry]:
        """Return due entries, oldest first, and of each conversation only the first."""
        ...

    def claim(self, entry_id: int) -> InboxEntry | None:
        """Lock an entry until the end of this unit of work; None when another process has it or had it."""
        ...

    def done(self, entry_id: int) -> None:
        """Mark an entry as handled."""
        ...

    def failed(self, entry_id: int, *, error: str, next_at: datetime | None) -> None:
        """Count a failed attempt: again at ``next_at``, or put aside when that is None."""
        ...

    def postpone(self, entry_id: int, next_at: datetime) -> None:
        """Look at an entry again at ``next_at``; that is no failed attempt."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Return how many entries are pending, done and aside."""
        ...

    def set_aside(self, limit: int) -> Sequence[InboxEntry]:
        """Return entries that were put aside."""
        ...

    def forget(self, age: timedelta) -> int:
        """Delete handled messages and their event ids that are older than this; return how many."""
        ...

    def hide(self, address: Address, message_id: str) -> tuple[int | None, str]:
        """Blank the text of a message that its author took back; return the entry's id (None: not known) and what it said."""
        ...


class Conversations(Protocol):
    """What is remembered of each conversation."""

    def known(self, address: Address, thread: str) -> bool:
        """Tell whether we have talked here before."""
        ...

    def get(self, address: Address, thread: str) -> Conversation:
        """Return the conversation, made new at first sight."""
        ...

    def by_id(self, conversation_id: int) -> Conversation:
        """Return a conversation that exists."""
        ...

    def put(self, conversation: Conversation) -> None:
        """Store what changed."""
        ...

    def move(self, old: Address, new: Address) -> None:
        """A room has a new id: conversations, tickets, waiting deliveries and desks follow it."""
        ...

    def moved(self, address: Address) -> Address:
        """Return where a room is now."""
        ...


class Inquiries(Protocol):
    """What was asked and what became of it."""

    def add(self, *, conversation_id: int, entry_id: int, question: str, language: str, outcome: Outcome, search: Search) -> int:
        """Store an inquiry with its outcome; return its id."""
        ...

    def hide(self, entry_id: int) -> None:
        """Blank the question of a message that its author took back."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Return how many inquiries had each outcome."""
        ...


class Outbox(Protocol):
    """What is to be sent."""

    def put(self, message: OutboundMessage, *, priority: Priority = Priority.REPLY, ticket_id: int | None = None) -> int:
        """Queue a message; return the delivery's id. With an ``idempotency_key`` that is there already, nothing new is queued."""
        ...

    def claim(self, channel: str, limit: int, limits: RateLimits) -> Sequence[Delivery]:
        """Take due deliveries of a channel for sending, within its rate limits, of each recipient only the first.

        A delivery that belongs to a ticket and goes to a desk is given the ticket's first message there as ``reply_to``.
        """
        ...

    def recover(self, channel: str, *, repeats_safely: bool) -> Sequence[Delivery]:
        """Put deliveries whose sender died back into the queue, or aside as uncertain; return them as they are now."""
        ...

    def sent(self, delivery: Delivery, receipt: Receipt) -> None:
        """Store what the platform gave back."""
        ...

    def unsent(self, delivery: Delivery, error: DeliveryError, fate: Fate) -> None:
        """Store an attempt that failed."""
        ...

    def ours(self, address: Address, message_id: str) -> bool:
        """Tell whether a message in a chat is one that we sent."""
        ...

    def unsettled(self, address: Address) -> bool:
        """Tell whether something may have reached a chat whose ids we do not know yet."""
        ...

    def hide(self, conversation_id: int, text: str) -> None:
        """Blank a text that its author took back in everything that was said about the conversation's tickets."""
        ...

    def cancel(self, address: Address) -> int:
        """Cancel what waits for a recipient who is gone; return how many."""
        ...

    def read(self, address: Address, *, after: int = 0, limit: int = 200) -> Sequence[Delivery]:
        """Return what was sent to an address, in the order in which it was sent: the simulator's mailbox.

        Args:
            address: Whose.
            after: Id of the delivery behind which to go on; 0, or one that is not known: from the beginning.
            limit: The most to return.
        """
        ...

    def counts(self) -> Mapping[str, int]:
        """Return how many deliveries are in each state."""
        ...

    def next_due(self, channel: str) -> datetime | None:
        """Return when the next queued delivery of a channel is due."""
        ...


class Tickets(Protocol):
    """Escalations."""

    def open(
        self, *, conversation: Conversation, desk: Address | None, area: Area | None, question: str, candidates: Sequence[tuple[str, float]]
    ) -> Ticket:
        """Store a new ticket. The caller has made sure that the conversation has no live one."""
        ...

    def get(self, ticket_id: int) -> Ticket | None:
        """Return a ticket by its number."""
        ...

    def live(self, conversation_id: int) -> Ticket | None:
        """Return the conversation's live ticket."""
        ...

    def of(self, conversation_id: int, limit: int) -> Sequence[Ticket]:
        """Return the conversation's tickets, newest first."""
        ...

    def in_room(self, room: Address, message_id: str) -> Ticket | None:
        """Return the ticket that one of our messages in an advisors' room belongs to."""
        ...

    def move(self, ticket: Ticket, move: Move, *, actor: str, text: str) -> Ticket | None:
        """Make an allowed move and write it down; None when the ticket's stored state does not allow it (any more)."""
        ...

    def history(self, ticket_id: int) -> Sequence[TicketEvent]:
        """Return what happened to a ticket, oldest first."""
        ...

    def hide(self, conversation_id: int, question: str) -> None:
        """Blank a question that its author took back."""
        ...

    def without_desk(self) -> int:
        """Return how many live tickets no desk has."""
        ...


class Channels(Protocol):
    """How the channels are, shared by all processes."""

    def pause(self, channel: str, until: datetime) -> None:
        """Let nobody send on a channel before ``until``."""
        ...

    def report(self, channel: str, error: str) -> None:
        """Store what is wrong with a channel; empty: it works."""
        ...

    def states(self) -> Mapping[str, str]:
        """Return each channel's error, empty where it works."""
        ...

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take or keep the lease ``name``: only one process listens on a channel."""
        ...


class UnitOfWork(Protocol):
    """One transaction. Used as a context manager; what is not committed is rolled back."""

    inbox: Inbox
    conversations: Conversations
    inquiries: Inquiries
    outbox: Outbox
    tickets: Tickets
    channels: Channels

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
