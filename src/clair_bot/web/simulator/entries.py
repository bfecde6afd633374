"""Entries: what stands in a view, ready to be drawn. In an advisors' room the messages about one ticket hang below its card."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from clair_bot.domain.deliveries import Delivery
from clair_bot.messages import Bubble
from clair_bot.ports import Preview
from clair_bot.web.simulator.transcripts import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message, the visitor's or the bot's."""

    id: str
    """Unique on the page."""
    at: datetime
    own: bool = False
    text: str = ""
    """What the visitor wrote."""
    bubbles: tuple[Bubble, ...] = ()
    """What the bot said."""
    message_id: str = ""
    reply_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A card in an advisors' room, and what was written below it."""

    card: Entry
    replies: list[Entry] = field(default_factory=list)


def own(said: Said) -> Entry:
    """Return a visitor's message."""
    return Entry(id=f"said-{said.id}", at=said.at, own=True, text=said.text, reply_to=said.reply_to)


def sent(delivery: Delivery, preview: Preview) -> Entry:
    """Return a message of the bot, as a platform would draw it."""
    return Entry(
        id=f"sent-{delivery.id}",
        at=delivery.created_at,
        bubbles=preview(delivery.message),
        message_id=delivery.message_ids[0] if delivery.message_ids else "",
        reply_to=delivery.message.reply_to,
    )


def in_order(entries: Iterable[Entry]) -> Sequence[Entry]:
    """Return entries as they were written."""
    return sorted(entries, key=lambda entry: entry.at)


def threads(entries: Sequence[Entry]) -> Sequence[Thread]:
    """Return the cards with their replies. A reply whose card is not shown any more is not shown either."""
    found = {entry.message_id: Thread(card=entry) for entry in entries if not entry.reply_to and not entry.own}
    for entry in entries:
        if entry.reply_to in found:
            found[entry.reply_to].replies.append(entry)
    return tuple(found.values())


def anchor(message_id: str) -> str:
    """Return the page's id of a card's thread."""
    return f"thread-{re.sub(r'[^A-Za-z0-9-]', '-', message_id)}"
