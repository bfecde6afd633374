"""Mailings: one message on its way to many, with a line in the ledger for each of them."""

from dataclasses import dataclass
from datetime import datetime

from clair_bot.messages import OutboundMessage


@dataclass(frozen=True, slots=True)
class Reader:
    """Of a subscriber, what it takes to send to them: there are very many."""

    id: int
    channel: str
    recipient: str
    language: str
    frequency: str
    timezone: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One recipient of a mailing."""

    subscriber_id: int
    recipient: str
    """The platform's id."""
    unsubscribe: str = ""
    """Their own address to unsubscribe at; empty where the channel has no place for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """The same words for some recipients of one channel, at one time."""

    key: str
    """Names the words: stored once, whoever gets them."""
    message: OutboundMessage
    """``to`` has the channel and no recipient."""
    members: tuple[Member, ...]
    at: datetime
    """Not before."""
    together: bool
    """True: one delivery for all of them (LINE's multicast); False: one for each."""
