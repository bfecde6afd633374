"""What comes in: the page's JSON becomes an InboundMessage."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from clair_bot.messages import Address, InboundKind, InboundMessage

VIEWS = frozenset({"line", "slack", "telegram", "web"})
"""The platforms that a visitor's page can look like; each is a conversation of its own."""


class Unreadable(Exception):
    """A body that is no message of the page."""


def read(body: bytes, received_at: datetime) -> InboundMessage | None:
    """Return the message, or None for an event of an unknown kind.

    Raises:
        Unreadable: the body is no JSON, or its shape is wrong.
    """
    event = _object(body)
    event_id, visitor = _words(event, "event"), _words(event, "visitor")
    if not (event_id and visitor):
        raise Unreadable
    text, action, view = _words(event, "text"), _words(event, "action"), _words(event, "view")
    room = event.get("room") is True
    if not (room or view in VIEWS) or not event.keys() & {"text", "action"}:
        return None
    return InboundMessage(
        event_ids=(event_id,),
        kind=InboundKind.ACTION if action else InboundKind.TEXT,
        address=Address(channel="web", recipient=visitor if room else f"{visitor}.{view}"),
        sender=visitor,
        sent_at=received_at,
        text=text,
        action=action,
        message_id=event_id,
        reply_to=_words(event, "reply_to"),
        direct=not room,
        addressed=not room,
    )


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    if not isinstance(found, dict):
        raise Unreadable
    return found


def _words(event: Mapping[str, Any], name: str) -> str:
    """Return a member that must be text where it is present, without what databases cannot hold."""
    value = event.get(name, "")
    if not isinstance(value, str):
        raise Unreadable
    return value.replace("\x00", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
