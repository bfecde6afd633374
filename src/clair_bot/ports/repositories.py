"""What the core asks of each part of the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from clair_bot.domain.articles import Search
from clair_bot.domain.conversations import Conversation, InboxEntry, Outcome
from clair_bot.domain.deliveries import BATCHES, LEASE, Delivery, Fate, Priority
from clair_bot.errors import DeliveryError
from clair_bot.messages import Address, InboundMessage, OutboundMessage, Receipt
from clair_bot.ports.channels import RateLimits


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

    def holds(self, address: Address, message_id: str) -> bool:
        """Tell whether a message of a chat was taken in."""
        ...

    def correct(self, address: Address, message_id: str, text: str) -> tuple[int | None, str]:
        """Store how a message reads now; return the entry's id (None: not known) and how it read before."""
        ...

    def hide(self, address: Address, message_id: str) -> tuple[int | None, str]:
        """Blank what its author took back, corrections included; return the entry's id (None: not known) and what it said last."""
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

    def correct(self, entry_id: int, question: str) -> None:
        """Store how a question reads now; empty where its author took it back."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Return how many inquiries had each outcome."""
        ...


class Outbox(Protocol):
    """What is to be sent."""

    def put(
        self, message: OutboundMessage, *, priority: Priority = Priority.REPLY, ticket_id: int | None = None, replaces: int | None = None
    ) -> int:
        """Queue a message; return the delivery's id. With an ``idempotency_key`` that is there already, nothing new is queued.

        Args:
            message: What to say.
            priority: Before or behind what else waits for its recipient.
            ticket_id: The ticket that it is about.
            replaces: The delivery whose platform messages are changed into this one; changes of it that still wait are cancelled.
        """
        ...

    def claim(
        self, channel: str, limit: int, limits: RateLimits, *, lease: timedelta = LEASE, batches: int = BATCHES
    ) -> Sequence[Delivery]:
        """Take due deliveries of a channel for sending, each with its slot within the rate limits, of each recipient only the first.

        Replies go before what the desk is told, and that before bulletins; those of a bulletin that is not being sent stay where they are.
        At most ``batches`` of them are to many.

        A delivery that belongs to a ticket and goes to a desk is given the ticket's first message there as ``reply_to``.
        """
        ...

    def keep(self, delivery_ids: Sequence[int], lease: timedelta) -> None:
        """Renew the lease of deliveries that are still being sent."""
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
