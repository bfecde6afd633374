"""Single fields of the Bot API's objects, read so that nothing in them can raise."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from clair_bot_telegram.texts import clean

JSON = Mapping[str, Any]


def chat_of(content: JSON) -> JSON | None:
    """Return the chat, unless it is a channel or has no id."""
    chat = content.get("chat")
    return chat if isinstance(chat, Mapping) and number(chat.get("id")) and chat.get("type") != "channel" else None


def is_direct(chat: JSON) -> bool:
    """Tell whether it is a private chat."""
    return bool(chat["type"] == "private") if "type" in chat else chat["id"] > 0


def sender_of(content: JSON) -> str | None:
    """Return the person's id, empty for an anonymous administrator, None for what no person sent."""
    if "sender_chat" in content:  # ``from`` is a placeholder bot then
        return None if content.get("is_automatic_forward") else ""
    person = content.get("from")
    if not isinstance(person, Mapping):
        return ""
    return None if person.get("is_bot") is True else number(person.get("id"))


def replied_to(message: JSON) -> JSON | None:
    """Return the message that this one replies to; in a topic every message seems to reply to the topic's first one."""
    reply = message.get("reply_to_message")
    if not isinstance(reply, Mapping) or "forum_topic_created" in reply:
        return None
    return None if thread_of(message) and thread_of(message) == number(reply.get("message_id")) else reply


def thread_of(message: JSON) -> str:
    """Return the topic of a forum that this stands in."""
    return number(message.get("message_thread_id")) if message.get("is_topic_message") is True else ""


def status_of(member: object) -> str:
    """Return how a member stands to a chat; who is restricted may have left."""
    if not isinstance(member, Mapping):
        return ""
    status = member.get("status")
    if status == "restricted" and member.get("is_member") is False:
        return "left"
    return status if isinstance(status, str) else ""


def language_of(content: JSON) -> str:
    """Return the person's interface language."""
    person = content.get("from")
    code = person.get("language_code") if isinstance(person, Mapping) else None
    return clean(code) if isinstance(code, str) else ""


def number(value: object) -> str:
    """Return a whole number as text, nothing for whatever else."""
    return str(value) if type(value) is int else ""


def time_of(value: object) -> datetime | None:
    """Return the platform's time, or None where it makes no sense."""
    if type(value) is not int or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
