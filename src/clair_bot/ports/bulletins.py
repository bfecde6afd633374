"""What the core asks of the parts of the database that hold bulletins."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from clair_bot.domain.audiences import Audience, Target
from clair_bot.domain.bulletins import Act, Bulletin, BulletinEvent, BulletinStatus, Document, LedgerLine, LedgerState
from clair_bot.domain.deliveries import Delivery
from clair_bot.domain.desks import Office
from clair_bot.domain.feeds import Entry, Feed, FeedKind, Reading
from clair_bot.domain.mailings import Mailing, Reader
from clair_bot.domain.subscriptions import Consent, Subscriber, SubscriberState
from clair_bot.messages import Address


class Subscribers(Protocol):
    """Who gets bulletins, and the ledger of their consent."""

    def put(self, subscriber: Subscriber, consent: Consent | None) -> Subscriber:
        """Store somebody new (id 0) or changed, with the line of the ledger that says why; return them as stored, with id and token.

        The address of somebody new must not be there already.
        """
        ...

    def put_all(self, subscribers: Sequence[Subscriber], consent: Callable[[Subscriber], Consent]) -> None:
        """As ``put`` for many, each with the line of the ledger that ``consent`` returns for them; nobody is there twice."""
        ...

    def get(self, subscriber_id: int) -> Subscriber | None:
        """Return a subscriber."""
        ...

    def at(self, address: Address) -> Subscriber | None:
        """Return who is written to at an address, in whatever state."""
        ...

    def with_token(self, token: str) -> Subscriber | None:
        """Return whose link this is."""
        ...

    def listed(self, *, states: Collection[SubscriberState] | None = None, after: int = 0, limit: int = 1_000) -> Sequence[Subscriber]:
        """Return subscribers by number, behind one."""
        ...

    def reached(self, target: Target, *, after: int = 0, limit: int = 1_000) -> Sequence[Subscriber]:
        """Return the active subscribers that a target reaches, by number, behind one."""
        ...

    def readers(self, target: Target, *, after: int = 0, limit: int = 1_000) -> Sequence[Reader]:
        """As ``reached``, with no more than sending takes."""
        ...

    def count(self, target: Target) -> Mapping[str, int]:
        """Return how many a target reaches on each channel."""
        ...

    def consents(self, subscriber_id: int) -> Sequence[Consent]:
        """Return the ledger of one subscriber, oldest first."""
        ...

    def digests_due(self, limit: int) -> Sequence[Subscriber]:
        """Return active subscribers whose digest is due."""
        ...


class Bulletins(Protocol):
    """Bulletins, their revisions and what was done to them."""

    def add(self, document: Document, *, actor: str, template: int | None = None) -> Bulletin:
        """Store a draft; what is an occurrence of another is approved as that is."""
        ...

    def get(self, bulletin_id: int) -> Bulletin | None:
        """Return a bulletin."""
        ...

    def lock(self, bulletin_id: int) -> Bulletin | None:
        """Return a bulletin, which nobody else changes until the end of this unit of work."""
        ...

    def listed(self, *, statuses: Collection[BulletinStatus] | None = None, limit: int = 100) -> Sequence[Bulletin]:
        """Return bulletins, newest first."""
        ...

    def edit(self, bulletin: Bulletin, document: Document, *, actor: str) -> Bulletin | None:
        """Store a new revision, as a draft; None when somebody else changed it since ``bulletin`` was read."""
        ...

    def act(
        self,
        bulletin: Bulletin,
        act: Act,
        *,
        actor: str,
        text: str = "",
        becomes: BulletinStatus | None = None,
        due: tuple[datetime, str] | None = None,
        forgiven: int | None = None,
    ) -> Bulletin | None:
        """Do something and write it into the trail; None when the bulletin's state or revision does not allow it any more.

        Args:
            bulletin: As it was read.
            act: What is done.
            actor: Whose deed it is.
            text: What else there is to say.
            becomes: Its status afterwards, where the act leaves that open.
            due: For SCHEDULE: the moment, and the local time that names the occurrence.
            forgiven: For RESUME: how many faults there have been.
        """
        ...

    def events(self, bulletin_id: int) -> Sequence[BulletinEvent]:
        """Return the audit trail, oldest first."""
        ...

    def revision(self, bulletin_id: int, revision: int) -> Document | None:
        """Return what a revision said."""
        ...

    def due(self) -> Sequence[Bulletin]:
        """Return scheduled bulletins whose time has come."""
        ...

    def occur(self, bulletin_id: int, local: str) -> bool:
        """Take an occurrence, named by its naive local time; False when it was taken already."""
        ...

    def published(
        self, *, words: Sequence[str] = (), number: int | None = None, limit: int = 20, before: int | None = None
    ) -> Sequence[Bulletin]:
        """Return what was sent and is public, newest first: those that hold all of the words, or have a number."""
        ...

    def save_segment(self, name: str, audience: Audience, *, actor: str) -> None:
        """Store an audience under a name."""
        ...

    def segments(self) -> Mapping[str, Audience]:
        """Return the saved audiences."""
        ...

    def delete_segment(self, name: str) -> bool:
        """Forget a saved audience; False when there is none."""
        ...


class Ledger(Protocol):
    """Who gets which bulletin, one line each, and what became of it."""

    def queue(self, bulletin_id: int, mailing: Mailing) -> None:
        """Write lines and deliveries for new recipients."""
        ...

    def hold(self, bulletin_id: int, readers: Sequence[Reader]) -> None:
        """Write lines for recipients whose digest will tell them."""
        ...

    def advance(self, bulletin_id: int, cursor: int | None) -> None:
        """Remember up to which subscriber lines have been written; None: to the last."""
        ...

    def cursor(self, bulletin_id: int) -> int | None:
        """Return where to go on with writing lines, locked until the end of this unit of work; None: nowhere, or another is at it."""
        ...

    def held(self, subscriber_id: int) -> Sequence[int]:
        """Return the bulletins that wait for somebody's digest, oldest first."""
        ...

    def digest(self, bulletin_ids: Sequence[int], mailing: Mailing) -> None:
        """Put a digest into the outbox and let the held lines follow it."""
        ...

    def withdraw(self, subscriber_id: int, bulletin_ids: Collection[int] | None = None) -> int:
        """Cancel what waits for somebody, of all bulletins or of some; return how many lines."""
        ...

    def waiting(self, subscriber_id: int) -> Sequence[int]:
        """Return the bulletins of which something still waits for somebody."""
        ...

    def cancel(self, bulletin_id: int) -> int:
        """Cancel every line that waits; return how many."""
        ...

    def again(self, bulletin_id: int, states: Collection[LedgerState]) -> int:
        """Put lines that failed or are uncertain back into the outbox; return how many."""
        ...

    def wake(self, bulletin_id: int) -> None:
        """Let what was tried and put off be tried at once: somebody has seen to what stood in its way."""
        ...

    def split(self, delivery: Delivery) -> bool:
        """Replace a delivery to many that was refused by two to half of them each; False when there is only one left."""
        ...

    def counts(self, bulletin_id: int) -> Mapping[LedgerState, int]:
        """Return how many lines are in each state."""
        ...

    def is_begun(self, bulletin_id: int) -> bool:
        """Tell whether a bulletin has a line."""
        ...

    def is_open(self, bulletin_id: int) -> bool:
        """Tell whether anything of a bulletin is still to be sent, or under way; digests aside."""
        ...

    def faults(self, bulletin_id: int) -> tuple[int, int]:
        """Return how many lines are settled, and how many of them met a fault that is not the recipient's nor ours; (0, 0): none did."""
        ...

    def lines(self, bulletin_id: int, states: Collection[LedgerState], *, after: int = 0, limit: int = 100) -> Sequence[LedgerLine]:
        """Return lines in some states, by subscriber, behind one."""
        ...

    def figures(self, bulletin_id: int) -> Sequence[tuple[str, LedgerState, str, int]]:
        """Return (channel, state, reason, count)."""
        ...

    def reserved(self, channel: str) -> int:
        """Return how many messages are still to be sent on a channel, of bulletins that were released; a digest counts once."""
        ...


