"""Deliveries: one outbound message in the outbox, with its fate."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from clair_bot.errors import DeliveryError
from clair_bot.messages import OutboundMessage

MAX_ATTEMPTS = 12
"""After so many passing faults a delivery has failed: with the pauses below, about six hours."""
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_WAIT = timedelta(days=32)
"""A platform may ask for a month (LINE's quota); what is beyond that is not believed."""
LONGEST_HOLD = timedelta(days=1)
"""A delivery that waits longer waits for a quota (LINE's month), which free replies do not need: it holds no other."""
LEASE = timedelta(seconds=30)
"""How long one attempt may take; a process that holds it longer is taken for dead."""
SHORT_LEASE = timedelta(seconds=6)
"""The same where a repetition is safe: renewed while the attempt lasts, so that the dead are found soon."""
SENDER_DIED = "sender died"
"""The error of a delivery whose process was gone before it wrote down what came of it."""
BATCHES = 4
"""Deliveries to many that one process has under way at once: what dies with it stays little."""


class DeliveryState(StrEnum):
    """The fate of a delivery."""

    QUEUED = "queued"  # to be sent, not before ``next_at``
    SENDING = "sending"  # a process is at it, until its lease ends
    SENT = "sent"  # accepted by the platform
    FAILED = "failed"  # will never be accepted as it is
    UNCERTAIN = "uncertain"  # may have arrived: a person decides
    CANCELLED = "cancelled"  # not wanted any more


class Priority(IntEnum):
    """What goes first when a platform lets only so much through."""

    REPLY = 0  # somebody is waiting for it
    DESK = 1  # to an advisors' room
    BULLETIN = 2  # to many


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One outbound message and where it stands."""

    id: int
    message: OutboundMessage
    state: DeliveryState
    attempts: int
    ticket_id: int | None = None
    bulletin_id: int | None = None
    members: tuple[str, ...] | None = None
    """Those of a delivery to many who still want it, while it is being sent; ``message.to.recipient`` is empty then. None: to one."""
    not_before: datetime | None = None
    """Its slot within the platform's rate, while it is being sent."""
    replaces: int | None = None
    """The delivery whose platform messages it changes."""
    error: str = ""
    created_at: datetime
    sent_at: datetime | None = None
    message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of a delivery after an attempt that failed."""

    state: DeliveryState
    next_at: datetime | None = None


def fate_after(error: DeliveryError, *, attempts: int, now: datetime, repeats_safely: bool) -> Fate:
    """Decide what becomes of a delivery after its ``attempts``-th attempt met ``error``."""
    if error.permanent or error.unreachable:
        return Fate(state=DeliveryState.FAILED)
    if error.uncertain and not repeats_safely:
        return Fate(state=DeliveryState.UNCERTAIN)
    if error.channel_down:
        return Fate(state=DeliveryState.QUEUED, next_at=now + timedelta(minutes=1))
    if attempts >= MAX_ATTEMPTS:
        return Fate(state=DeliveryState.UNCERTAIN if error.uncertain else DeliveryState.FAILED)
    if error.retry_after is not None:
        return Fate(state=DeliveryState.QUEUED, next_at=now + timedelta(seconds=min(error.retry_after, LONGEST_WAIT.total_seconds())))
    return Fate(state=DeliveryState.QUEUED, next_at=now + min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE))


def without(message: OutboundMessage, text: str) -> OutboundMessage:
    """Return the message without a text that its author took back: every paragraph and block that consists of it is empty.

    What names it first (「団体: …」) goes as well.
    """

    def says_it(words: str) -> bool:
        return words.strip() == text or (bool(text) and words.endswith(f": {text}"))

    paragraphs = tuple("" if says_it(paragraph) else paragraph for paragraph in message.paragraphs)
    card = message.card
    if card:
        card = replace(card, blocks=tuple(replace(block, text="") if says_it(block.text) else block for block in card.blocks))
    return replace(message, paragraphs=paragraphs, card=card)