class Links(Protocol):
    """Addresses in bulletins that lead through us, where clicks are counted."""

    def put(self, bulletin_id: int, url: str) -> str:
        """Return the token for an address in a bulletin, the same each time."""
        ...

    def follow(self, token: str) -> str | None:
        """Count a click; return where it leads. Nobody is remembered."""
        ...

    def clicks(self, bulletin_id: int) -> Mapping[str, int]:
        """Return how often each address was followed."""
        ...


class Feeds(Protocol):
    """Where offices publish, and what was found there."""

    def add(self, *, kind: FeedKind, location: str, office: Office | None, name: str, every_minutes: int) -> Feed:
        """Store a feed.

        Raises:
            ValueError: it is there already.
        """
        ...

    def remove(self, feed_id: int) -> bool:
        """Forget a feed; what was found stays. False when there is none."""
        ...

    def listed(self) -> Sequence[Feed]:
        """Return every feed."""
        ...

    def due(self) -> Sequence[Feed]:
        """Return feeds whose time to be read has come."""
        ...

    def read(self, feed: Feed, reading: Reading | None, *, error: str = "") -> int:
        """Store what was found, or what went wrong; return how many entries were new, wherever else they may have been read."""
        ...

    def fresh(self, office: Office | None, *, limit: int) -> Sequence[tuple[int, Entry]]:
        """Return entries of an office (None: headquarters') that no bulletin has taken up, oldest first, with their numbers."""
        ...

    def take(self, entry_ids: Sequence[int], bulletin_id: int) -> None:
        """Remember which bulletin took entries up."""
        ...


class FeedReading(Protocol):
    """Reads feeds, safely."""

    async def read(self, feed: Feed) -> Reading:
        """Look at a feed.

        Raises:
            FeedError: it cannot be read.
        """
        ...
